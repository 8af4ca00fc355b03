/**
 * The guard's look for what is Consentry's own: the subject, tokens and receipts never leave, whatever the decision allows. In a hit that was
 * scrubbed they are looked for together with what it forbids. Most hits that leave untouched hold nothing that is long enough, which a few
 * characters of them tell; what is, is searched by itself, and only a hit that has something of ours, or hides what it has, is searched whole.
 */
import { OWN_TOKENS, TOKEN_BEGIN } from '../consent/own-tokens.ts';
import { isZlib } from '../privacy/carriers/compression.ts';
import { Searcher } from '../privacy/search.ts';
import { declaredCodings, guardHit } from './guard.ts';
import type { GuardOutcome, OutgoingHit, Secret } from './outgoing.ts';

const TOKENS: readonly Secret[] = OWN_TOKENS.map(({ kind, begin }) => ({ place: `own:${kind}`, value: begin }));
/** Stands for all of them, and for tokens of others: whether it is one of ours is looked into where it is found. */
const ANY_TOKEN: Secret = { place: 'own:?', value: TOKEN_BEGIN };
const CLEAN: GuardOutcome = { ok: true };
/** Subjects of that many letters of base64url are the shortest, and tokens have more in a row. */
const SHORTEST = 22;
/** In base64, less the letters at both ends that depend on what stands around it. */
const SHORTEST_ENCODED = Math.floor(((SHORTEST - 1) * 4) / 3);
/** How gzip begins, in base64. */
const GZIP = 'H4sI';

/** Letters of base64url, which need no escape anywhere, by their code. */
const LETTERS = Uint8Array.from({ length: 128 }, (_, code) => (/[\w-]/.test(String.fromCharCode(code)) ? 1 : 0));
const PERCENT = 37;
const BACKSLASH = 92;
const LOWER = 32;
const [TWO, THREE, FIVE, NINE, LETTER_D] = [50, 51, 53, 57, 100];
/** One of them that is written as its code, at any depth, though nobody needs to. */
const ESCAPED = /%(?:25)*(?:2d|3\d|[46][1-9a-f]|[57][\da]|5f|u00)|(?:\\|%(?:25)*5c)(?:u00|x[2-7])/iy;

function isLetter(text: string, at: number): boolean {
  return LETTERS[text.charCodeAt(at)] === 1;
}

/** Whether a letter that is written as its code may stand there. */
function isEscape(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code !== PERCENT && code !== BACKSLASH) return false;
  // Nearly all are of spaces, slashes, colons and what else parts a URL.
  const high = text.charCodeAt(at + 1);
  const low = text.charCodeAt(at + 2) | LOWER;
  if (high === TWO && low !== FIVE && low !== LETTER_D) return false;
  if (high === THREE && low > NINE) return false;
  ESCAPED.lastIndex = at;
  return ESCAPED.test(text);
}

/** A look through the texts of one hit. */
class OwnLook {
  readonly #id: string | null;
  /** What may be a value in another spelling. */
  #encoded = '';

  constructor(id: string | null) {
    this.#id = id;
  }

  /**
   * Looks at the last of so many letters as the shortest value has, and back to where they end: for most texts at few of them. Of any so many
   * characters it stops in one that is no letter, so that a letter in a value that is written as its code is not missed.
   * @returns whether the text is to be searched whole
   */
  finds(text: string): boolean {
    if (text.length >= SHORTEST && text.includes(GZIP)) return true;
    for (let last = SHORTEST - 1; last < text.length; ) {
      const first = last - SHORTEST + 1;
      let at = last;
      while (at >= first && isLetter(text, at)) at--;
      if (at < first) {
        at = last + 1;
        while (isLetter(text, at)) at++;
        if (this.#findsId(text.slice(first, at))) return true;
      }
      if (isEscape(text, at)) return true;
      last = at + SHORTEST;
    }
    return false;
  }

  /** Finds the id as it is; what is longer may be one in another spelling, and is put by. */
  #findsId(letters: string): boolean {
    if (letters.length >= SHORTEST_ENCODED) this.#encoded += `${letters}\n`;
    else if (this.#id !== null) return letters.toLowerCase().includes(this.#id.toLowerCase());
    return false;
  }

  findsEncoded(): boolean {
    if (this.#encoded === '') return false;
    return new Searcher(this.#id === null ? [TOKEN_BEGIN] : [TOKEN_BEGIN, this.#id]).findFirst(this.#encoded) !== -1;
  }
}

function mayHoldOwn({ target, headers, body }: OutgoingHit, id: string | null): boolean {
  const look = new OwnLook(id);
  if (look.finds(target)) return true;
  for (const part of headers) if (look.finds(part)) return true;
  if (body !== null && body.length > 0) {
    if (isCompressed(headers, body)) return true;
    if (look.finds(body.toString('latin1'))) return true;
  }
  return look.findsEncoded();
}

/** What begins with no letter of a text or as zlib does, or is said to be compressed, tells nothing from outside. */
function isCompressed(headers: readonly string[], body: Buffer): boolean {
  const first = body[0] as number;
  if (first > 0x7e || (first < 0x20 && first !== 0x09 && first !== 0x0a && first !== 0x0d)) return true;
  return isZlib(body) || declaredCodings(headers).length > 0;
}

/** What stands before the dot of the subject of somebody whom a server knows is the same for all of them. */
function idOf(subject: string | null): string | null {
  return subject === null ? null : subject.slice(subject.lastIndexOf('.') + 1);
}

function withId(secrets: readonly Secret[], id: string | null): readonly Secret[] {
  return id === null ? secrets : [...secrets, { place: 'own:subject', value: id }];
}

/**
 * Of a hit that leaves as it came.
 * @param subject the visitor's, or null
 */
export function guardUntouched(hit: OutgoingHit, subject: string | null): GuardOutcome {
  const id = idOf(subject);
  if (!mayHoldOwn(hit, id)) return CLEAN;
  const found = guardHit(hit, withId(TOKENS, id));
  // A body that is too large to be looked into is forbidden only where something was taken out of it.
  return found.ok || found.find.part === 'unreadable' ? CLEAN : found;
}

/**
 * Of a hit that was scrubbed.
 * @param subject the visitor's, or null
 */
export function guardScrubbed(hit: OutgoingHit, forbidden: readonly Secret[], subject: string | null): GuardOutcome {
  if (forbidden.length === 0) return guardUntouched(hit, subject);
  const all = withId(forbidden, idOf(subject));
  const found = guardHit(hit, [...all, ANY_TOKEN]);
  return found.ok || found.find.place !== ANY_TOKEN.place ? found : guardHit(hit, [...all, ...TOKENS]);
}
