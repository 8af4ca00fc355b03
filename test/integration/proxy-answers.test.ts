/** What a visitor gets back through the proxy: the collector's answer, filtered as the decision says, or one of our own. */
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decide } from '../support/consent.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

type Line = readonly [string, string];

const DE: Line = ['x-test-country', 'DE'];
const CALIFORNIA: readonly Line[] = [
  ['x-test-country', 'US'],
  ['x-test-region', 'CA'],
];
const OPTED_OUT: readonly Line[] = [...CALIFORNIA, ['Sec-GPC', '1']];
const PAGE: Line = ['Origin', 'https://shop.example'];
const GA4 = '/g/collect?v=2&tid=G-ABC123DEF4&cid=1234567890.1700000000&en=page_view';
const COOKIES = ['_ga=GA1.1.1.1; Path=/', '_gcl_au=1.1.9.1; Path=/', 'undeclared=1; Path=/'];

describe('the proxy', () => {
  let test: TestGateway;
  let refuser: string;
  beforeAll(async () => {
    test = await startGateway({
      routes: [
        { path: '/g/collect', vendor: 'ga4', purposes: ['analytics'], recipient: 'processor' },
        { path: '/own', purposes: ['analytics'] },
        { path: '/pixel', purposes: ['analytics'], respond: 'pixel' },
        { path: '/empty', purposes: ['analytics'], respond: 'empty' },
      ],
    });
    refuser = await decide(test, { country: 'US', region: 'CA', purposes: { analytics: false }, action: 'reject_all' });
  });
  afterAll(() => test.close());
  beforeEach(() => {
    test.collector.forget();
    answerWith({});
  });

  function answerWith(headers: Record<string, string | string[]>, status = 200, body: Buffer | string = 'body'): void {
    test.collector.answer = (_req, res) => void res.writeHead(status, headers).end(body);
  }
  const cookiesOf = (headers: readonly Line[]): string[] =>
    headers.flatMap(([name, value]) => (name === 'set-cookie' ? [value.split('=')[0] ?? ''] : []));

  it('lets a cookie through where its purpose may, an undeclared one where all may', async () => {
    answerWith({ 'Set-Cookie': COOKIES });
    expect(cookiesOf((await test.send({ target: GA4, headers: CALIFORNIA })).headers)).toEqual(['_ga', '_gcl_au', 'undeclared']);
    expect(cookiesOf((await test.send({ target: GA4, headers: OPTED_OUT })).headers)).toEqual(['_ga']);
    expect(cookiesOf((await test.send({ target: GA4, headers: [...CALIFORNIA, ['Cookie', refuser]] })).headers)).toEqual([]);
  });

  it('takes validators and invitations out of the answer to a changed hit, and lets nobody cache any', async () => {
    const remembered = {
      ETag: '"id"',
      'Last-Modified': 'Mon, 23 Nov 2026 00:00:00 GMT',
      'Accept-CH': 'Sec-CH-UA-Model',
      'X-Visitor': 'id',
    };
    answerWith({
      ...remembered,
      'Cache-Control': 'public, max-age=31536000',
      Expires: 'Tue, 23 Nov 2027 00:00:00 GMT',
      'Content-Type': 'text/x',
    });
    for (const headers of [OPTED_OUT, [...CALIFORNIA, ['Cookie', refuser] as const]]) {
      const answer = await test.send({ target: GA4, headers });
      expect(
        answer.headers.map(([name]) => name).filter((name) => Object.keys(remembered).some((key) => key.toLowerCase() === name)),
      ).toEqual([]);
      expect([answer.header('cache-control'), answer.header('expires'), answer.header('content-type')]).toEqual([
        'private, no-store',
        undefined,
        'text/x',
      ]);
    }
    const full = await test.send({ target: GA4, headers: CALIFORNIA });
    expect([full.header('etag'), full.header('cache-control')]).toEqual(['"id"', 'private, no-store']);
  });

  it.each([301, 302, 303, 307, 308])('a %i to another host only where advertising may', async (status) => {
    answerWith({ Location: 'https://ads.example/sync?id=1' }, status);
    expect((await test.send({ target: GA4, headers: CALIFORNIA })).status).toBe(status);
    const image = await test.send({ target: '/own', headers: [...OPTED_OUT, ['Sec-Fetch-Dest', 'image']] });
    expect([image.status, image.header('location'), image.body.length]).toEqual([200, undefined, 43]);
    for (const other of [
      '//ads.example/x',
      '/\\ads.example/x',
      'HTTPS://ads.example',
      'https:ads.example',
      '\thttps://ads.example',
      'javascript:x',
    ]) {
      answerWith({ Location: other }, status);
      const answer = await test.send({ target: GA4, headers: OPTED_OUT });
      expect([other, answer.status, answer.header('location')]).toEqual([other, 204, undefined]);
    }
    for (const same of ['/thanks', 'https://shop.example/thanks', '?a=1']) {
      answerWith({ Location: same }, status);
      expect((await test.send({ target: GA4, headers: OPTED_OUT })).header('location')).toBe(same);
    }
  });

  it('a redirect that may not be followed deletes what it would have brought ids to', async () => {
    answerWith({ Location: 'https://ads.example/sync?id=1', 'Set-Cookie': COOKIES }, 302);
    const answer = await test.send({ target: GA4, headers: [...OPTED_OUT, ['Cookie', '_ga=GA1.1.1.1; _gcl_au=1.1.9.1']] });
    expect([answer.status, new Set(cookiesOf(answer.headers))]).toEqual([204, new Set(['_gcl_au'])]);
    expect(answer.headers.flatMap(([name, value]) => (name === 'set-cookie' ? [/Max-Age=0/.test(value)] : []))).not.toContain(
      false,
    );
  });

  it('no collector sets, replaces or deletes the decision', async () => {
    answerWith({ 'Set-Cookie': ['__Host-consentry=x; Path=/; Secure', '_ga=1'], 'Clear-Site-Data': '"cookies"' });
    const answer = await test.send({ target: GA4, headers: CALIFORNIA });
    expect([cookiesOf(answer.headers), answer.header('clear-site-data')]).toEqual([['_ga'], undefined]);
  });

  it('passes compressed and large bodies byte for byte', async () => {
    const zipped = gzipSync(Buffer.alloc(3_000_000, 'abcdefghij'), { level: 0 });
    answerWith({ 'Content-Encoding': 'gzip', 'Content-Type': 'application/json' }, 200, zipped);
    for (const headers of [CALIFORNIA, OPTED_OUT]) {
      const answer = await test.send({ target: GA4, headers: [...headers, ['Accept-Encoding', 'gzip']] });
      expect([answer.header('content-encoding'), answer.body.equals(zipped)]).toEqual(['gzip', true]);
    }
  });

  it('a HEAD is judged, and answered without a body', async () => {
    answerWith({ 'Content-Length': '4' }, 200);
    expect((await test.send({ method: 'HEAD', target: GA4, headers: [DE] })).status).toBe(204);
    expect(test.collector.arrived).toEqual([]);
    const answer = await test.send({ method: 'HEAD', target: GA4, headers: CALIFORNIA });
    expect([answer.status, answer.header('content-length'), answer.body.length]).toEqual([200, '4', 0]);
    expect(test.collector.arrived[0]?.method).toBe('HEAD');
  });

  it('answers at once where the route says so, and the hit goes all the same', async () => {
    test.collector.answer = (_req, res) => void setTimeout(() => res.writeHead(500, { 'Set-Cookie': COOKIES }).end('late'), 100);
    const pixel = await test.send({ target: '/pixel?a=1', headers: [...CALIFORNIA, PAGE] });
    expect([pixel.status, pixel.header('content-type'), pixel.body.length, cookiesOf(pixel.headers)]).toEqual([
      200,
      'image/gif',
      43,
      [],
    ]);
    expect(pixel.body.subarray(0, 6).toString()).toBe('GIF89a');
    expect(pixel.header('access-control-allow-origin')).toBe('https://shop.example');
    const post = await test.send({ method: 'POST', target: '/pixel', headers: CALIFORNIA, body: 'a=1' });
    expect([post.status, post.body.length]).toEqual([204, 0]);
    const empty = await test.send({ target: '/empty?a=1', headers: CALIFORNIA });
    expect([empty.status, empty.body.length]).toEqual([204, 0]);
    await expect
      .poll(() => test.collector.arrived.map(({ target }) => target).sort())
      .toEqual(['/empty?a=1', '/pixel', '/pixel?a=1']);
    test.collector.forget();
    expect((await test.send({ target: '/pixel?a=1', headers: [DE] })).body.length).toBe(43);
    expect((await test.send({ target: '/empty?a=1', headers: [DE] })).status).toBe(204);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(test.collector.arrived).toEqual([]);
  });
});
