import { randomBytes } from 'node:crypto';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OWN_TOKENS } from '../../../src/consent/own-tokens.ts';
import { guardScrubbed, guardUntouched } from '../../../src/hit/guard-own.ts';
import type { OutgoingHit, Secret } from '../../../src/hit/outgoing.ts';

const subject = randomBytes(16).toString('base64url');
const RECEIPT = `${OWN_TOKENS.find(({ kind }) => kind === 'receipt')?.begin}ImtpZCI6Ims.e30.AAAA`;
const COOKIE = `${OWN_TOKENS.find(({ kind }) => kind === 'cookie')?.begin}ImtpZCI6Ims.e30.AAAA`;

const escapeAll = (text: string): string => text.replace(/./g, (char) => `%${char.charCodeAt(0).toString(16)}`);
const escapeAt = (text: string, at: number): string => text.slice(0, at) + escapeAll(text.charAt(at)) + text.slice(at + 1);
const base64 = (text: string): string => Buffer.from(text).toString('base64');

const SPELLINGS: readonly (readonly [string, (value: string) => string])[] = [
  ['as it is', (value) => value],
  ['in small letters', (value) => value.toLowerCase()],
  ['in capital letters', (value) => value.toUpperCase()],
  ['percent-encoded', escapeAll],
  ['percent-encoded twice', (value) => encodeURIComponent(escapeAll(value))],
  ['with one letter percent-encoded', (value) => escapeAt(value, 9)],
  ['with two letters percent-encoded', (value) => escapeAt(escapeAt(value, 11), 5)],
  ['with escapes of JSON', (value) => value.replace(/[a-z]/i, (char) => `\\u00${char.charCodeAt(0).toString(16)}`)],
  [
    'with escapes of JSON, percent-encoded',
    (value) => value.replace(/[a-z]/i, (char) => `%5Cu00${char.charCodeAt(0).toString(16)}`),
  ],
  ['with escapes of scripts', (value) => value.replace(/[a-z]/i, (char) => `\\x${char.charCodeAt(0).toString(16)}`)],
  ['with escapes of old scripts', (value) => value.replace(/[a-z]/i, (char) => `%u00${char.charCodeAt(0).toString(16)}`)],
  ['in base64', base64],
  ['in base64, a byte later', (value) => base64(`"${value}"`)],
  ['in base64, two bytes later', (value) => base64(`{"${value}"}`)],
  ['in base64url in a URL', (value) => encodeURIComponent(`https://a.example/?x=${Buffer.from(value).toString('base64url')}`)],
  ['in hexadecimal', (value) => Buffer.from(value).toString('hex')],
  ['in capital hexadecimal', (value) => Buffer.from(value).toString('hex').toUpperCase()],
  ['compressed, in base64', (value) => gzipSync(value).toString('base64')],
];
const VALUES: readonly (readonly [string, string])[] = [
  ['subject', subject],
  ['cookie', COOKIE],
  ['receipt', RECEIPT],
];

const hit = (target: string, headers: readonly string[] = [], body: Buffer | null = null): OutgoingHit => ({
  method: 'POST',
  target,
  headers: ['Host', 'shop.example', 'User-Agent', 'Mozilla/5.0 (X11; Linux x86_64)', ...headers],
  body,
});
const placeOf = (outgoing: OutgoingHit): string | null => {
  const outcome = guardUntouched(outgoing, subject);
  return outcome.ok ? null : outcome.find.place;
};
const FORBIDDEN: readonly Secret[] = [{ place: 'cookie:_ga', value: '1234567890.1700000000' }];
const scrubbedPlaceOf = (outgoing: OutgoingHit, forbidden = FORBIDDEN): string | null => {
  const outcome = guardScrubbed(outgoing, forbidden, subject);
  return outcome.ok ? null : outcome.find.place;
};

describe.each(VALUES)('the look for what is Consentry’s own finds a %s', (kind, value) => {
  it.each(SPELLINGS)('%s', (_, spell) => {
    const found = `own:${kind}`;
    for (const before of [
      '',
      'a',
      'some_words_that_no_mark_ends_',
      'some-words-that-are-long-enough-for-an-id/',
      'https%3A%2F%2Fshop.example%2F%3Ft%3D',
    ]) {
      expect(placeOf(hit(`/a?dl=${before}${spell(value)}&b=1`))).toBe(found);
      expect(placeOf(hit(`/a?dl=${before}&x=${spell(value)}&b=1`))).toBe(found);
      expect(placeOf(hit('/a', ['X-A', `b ${before}${spell(value)}`]))).toBe(found);
      expect(placeOf(hit('/a', [`X-${before}${spell(value)}`, '1']))).toBe(found);
      expect(placeOf(hit('/a', [], Buffer.from(`{"a":"${before}","b":"${spell(value)}"}`)))).toBe(found);
    }
    const json = `{"b":"${spell(value)}"}`;
    expect(placeOf(hit('/a', ['Content-Encoding', 'gzip'], gzipSync(json)))).toBe(found);
    expect(placeOf(hit('/a', ['content-encoding', 'deflate'], deflateSync(json)))).toBe(found);
    expect(placeOf(hit('/a', ['content-encoding', 'deflate'], deflateRawSync(json)))).toBe(found);
    expect(placeOf(hit('/a', ['Content-Encoding', 'br'], brotliCompressSync(json)))).toBe(found);
    expect(placeOf(hit('/a', [], gzipSync(spell(value))))).toBe(found);
    expect(placeOf(hit('/a', [], deflateSync(json)))).toBe(found);
    expect(scrubbedPlaceOf(hit(`/a?x=${spell(value)}`))).toBe(found);
    expect(scrubbedPlaceOf(hit(`/a?x=${spell(value)}`), [])).toBe(found);
  });
});

describe('the look for what is Consentry’s own', () => {
  it('finds a subject wherever it stands, whichever of its letters are percent-encoded', () => {
    const around = fc.string({ maxLength: 60, unit: fc.constantFrom(...'aZ9-_.=&%/ ', '%2F', '%253A') });
    const escapes = fc.uniqueArray(fc.nat(21), { maxLength: 8 });
    fc.assert(
      fc.property(around, fc.constantFrom('.', 'aZ9'), around, escapes, (before, mark, behind, places) => {
        const spelled = [...subject].map((char, i) => (places.includes(i) ? escapeAll(char) : char)).join('');
        expect(placeOf(hit(`/a?${before}${mark}${spelled}.${behind}`))).toBe('own:subject');
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['/g/collect?cid=1.2&dl=https%3A%2F%2Fshop.example%2Fa%3Fid%3D0b5c1e0e-7e2a-4c1e-9b1a-0123456789ab'],
    [`/a?token=${base64('{"alg":"HS256","typ":"JWT"}')}.e30.AAAA`],
    [`/a?id=${'A'.repeat(22)}&context=${gzipSync('{"a":1}').toString('base64')}`],
    ['/a?x=%61%62&y=%2561'],
  ])('lets %s go', (target) => expect(placeOf(hit(target, [], Buffer.from(target)))).toBeNull());

  it('is taken together with what a scrubbed hit must not hold', () => {
    const other = `${base64('{"alg":"HS256","typ":"JWT"}')}.e30.AAAA`;
    expect(scrubbedPlaceOf(hit(`/a?token=${other}`))).toBeNull();
    expect(scrubbedPlaceOf(hit(`/a?token=${other}`, ['X-A', 'GA1.1.1234567890.1700000000']))).toBe('cookie:_ga');
    expect(scrubbedPlaceOf(hit(`/a?token=${other}&x=${subject}`))).toBe('own:subject');
    expect(scrubbedPlaceOf(hit('/a?cid=2.3', ['X-A', other], Buffer.from('{}')))).toBeNull();
  });
});
