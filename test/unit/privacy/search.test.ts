import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { guardHit } from '../../../src/hit/guard.ts';
import { Searcher } from '../../../src/privacy/search.ts';

const SECRETS = ['anna.muster@example.com', 'IwAR2aOpenFbclid0Zk3xT9q', 'Ünal Öztürk', 'u-48213', '+12025550143'];
const percent = (text: string): string => [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

const ENCODINGS: readonly (readonly [string, (text: string) => string | Buffer])[] = [
  ['raw', (text) => text],
  ['upper case', (text) => text.replace(/[a-z]/g, (letter) => letter.toUpperCase())],
  ['percent-encoded', percent],
  ['percent-encoded twice', (text) => encodeURIComponent(percent(text))],
  ['percent-encoded three times', (text) => encodeURIComponent(encodeURIComponent(percent(text)))],
  ['form', (text) => encodeURIComponent(text).replaceAll('%20', '+')],
  ['JSON escapes', (text) => [...text].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')],
  ['base64', (text) => Buffer.from(text).toString('base64')],
  ['base64 at offset 1', (text) => Buffer.from(`x${text}y`).toString('base64')],
  ['base64 at offset 2', (text) => Buffer.from(`xx${text}y`).toString('base64')],
  ['base64url', (text) => Buffer.from(`??${text}>>`).toString('base64url')],
  ['base64 behind other letters', (text) => `abc${Buffer.from(text).toString('base64')}`],
  ['base64 twice', (text) => Buffer.from(Buffer.from(text).toString('base64')).toString('base64')],
  ['base64, percent-encoded', (text) => encodeURIComponent(Buffer.from(`>>>${text}???`).toString('base64'))],
  ['percent-encoded, in base64', (text) => Buffer.from(`u=${percent(text)}`).toString('base64')],
  ['hexadecimal', (text) => Buffer.from(text).toString('hex')],
  ['hexadecimal at an odd place', (text) => `a${Buffer.from(text).toString('hex')}`],
  ['gzip', (text) => gzipSync(text)],
  ['zlib', (text) => deflateSync(text)],
  ['gzip in base64', (text) => gzipSync(text).toString('base64')],
];

describe('Searcher', () => {
  const searcher = new Searcher(SECRETS);

  describe.each(ENCODINGS)('%s', (_, encode) => {
    it.each(SECRETS.map((secret, index) => [secret, index] as const))('finds %s', (secret, index) => {
      const encoded = encode(secret);
      expect(searcher.findFirst(Buffer.from(encoded as string))).toBe(index);
      if (typeof encoded === 'string') expect(searcher.findFirst(Buffer.from(`a=1&b=${encoded}&c=2`))).toBe(index);
    });
  });

  it('finds none of them in other text', () => {
    const text = `{"e":"pv","url":"https://shop.example.com/kasse","x":"${Buffer.from('{"schema":"iglu:com"}').toString('base64')}","n":48213}`;
    expect(searcher.findFirst(Buffer.from(text))).toBe(-1);
    expect(searcher.findAll(Buffer.from(SECRETS.slice(1, 3).join(' and '))).size).toBe(2);
  });

  it('counts short values as words only', () => {
    const short = new Searcher(['Anna', 'xy']);
    expect(short.findFirst(Buffer.from('Danke, anna!'))).toBe(0);
    expect(short.findFirst(Buffer.from('n=Anna&x=1'))).toBe(0);
    expect(short.findFirst(Buffer.from('Johanna Annabelle xy'))).toBe(-1);
  });
});

describe('guardHit', () => {
  const secret = { place: 'query:uid', value: 'anna.muster@example.com' };
  const hit = { method: 'GET', target: '/i?e=pv', headers: ['Accept', '*/*'], body: null };

  it('passes a hit without the value, and without asking where nothing is forbidden', () => {
    expect(guardHit(hit, [secret])).toEqual({ ok: true });
    expect(guardHit({ ...hit, target: `/i?u=${secret.value}` }, [])).toEqual({ ok: true });
  });

  it('names the place and the part, never the value', () => {
    expect(guardHit({ ...hit, target: '/i?u=anna.muster%40example.com' }, [secret])).toEqual({
      ok: false,
      place: 'query:uid',
      foundIn: 'target',
    });
    expect(guardHit({ ...hit, headers: ['Referer', `https://a.example/${secret.value}`] }, [secret])).toMatchObject({
      foundIn: 'headers',
    });
    expect(guardHit({ ...hit, body: Buffer.from(secret.value) }, [secret])).toMatchObject({ foundIn: 'body' });
  });

  it('opens bodies whose coding only the header tells', () => {
    const body = brotliCompressSync(`{"u":"${secret.value}"}`);
    expect(guardHit({ ...hit, headers: ['Content-Encoding', 'br'], body }, [secret])).toMatchObject({
      ok: false,
      foundIn: 'body',
    });
  });
});
