/**
 * The values that are looked for just now, in memory that all searches share: hits are searched one after the other, and memory of their own would
 * cost more than the search.
 */
import { FOLD, makeBytes, reserve } from './search-decode.ts';

/** Three bytes are looked up at every place that this divides, and each value is listed by the three bytes at so many of its first places. */
export const STRIDE = 4;
/** Of so many bytes, three stand at such a place wherever they begin: shorter values are looked for as words. */
export const MIN_INDEXED = STRIDE + 2;
const MIN_LENGTH = 3;
const SLOT_BITS = 10;
const NO_INDEXES: readonly number[] = [];

/** Where in a value three bytes stand, as its index times {@link STRIDE} plus the place; 0 is nothing. */
export const table = new Uint32Array(1 << SLOT_BITS);
/** The next of the same slot. */
const next: number[] = [];
/** Bytes of all values, folded, one behind the other; where each begins, and the one behind it, by its index from 1. */
let needles = makeBytes(0);
const starts: number[] = [];
const words = new Map<number, number[]>();

/** What the values that are looked for have in common. */
export interface Needles {
  /** Some are so short that they count between other words only. */
  readonly hasWords: boolean;
  /** A value with letters beyond ASCII: its base64 has no tell-tale letters. */
  readonly hasHighBytes: boolean;
  /** A value in whose base64 a `+` can stand: with letters beyond ASCII, `>` or `~`. */
  readonly mayHoldPlus: boolean;
  /** A value that fields of a query are parted by: it may stand in several of them. All others stand in one. */
  readonly hasSeparator: boolean;
}

/** What values hold, as bits. */
const [SEPARATOR, OF_PLUS, HIGH_BYTE] = [1, 2, 4];
let marks = 0;
/** A character as it is compared, and what it says about its value. */
const MARK_SHIFT = 8;
const FOLD_AND_MARK = Uint16Array.from(FOLD.subarray(0, 128), (folded, code) => {
  const mark = code === 38 ? SEPARATOR : code === 62 || code === 126 ? OF_PLUS : 0;
  return folded | (mark << MARK_SHIFT);
});

/** Slot of three folded bytes, the first one lowest. */
export function slotOf(three: number): number {
  return Math.imul(three, 0x9e3779b1) >>> (32 - SLOT_BITS);
}

function threeAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16);
}

function foldThreeAt(bytes: Uint8Array, at: number): number {
  return (
    (FOLD[bytes[at] as number] as number) |
    ((FOLD[bytes[at + 1] as number] as number) << 8) |
    ((FOLD[bytes[at + 2] as number] as number) << 16)
  );
}

/** Puts these values in the place of those that were looked for before. */
export function install(values: readonly string[]): Needles {
  let size = 0;
  for (const value of values) size += value.length * 3;
  needles = reserve(needles, size, makeBytes);
  table.fill(0);
  if (words.size > 0) words.clear();
  starts.length = values.length + 2;
  next.length = (values.length + 1) * STRIDE;
  marks = 0;
  let end = 0;
  for (let i = 0; i < values.length; i++) {
    starts[i + 1] = end;
    const length = writeFolded(values[i] as string, end);
    list(i + 1, end, length);
    end += length;
  }
  starts[values.length + 1] = end;
  const hasHighBytes = (marks & HIGH_BYTE) !== 0;
  const mayHoldPlus = hasHighBytes || (marks & OF_PLUS) !== 0;
  return { hasWords: words.size > 0, hasHighBytes, mayHoldPlus, hasSeparator: (marks & SEPARATOR) !== 0 };
}

/** Adds the bytes of a value, folded. @returns how many they are */
function writeFolded(value: string, at: number): number {
  const bytes = needles;
  const foldsAndMarks = FOLD_AND_MARK;
  const { length } = value;
  let all = 0;
  for (let i = 0; i < length; i++) {
    const code = value.charCodeAt(i);
    if (code >= 128) return writeUtf8(value, at);
    const one = foldsAndMarks[code] as number;
    bytes[at + i] = one;
    all |= one;
  }
  marks |= all >> MARK_SHIFT;
  return length;
}

function writeUtf8(value: string, at: number): number {
  marks |= HIGH_BYTE | (value.includes('&') ? SEPARATOR : 0);
  const encoded = Buffer.from(value, 'utf8');
  for (let i = 0; i < encoded.length; i++) needles[at + i] = FOLD[encoded[i] as number] as number;
  return encoded.length;
}

function list(index: number, start: number, length: number): void {
  if (length >= MIN_INDEXED) {
    for (let place = 0; place < STRIDE; place++) {
      const slot = slotOf(threeAt(needles, start + place));
      const entry = index * STRIDE + place;
      next[entry] = table[slot] as number;
      table[slot] = entry;
    }
  } else if (length >= MIN_LENGTH) {
    const three = threeAt(needles, start);
    const known = words.get(three);
    if (known === undefined) words.set(three, [index]);
    else known.push(index);
  }
}

function matches(bytes: Uint8Array, at: number, to: number, index: number): boolean {
  const start = starts[index] as number;
  const length = (starts[index + 1] as number) - start;
  if (at < 0 || at + length > to) return false;
  for (let i = 0; i < length; i++) if (FOLD[bytes[at + i] as number] !== needles[start + i]) return false;
  return true;
}

/** Adds the values of an entry, and of all others of its slot, whose three bytes stand at `at`. */
export function collectAt(bytes: Uint8Array, at: number, to: number, entry: number, found: number[]): void {
  for (let one = entry; one !== 0; one = next[one] as number) {
    const index = Math.floor(one / STRIDE);
    if (matches(bytes, at - (one % STRIDE), to, index)) found.push(index);
  }
}

/** Adds the values that bytes hold as they stand, from a place that {@link STRIDE} divides. */
export function collectPlain(bytes: Uint8Array, from: number, to: number, found: number[]): void {
  for (let i = from; i + 2 < to; i += STRIDE) {
    const entry = table[slotOf(foldThreeAt(bytes, i))] as number;
    if (entry !== 0) collectAt(bytes, i, to, entry, found);
  }
}

/** Bytes that make up words: a short value counts only between others. */
function isWordByte(byte: number): boolean {
  return (byte >= 48 && byte <= 57) || (byte >= 97 && byte <= 122) || byte >= 128 || byte === 95;
}

/** Adds the short values that stand between other words. */
export function collectWords(bytes: Uint8Array, to: number, found: number[]): void {
  for (let at = 0; at + MIN_LENGTH <= to; at++) {
    if (at > 0 && isWordByte(FOLD[bytes[at - 1] as number] as number)) continue;
    for (const index of words.get(foldThreeAt(bytes, at)) ?? NO_INDEXES) {
      const end = at + (starts[index + 1] as number) - (starts[index] as number);
      const isWord = end >= to || !isWordByte(FOLD[bytes[end] as number] as number);
      if (isWord && matches(bytes, at, to, index)) found.push(index);
    }
  }
}
