/** Where the proxy sends what: bare preflights and files, the collector, path and Host of each route, and the decision beside the hit. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Collector, startCollector } from '../support/collector.ts';
import { decide } from '../support/consent.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

type Line = readonly [string, string];

const DE: Line = ['x-test-country', 'DE'];
const CALIFORNIA: readonly Line[] = [
  ['x-test-country', 'US'],
  ['x-test-region', 'CA'],
];
const PAGE: Line = ['Origin', 'https://shop.example'];
const GA4 = '/g/collect?v=2&tid=G-ABC123DEF4&cid=1234567890.1700000000&en=page_view';
const COOKIES = ['_ga=GA1.1.1.1; Path=/', '_gcl_au=1.1.9.1; Path=/', 'undeclared=1; Path=/'];

describe('the proxy', () => {
  let test: TestGateway;
  let second: Collector;
  let refuser: string;
  beforeAll(async () => {
    second = await startCollector();
    test = await startGateway({
      routes: [
        { path: '/g/collect', vendor: 'ga4', purposes: ['analytics'], recipient: 'processor' },
        { path: '/own', purposes: ['analytics'] },
        { path: '/pixel', purposes: ['analytics'], respond: 'pixel' },
        { path: '/moved', purposes: ['necessary'], upstream: `${second.url}/there/in` },
        { path: '/tree/*', purposes: ['necessary'], upstream: `${second.url}/deep` },
        { path: '/named', purposes: ['necessary'], upstream: second.url, 'host-header': 'collector.example' },
        { path: '/shared', purposes: ['necessary'] },
        { path: '/shared', host: 'second.example', purposes: ['necessary'], upstream: second.url },
        { path: '/static/*', pass: true },
        { path: '/third', vendor: 'ga4' },
      ],
    });
    refuser = await decide(test, { country: 'US', region: 'CA', purposes: { analytics: false }, action: 'reject_all' });
  });
  afterAll(() => Promise.all([test.close(), second.close()]));
  beforeEach(() => {
    test.collector.forget();
    second.forget();
    answerWith({});
  });

  function answerWith(headers: Record<string, string | string[]>, status = 200, body: Buffer | string = 'body'): void {
    test.collector.answer = (_req, res) => void res.writeHead(status, headers).end(body);
  }
  const cookiesOf = (headers: readonly Line[]): string[] =>
    headers.flatMap(([name, value]) => (name === 'set-cookie' ? [value.split('=')[0] ?? ''] : []));

  it('sends a preflight on bare, and answers it for routes that answer themselves', async () => {
    const asks: Line[] = [PAGE, ['Access-Control-Request-Method', 'POST'], ['Access-Control-Request-Headers', 'content-type']];
    const personal: Line[] = [
      DE,
      ['Cookie', '_ga=1'],
      ['User-Agent', 'x'],
      ['Referer', 'https://a.example/'],
      ['X-Forwarded-For', '203.0.113.7'],
    ];
    answerWith(
      { 'Access-Control-Allow-Origin': '*', 'Access-Control-Max-Age': '60', 'Set-Cookie': COOKIES, ETag: '"x"' },
      204,
      '',
    );
    const answer = await test.send({ method: 'OPTIONS', target: `${GA4}`, headers: [...personal, ...asks] });
    expect([
      answer.status,
      answer.header('access-control-allow-origin'),
      answer.header('etag'),
      cookiesOf(answer.headers),
    ]).toEqual([204, '*', undefined, []]);
    const [arrived] = test.collector.arrived;
    expect([arrived?.target, arrived?.rawHeaders.filter((_, i) => i % 2 === 0)]).toEqual([
      '/g/collect',
      expect.not.arrayContaining(['Cookie', 'User-Agent', 'Referer', 'X-Forwarded-For', 'x-test-country', 'Consentry-Decision']),
    ]);
    test.collector.forget();
    const own = await test.send({ method: 'OPTIONS', target: '/pixel', headers: [DE, ...asks] });
    expect([own.status, own.header('access-control-allow-origin'), own.header('access-control-allow-headers')]).toEqual([
      204,
      'https://shop.example',
      'content-type',
    ]);
    expect(test.collector.arrived).toEqual([]);
  });

  it('passes static files with nothing that tells one visitor from another', async () => {
    answerWith({ 'Content-Type': 'text/javascript', 'Set-Cookie': COOKIES, ETag: '"id"' }, 200, 'js');
    const personal: Line[] = [
      DE,
      ['Cookie', 'a=1'],
      ['Referer', 'https://a/'],
      ['If-None-Match', '"id"'],
      ['Range', 'bytes=0-1'],
      ['User-Agent', 'x'],
      ['X-Forwarded-For', '203.0.113.7'],
    ];
    const answer = await test.send({ target: '/static/sdk.js?id=visitor', headers: personal });
    expect([answer.status, answer.body.toString(), answer.header('etag'), cookiesOf(answer.headers)]).toEqual([
      200,
      'js',
      undefined,
      [],
    ]);
    expect(test.collector.arrived.map(({ target, rawHeaders }) => [target, rawHeaders.filter((_, i) => i % 2 === 0)])).toEqual([
      ['/static/sdk.js', ['Host']],
    ]);
    for (const method of ['POST', 'OPTIONS', 'DELETE'])
      expect((await test.send({ method, target: '/static/sdk.js', headers: [DE] })).status).toBe(405);
  });

  it('finds the collector, path and Host that a route names', async () => {
    for (const target of ['/moved?a=1', '/tree/x/y?b=2', '/named', '/shared']) await test.send({ target, headers: [DE] });
    await test.send({ target: '/shared', headers: [DE, ['Host', 'SECOND.example:8080']] });
    expect(second.arrived.map(({ target, headers }) => [target, headers.host])).toEqual([
      ['/there/in?a=1', 'shop.example'],
      ['/deep/x/y?b=2', 'shop.example'],
      ['/named', 'collector.example'],
      ['/shared', 'SECOND.example:8080'],
    ]);
    expect(test.collector.arrived.map(({ target }) => target)).toEqual(['/shared']);
  });

  it('tells own and processing collectors the decision, and third parties nothing', async () => {
    await test.send({ target: '/own?a=1', headers: CALIFORNIA });
    await test.send({ target: '/own?a=1', headers: [...CALIFORNIA, ['Cookie', refuser]] });
    await test.send({ target: GA4.replace('/g/collect', '/third'), headers: CALIFORNIA });
    expect(test.collector.arrived.map(({ headers }) => headers['consentry-decision'])).toEqual([
      expect.stringMatching(/^forward; policy=us-ca@[\d.]+#[0-9a-f]+; analytics=unknown$/),
      expect.stringMatching(/^anonymize; (policy=us-ca@[\d.]+#[0-9a-f]+; )?analytics=denied$/),
      undefined,
    ]);
  });

  it('answers 404 to a path under no route, and 405 to other methods', async () => {
    expect((await test.send({ target: '/nowhere', headers: CALIFORNIA })).status).toBe(404);
    expect((await test.send({ method: 'PUT', target: '/own', headers: CALIFORNIA, body: 'x' })).status).toBe(405);
    expect(test.collector.arrived).toEqual([]);
  });
});
