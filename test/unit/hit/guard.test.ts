/** What the last look finds, and what it takes for something else: by what goes in and comes out, whatever is inside. */
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { guardHit } from '../../../src/hit/guard.ts';
import type { OutgoingHit } from '../../../src/hit/outgoing.ts';
import { Searcher } from '../../../src/privacy/search.ts';

const MAIL = 'anna.muster@example.com';
const SECRETS = [
  { place: 'cookie:_ga', value: 'GA1.1.123456789.1700000000' },
  { place: 'query:uid', value: MAIL },
];
const HIT = { method: 'GET', target: '/i?e=pv', headers: ['Accept', '*/*', 'X-Page', 'shop'], body: null };
const found = (place: string, part: string): object => ({ ok: false, find: { place, part } });

describe('the guard', () => {
  it.each([
    ['a line break', '12 High Street\nFlat Seven', '12 High Street\\nFlat Seven'],
    ['a tab', 'Anna\tMuster', 'for Anna\\tMuster'],
    ['a short word behind a line break', 'annam', 'tea\\nannam'],
    ['a pair of escapes', 'ann😀mus', 'hi ann\\ud83d\\ude00mus'],
  ])('reads JSON with %s', (_name, value, text) => {
    const body = Buffer.from(`{"label":"${text}"}`);
    expect(guardHit({ ...HIT, body }, [{ place: 'body:$.userId', value }])).toEqual(found('body:$.userId', 'body'));
  });

  it('looks into target, names and values of headers, and body, and names the first', () => {
    expect(guardHit({ ...HIT, target: `/i/${MAIL}` }, SECRETS)).toEqual(found('query:uid', 'target'));
    expect(guardHit({ ...HIT, headers: ['Accept', '*/*', 'X-A', 'GA1.1.123456789.1700000000'] }, SECRETS)).toEqual(
      found('cookie:_ga', 'headers'),
    );
    expect(guardHit({ ...HIT, headers: [`X-${Buffer.from(MAIL).toString('hex')}`, '1'] }, SECRETS)).toEqual(
      found('query:uid', 'headers'),
    );
    expect(guardHit({ ...HIT, body: Buffer.from(`{"u":"${MAIL}"}`) }, SECRETS)).toEqual(found('query:uid', 'body'));
    expect(guardHit({ ...HIT, target: `/${MAIL}`, body: Buffer.from(SECRETS[0]?.value ?? '') }, SECRETS)).toEqual(
      found('query:uid', 'target'),
    );
  });

  it('keeps header lines apart: two halves in two lines are no value', () => {
    expect(guardHit({ ...HIT, headers: ['X-A', 'anna.muster@', 'example.com', 'x'] }, SECRETS)).toEqual({ ok: true });
  });

  it.each([
    ['br', brotliCompressSync],
    ['BR', brotliCompressSync],
    ['deflate', deflateRawSync],
    ['deflate', deflateSync],
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
  ])('opens a body of Content-Encoding %s', (coding, compress) => {
    const body = compress(Buffer.from(`{"u":"${MAIL}"}`));
    for (const name of ['Content-Encoding', 'content-encoding'])
      expect(guardHit({ ...HIT, headers: ['Accept', '*/*', name, coding], body }, SECRETS)).toEqual(found('query:uid', 'body'));
    const clean = compress(Buffer.from('{"u":"somebody"}'));
    expect(guardHit({ ...HIT, headers: ['Content-Encoding', coding], body: clean }, SECRETS)).toEqual({ ok: true });
  });

  it.each(['br', 'deflate'])('looks at the bytes themselves where a body is not what %s says', (coding) => {
    const body = Buffer.from(`{"u":"${MAIL}"}`);
    expect(guardHit({ ...HIT, headers: ['Content-Encoding', coding], body }, SECRETS)).toEqual(found('query:uid', 'body'));
  });

  it.each([
    ['br, gzip', (body: Buffer) => gzipSync(brotliCompressSync(body))],
    ['deflate, br', (body: Buffer) => brotliCompressSync(deflateRawSync(body))],
    ['identity, gzip, br, deflate', (body: Buffer) => deflateSync(brotliCompressSync(gzipSync(body)))],
  ])('opens one coding in another: %s', (codings, compress) => {
    const one = { ...HIT, headers: ['Content-Encoding', codings], body: compress(Buffer.from(`{"u":"${MAIL}"}`)) };
    expect(guardHit(one, SECRETS)).toEqual(found('query:uid', 'body'));
    const lines = codings.split(', ').flatMap((coding) => ['Content-Encoding', coding]);
    expect(guardHit({ ...one, headers: lines }, SECRETS)).toEqual(found('query:uid', 'body'));
  });

  it('stops what is too large to be looked into whole', () => {
    for (const [coding, compress] of [
      ['br', brotliCompressSync],
      ['deflate', deflateRawSync],
      ['gzip', gzipSync],
    ] as const) {
      const hit = (size: number): OutgoingHit => ({
        ...HIT,
        headers: ['Content-Encoding', coding],
        body: compress(Buffer.from(`${' '.repeat(size - MAIL.length)}${MAIL}`)),
      });
      expect(guardHit(hit(4 << 20), SECRETS)).toEqual(found('query:uid', 'body'));
      expect(guardHit(hit((4 << 20) + 1), SECRETS)).toEqual(found('body', 'unreadable'));
    }
  });

  it('takes the coding from the header of that name only, and no name without a value for a line', () => {
    const body = deflateRawSync(MAIL);
    expect(guardHit({ ...HIT, headers: ['X-Coding', 'deflate'], body }, SECRETS)).toEqual({ ok: true });
    expect(guardHit({ ...HIT, headers: ['Content-Encoding', 'identity'], body }, SECRETS)).toEqual({
      ok: true,
    });
    expect(guardHit({ ...HIT, headers: ['Content-Encoding'], body }, SECRETS)).toEqual({ ok: true });
    expect(guardHit({ ...HIT, headers: [MAIL] }, SECRETS)).toEqual({ ok: true });
  });

  it('asks nothing where nothing is forbidden', () => {
    expect(guardHit({ ...HIT, target: `/${MAIL}` }, [])).toEqual({ ok: true });
  });
});

describe('the search', () => {
  const searcher = new Searcher([MAIL, 'abcdef', 'wxyz1', 'abc', 'ab', 'Zürich-7', 'ABCDEG']);
  const find = (text: string | Buffer): number => searcher.findFirst(Buffer.from(text as string));
  const all = (text: string | Buffer): number[] => [...searcher.findAll(Buffer.from(text as string))].sort();
  const percent = (text: string): string => text.replace(/./gs, (c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
  const nest = (text: string, times: number): string => (times === 0 ? text : nest(percent(text), times - 1));

  it.each([
    ['at the beginning', `${MAIL}&x=1`],
    ['at the end', `x=1&${MAIL}`],
    ['alone', MAIL],
    ['in the middle of a word', `xx${MAIL}yy`],
    ['behind its own beginning', `anna.anna.anna.muster${MAIL}`],
    ['in mixed case', 'aNNa.MUSTER@eXample.com'],
    ['percent-encoded with u', MAIL.replace('@', '%u0040')],
    ['percent-encoded with U', MAIL.replace('@', '%U0040')],
    ['percent-encoded in capitals', MAIL.replace('.', '%2E').replace('m', '%6D')],
    ['behind percent signs that are none', `100%&%zz%4%${percent(MAIL)}%`],
    ['with \\x escapes', MAIL.replace('@', '\\x40')],
    ['with \\u escapes', MAIL.replace('@', '\\u0040')],
    ['with escapes that are none', `\\q\\${MAIL}\\u00`],
    ['in hexadecimal capitals', Buffer.from(MAIL).toString('hex').toUpperCase()],
    ['in hexadecimal behind a digit', `7${Buffer.from(MAIL).toString('hex')}`],
    ['in base64 in a path', `/a/${Buffer.from(MAIL).toString('base64url')}/b`],
    ['in base64 of JSON in base64', Buffer.from(JSON.stringify({ a: Buffer.from(MAIL).toString('base64') })).toString('base64')],
    ['in base64 in a percent-encoded URL', encodeURIComponent(`https://a.example/?u=${Buffer.from(MAIL).toString('base64')}`)],
  ])('finds a value %s', (_where, text) => {
    expect(find(text)).toBe(0);
    expect(all(text)).toEqual([0]);
  });

  it.each([1, 2, 3, 4])('finds a value that is percent-encoded %i times', (times) => {
    expect(find(`a=${nest('abcdef', times)}`)).toBe(1);
  });

  it('ends somewhere: what is encoded thousands of times is opened some times', () => {
    const text = `%${'25'.repeat(2_000)}61bcdef`;
    expect(find(text)).toBe(-1);
  });

  it.each([
    ['three letters between others', 'xabc'],
    ['three letters before others', 'abcx'],
    ['three letters before a digit', 'abc1'],
    ['three letters before an underscore', 'abc_'],
    ['three letters behind a letter beyond ASCII', 'éabc'],
    ['five letters in a word', 'xwxyz1'],
    ['two letters', 'ab'],
    ['nearly all of it', 'anna.muster@example.co'],
    ['another', 'anna.muster@example.org abcdex'],
    ['nothing', ''],
  ])('does not take %s for one', (_what, text) => {
    expect(find(text)).toBe(-1);
    expect(all(text)).toEqual([]);
  });

  it.each([
    ['alone', 'abc'],
    ['between signs', '&abc='],
    ['at the end', 'x abc'],
    ['at the beginning', 'abc x'],
    ['in capitals', '(ABC)'],
    ['percent-encoded', '%61%62%63'],
  ])('takes a short word %s', (_where, text) => {
    expect(find(text)).toBe(3);
  });

  it('takes a plus for a space', () => {
    const spaced = new Searcher(['Anna Maria Muster', 'a b']);
    expect(spaced.findFirst(Buffer.from('n=Anna+Maria+Muster'))).toBe(0);
    expect(spaced.findFirst(Buffer.from('n=a+b'))).toBe(1);
    expect(new Searcher(['+12025550143']).findFirst(Buffer.from('tel= 12025550143'))).toBe(0);
  });

  it('finds letters beyond ASCII in base64, and as they are', () => {
    expect(find('x Zürich-7 y')).toBe(5);
    expect(find('x=Z%C3%BCrich-7')).toBe(5);
    expect(find('x=Z%FCrich-7&y=%FC%C3')).toBe(5);
    expect(find('x=%C3%A9%F0%9F%98%80%E2%82Z%FCrich-7')).toBe(5);
    expect(find('x=Z%C3%FCrich-7')).toBe(-1);
    expect(find(Buffer.from('zürich-7').toString('base64'))).toBe(5);
    expect(find(`x${Buffer.from('xxZürich-7').toString('base64')}`)).toBe(5);
  });

  it('finds each of several, and the same value twice', () => {
    expect(all(`abcdef wxyz1 ${MAIL}`)).toEqual([0, 1, 2]);
    expect(all('abcdefABCDEG')).toEqual([1, 6]);
    const twice = new Searcher(['secret-1', 'secret-1', 'sec', 'sec']);
    expect([...twice.findAll(Buffer.from('x secret-1 sec'))].sort()).toEqual([0, 1, 2, 3]);
    expect(twice.findFirst(Buffer.from('nothing'))).toBe(-1);
    expect(twice.findFirst(Buffer.from('secret-1'))).toBeOneOf([0, 1]);
  });

  it('finds one of many, whatever the others are', () => {
    const values = Array.from({ length: 120 }, (_, i) => `value-${i * 7_919}-${i}`);
    const many = new Searcher(values);
    for (const [index, value] of values.entries()) expect([...many.findAll(Buffer.from(`a=${value};`))]).toContain(index);
    expect(many.findFirst(Buffer.from('value-x value- 500'))).toBe(-1);
  });

  it('opens compressed parts, and compressed parts in base64', () => {
    for (const compress of [gzipSync, deflateSync]) expect(find(compress(`u=${MAIL}`))).toBe(0);
    expect(find(`x=${gzipSync(`u=${MAIL}`).toString('base64')}`)).toBe(0);
    expect(find(gzipSync(percent(MAIL)))).toBe(0);
    expect(find(gzipSync('nothing'))).toBe(-1);
    expect(find(Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]))).toBe(-1);
  });
});
