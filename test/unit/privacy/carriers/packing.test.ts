import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readBase64, readText } from '../../../../src/privacy/carriers/base64.ts';
import { deflate, inflate, isGzip, isZlib } from '../../../../src/privacy/carriers/compression.ts';
import { filterCookies } from '../../../../src/privacy/carriers/cookies.ts';

describe('readBase64', () => {
  it.each([
    ['base64', true],
    ['base64', false],
    ['base64url', false],
  ] as const)('writes %s back the way it came (padded: %s)', (alphabet, padded) => {
    for (const text of ['{"a":"ÿþ>?"}', '{"a":"ÿþ>?"} ', '{"a":"ÿþ>?"}  ']) {
      const plain = Buffer.from(text).toString(alphabet);
      const value = padded ? plain : plain.replace(/=+$/, '');
      const read = readBase64(value);
      expect(read?.bytes.toString()).toBe(text);
      expect(read?.encode(Buffer.from(text))).toBe(value);
    }
  });

  it('reads spaces for plus signs, and no text that is none', () => {
    expect(readBase64('a+b/c+d+'.replaceAll('+', ' '))?.bytes.toString('base64')).toBe('a+b/c+d+');
    for (const text of ['short', 'not base64!', 'abcdefghi', 'abcd===', 'ab=cdefgh']) expect(readBase64(text)).toBeNull();
  });

  it('takes bytes for text only where they are UTF-8 without control characters', () => {
    expect(readText(Buffer.from('grün\n'))).toBe('grün\n');
    expect(readText(Buffer.from([0xff, 0xfe]))).toBeNull();
    expect(readText(Buffer.from('a\0b'))).toBeNull();
  });
});

describe('inflate', () => {
  const text = Buffer.from('{"a":1}'.repeat(100));

  it.each([
    ['gzip', gzipSync(text)],
    ['zlib', deflateSync(text)],
    ['deflate-raw', deflateRawSync(text)],
    ['br', brotliCompressSync(text)],
  ] as const)('opens %s and packs it again', (coding, packed) => {
    expect(inflate(packed, coding, 10_000)).toEqual({ ok: true, bytes: text });
    const again = inflate(deflate(text, coding), coding, 10_000);
    expect(again.ok && again.bytes.equals(text)).toBe(true);
    expect(isGzip(packed)).toBe(coding === 'gzip');
    expect(isZlib(packed)).toBe(coding === 'zlib');
  });

  it('stops at the limit and says what is broken', () => {
    expect(inflate(gzipSync(Buffer.alloc(10_000_000)), 'gzip', 1000)).toEqual({ ok: false, reason: 'too-large' });
    expect(inflate(Buffer.from('1f8b0800', 'hex'), 'gzip', 1000)).toEqual({ ok: false, reason: 'broken' });
  });
});

describe('filterCookies', () => {
  it('keeps cookies as they were written', () => {
    expect(filterCookies('a=1; b="x=y";c; =d;; a=2', (name) => name !== 'b')).toBe('a=1; c; =d; a=2');
    expect(filterCookies('a=1', () => false)).toBe('');
    expect(filterCookies('a=1; b = 2;c', (name) => (name === 'a' ? true : 'x'))).toBe('a=1; b=x; x');
  });
});
