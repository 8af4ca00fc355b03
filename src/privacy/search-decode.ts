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
for (let i = 0; i < 10; i++) HEX_VALUES[48 + i] = i;
for (let i = 0; i < 6; i++) {
  HEX_VALUES[65 + i] = 10 + i;
  HEX_VALUES[97 + i] = 10 + i;
}

const PERCENT = 37;
const BACKSLASH = 92;

/** What a byte can be part of, as bits; 0 where it ends every stretch. */
export const KINDS = new Uint8Array(256);
export const HEX = 2;
/** First letter of a group of base64 whose first byte is ASCII, without control characters but for tab and line ends. */
export const HEAD = 4;
for (let i = 0; i < 256; i++) {
  if (BASE64[i] === NONE) continue;
  const isHead = (i >= 73 && i <= 90) || (i >= 97 && i <= 102) || i === 67 || i === 68;
  KINDS[i] = 1 | (HEX_VALUES[i] === NONE ? 0 : HEX) | (isHead ? HEAD : 0);
}

/** `H4sI`: base64 of the first bytes of gzip. */
export function isGzipBase64(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 72 && bytes[at + 1] === 52 && bytes[at + 2] === 115 && bytes[at + 3] === 73;
}

/** The scratch memory and how much of it the last call filled. */
class Decoded {
  bytes = new Uint8Array(4096);
  length = 0;

  reserve(size: number): void {
    if (this.bytes.length < size) this.bytes = new Uint8Array(size * 2);
    this.length = 0;
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

/** UTF-8 of a code unit; surrogates are left out, no identifier that is looked for needs them. */
function writeUnit(out: Uint8Array, at: number, unit: number): number {
  if (unit < 128) {
    out[at] = unit;
    return at + 1;
  }
  if (unit < 0x800) {
    out[at] = 0xc0 | (unit >> 6);
    out[at + 1] = 0x80 | (unit & 63);
    return at + 2;
  }
  out[at] = 0xe0 | (unit >> 12);
  out[at + 1] = 0x80 | ((unit >> 6) & 63);
  out[at + 2] = 0x80 | (unit & 63);
  return at + 3;
}

/** The bytes with `%XX` and `%uXXXX` decoded, or null where there is nothing to decode. */
export function decodePercentBytes(bytes: Uint8Array): Uint8Array | null {
  if (bytes.indexOf(PERCENT) < 0) return null;
  const out = new Uint8Array(bytes.length);
  let length = 0;
  let changed = false;
  for (let i = 0; i < bytes.length; ) {
    const byte = bytes[i] as number;
    if (byte === PERCENT) {
      const isLong = bytes[i + 1] === 117 || bytes[i + 1] === 85;
      const value = isLong ? hexAt(bytes, i + 2, 4) : hexAt(bytes, i + 1, 2);
      if (value >= 0) {
        if (isLong) length = writeUnit(out, length, value);
        else out[length++] = value;
        i += isLong ? 6 : 3;
        changed = true;
        continue;
      }
    }
    out[length++] = byte;
    i++;
  }
  return changed ? out.subarray(0, length) : null;
}

/** The bytes with `\uXXXX`, `\xXX`, `\/` and the like decoded, or null where there is nothing to decode. */
export function decodeEscapes(bytes: Uint8Array): Uint8Array | null {
  if (bytes.indexOf(BACKSLASH) < 0) return null;
  const out = new Uint8Array(bytes.length);
  let length = 0;
  for (let i = 0; i < bytes.length; ) {
    const byte = bytes[i] as number;
    if (byte === BACKSLASH && i + 1 < bytes.length) {
      const kind = bytes[i + 1] as number;
      const digits = kind === 117 ? 4 : kind === 120 ? 2 : 0;
      const value = digits === 0 ? kind : hexAt(bytes, i + 2, digits);
      if (value >= 0) {
        length = writeUnit(out, length, value);
        i += 2 + digits;
        continue;
      }
    }
    out[length++] = byte;
    i++;
  }
  return out.subarray(0, length);
}
