/** One cheap pass over a text that tells which patterns it can hold at all: most texts hold none, and no pattern is tried on them. */
import { HEAD, KINDS as LETTERS, SECOND, THIRD } from './search-decode.ts';

export const HAS_AT = 1;
/** At least seven digits with nothing between them but what stands in numbers of phones and cards. */
export const HAS_DIGITS = 2;
/** Dots and digits enough for an address. */
export const HAS_DOTS = 4;
export const HAS_COLONS = 8;
/** At least 16 letters, digits, `_` or `-` in a row that are no words of small letters. */
export const HAS_TOKEN = 16;
export const HAS_ESCAPE = 32;
export const HAS_BACKSLASH = 64;
/** At least 8 characters of base64 in a row that can hold text. */
export const HAS_BASE64 = 128;
/** At least 16 hexadecimal digits in a row. */
export const HAS_HEX = 256;
/** `&` and `;`, as around the name or number of a character in HTML, or `&#`, which needs no `;`. */
export const HAS_ENTITY = 512;
/** Two letters and two digits that begin a word, and digits enough for an account number, in a text as long as one. */
export const HAS_IBAN = 1024;
/** `=40`, a bracket before `at`, `@` or `.`, or the words `at` or `dot`: an address that is written another way. */
export const HAS_AT_WORD = 2048;
/** Characters beyond ASCII that may be another form of ASCII, or invisible: all but letters of Latin and common punctuation. */
export const HAS_WIDE = 4096;
/** At least 22 characters of base64 in a row with `=` behind them. */
export const HAS_PADDED = 8192;
/** Digits on both sides of what parts the groups of a number less often. */
export const HAS_RARE = 16384;
/** Hexadecimal digits of 128 bits at least, and what may part their groups. */
export const HAS_GROUPED = 32768;

/** What a character can be part of, as bits: base64, a token, hexadecimal. */
export const RUN = 1;
export const TOKEN = 2;
export const HEX = 4;
const DIGIT = 8;
/** May stand between the digits of a number. */
const BETWEEN = 16;
const UPPER = 32;
/** Looked at together with its neighbours. */
const MARK = 64;
/** Stands between digits less often: `+` for a space in queries among it, and what stands behind an area code. */
const RARE = 128;

const MIN_NUMBER = 7;
const MIN_IBAN = 15;
const MIN_HASH = 32;
const MIN_GROUPED = 35;
const MIN_BASE64 = 8;
const SLASH = 47;
export const EQUALS = 61;
/** Of a host name, with the dot behind it. */
const MAX_LABEL = 64;
export const MIN_TOKEN = 16;
/** Base64 of 16 bytes, without its padding. */
export const MIN_PADDED = 22;
export const MIN_HEX = 16;

const KINDS = new Uint8Array(128);
for (let code = 48; code < 58; code++) KINDS[code] = RUN | TOKEN | HEX | DIGIT;
for (let code = 65; code < 91; code++) KINDS[code] = RUN | TOKEN | UPPER | (code < 71 ? HEX : 0);
for (let code = 97; code < 123; code++) KINDS[code] = RUN | TOKEN | (code < 103 ? HEX : 0);
KINDS[45] = RUN | TOKEN | BETWEEN;
KINDS[95] = RUN | TOKEN | BETWEEN;
KINDS[43] = RUN | BETWEEN;
KINDS[47] = RUN | BETWEEN;
for (const char of ").'") KINDS[char.charCodeAt(0)] = BETWEEN;
for (const char of '=#[{<') KINDS[char.charCodeAt(0)] = MARK;
for (const char of ' (') KINDS[char.charCodeAt(0)] = BETWEEN | MARK;
for (const char of "_+':,") KINDS[char.charCodeAt(0)] = (KINDS[char.charCodeAt(0)] ?? 0) | RARE;

/** Spaces, dashes, dots and apostrophes beyond ASCII that stand in numbers. */
function isWideSeparator(code: number): boolean {
  return (
    code === 0xa0 ||
    code === 0xb7 ||
    (code >= 0x2010 && code <= 0x2014) ||
    code === 0x2019 ||
    code === 0x2022 ||
    code === 0x202f ||
    code === 0x2212
  );
}

/** Soft hyphen, and all beyond extended Latin (U+0250) but dashes, quotes and the ellipsis. */
function isWide(code: number): boolean {
  return code < 0x250 ? code === 0xad : code < 0x2010 || code > 0x2026 || code === 0x2024;
}

/** Those beyond ASCII that are {@link RARE}. */
function isWideRare(code: number): boolean {
  return code === 0xb7 || code === 0x2019 || code === 0x2022;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Whether two letters and two digits stand there, with nothing of either before. */
function beginsIban(text: string, at: number): boolean {
  return (
    isDigit(text.charCodeAt(at + 3)) &&
    isDigit(text.charCodeAt(at + 2)) &&
    !isDigit(text.charCodeAt(at + 1)) &&
    !isDigit(text.charCodeAt(at))
  );
}

/** Whether the word behind a space is `dot`, or `at` with a bracket or a host with a dot behind it. */
function mayBeAtOrDot(text: string, at: number, next: number, second: number): boolean {
  if (next === 97 && second === 116) {
    const third = text.charCodeAt(at + 3);
    return third === 41 || third === 93 || (third === 32 && text.slice(at + 4, at + 4 + MAX_LABEL).includes('.'));
  }
  return next === 100 && second === 111 && (text.charCodeAt(at + 3) | 32) === 116 && text.charCodeAt(at + 4) === 32;
}

/** What `=`, `#`, spaces and opening brackets can begin, by what stands around them. */
function shapeOfMark(text: string, at: number, code: number): number {
  if (code === 35) return at > 0 && text.charCodeAt(at - 1) === 38 ? HAS_ENTITY : 0;
  const next = text.charCodeAt(at + 1);
  const second = text.charCodeAt(at + 2);
  if (code === 32) return mayBeAtOrDot(text, at, next | 32, second | 32) ? HAS_AT_WORD : 0;
  if (code === 61) return next === 52 && second === 48 ? HAS_AT_WORD : 0;
  const letter = next | 32;
  const isAt = next === 64 || next === 46 || ((letter === 97 || letter === 0xe4) && (second | 32) === 116);
  return isAt ? HAS_AT_WORD : 0;
}

/** Behind the last character of a kind, from `start` on. */
export function endOfRun(text: string, start: number, kind: typeof RUN | typeof TOKEN | typeof HEX): number {
  let end = start;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code > 127 || ((KINDS[code] as number) & kind) === 0) break;
  }
  return end;
}

/** The first character of a kind, backwards from `end`. */
export function startOfRun(text: string, end: number, kind: typeof RUN): number {
  let start = end;
  for (; start > 0; start--) {
    const code = text.charCodeAt(start - 1);
    if (code > 127 || ((KINDS[code] as number) & kind) === 0) break;
  }
  return start;
}

/** Whether so many letters of base64 stand in a row somewhere: looked up backwards from where a run would end, which skips most of a text. */
export function hasRun(text: string, size: number, kind = RUN): boolean {
  return findRun(text, 0, size, kind) !== -1;
}

/** Whether a run of at least `size` characters can be base64 of text. */
export function mayHoldBase64(text: string, size: number): boolean {
  let start = findRun(text, 0, size, RUN);
  while (start !== -1) {
    const end = endOfRun(text, start + size, RUN);
    if (mayHoldText(text, start, end)) return true;
    start = findRun(text, end, size, RUN);
  }
  return false;
}

/** Where the first run of that kind and size begins, which nothing of the kind stands before; -1 where there is none. */
function findRun(text: string, begin: number, size: number, kind: number): number {
  let from = begin;
  while (from + size <= text.length) {
    let at = from + size - 1;
    for (; at >= from; at--) {
      const code = text.charCodeAt(at);
      if (code > 127 || ((KINDS[code] as number) & kind) === 0) break;
    }
    if (at < from) return from;
    from = at + 1;
  }
  return -1;
}

/** Whether a run can be base64 of text: of most groups of four letters the bytes are printable ASCII, which words of ordinary text seldom are. */
export function mayHoldText(text: string, start: number, end: number): boolean {
  const size = end - start;
  if (size < MIN_BASE64) return false;
  let groups = 0;
  for (let i = start; i + 2 < end; i += 4) {
    if (
      ((LETTERS[text.charCodeAt(i)] as number) & HEAD) !== 0 &&
      ((LETTERS[text.charCodeAt(i + 1)] as number) & SECOND) !== 0 &&
      ((LETTERS[text.charCodeAt(i + 2)] as number) & THIRD) !== 0
    )
      groups++;
  }
  return groups * 2 > size >> 2 || mayBeCompressed(text, start);
}

/** The same of a part of a run between slashes, as of a segment of a path. */
export function mayHoldSegment(text: string, start: number, end: number): boolean {
  let from = start;
  for (let at = start; at <= end; at++) {
    if (at < end && text.charCodeAt(at) !== SLASH) continue;
    if (at - from >= MIN_BASE64 && at - from < end - start && mayHoldText(text, from, at)) return true;
    from = at + 1;
  }
  return false;
}

/** Whether the first three bytes are printable ASCII, where a text is base64: of a URL, a query and JSON they are. Cheap. */
export function beginsAsText(text: string): boolean {
  return (
    ((LETTERS[text.charCodeAt(0)] as number) & HEAD) !== 0 &&
    ((LETTERS[text.charCodeAt(1)] as number) & SECOND) !== 0 &&
    ((LETTERS[text.charCodeAt(2)] as number) & THIRD) !== 0
  );
}

/** The first letters of gzip and of zlib in base64. */
function mayBeCompressed(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (code === 72 && text.startsWith('H4sI', at)) || (code === 101 && 'JNAF'.includes(text.charAt(at + 1)));
}

/** What a run of letters, digits, `-`, `_`, `+` and `/` can hold as a whole. */
function shapeOfRun(text: string, start: number, end: number, hasSlash: boolean): number {
  const shape = mayHoldText(text, start, end) || (hasSlash && mayHoldSegment(text, start, end)) ? HAS_BASE64 : 0;
  return end - start >= MIN_PADDED && text.charCodeAt(end) === EQUALS ? shape | HAS_PADDED : shape;
}

export function shapeOf(text: string): number {
  const { length } = text;
  let shape = 0;
  let digits = 0;
  let inNumber = 0;
  let dots = 0;
  let colons = 0;
  let isOpen = false;
  let hex = 0;
  let hexes = 0;
  let word = 0;
  let mayBeIban = false;
  let token = 0;
  let isWord = true;
  let hasSlash = false;
  let start = 0;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    const kind = code < 128 ? (KINDS[code] as number) : 0;
    if ((kind & DIGIT) !== 0) {
      digits++;
      if (++inNumber === MIN_NUMBER) shape |= HAS_DIGITS;
    } else if ((kind & BETWEEN) === 0 && (code < 0xa0 || !isWideSeparator(code))) inNumber = 0;
    if ((kind & HEX) === 0) hex = 0;
    else {
      hexes++;
      if (++hex === MIN_HEX) shape |= HAS_HEX;
    }
    if ((kind & (TOKEN | BETWEEN)) !== TOKEN) {
      word = 0;
      const isRare = code < 128 ? (kind & RARE) !== 0 : isWideRare(code);
      if (isRare && isDigit(text.charCodeAt(i - 1)) && isDigit(text.charCodeAt(i + 1))) shape |= HAS_RARE;
    } else if (++word === 4 && beginsIban(text, i - 3)) mayBeIban = true;
    if ((kind & TOKEN) !== 0) {
      if ((kind & (UPPER | DIGIT)) !== 0) isWord = false;
      if (++token >= MIN_TOKEN && !isWord) shape |= HAS_TOKEN;
      continue;
    }
    token = 0;
    isWord = true;
    if ((kind & RUN) !== 0) {
      if (code === SLASH) hasSlash = true;
      continue;
    }
    if (i - start >= MIN_BASE64) shape |= shapeOfRun(text, start, i, hasSlash);
    hasSlash = false;
    start = i + 1;
    if (code > 127) {
      if (isWide(code)) shape |= code === 0xff20 ? HAS_WIDE | HAS_AT : HAS_WIDE;
    } else if (code === 64) shape |= HAS_AT;
    else if (code === 46) dots++;
    else if (code === 58) colons++;
    else if (code === 38) isOpen = true;
    else if (code === 59 && isOpen) shape |= HAS_ENTITY;
    else if (code === 37) shape |= HAS_ESCAPE;
    else if (code === 92) shape |= HAS_BACKSLASH;
    else if ((kind & MARK) !== 0) shape |= shapeOfMark(text, i, code);
  }
  if (length - start >= MIN_BASE64) shape |= shapeOfRun(text, start, length, hasSlash);
  if (mayBeIban && digits >= MIN_NUMBER && length >= MIN_IBAN) shape |= HAS_IBAN;
  if (hexes >= MIN_HASH && digits >= MIN_NUMBER && length >= MIN_GROUPED) shape |= HAS_GROUPED;
  if (dots >= 3 && digits >= 4) shape |= HAS_DOTS;
  if (colons >= 2) shape |= HAS_COLONS;
  return shape;
}
