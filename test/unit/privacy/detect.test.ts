import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { cutIdentifiers, findIdentifiers, isRandomToken } from '../../../src/privacy/detect.ts';
import { findClass, visitIdentifiers } from '../../../src/privacy/detect-nested.ts';

const found = (text: string): string[] => findIdentifiers(text).map((finding) => text.slice(finding.start, finding.end));

describe('findIdentifiers', () => {
  it.each([
    ['Danke anna.muster+shop@mail.example.com!', 'anna.muster+shop@mail.example.com'],
    ['an jörg@müller.example senden', 'jörg@müller.example'],
    ['"anna m"@example.com', '"anna m"@example.com'],
    ["o'neil@example.org", "o'neil@example.org"],
    ['用户@例子.公司', '用户@例子.公司'],
    ['Tel. +49 (0)151 234-567 89', '+49 (0)151 234-567 89'],
    ['call +12025550143 now', '+12025550143'],
    ['(202) 555-0143', '(202) 555-0143'],
    ['030/1234-5678', '030/1234-5678'],
    ['202.555.0143', '202.555.0143'],
    ['from 203.0.113.77 today', '203.0.113.77'],
    ['at 2001:db8:85a3::8a2e:370:7334.', '2001:db8:85a3::8a2e:370:7334'],
    ['::ffff:203.0.113.77', '::ffff:203.0.113.77'],
    ['ip:2001:db8:85a3:6fda:0:8a2e:370:4299', '2001:db8:85a3:6fda:0:8a2e:370:4299'],
    ['2001:db8:85a3:17c1:0:8a2e:370:b8d5:8080', '2001:db8:85a3:17c1:0:8a2e:370:b8d5'],
    ['card 4111 1111 1111 1111', '4111 1111 1111 1111'],
    ['378282246310005', '378282246310005'],
    ['IBAN DE89 3704 0044 0532 0130 00', 'DE89 3704 0044 0532 0130 00'],
    ['gb82west12345698765432', 'gb82west12345698765432'],
    ['t=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln'],
    ['id a82b3e80-9426-4a04-8909-85a5879c31ae', 'a82b3e80-9426-4a04-8909-85a5879c31ae'],
    ['9f8e7d6c5b4a39281706f5e4d3c2b1a0', '9f8e7d6c5b4a39281706f5e4d3c2b1a0'],
    ['IwAR2aOpenFbclid0Zk3xT9qLw8mYhP1', 'IwAR2aOpenFbclid0Zk3xT9qLw8mYhP1'],
    ['customer 123456789', '123456789'],
  ])('finds in %j', (text, expected) => {
    expect(found(text)).toContain(expected);
  });

  it.each([
    'Danke! Bestellung 10042',
    'iPhone 15 Pro Max 256 GB, black',
    'summer-sale-2026-newsletter',
    'version 3.59.0 of 2026-07-13',
    'js-4.10.1',
    '1440x900',
    'opened 12:30:45 to 13:00',
    'js::core::add',
    '10:20:30:40',
    'price 1,299.00 EUR',
    '49.900000000000006',
    'C++ @ home',
    'a@b',
    'Angebote ab 5.000.000',
    '00000000-0000-0000-0000-000000000000',
    'checkout_completed_with_discount',
    'com.snowplowanalytics.snowplow',
    'https://shop.example.com/kasse/danke',
  ])('leaves %j alone', (text) => {
    expect(found(text)).toEqual([]);
  });

  it.runIf(process.env.CONSENTRY_LONG === '1')('takes linear time', () => {
    for (const text of [
      '1 '.repeat(50_000),
      'a@'.repeat(50_000),
      '1:'.repeat(50_000),
      'DE89 '.repeat(20_000),
      'x'.repeat(200_000),
      '+'.repeat(100_000),
      '(1'.repeat(50_000),
    ]) {
      const start = performance.now();
      findIdentifiers(text);
      expect(performance.now() - start).toBeLessThan(500);
    }
  });
});

describe('cutIdentifiers', () => {
  it('leaves the rest of a text readable', () => {
    expect(cutIdentifiers('Danke, anna@example.com! Rückruf: +49 151 23456789.')).toBe('Danke, -! Rückruf: -.');
    expect(cutIdentifiers('nothing here')).toBe('nothing here');
  });
});

describe('isRandomToken', () => {
  it.each([
    ['a1b2c3d4e5f60718', true],
    ['Cj0KCQjwOpenGclidAbC123_dEfG-hIjK', true],
    ['1lhj4ygq8x72h3k9', true],
    ['internationalisation', false],
    ['2026-11-23-black-friday', false],
    ['ProductDetailPageView2', false],
    ['short1', false],
  ])('%s: %s', (token, expected) => {
    expect(isRandomToken(token)).toBe(expected);
  });
});

describe('findClass', () => {
  const mail = 'anna.muster@example.com';

  it.each([
    ['plain', mail],
    ['percent-encoded', encodeURIComponent(mail)],
    ['percent-encoded twice', encodeURIComponent(encodeURIComponent(mail))],
    ['base64', Buffer.from(mail).toString('base64')],
    ['base64 of JSON', Buffer.from(JSON.stringify({ m: mail })).toString('base64url')],
    ['base64 of a query', Buffer.from(`m=${encodeURIComponent(mail)}`).toString('base64')],
    ['hexadecimal', Buffer.from(mail).toString('hex')],
    ['JSON escape', 'anna.muster\\u0040example.com'],
    ['HTML escape', 'anna.muster&#64;example.com'],
    ['HTML name', '<b>anna.muster&commat;example.com</b>'],
    ['gzip in base64', `v:${gzipSync(mail).toString('base64')}`],
    ['zlib in base64url', deflateSync(mail).toString('base64url')],
    ['base64 in a path', `/p;u=${Buffer.from(mail).toString('base64url')}/x`],
    ['nested URL', `https://a.example/?u=${encodeURIComponent(`https://b.example/?m=${encodeURIComponent(mail)}`)}`],
  ])('sees an address below %s', (_, text) => {
    expect(findClass(text)).not.toBeNull();
    const seen: string[] = [];
    visitIdentifiers(text, (_carrier, value) => seen.push(value));
    expect(seen).toContain(mail);
  });
});

describe('an address whose `&` is no end of a field', () => {
  it.each([
    'a=1&b=anna&#64%3Bexample.com',
    'x=%20&anna&commat;example.com',
    'x anna&#64%5Cx3bexample.com',
    'a=1&b=anna&#64%5Cu003bexample.com',
    'anna&%2364%5Cu003bexample.com',
    'q="b&c"%40example.com',
  ])('is found in %s', (text) => {
    expect(findClass(text)).toBe('direct');
  });

  it('is told whole, with its quotes', () => {
    const found: string[] = [];
    visitIdentifiers('a=%255Cu0022x&b&c%255Cu0022@example.com%20', (_, value) => void found.push(value));
    expect(found).toContain('"x&b&c"@example.com');
  });
});
