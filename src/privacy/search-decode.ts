/** Decoders of the search: over bytes, lenient, into scratch memory that the next call overwrites. */

/** Bytes as the search compares them: ASCII letters in lower case, `+` as a space. */
export const FOLD = new Uint8Array(256);
for (let i = 0; i < 256; i++) FOLD[i] = i >= 65 && i <= 90 ? i + 32 : i === 43 ? 32 : i;

const NONE = 255;
const BASE64 = new Uint8Array(256).fill(NONE);
const HEX_VALUES = new Uint8Array(256).fill(NONE);
const SYMBOLS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
for (let i = 0; i < 64; i++) BASE64[SYMBOLS.charCodeAt(i)] = i;
BASE64[45] = 62;
BASE64[95] = 63;
// A form's `+` that was read as a space: no letter by itself, but within what is decoded it is one.
const SPACE = 32;
BASE64[SPACE] = 62;
for (let i = 0; i < 10; i++) HEX_VALUES[48 + i] = i;
for (let i = 0; i < 6; i++) {
  HEX_VALUES[65 + i] = 10 + i;
  HEX_VALUES[97 + i] = 10 + i;
}

const PERCENT_SIGN = 37;
const REVERSE_SOLIDUS = 92;

/** What a byte can be part of, as bits; 0 where it ends every stretch and begins no escape. */
export const KINDS = new Uint8Array(256);
/** A letter of base64; as the first letter of a group, the second, the third, where the bytes of the group are printable ASCII. */
export const RUN = 1;
export const HEAD = 2;
export const SECOND = 4;
export const THIRD = 8;
export const HEX = 16;
export const PERCENT = 32;
export const BACKSLASH = 64;
/** `H`: gzip in base64 begins with it. */
export const GZIP = 128;
for (let i = 0; i < 256; i++) {
  const value = BASE64[i] as number;
  if (value === NONE || i === SPACE) continue;
  const isHead = value >= 8 && value < 32;
  const group = RUN | (isHead ? HEAD : 0) | ((value & 8) === 0 ? SECOND : 0) | ((value & 2) === 0 ? THIRD : 0);
  KINDS[i] = group | (HEX_VALUES[i] === NONE ? 0 : HEX);
}
KINDS[PERCENT_SIGN] = PERCENT;
KINDS[REVERSE_SOLIDUS] = BACKSLASH;
KINDS[72] = (KINDS[72] as number) | GZIP;

/** Both at once: what a byte is compared as, and from {@link KIND_SHIFT} on what it can be part of. */
export const KIND_SHIFT = 8;
export const FOLD_AND_KIND = Uint16Array.from(FOLD, (folded, i) => folded | ((KINDS[i] as number) << KIND_SHIFT));

/** Whether a byte is the first digit of printable ASCII in hexadecimal. */
export function isHighDigit(byte: number): boolean {
  return byte >= 50 && byte <= 55;
}

/** `H4sI`: base64 of the first bytes of gzip. */
export function isGzipBase64(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 72 && bytes[at + 1] === 52 && bytes[at + 2] === 115 && bytes[at + 3] === 73;
}

const MIN_BYTES = 8192;
/** Of more the memory is given back. */
const MAX_KEPT_BYTES = 1 << 16;

/** Memory for `size` bytes: the one at hand where it is large enough, and no large one for little. */
export function reserve<Memory extends Uint8Array>(memory: Memory, size: number, make: (size: number) => Memory): Memory {
  if (size > MAX_KEPT_BYTES) return memory.length === size ? memory : make(size);
  const isFit = memory.length >= size && memory.length <= MAX_KEPT_BYTES * 2;
  return isFit ? memory : make(Math.max(MIN_BYTES, size * 2));
}

export const makeBytes = (size: number): Uint8Array => new Uint8Array(size);

/** The scratch memory and how much of it the last call filled. */
class Decoded {
  bytes = makeBytes(MIN_BYTES);
  length = 0;

  reserve(size: number): void {
    this.bytes = reserve(this.bytes, size, makeBytes);
  }

  /** Whether the bytes are a text of printable characters, or begin like a compressed one. */
  isNested(): boolean {
    const bytes = this.bytes;
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) return true;
    // A run that ended in mid-group leaves a last byte of chance.
    for (let i = 0; i < this.length - 1; i++) {
      const byte = bytes[i] as number;
      if ((byte < 32 && byte !== 10 && byte !== 13 && byte !== 9) || byte === 127) return false;
    }
    return true;
  }
}

const scratch = new Decoded();

export function decodeBase64Run(bytes: Uint8Array, from: number, to: number): Decoded {
  scratch.reserve(to - from);
  const out = scratch.bytes;
  let length = 0;
  let bits = 0;
  let count = 0;
  for (let i = from; i < to; i++) {
    bits = (bits << 6) | (BASE64[bytes[i] as number] as number);
    if (++count === 4) {
      out[length++] = (bits >> 16) & 255;
      out[length++] = (bits >> 8) & 255;
      out[length++] = bits & 255;
      bits = 0;
      count = 0;
    }
  }
  if (count === 2) out[length++] = (bits >> 4) & 255;
  if (count === 3) {
    out[length++] = (bits >> 10) & 255;
    out[length++] = (bits >> 2) & 255;
  }
  scratch.length = length;
  return scratch;
}

export function decodeHexRun(bytes: Uint8Array, from: number, to: number): Decoded {
  scratch.reserve((to - from) >> 1);
  const out = scratch.bytes;
  let length = 0;
  for (let i = from; i + 1 < to; i += 2) {
    out[length++] = ((HEX_VALUES[bytes[i] as number] as number) << 4) | (HEX_VALUES[bytes[i + 1] as number] as number);
  }
  scratch.length = length;
  return scratch;
}

function hexAt(bytes: Uint8Array, at: number, digits: number): number {
  let value = 0;
  for (let i = 0; i < digits; i++) {
    const digit = HEX_VALUES[bytes[at + i] ?? 0] as number;
    if (digit === NONE) return -1;
    value = value * 16 + digit;
  }
  return value;
}

/** UTF-8 of a code point. */
function writePoint(out: Uint8Array, at: number, point: number): number {
  if (point < 128) {
    out[at] = point;
    return at + 1;
  }
  let end = at;
  if (point < 0x800) out[end++] = 0xc0 | (point >> 6);
  else {
    if (point < 0x10000) out[end++] = 0xe0 | (point >> 12);
    else {
      out[end++] = 0xf0 | (point >> 18);
      out[end++] = 0x80 | ((point >> 12) & 63);
    }
    out[end++] = 0x80 | ((point >> 6) & 63);
  }
  out[end++] = 0x80 | (point & 63);
  return end;
}

/** Bytes that the next call with the same depth overwrites. */
export interface View {
  bytes: Buffer;
  length: number;
}

const views: View[] = Array.from({ length: 6 }, () => ({ bytes: Buffer.allocUnsafeSlow(MIN_BYTES), length: 0 }));

function viewAt(depth: number, size: number): View {
  const view = views[depth] as View;
  view.bytes = reserve(view.bytes, size, Buffer.allocUnsafeSlow);
  return view;
}

/** The bytes of a text (UTF-8), at depth 0. */
export function viewText(text: string): View {
  const view = viewAt(0, text.length * 3);
  view.length = view.bytes.write(text, 'utf8');
  return view;
}

/**
 * The bytes with `%` and two, `%u` and four hexadecimal digits decoded, or null where there is nothing to decode. With a separator, only the
 * fields between two of it in which there is something to decode. No `%` stands before `from`.
 */
export function decodePercentBytes(
  bytes: Uint8Array,
  length: number,
  depth: number,
  separator: number | null,
  from = 0,
): View | null {
  const view = viewAt(depth, length + 1);
  view.length = 0;
  let end = -1;
  for (let i = from; i < length; i++) {
    if (bytes[i] !== PERCENT_SIGN) continue;
    let start = i;
    while (start > end + 1 && bytes[start - 1] !== separator) start--;
    end = i + 1;
    while (end < length && bytes[end] !== separator) end++;
    decodeField(bytes, start, end, view, separator);
    i = end;
  }
  return view.length > 0 ? view : null;
}

/** How many more escapes the character of UTF-8 has that begins at `at` with this byte; -1 where it is none (RFC 3629 § 4). */
function continuationOf(bytes: Uint8Array, at: number, stop: number, first: number): number {
  const more = first < 0xc2 || first > 0xf4 ? -1 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
  for (let i = 1; i <= more; i++) {
    const next = at + 3 * i;
    if (next + 3 > stop || bytes[next] !== PERCENT_SIGN || (hexAt(bytes, next + 1, 2) & 0xc0) !== 0x80) return -1;
  }
  return more;
}

/** Adds what a field decodes to, with bytes that are no UTF-8 taken for Latin-1, behind a separator; nothing where there are no escapes in it. */
function decodeField(bytes: Uint8Array, start: number, stop: number, view: View, separator: number | null): void {
  const out = view.bytes;
  let end = view.length;
  if (end > 0 && separator !== null) out[end++] = separator;
  let changed = false;
  let continued = 0;
  for (let i = start; i < stop; ) {
    const byte = bytes[i] as number;
    if (byte === PERCENT_SIGN) {
      const isLong = bytes[i + 1] === 117 || bytes[i + 1] === 85;
      const size = isLong ? 6 : 3;
      const value = i + size > stop ? -1 : isLong ? hexAt(bytes, i + 2, 4) : hexAt(bytes, i + 1, 2);
      if (value >= 0) {
        if (value >= 128 && !isLong && continued === 0) continued = continuationOf(bytes, i, stop, value) + 1;
        if (isLong || (value >= 128 && continued === 0)) end = writePoint(out, end, value);
        else out[end++] = value;
        if (continued > 0) continued--;
        i += size;
        changed = true;
        continue;
      }
    }
    out[end++] = byte;
    i++;
  }
  if (changed) view.length = end;
}

/** What `\b`, `\t`, `\n`, `\f` and `\r` stand for (RFC 8259 § 7); any other character for itself. */
const CONTROLS = new Uint8Array(256);
for (let i = 0; i < 256; i++) CONTROLS[i] = i;
for (const [letter, control] of ['b\b', 't\t', 'n\n', 'f\f', 'r\r']) {
  CONTROLS[(letter as string).charCodeAt(0)] = (control as string).charCodeAt(0);
}

/** The code point of `\ud83d\ude00`, whose first half is at `at`; -1 where no second half follows. */
function pairAt(bytes: Uint8Array, at: number, length: number, high: number): number {
  if (high < 0xd800 || high > 0xdbff || at + 12 > length || bytes[at + 6] !== REVERSE_SOLIDUS || bytes[at + 7] !== 117) return -1;
  const low = hexAt(bytes, at + 8, 4);
  return low >= 0xdc00 && low <= 0xdfff ? 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00) : -1;
}

/** The bytes with JSON's and JavaScript's escapes (`\u0041`, `\x41`, `\n`, `\/`) decoded. */
export function decodeEscapes(bytes: Uint8Array, length: number, depth: number): View {
  const view = viewAt(depth, length);
  const out = view.bytes;
  let end = 0;
  for (let i = 0; i < length; ) {
    const byte = bytes[i] as number;
    if (byte === REVERSE_SOLIDUS && i + 1 < length) {
      const kind = bytes[i + 1] as number;
      const digits = kind === 117 ? 4 : kind === 120 ? 2 : 0;
      const value = digits === 0 ? (CONTROLS[kind] as number) : i + 2 + digits > length ? -1 : hexAt(bytes, i + 2, digits);
      const point = digits === 4 ? pairAt(bytes, i, length, value) : -1;
      if (point >= 0) {
        end = writePoint(out, end, point);
        i += 12;
        continue;
      }
      if (value >= 0) {
        end = writePoint(out, end, value);
        i += 2 + digits;
        continue;
      }
    }
    out[end++] = byte;
    i++;
  }
  view.length = end;
  return view;
}
