/**
 * The guard's look for what is Consentry's own: the subject, tokens and receipts never leave, whatever the decision allows. Most hits hold
 * nothing that is long enough, which a few characters of them tell; where something is, its spellings are looked for, and only a hit that
 * has one is searched in every encoding.
 */
import { OWN_TOKENS, TOKEN_BEGIN } from '../consent/own-tokens.ts';
import { remember } from '../privacy/remember.ts';
import { guardHit } from './guard.ts';
import type { GuardOutcome, OutgoingHit, Secret } from './outgoing.ts';

const TOKENS: readonly Secret[] = OWN_TOKENS.map(({ kind, begin }) => ({ place: `own:${kind}`, value: begin }));
const CLEAN: GuardOutcome = { ok: true };
/** Subjects of that many letters of base64url are the shortest, and each other spelling of one is longer. */
const SHORTEST = 22;
const MAX_REMEMBERED = 1_000;

/** How gzip begins, in base64. */
const GZIP = 'H4sI';

/** As it is, in small letters, in hexadecimal, and in base64 at each offset, less the letters that depend on what stands around it. */
function spellingsOf(value: string): readonly string[] {
  const hex = Buffer.from(value).toString('hex');
  const inBase64 = ['', ' ', '  '].map((before) => {
    const encoded = Buffer.from(before + value).toString('base64url');
    return encoded.slice(Math.ceil((before.length * 4) / 3), Math.floor(((before.length + value.length) * 4) / 3));
  });
  return [value, value.toLowerCase(), hex, hex.toUpperCase(), ...inBase64];
}

const OF_TOKENS = [...spellingsOf(TOKEN_BEGIN), GZIP];
const spellingsOfSubject = remember(spellingsOf, MAX_REMEMBERED);

/** Letters of base64url, which need no escape anywhere, by their code. */
const LETTERS = Uint8Array.from({ length: 128 }, (_, code) => (/[\w-]/.test(String.fromCharCode(code)) ? 1 : 0));
const PERCENT = 37;
const BACKSLASH = 92;
const DIGIT_THREE = 51;
const DIGIT_NINE = 57;
/** One of them that is written as its code, at any depth, though nobody needs to. */
const ESCAPED = /%(?:25)*(?:2d|3\d|[46][1-9a-f]|[57][\da]|5f)|\\u00/iy;

function isLetter(text: string, at: number): boolean {
  return LETTERS[text.charCodeAt(at)] === 1;
}

function isEscape(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code !== PERCENT && code !== BACKSLASH) return false;
  // Nearly all are of `/`, `:` and what else parts a URL, and told by the digit behind.
  if (text.charCodeAt(at + 1) === DIGIT_THREE && text.charCodeAt(at + 2) > DIGIT_NINE) return false;
  ESCAPED.lastIndex = at;
  return ESCAPED.test(text);
}

/**
 * Looks at the last of so many letters as the shortest value has, and back to where they end: for most texts at few of them. Of any so many
 * characters it stops in one that is no letter, so that a letter in a value that is written as its code is not missed.
 */
function mayHoldOwn(text: string, subject: string | null): boolean {
  for (let last = SHORTEST - 1; last < text.length; ) {
    const first = last - SHORTEST + 1;
    let at = last;
    while (at >= first && isLetter(text, at)) at--;
    if (at >= first) {
      if (isEscape(text, at)) return true;
      last = at + SHORTEST;
      continue;
    }
    while (last < text.length && isLetter(text, last)) last++;
    if (isOwn(text.slice(first, last), subject)) return true;
    last += SHORTEST;
  }
  return false;
}

/** Whether letters in a row hold a value as it is or in another spelling, or may be compressed. */
function isOwn(letters: string, subject: string | null): boolean {
  const holds = (spelling: string): boolean => letters.includes(spelling);
  return OF_TOKENS.some(holds) || (subject !== null && spellingsOfSubject(subject).some(holds));
}

function mayHitHoldOwn({ target, headers, body }: OutgoingHit, subject: string | null): boolean {
  if (mayHoldOwn(target, subject)) return true;
  for (let i = 1; i < headers.length; i += 2) if (mayHoldOwn(headers[i] as string, subject)) return true;
  if (body === null || body.length === 0) return false;
  return isCompressed(headers, body) || mayHoldOwn(body.toString('latin1'), subject);
}

/** What begins with no letter of a text, or is said to be compressed, tells nothing from outside. */
function isCompressed(headers: readonly string[], body: Buffer): boolean {
  const first = body[0] as number;
  if (first > 0x7e || (first < 0x20 && first !== 0x09 && first !== 0x0a && first !== 0x0d)) return true;
  for (let i = 0; i < headers.length; i += 2)
    if ((headers[i] as string).length === 16 && (headers[i] as string).toLowerCase() === 'content-encoding') return true;
  return false;
}

/** @param subject the visitor's, or null */
export function guardOwn(hit: OutgoingHit, subject: string | null): GuardOutcome {
  if (!mayHitHoldOwn(hit, subject)) return CLEAN;
  const found = guardHit(hit, subject === null ? TOKENS : [...TOKENS, { place: 'own:subject', value: subject }]);
  // A body that is too large to be looked into is forbidden only where something was taken out of it.
  return found.ok || found.find.part === 'unreadable' ? CLEAN : found;
}
