/** Compressed bodies, bounded: told by their first bytes where they can be, by the declared coding where not. */
import {
  brotliCompressSync,
  brotliDecompressSync,
  constants,
  deflateRawSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateRawSync,
  inflateSync,
} from 'node:zlib';

export type Coding = 'gzip' | 'zlib' | 'deflate-raw' | 'br';

export type Inflated =
  | { readonly ok: true; readonly bytes: Buffer }
  | { readonly ok: false; readonly reason: 'too-large' | 'broken' };

export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length > 2 && bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8;
}

/** RFC 1950 § 2.2: method 8, window up to 7, header a multiple of 31. Text never begins so. */
export function isZlib(bytes: Uint8Array): boolean {
  const first = bytes[0] ?? 0;
  return bytes.length > 6 && (first & 0x8f) === 8 && first >= 0x18 && (first * 256 + (bytes[1] ?? 0)) % 31 === 0;
}

const INFLATE = { gzip: gunzipSync, zlib: inflateSync, 'deflate-raw': inflateRawSync, br: brotliDecompressSync } as const;

/** At most `maxBytes` of output; a bomb costs no more than that. */
export function inflate(bytes: Uint8Array, coding: Coding, maxBytes: number): Inflated {
  try {
    return { ok: true, bytes: INFLATE[coding](bytes, { maxOutputLength: maxBytes }) };
  } catch (error) {
    const large = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    return { ok: false, reason: large ? 'too-large' : 'broken' };
  }
}

/** Header and trailer of gzip (RFC 1952) with the least between. */
const MIN_GZIP = 20;

/**
 * A short text that was compressed with gzip or zlib, also where its end is missing; null where nothing can be read. In small chunks, and
 * without an error for the missing end: both cost more than the text.
 */
export function inflateText(bytes: Uint8Array, maxBytes: number): Buffer | null {
  const coding = isGzip(bytes) ? 'gzip' : 'zlib';
  if (coding === 'gzip' && bytes.length < MIN_GZIP) return null;
  const options = { maxOutputLength: maxBytes, chunkSize: 1024, finishFlush: constants.Z_SYNC_FLUSH };
  try {
    return INFLATE[coding](bytes, options);
  } catch {
    return null;
  }
}

export function deflate(bytes: Buffer, coding: Coding): Buffer {
  switch (coding) {
    case 'gzip':
      return gzipSync(bytes);
    case 'zlib':
      return deflateSync(bytes);
    case 'deflate-raw':
      return deflateRawSync(bytes);
    case 'br':
      return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } });
  }
}
