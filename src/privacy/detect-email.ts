/** E-mail addresses in text, in the forms that people write: also with spaces around `@`, a quoted local part, an address for a host. */

/** What local parts really are made of; RFC 5321 allows more, but `=`, `&` and `/` end a field before they begin an address. */
const EMAIL_LOCAL = /[\p{L}\p{N}._+'~-]/u;
/** Not of an image at twice its size: `logo@2x.png`. */
const EMAIL_DOMAIN =
  /[@＠](?!\dx(?:\.(?:png|jpe?g|webp|gif|avif|svg))+(?!\.?[\p{L}\p{N}])) {0,2}((?:[\p{L}\p{N}](?:[\p{L}\p{N}_-]{0,62})\.){1,8}[\p{L}]{2,63}|\[(?:IPv6:)?[0-9a-fA-F:.]{3,45}\])/gu;
/** With spaces around `@` only what has the form of a name in an address: `Sale @ shop.example` tells of a place. */
const SPACED_LOCAL = /[\p{L}\p{N}][._+]\p{L}/u;

/** Of those, what an address hardly begins with. */
const NO_BEGINNING = "'.-";
const OF_LOCAL = Uint8Array.from({ length: 128 }, (_, code) => (EMAIL_LOCAL.test(String.fromCharCode(code)) ? 1 : 0));

function isOfLocal(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code < 128 ? OF_LOCAL[code] === 1 : EMAIL_LOCAL.test(text[at] as string);
}

/** Tells where every address in a text stands; for texts that have an `@`. */
export function findEmails(text: string, tell: (start: number, end: number) => void): void {
  EMAIL_DOMAIN.lastIndex = 0;
  for (let match = EMAIL_DOMAIN.exec(text); match !== null; match = EMAIL_DOMAIN.exec(text)) {
    const at = match.index;
    let stop = at;
    while (stop > 0 && at - stop < 2 && text[stop - 1] === ' ') stop--;
    let start = stop;
    if (text[stop - 1] === '"') {
      const open = text.lastIndexOf('"', stop - 2);
      if (open >= 0 && stop - open < 66) start = open;
    }
    while (start > 0 && stop - start < 64 && isOfLocal(text, start - 1)) start--;
    while (start < stop && NO_BEGINNING.includes(text[start] as string)) start++;
    const isSpaced = stop < at || text[at + 1] === ' ';
    if (start < stop && (!isSpaced || SPACED_LOCAL.test(text.slice(start, stop)))) {
      tell(start, at + match[0].length);
    }
  }
}
