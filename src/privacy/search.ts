/**
 * Looks for many values in bytes at once, below every encoding that trackers use: one pass over the text instead of one for each value
 * and each of its spellings. Upper and lower case are the same, and so are `+` and space.
 */
import { inflate, isGzip, isZlib } from './carriers/compression.ts';
import {
  decodeBase64Run,
  decodeEscapes,
  decodeHexRun,
  decodePercentBytes,
  FOLD,
  HEAD,
  HEX,
  isGzipBase64,
  KINDS,
} from './search-decode.ts';

const TABLE_SIZE = 1024;
const PREFIX = 6;
const SHORT_PREFIX = 3;
const MAX_DEPTH = 4;
const MAX_INFLATED_BYTES = 1 << 20;
const MIN_BASE64_RUN = 8;
const MIN_HEX_RUN = 12;
const NO_INDEXES: readonly number[] = [];

/** Bytes that make up words: a short value counts only between others. */
function isWordByte(byte: number): boolean {
  return (byte >= 48 && byte <= 57) || (byte >= 97 && byte <= 122) || byte >= 128 || byte === 95;
}

function slotOf(hash: number): number {
  return (hash ^ (hash >>> 10) ^ (hash >>> 20)) & (TABLE_SIZE - 1);
}

function foldText(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'utf8');
  for (let i = 0; i < bytes.length; i++) bytes[i] = FOLD[bytes[i] as number] as number;
  return bytes;
}

function hashAt(bytes: Uint8Array, at: number): number {
  const [a, b, c] = [
    FOLD[bytes[at] as number] as number,
    FOLD[bytes[at + 1] as number] as number,
    FOLD[bytes[at + 2] as number] as number,
  ];
  return (a << 16) | (b << 8) | c;
}

function hashOf(bytes: Uint8Array, length: number): number {
  let hash = 0;
  for (let i = 0; i < length; i++) hash = ((hash << 5) ^ (bytes[i] as number)) & 0x3fffffff;
  return hash;
}

/** Values to look for. Those of 3 to 5 bytes count as whole words only; shorter ones are not looked for. */
export class Searcher {
  private readonly table = new Uint16Array(TABLE_SIZE);
  private readonly next: number[] = [0];
  private readonly needles: Uint8Array[] = [new Uint8Array()];
  private readonly shortWords = new Map<number, number[]>();
  /** Positions in `values` of what was found. */
  private found: Set<number> | null = null;
  private isFirstEnough = true;
  /** A value with letters beyond ASCII: its base64 has no tell-tale letters. */
  private hasHighBytes = false;

  constructor(values: readonly string[]) {
    for (let i = 0; i < values.length; i++) this.add(values[i] as string, i + 1);
  }

  private add(value: string, index: number): void {
    const bytes = foldText(value);
    this.needles[index] = bytes;
    if (!this.hasHighBytes && bytes.length > value.length) this.hasHighBytes = true;
    if (bytes.length >= PREFIX) {
      const slot = slotOf(hashOf(bytes, PREFIX));
      this.next[index] = this.table[slot] as number;
      this.table[slot] = index;
    } else if (bytes.length >= SHORT_PREFIX) {
      const hash = hashAt(bytes, 0);
      const known = this.shortWords.get(hash);
      if (known === undefined) this.shortWords.set(hash, [index]);
      else known.push(index);
    }
  }

  /** Position of a value that the bytes hold in some encoding, or -1. */
  findFirst(bytes: Uint8Array): number {
    this.found = new Set();
    this.isFirstEnough = true;
    this.searchView(bytes, 0);
    const [first] = this.found;
    return first === undefined ? -1 : first - 1;
  }

  /** Positions of all values that the bytes hold in some encoding. */
  findAll(bytes: Uint8Array): Set<number> {
    this.found = new Set();
    this.isFirstEnough = false;
    this.searchView(bytes, 0);
    return new Set([...this.found].map((index) => index - 1));
  }

  private isDone(): boolean {
    return this.isFirstEnough && this.found !== null && this.found.size > 0;
  }

  private searchView(bytes: Uint8Array, depth: number): void {
    if (this.isDone()) return;
    this.scan(bytes, 0, bytes.length);
    if (this.shortWords.size > 0) this.scanWords(bytes);
    this.searchRuns(bytes, depth);
    if (depth >= MAX_DEPTH || this.isDone()) return;
    const unescaped = decodePercentBytes(bytes);
    if (unescaped !== null) this.searchView(unescaped, depth + 1);
    const plain = decodeEscapes(bytes);
    if (plain !== null) this.searchView(plain, depth + 1);
    const coding = isGzip(bytes) ? 'gzip' : isZlib(bytes) ? 'zlib' : null;
    if (coding !== null) {
      const inflated = inflate(bytes, coding, MAX_INFLATED_BYTES);
      if (inflated.ok) this.searchView(inflated.bytes, depth + 1);
    }
  }

  /** Base64 and hexadecimal stretches, decoded at every offset; most stretches are words, and are told so on the way. */
  private searchRuns(bytes: Uint8Array, depth: number): void {
    const length = bytes.length;
    let start = 0;
    let hex = 0;
    let mayBeBase64 = this.hasHighBytes;
    let mayBeHex = false;
    for (let i = 0; i <= length; i++) {
      const kind = i === length ? 0 : (KINDS[bytes[i] as number] as number);
      if (kind !== 0) {
        if ((kind & HEAD) !== 0 && i - start >= 4 && ((KINDS[bytes[i - 4] as number] as number) & HEAD) !== 0) mayBeBase64 = true;
        if ((kind & HEX) === 0) hex = 0;
        else if (++hex === MIN_HEX_RUN) mayBeHex = true;
        continue;
      }
      if (i - start >= MIN_BASE64_RUN) {
        if (mayBeBase64 || isGzipBase64(bytes, start)) this.searchBase64(bytes, start, i, depth);
        if (mayBeHex) this.searchHexWithin(bytes, start, i);
        if (this.isDone()) return;
      }
      start = i + 1;
      hex = 0;
      mayBeBase64 = this.hasHighBytes;
      mayBeHex = false;
    }
  }

  /**
   * Base64 of ASCII begins each group of four with one of a few letters, and six bytes hold two beginnings of groups: only stretches with two of
   * them, four apart, are decoded.
   */
  private searchBase64(bytes: Uint8Array, start: number, end: number, depth: number): void {
    if (isGzipBase64(bytes, start)) return this.searchDecoded(bytes, start, end, depth);
    for (let offset = 0; offset < 4 && end - start - offset >= MIN_BASE64_RUN; offset++) {
      if (this.hasHighBytes) {
        this.searchDecoded(bytes, start + offset, end, depth);
        continue;
      }
      let first = -1;
      let last = -1;
      for (let i = start + offset; i < end; i += 4) {
        if (((KINDS[bytes[i] as number] as number) & HEAD) !== 0) {
          if (first < 0) first = i;
          last = i;
        } else {
          if (last > first) this.searchDecoded(bytes, Math.max(start + offset, first - 4), Math.min(end, last + 8), depth);
          first = last = -1;
        }
      }
      if (last > first) this.searchDecoded(bytes, Math.max(start + offset, first - 4), end, depth);
    }
  }

  private searchDecoded(bytes: Uint8Array, start: number, end: number, depth: number): void {
    const decoded = decodeBase64Run(bytes, start, end);
    this.scan(decoded.bytes, 0, decoded.length);
    // What decodes to a text or a compressed text may hold further encodings.
    if (depth < MAX_DEPTH && decoded.length >= 12 && decoded.isNested()) {
      this.searchView(decoded.bytes.slice(0, decoded.length), depth + 1);
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
    for (let offset = 0; offset < 2; offset++) {
      const decoded = decodeHexRun(bytes, start + offset, end);
      this.scan(decoded.bytes, 0, decoded.length);
    }
  }

  private scan(bytes: Uint8Array, from: number, to: number): void {
    const table = this.table;
    let hash = 0;
    for (let i = from; i < to; i++) {
      hash = ((hash << 5) ^ (FOLD[bytes[i] as number] as number)) & 0x3fffffff;
      const index = table[(hash ^ (hash >>> 10) ^ (hash >>> 20)) & (TABLE_SIZE - 1)] as number;
      if (index !== 0 && i - from >= PREFIX - 1) this.verify(bytes, i - PREFIX + 1, to, index);
    }
  }

  private verify(bytes: Uint8Array, at: number, to: number, first: number): void {
    for (let index = first; index !== 0; index = this.next[index] as number) {
      if (this.matches(bytes, at, to, this.needles[index] as Uint8Array)) this.found?.add(index);
    }
  }

  private matches(bytes: Uint8Array, at: number, to: number, needle: Uint8Array): boolean {
    if (at + needle.length > to) return false;
    for (let i = 0; i < needle.length; i++) if (FOLD[bytes[at + i] as number] !== needle[i]) return false;
    return true;
  }

  private scanWords(bytes: Uint8Array): void {
    for (let at = 0; at + SHORT_PREFIX <= bytes.length; at++) {
      if (at > 0 && isWordByte(FOLD[bytes[at - 1] as number] as number)) continue;
      for (const index of this.shortWords.get(hashAt(bytes, at)) ?? NO_INDEXES) {
        const needle = this.needles[index] as Uint8Array;
        const end = at + needle.length;
        const isWord = end >= bytes.length || !isWordByte(FOLD[bytes[end] as number] as number);
        if (isWord && this.matches(bytes, at, bytes.length, needle)) this.found?.add(index);
      }
    }
  }
}

const searchers = new WeakMap<readonly { readonly value: string }[], Searcher>();

/** The searcher for a list of values, built once for each list. */
export function searcherFor(secrets: readonly { readonly value: string }[]): Searcher {
  const known = searchers.get(secrets);
  if (known !== undefined) return known;
  const searcher = new Searcher(secrets.map((secret) => secret.value));
  searchers.set(secrets, searcher);
  return searcher;
}
