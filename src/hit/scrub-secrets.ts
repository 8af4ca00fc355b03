/** Which values of identifying fields the guard can look for, and which parts of composite ones. */
import { isRandomToken } from '../privacy/random-token.ts';

/** What trackers write where they have no id, in lower case. */
const CONSTANTS = new Set(
  (
    'undefined null none true false unknown anonymous empty not_set n/a - * 0 1 00000000-0000-0000-0000-000000000000 0.0.0.0 ' +
    '255.255.255.255 127.0.0.1 :: ::1 $remote {{auto}} redacted [redacted] (redacted) optout opt-out granted denied accepted rejected dismiss allow deny ' +
    'accept reject cookie_1 noapi ' +
    // Currencies, platforms and plans, which sites put beside everybody's name as well as elsewhere.
    'eur usd gbp chf jpy cad aud pln sek nok dkk czk brl inr cny web ios app android desktop mobile tablet node home shop free pro basic'
  ).split(' '),
).add('(not set)');

/** Their lengths and first characters: most values have none of them, and need not be put into lower case. */
const CONSTANT_BEGINNINGS = new Uint8Array(64 << 7);
for (const constant of CONSTANTS) {
  for (const first of [constant, constant.toUpperCase()]) CONSTANT_BEGINNINGS[beginningOf(first)] = 1;
}
const MAX_VALUE = 512;
const NO_PARTS: readonly string[] = [];
const SEPARATORS = '.|:&=;,~$!* ';
const IS_SEPARATOR = new Uint8Array(128);
for (const char of SEPARATORS) IS_SEPARATOR[char.charCodeAt(0)] = 1;
/** An e-mail address whose local part names somebody by itself: of several words, or with digits. */
const NAMED_MAILBOX = /^(?=[^@]*[._+\d-])([^\s@"]{6,64})@[^\s@]+\.[^\s@]+$/;
const ROLES = /^(?:no|do|not|reply|customer|service|support|info|contact|news|letter|mail|web|shop|team|[._+-])+$/i;
/** Digits of each half of a client id of Google Analytics, which a dot parts. */
const [MIN_HALF, MAX_HALF] = [6, 10];
const DOT = 46;
const SPACE = 32;
const MIN_PART = 16;

/** Length and first character, as one number; 0 of what is longer than any constant or begins with no character of ASCII. */
function beginningOf(value: string): number {
  const first = value.charCodeAt(0);
  return value.length < 64 && first < 128 ? (value.length << 7) | first : 0;
}

/** The same character all over. */
function isUniform(value: string): boolean {
  const first = value.charCodeAt(0);
  for (let i = 1; i < value.length; i++) if (value.charCodeAt(i) !== first) return false;
  return true;
}

/** Whether a value says who somebody is: of at least 6 bytes, as three Chinese letters have, or of a known class and no bare number or constant. */
export function isSecret(value: string, isKnown: boolean): boolean {
  const { length } = value;
  if (length < 3 || (CONSTANT_BEGINNINGS[beginningOf(value)] === 1 && CONSTANTS.has(value.toLowerCase()))) return false;
  if (length >= 6) return length > 12 || !isUniform(value);
  return (isKnown && !/^\d+$/.test(value)) || (Buffer.byteLength(value) >= 6 && !isUniform(value));
}

/** The value as the guard looks for it: without quotes around it, and of bounded length. */
export function trimSecret(raw: string): string {
  const value = raw.length > MAX_VALUE ? raw.slice(0, MAX_VALUE) : raw;
  const first = value.charCodeAt(0);
  const last = value.charCodeAt(value.length - 1);
  if (first > 34 && first < 127 && last > 34 && last < 127) return value;
  return value.trim().replace(/^"(.*)"$/s, '$1');
}

/** Random tokens between separators; null where there are none. */
function tokensOf(value: string): string[] | null {
  const { length } = value;
  let parts: string[] | null = null;
  let start = 0;
  for (let i = 0; i <= length; i++) {
    const code = i === length ? SPACE : value.charCodeAt(i);
    if (code > 127 || IS_SEPARATOR[code] === 0) continue;
    if (i - start >= MIN_PART && i - start < length) {
      const part = value.slice(start, i);
      if (isRandomToken(part)) {
        parts ??= [];
        parts.push(part);
      }
    }
    start = i + 1;
  }
  return parts;
}

/** Where the digits before `end` begin, with a dot or nothing before them; -1 where they are no half of a client id. */
function startOfHalf(value: string, end: number): number {
  let start = end;
  while (start > 0) {
    const code = value.charCodeAt(start - 1);
    if (code < 48 || code > 57) break;
    start--;
  }
  const digits = end - start;
  const isHalf = digits >= MIN_HALF && digits <= MAX_HALF && (start === 0 || value.charCodeAt(start - 1) === DOT);
  return isHalf ? start : -1;
}

/** Parts of a value that identify by themselves: `fb.1.1790000002345.XYZ` holds XYZ, `GA1.1.123456.789012` a client id. */
export function secretParts(value: string): readonly string[] {
  if (value.charCodeAt(0) === 43) return [value.slice(1)];
  const { length } = value;
  if (length > 10 && value.includes('@')) {
    const mailbox = NAMED_MAILBOX.exec(value)?.[1];
    if (mailbox !== undefined && !ROLES.test(mailbox)) return [mailbox];
  }
  if (length < 14) return NO_PARTS;
  const parts = length > 20 ? tokensOf(value) : null;
  const analytics = startOfHalf(value, startOfHalf(value, length) - 1);
  // Behind other parts; by itself it is looked for as it is.
  if (analytics > 0 && value.charCodeAt(analytics - 1) === DOT)
    return parts === null ? [value.slice(analytics)] : [value.slice(analytics), ...parts];
  return parts ?? NO_PARTS;
}
