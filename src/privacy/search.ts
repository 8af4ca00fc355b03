/**
 * Looks for many values in bytes at once, below every encoding that trackers use: one pass over the text instead of one for each value
 * and each of its spellings. Upper and lower case are the same, and so are `+` and space.
 */
import { inflate, isGzip, isZlib } from './carriers/compression.ts';
import {
  BACKSLASH,
  decodeBase64Run,
  decodeEscapes,
  decodeHexRun,
  decodePercentBytes,
  FOLD,
  FOLD_AND_KIND,
  HEAD,
  HEX,
  isGzipBase64,
  isHighDigit,
  KIND_SHIFT,
  KINDS,
  makeBytes,
  PERCENT,
  RUN,
  reserve,
  SECOND,
  THIRD,
  viewText,
} from './search-decode.ts';

const TABLE_SIZE = 1024;
const PREFIX = 6;
const SHORT_PREFIX = 3;
const MAX_DEPTH = 4;
const MAX_INFLATED_BYTES = 1 << 20;
const MIN_BASE64_RUN = 8;
const MIN_HEX_RUN = 12;
/** A group of base64 that holds printable ASCII, and the first letter of another behind it; four bits for each letter, the last one lowest. */
const ASCII_GROUP = ((RUN | HEAD) << 16) | ((RUN | SECOND) << 12) | ((RUN | THIRD) << 8) | (RUN << 4) | (RUN | HEAD);
/** `H`: gzip in base64 begins with it. */
const GZIP_HEAD = 72;
const AMPERSAND = 38;
const NO_INDEXES: readonly number[] = [];

/** Bytes that make up words: a short value counts only between others. */
function isWordByte(byte: number): boolean {
  return (byte >= 48 && byte <= 57) || (byte >= 97 && byte <= 122) || byte >= 128 || byte === 95;
}

function hashAt(bytes: Uint8Array, at: number): number {
  return (
    ((FOLD[bytes[at] as number] as number) << 16) |
    ((FOLD[bytes[at + 1] as number] as number) << 8) |
    (FOLD[bytes[at + 2] as number] as number)
  );
}

/**
 * The values that are looked for just now, in memory that all searches share: hits are searched one after the other, and memory of their own would
 * cost more than the search.
 */
const table = new Uint16Array(TABLE_SIZE);
/** Bytes of all values, folded, one behind the other; where each begins and ends, and the next of the same slot, by its index from 1. */
let needles = makeBytes(0);
const starts: number[] = [];
const next: number[] = [];
let installed: Searcher | null = null;

/** Values to look for. Those of 3 to 5 bytes count as whole words only; shorter ones are not looked for. */
export class Searcher {
  private readonly values: readonly string[];
  private shortWords: Map<number, number[]> | null = null;
  /** Indexes of what was found. */
  private found: number[] = [];
  private isFirstEnough = true;
  /** A value with letters beyond ASCII: its base64 has no tell-tale letters. */
  private hasHighBytes = false;
  /** A value that fields of a query are parted by: it may stand in several of them. All others stand in one. */
  private hasSeparator = false;

  constructor(values: readonly string[]) {
    this.values = values;
  }

  private install(): void {
    if (installed === this) return;
    installed = this;
    const { values } = this;
    let size = 0;
    for (const value of values) size += value.length * 3;
    needles = reserve(needles, size, makeBytes);
    table.fill(0);
    starts.length = next.length = values.length + 2;
    this.shortWords = null;
    let end = 0;
    for (let i = 0; i < values.length; i++) {
      starts[i + 1] = end;
      end = this.write(values[i] as string, end);
      starts[i + 2] = end;
      this.index(i + 1);
    }
  }

  /** Adds the bytes of a value, folded. */
  private write(value: string, at: number): number {
    const bytes = needles;
    const fold = FOLD;
    const { length } = value;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code >= 128) return this.writeUtf8(value, at);
      if (code === AMPERSAND) this.hasSeparator = true;
      bytes[at + i] = fold[code] as number;
    }
    return at + length;
  }

  private writeUtf8(value: string, at: number): number {
    this.hasHighBytes = true;
    if (value.includes('&')) this.hasSeparator = true;
    const encoded = Buffer.from(value, 'utf8');
    for (let i = 0; i < encoded.length; i++) needles[at + i] = FOLD[encoded[i] as number] as number;
    return at + encoded.length;
  }

  private index(index: number): void {
    const start = starts[index] as number;
    const length = (starts[index + 1] as number) - start;
    next[index] = 0;
    if (length >= PREFIX) {
      let hash = 0;
      for (let i = start; i < start + PREFIX; i++) hash = ((hash << 5) ^ (needles[i] as number)) & 0x3fffffff;
      const slot = (hash ^ (hash >>> 10) ^ (hash >>> 20)) & (TABLE_SIZE - 1);
      next[index] = table[slot] as number;
      table[slot] = index;
    } else if (length >= SHORT_PREFIX) {
      this.shortWords ??= new Map();
      const hash = hashAt(needles, start);
      const known = this.shortWords.get(hash);
      if (known === undefined) this.shortWords.set(hash, [index]);
      else known.push(index);
    }
  }

  /** Position of a value that the bytes, or the text, hold in some encoding, or -1. */
  findFirst(where: Uint8Array | string): number {
    this.search(where, true);
    return (this.found[0] ?? 0) - 1;
  }

  /** Positions of all values that the bytes, or the text, hold in some encoding. */
  findAll(where: Uint8Array | string): Set<number> {
    this.search(where, false);
    return new Set(this.found.map((index) => index - 1));
  }

  private search(where: Uint8Array | string, isFirstEnough: boolean): void {
    this.install();
    this.found = [];
    this.isFirstEnough = isFirstEnough;
    if (typeof where !== 'string') return this.searchView(where, where.length, 0);
    const view = viewText(where);
    this.searchView(view.bytes, view.length, 0);
  }

  private isDone(): boolean {
    return this.isFirstEnough && this.found.length > 0;
  }

  private searchView(bytes: Uint8Array, length: number, depth: number): void {
    if (this.isDone()) return;
    if (this.shortWords !== null) this.scanWords(bytes, length, this.shortWords);
    const marks = this.searchPlain(bytes, length, depth);
    if (this.hasHighBytes) this.searchAllRuns(bytes, length, depth);
    if (depth >= MAX_DEPTH || this.isDone()) return;
    if ((marks & PERCENT) !== 0) {
      const unescaped = decodePercentBytes(bytes, length, depth + 1, this.hasSeparator ? null : AMPERSAND);
      if (unescaped !== null) this.searchView(unescaped.bytes, unescaped.length, depth + 1);
    }
    if ((marks & BACKSLASH) !== 0) {
      const plain = decodeEscapes(bytes, length, depth + 1);
      this.searchView(plain.bytes, plain.length, depth + 1);
    }
    const coding = isGzip(bytes) ? 'gzip' : isZlib(bytes) ? 'zlib' : null;
    if (coding !== null && length > 6) {
      const inflated = inflate(bytes.subarray(0, length), coding, MAX_INFLATED_BYTES);
      if (inflated.ok) this.searchView(inflated.bytes, inflated.bytes.length, depth + 1);
    }
  }

  /**
   * The values as they stand, and base64 and hexadecimal stretches, decoded at every offset; most stretches are words, and are told so on the
   * way. Tells which marks of other encodings stand between them. The loop over all bytes: nearly without branches.
   */
  private searchPlain(bytes: Uint8Array, length: number, depth: number): number {
    // Held here: what another module exports is loaded and checked anew at each use.
    const foldsAndKinds = FOLD_AND_KIND;
    let marks = 0;
    let hash = 0;
    let group = 0;
    let hexes = 0;
    let done = 0;
    for (let i = 0; i < length; i++) {
      const byte = bytes[i] as number;
      const both = foldsAndKinds[byte] as number;
      hash = ((hash << 5) ^ (both & 255)) & 0x3fffffff;
      const index = table[(hash ^ (hash >>> 10) ^ (hash >>> 20)) & (TABLE_SIZE - 1)] as number;
      if (index !== 0 && i >= PREFIX - 1) this.verify(bytes, i - PREFIX + 1, length, index);
      marks |= both;
      const kind = both >> KIND_SHIFT;
      group = (group << 4) | (kind & 15);
      hexes = ((hexes << 1) | ((kind & HEX) >> 4)) & 0xfff;
      const isTrigger =
        (group & ASCII_GROUP) === ASCII_GROUP || hexes === 0xfff || (byte === GZIP_HEAD && isGzipBase64(bytes, i));
      if (isTrigger && i >= done) done = this.searchRunAround(bytes, i, length, depth);
    }
    return marks >> KIND_SHIFT;
  }

  /** All stretches, whatever they look like. */
  private searchAllRuns(bytes: Uint8Array, length: number, depth: number): void {
    for (let i = 0; i < length; i++) {
      if (((KINDS[bytes[i] as number] as number) & RUN) !== 0) i = this.searchRunAround(bytes, i, length, depth);
    }
  }

  /** The stretch that a byte stands in. @returns its end */
  private searchRunAround(bytes: Uint8Array, at: number, length: number, depth: number): number {
    let start = at;
    let end = at + 1;
    while (start > 0 && ((KINDS[bytes[start - 1] as number] as number) & RUN) !== 0) start--;
    while (end < length && ((KINDS[bytes[end] as number] as number) & RUN) !== 0) end++;
    if (end - start < MIN_BASE64_RUN || this.isDone()) return end;
    if (isGzipBase64(bytes, at)) this.searchDecoded(bytes, at, end, depth);
    this.searchBase64(bytes, start, end, depth);
    this.searchHexWithin(bytes, start, end);
    return end;
  }

  /**
   * In base64, six bytes of printable ASCII hold a whole group of them and the beginning of the next: from the first such place to the last one
   * the stretch is decoded, at each offset.
   */
  private searchBase64(bytes: Uint8Array, start: number, end: number, depth: number): void {
    for (let offset = start; offset < start + 4 && end - offset >= MIN_BASE64_RUN; offset++) {
      if (this.hasHighBytes) {
        this.searchDecoded(bytes, offset, end, depth);
        continue;
      }
      let first = -1;
      let last = -1;
      for (let i = offset; i + 4 < end; i += 4) {
        if (
          ((KINDS[bytes[i] as number] as number) & HEAD) === 0 ||
          ((KINDS[bytes[i + 1] as number] as number) & SECOND) === 0 ||
          ((KINDS[bytes[i + 2] as number] as number) & THIRD) === 0 ||
          ((KINDS[bytes[i + 4] as number] as number) & HEAD) === 0
        )
          continue;
        if (first < 0) first = i;
        last = i;
      }
      if (first >= 0) this.searchDecoded(bytes, Math.max(offset, first - 4), Math.min(end, last + 8), depth);
    }
  }

  private searchDecoded(bytes: Uint8Array, start: number, end: number, depth: number): void {
    const decoded = decodeBase64Run(bytes, start, end);
    this.scan(decoded.bytes, decoded.length);
    // What decodes to a text or a compressed text may hold further encodings.
    if (depth < MAX_DEPTH && decoded.length >= 12 && decoded.isNested()) {
      this.searchView(decoded.bytes.slice(0, decoded.length), decoded.length, depth + 1);
    }
  }

  private searchHexWithin(bytes: Uint8Array, start: number, end: number): void {
    let from = start;
    for (let i = start; i <= end; i++) {
      if (i < end && ((KINDS[bytes[i] as number] as number) & HEX) !== 0) continue;
      if (i - from >= MIN_HEX_RUN) this.searchHex(bytes, from, i);
      from = i + 1;
    }
  }

  private searchHex(bytes: Uint8Array, start: number, end: number): void {
    for (let from = start; from < start + 2; from++) {
      let pairs = 0;
      let mayHold = this.hasHighBytes;
      for (let i = from; i + 1 < end && !mayHold; i += 2) {
        if (!isHighDigit(bytes[i] as number)) pairs = 0;
        else if (++pairs === PREFIX) mayHold = true;
      }
      if (!mayHold) continue;
      const decoded = decodeHexRun(bytes, from, end);
      this.scan(decoded.bytes, decoded.length);
    }
  }

  private scan(bytes: Uint8Array, to: number): void {
    let hash = 0;
    for (let i = 0; i < to; i++) {
      hash = ((hash << 5) ^ (FOLD[bytes[i] as number] as number)) & 0x3fffffff;
      const index = table[(hash ^ (hash >>> 10) ^ (hash >>> 20)) & (TABLE_SIZE - 1)] as number;
      if (index !== 0 && i >= PREFIX - 1) this.verify(bytes, i - PREFIX + 1, to, index);
    }
  }

  private verify(bytes: Uint8Array, at: number, to: number, first: number): void {
    for (let index = first; index !== 0; index = next[index] as number) {
      if (this.matches(bytes, at, to, index)) this.found.push(index);
    }
  }

  private matches(bytes: Uint8Array, at: number, to: number, index: number): boolean {
    const start = starts[index] as number;
    const length = (starts[index + 1] as number) - start;
    if (at + length > to) return false;
    for (let i = 0; i < length; i++) if (FOLD[bytes[at + i] as number] !== needles[start + i]) return false;
    return true;
  }

  private scanWords(bytes: Uint8Array, length: number, words: ReadonlyMap<number, readonly number[]>): void {
    for (let at = 0; at + SHORT_PREFIX <= length; at++) {
      if (at > 0 && isWordByte(FOLD[bytes[at - 1] as number] as number)) continue;
      for (const index of words.get(hashAt(bytes, at)) ?? NO_INDEXES) {
        const end = at + (starts[index + 1] as number) - (starts[index] as number);
        const isWord = end >= length || !isWordByte(FOLD[bytes[end] as number] as number);
        if (isWord && this.matches(bytes, at, length, index)) this.found.push(index);
      }
    }
  }
}

type Values = readonly { readonly value: string }[];
let latest: { readonly secrets: Values; readonly searcher: Searcher } | null = null;

/** The searcher for a list of values: scrub and guard ask for the same one after the other. */
export function searcherFor(secrets: Values): Searcher {
  if (latest?.secrets === secrets) return latest.searcher;
  const searcher = new Searcher(secrets.map((secret) => secret.value));
  latest = { secrets, searcher };
  return searcher;
}
