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
  FOLD_AND_KIND,
  GZIP,
  HEAD,
  HEX,
  isGzipBase64,
  isHighDigit,
  KIND_SHIFT,
  KINDS,
  PERCENT,
  RUN,
  SECOND,
  THIRD,
  viewText,
} from './search-decode.ts';
import { collectAt, collectPlain, collectWords, install, type Needles, STRIDE, slotOf, table } from './search-needles.ts';

const MAX_DEPTH = 5;
const MAX_INFLATED_BYTES = 4 << 20;
const MIN_BASE64_RUN = 8;
const MIN_HEX_RUN = 12;
/** Printable ASCII in hexadecimal: so many pairs can hold a value. */
const MIN_PAIRS = 6;
/** What makes the bits of letters of base64 those of {@link RUN}. */
const HEAD_SHIFT = 1;
const SECOND_SHIFT = 2;
const THIRD_SHIFT = 3;
/** A kind at each of four bytes. */
const FOUR_RUNS = RUN * 0x01010101;
const FOUR_HEXES = HEX * 0x01010101;
const FOUR_GZIPS = (GZIP * 0x01010101) | 0;
const KIND_MASK = 0xff << KIND_SHIFT;
const AMPERSAND = 38;
const SPACE = 32;
const NO_NEEDLES: Needles = { hasWords: false, hasHighBytes: false, mayHoldPlus: false, hasSeparator: false };

let installed: Searcher | null = null;

function endOfRun(bytes: Uint8Array, at: number, length: number): number {
  let end = at + 1;
  while (end < length && ((KINDS[bytes[end] as number] as number) & RUN) !== 0) end++;
  return end;
}

/** The end of a stretch in which single spaces stand for `+`. */
function endOfSpacedRun(bytes: Uint8Array, at: number, length: number): number {
  let end = endOfRun(bytes, at, length);
  while (bytes[end] === SPACE && end + 1 < length && ((KINDS[bytes[end + 1] as number] as number) & RUN) !== 0)
    end = endOfRun(bytes, end + 1, length);
  return end;
}

/** Values to look for. Those of 3 to 5 bytes count as whole words only; shorter ones are not looked for. */
export class Searcher {
  private readonly values: readonly string[];
  private needles = NO_NEEDLES;
  /** Indexes of what was found, from 1. */
  private found: number[] = [];
  private isFirstEnough = true;

  constructor(values: readonly string[]) {
    this.values = values;
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
    if (installed !== this) {
      installed = this;
      this.needles = install(this.values);
    }
    this.found = [];
    this.isFirstEnough = isFirstEnough;
    if (typeof where !== 'string') return this.searchView(where, where.length, 0);
    const view = viewText(where);
    // No character has less than a byte.
    this.searchView(view.bytes, view.length, 0, where.indexOf('%'));
  }

  private isDone(): boolean {
    return this.isFirstEnough && this.found.length > 0;
  }

  /** `percentFrom`: where the first `%` stands at the earliest. */
  private searchView(bytes: Uint8Array, length: number, depth: number, percentFrom = 0): void {
    if (this.isDone()) return;
    if (this.needles.hasWords) collectWords(bytes, length, this.found);
    const marks = this.searchPlain(bytes, length, depth);
    if (this.needles.hasHighBytes) this.searchAllRuns(bytes, length, depth);
    if (this.needles.mayHoldPlus) this.searchSpacedRuns(bytes, length, depth);
    if (depth >= MAX_DEPTH || this.isDone()) return;
    if ((marks & PERCENT) !== 0) {
      const separator = this.needles.hasSeparator ? null : AMPERSAND;
      const unescaped = decodePercentBytes(bytes, length, depth + 1, separator, percentFrom);
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
   * way. Tells which marks of other encodings stand between them. The loop over all bytes, four at once: three of them are looked up, and what
   * each can be part of lies side by side in one number.
   */
  private searchPlain(bytes: Uint8Array, length: number, depth: number): number {
    // Held here: what another module exports is loaded and checked anew at each use.
    const foldsAndKinds = FOLD_AND_KIND;
    const entries = table;
    const whole = length - (length % STRIDE);
    let marks = 0;
    let before = 0;
    let done = 0;
    let doneHex = 0;
    let opened = 0;
    for (let i = 0; i < whole; i += STRIDE) {
      const a = foldsAndKinds[bytes[i] as number] as number;
      const b = foldsAndKinds[bytes[i + 1] as number] as number;
      const c = foldsAndKinds[bytes[i + 2] as number] as number;
      const d = foldsAndKinds[bytes[i + 3] as number] as number;
      const entry = entries[slotOf((a & 255) | ((b & 255) << 8) | ((c & 255) << 16))] as number;
      if (entry !== 0) collectAt(bytes, i, length, entry, this.found);
      const kinds = (a >> KIND_SHIFT) | (b & KIND_MASK) | ((c & KIND_MASK) << 8) | ((d & KIND_MASK) << 16);
      // Four of base64 that hold printable ASCII and the first letter of the next group: they reach into these four.
      const groups =
        (before >>> HEAD_SHIFT) &
        (((before >>> 8) | (kinds << 24)) >>> SECOND_SHIFT) &
        (((before >>> 16) | (kinds << 16)) >>> THIRD_SHIFT) &
        ((before >>> 24) | (kinds << 8)) &
        (kinds >>> HEAD_SHIFT) &
        FOUR_RUNS;
      if (groups !== 0 && i >= done) done = this.searchRunAround(bytes, i, length, depth);
      // Most of twelve digits.
      if ((before & kinds & FOUR_HEXES) === FOUR_HEXES && i >= doneHex) doneHex = this.searchHexAround(bytes, i, length);
      if ((kinds & FOUR_GZIPS) !== 0 && i + STRIDE > opened) opened = this.searchGzip(bytes, i, length, depth);
      marks |= kinds;
      before = kinds;
    }
    for (let i = whole; i < length; i++) marks |= KINDS[bytes[i] as number] as number;
    collectPlain(bytes, whole, length, this.found);
    if (whole < length && whole >= done && (before >>> 24) & RUN) this.searchRunAround(bytes, whole, length, depth);
    return marks | (marks >>> 8) | (marks >>> 16) | (marks >>> 24);
  }

  /**
   * Base64 of gzip that begins at one of four bytes, and is as long as its stretch; only the first in a stretch, which repeated beginnings
   * would make cost its square. @returns its end
   */
  private searchGzip(bytes: Uint8Array, from: number, length: number, depth: number): number {
    for (let at = from; at < from + STRIDE; at++) {
      if (!isGzipBase64(bytes, at)) continue;
      const end = endOfRun(bytes, at, length);
      const spaced = endOfSpacedRun(bytes, at, length);
      if (!this.isDone()) this.searchDecoded(bytes, at, end, depth);
      if (!this.isDone() && spaced > end) this.searchDecoded(bytes, at, spaced, depth);
      return spaced;
    }
    return 0;
  }

  /** All stretches, whatever they look like. */
  private searchAllRuns(bytes: Uint8Array, length: number, depth: number): void {
    for (let i = 0; i < length; i++) {
      if (((KINDS[bytes[i] as number] as number) & RUN) !== 0) i = this.searchRunAround(bytes, i, length, depth);
    }
  }

  /** All stretches of several words, which may be base64 whose `+` were read as spaces. */
  private searchSpacedRuns(bytes: Uint8Array, length: number, depth: number): void {
    for (let i = 0; i < length && !this.isDone(); i++) {
      if (((KINDS[bytes[i] as number] as number) & RUN) === 0) continue;
      const end = endOfSpacedRun(bytes, i, length);
      if (end > endOfRun(bytes, i, length)) {
        for (let offset = i; offset < i + 4; offset++) this.searchDecoded(bytes, offset, end, depth);
      }
      i = end;
    }
  }

  /** The stretch that a byte stands in. @returns its end */
  private searchRunAround(bytes: Uint8Array, at: number, length: number, depth: number): number {
    let start = at;
    while (start > 0 && ((KINDS[bytes[start - 1] as number] as number) & RUN) !== 0) start--;
    const end = endOfRun(bytes, at, length);
    if (end - start < MIN_BASE64_RUN || this.isDone()) return end;
    this.searchBase64(bytes, start, end, depth);
    if (this.needles.hasHighBytes) this.searchHexWithin(bytes, start, end);
    return end;
  }

  /** The hexadecimal digits that a byte stands among. @returns their end */
  private searchHexAround(bytes: Uint8Array, at: number, length: number): number {
    let start = at;
    while (start > 0 && ((KINDS[bytes[start - 1] as number] as number) & HEX) !== 0) start--;
    let end = at + 1;
    while (end < length && ((KINDS[bytes[end] as number] as number) & HEX) !== 0) end++;
    if (end - start >= MIN_HEX_RUN && !this.isDone()) this.searchHex(bytes, start, end);
    return end;
  }

  /**
   * In base64, six bytes of printable ASCII hold a whole group of them and the beginning of the next: from the first such place to the last one
   * the stretch is decoded, at each offset.
   */
  private searchBase64(bytes: Uint8Array, start: number, end: number, depth: number): void {
    for (let offset = start; offset < start + 4 && end - offset >= MIN_BASE64_RUN; offset++) {
      if (this.needles.hasHighBytes) {
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
    collectPlain(decoded.bytes, 0, decoded.length, this.found);
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
      let mayHold = this.needles.hasHighBytes;
      for (let i = from; i + 1 < end && !mayHold; i += 2) {
        if (!isHighDigit(bytes[i] as number)) pairs = 0;
        else if (++pairs === MIN_PAIRS) mayHold = true;
      }
      if (!mayHold) continue;
      const decoded = decodeHexRun(bytes, from, end);
      collectPlain(decoded.bytes, 0, decoded.length, this.found);
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
