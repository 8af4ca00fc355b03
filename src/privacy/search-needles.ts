/**
 * The values that are looked for just now, in memory that all searches share: hits are searched one after the other, and memory of their own would
 * cost more than the search.
 */
import { FOLD, reserve } from './search-decode.ts';

/** Three bytes are looked up at every place that this divides, and each value is listed by the three bytes at so many of its first places. */
export const STRIDE = 4;
/** Of so many bytes, three stand at such a place wherever they begin: shorter values are looked for as words. */
export const MIN_INDEXED = STRIDE + 2;
const MIN_LENGTH = 3;
const SLOT_BITS = 10;
const MOST_KEPT = 1024;
const AMPERSAND = 38;
const NO_INDEXES: readonly number[] = [];

/** Where in a value three bytes stand, as its index times {@link STRIDE} plus the place; 0 is nothing. */
export const table = new Uint32Array(1 << SLOT_BITS);
/** The next of the same slot. */
let next = new Uint32Array(256);
/** Bytes of all values, folded, one behind the other; where each begins, and the one behind it, by its index from 1. */
let needles = Buffer.allocUnsafeSlow(0);
let starts = new Uint32Array(64);
/** Slots of the table that are taken. */
let slots = new Uint16Array(256);
let slotCount = 0;
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
  const mark = code === AMPERSAND ? SEPARATOR : code === 62 || code === 126 ? OF_PLUS : 0;
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
  let text = '';
  for (const value of values) text += value;
  needles = reserve(needles, text.length * 3, Buffer.allocUnsafeSlow);
  for (let i = 0; i < slotCount; i++) table[slots[i] as number] = 0;
  slotCount = 0;
  if (words.size > 0) words.clear();
  makeRoom(values.length);
  // Written at once: most values are ASCII, a byte for each character.
  marks = needles.write(text, 'utf8') === text.length ? fold(text.length) : HIGH_BYTE;
  let end = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as string;
    starts[i + 1] = end;
    const length = (marks & HIGH_BYTE) === 0 ? value.length : writeFolded(value, end);
    list(i + 1, end, length);
    end += length;
  }
  starts[values.length + 1] = end;
  const hasHighBytes = (marks & HIGH_BYTE) !== 0;
  const mayHoldPlus = hasHighBytes || (marks & OF_PLUS) !== 0;
  return { hasWords: words.size > 0, hasHighBytes, mayHoldPlus, hasSeparator: (marks & SEPARATOR) !== 0 };
}

/** For so many values; what only few hits need is given back. */
function makeRoom(count: number): void {
  if (count + 2 <= starts.length && starts.length <= MOST_KEPT) return;
  const size = Math.max(64, 2 * (count + 2));
  starts = new Uint32Array(size);
  next = new Uint32Array(size * STRIDE);
  slots = new Uint16Array(size * STRIDE);
}

/** Folds what was written. @returns what its characters say about the values */
function fold(length: number): number {
  const bytes = needles;
  const foldsAndMarks = FOLD_AND_MARK;
  let all = 0;
  for (let i = 0; i < length; i++) {
    const one = foldsAndMarks[bytes[i] as number] as number;
    bytes[i] = one;
    all |= one;
  }
  return all >> MARK_SHIFT;
}

/** Writes a value among which some are not ASCII. @returns its bytes */
function writeFolded(value: string, at: number): number {
  const length = needles.write(value, at, 'utf8');
  for (let i = at; i < at + length; i++) {
    const byte = needles[i] as number;
    if (byte === AMPERSAND) marks |= SEPARATOR;
    needles[i] = FOLD[byte] as number;
  }
  return length;
}

function list(index: number, start: number, length: number): void {
  if (length >= MIN_INDEXED) {
    for (let place = 0; place < STRIDE; place++) {
      const slot = slotOf(threeAt(needles, start + place));
      const entry = index * STRIDE + place;
      next[entry] = table[slot] as number;
      table[slot] = entry;
      slots[slotCount++] = slot;
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
