/** Consentry ahead of the handlers of a koa collector: what they read is the scrubbed hit, and what is no hit is left alone. */
import Router from '@koa/router';
import { koaBody } from 'koa-body';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type KoaCollector, STANDS, startKoaCollector } from '../support/koa-collector.ts';

type Line = readonly [string, string];

const DE: Line = ['x-test-country', 'DE'];
const CALIFORNIA: readonly Line[] = [
  ['x-test-country', 'US'],
  ['x-test-region', 'CA'],
];
/** Advertising is stripped, the shop's own statistics go on. */
const OPTED_OUT: readonly Line[] = [...CALIFORNIA, ['Sec-GPC', '1']];
const CLIENT = '203.0.113.77';
const CLICK = 'Cj0KCQiA-TESTCLICK_0123456789abcdef';
const HIT = `/g/collect?v=2&tid=G-ABC123DEF4&cid=1234567890.1700000000&en=page_view&gclid=${CLICK}&dl=https%3A%2F%2Fshop.example%2Fp`;

const routes = [
  { path: '/g/collect', vendor: 'ga4', purposes: ['analytics' as const], recipient: 'processor' as const },
  { path: '/need', purposes: ['necessary' as const] },
  { path: '/wish', purposes: ['functional' as const] },
  { path: '/sdk.js', pass: true },
];

interface Seen {
  [what: string]: unknown;
}

describe.each(STANDS)('a handler behind the guard, %s', (stand) => {
  let test: KoaCollector;
  const seen: Seen[] = [];
  beforeAll(async () => {
    test = await startKoaCollector(
      { routes },
      (app, guard) => {
        const router = new Router();
        router.all(['/g/collect', '/need', '/wish', '/sdk.js', '/api/:name'], (ctx) => {
          seen.push({
            method: ctx.method,
            url: ctx.url,
            reqUrl: ctx.req.url,
            originalUrl: ctx.originalUrl,
            href: ctx.href,
            URL: ctx.URL.href,
            query: { ...ctx.query },
            headers: { ...ctx.headers },
            rawHeaders: ctx.req.rawHeaders,
            resHeaders: ctx.res.req.rawHeaders,
            ip: ctx.ip,
            requestIp: ctx.request.ip,
            ips: ctx.ips,
            remoteAddress: ctx.req.socket.remoteAddress,
            ga: ctx.cookies.get('_ga'),
            gcl: ctx.cookies.get('_gcl_au'),
            consent: ctx.cookies.get('__Host-consentry'),
            protocol: ctx.protocol,
            secure: ctx.secure,
            accepts: ctx.accepts('image/png', 'text/html'),
            body: (ctx.request as { body?: unknown }).body,
          });
          ctx.status = 200;
          ctx.body = 'ok';
        });
        // Reads everything before the middleware has its turn, so that koa remembers it.
        app.use(async (ctx, next) => {
          void [ctx.ip, ctx.query, ctx.URL.href, ctx.cookies.get('_gcl_au'), ctx.accepts('text/html'), ctx.href];
          await next();
        });
        app.use(guard);
        app.use(koaBody({ text: true, json: true, urlencoded: true }));
        app.use(router.routes());
      },
      stand,
    );
  });
  afterAll(() => test.close());
  beforeEach(() => void seen.splice(0));

  it('reads the scrubbed hit wherever it looks', async () => {
    await test.send({
      target: HIT,
      headers: [
        ...OPTED_OUT,
        ['X-Forwarded-For', CLIENT],
        ['X-Real-IP', CLIENT],
        ['Accept', 'image/png'],
        ['User-Agent', 'Mozilla/5.0 (X11) Firefox/130.0'],
        ['Cookie', '_ga=GA1.1.1.1; _gcl_au=1.1.987654321.1700000000'],
      ],
    });
    const [hit] = seen;
    const target = HIT.replace(`&gclid=${CLICK}`, '');
    expect(hit).toMatchObject({ method: 'GET', ga: 'GA1.1.1.1', consent: undefined, gcl: undefined, accepts: 'image/png' });
    for (const field of ['url', 'reqUrl', 'originalUrl']) {
      expect(String(hit?.[field])).toMatch(/^\/g\/collect\?v=2&tid=G-ABC123DEF4&cid=1234567890\.1700000000&en=page_view/);
    }
    expect(String(hit?.URL)).toContain(target.slice(0, 60));
    expect(hit?.query).toMatchObject({ cid: '1234567890.1700000000', en: 'page_view' });
    const everything = JSON.stringify(seen);
    for (const gone of [CLICK, '987654321', CLIENT, 'x-test-country', 'x-real-ip']) expect(everything).not.toContain(gone);
    expect(hit?.headers).toMatchObject({ 'sec-gpc': '1', host: 'shop.example' });
    expect(hit?.rawHeaders).toEqual(hit?.resHeaders);
  });

  it('of an anonymized hit it reads less still', async () => {
    await test.send({
      target: HIT.replace('/g/collect', '/wish'),
      headers: [
        ...CALIFORNIA,
        ['X-Forwarded-For', CLIENT],
        ['Cookie', '_ga=GA1.1.1.1; __Host-consentry=garbled'],
        ['X-Custom', 'session 1234567890'],
      ],
    });
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({
      ip: '203.0.113.0',
      requestIp: '203.0.113.0',
      remoteAddress: '203.0.113.0',
      ga: undefined,
      consent: undefined,
    });
    const everything = JSON.stringify(seen);
    for (const gone of [CLICK, CLIENT, 'GA1.1.1.1', 'garbled', '1234567890.1700000000', 'session'])
      expect(everything).not.toContain(gone);
  });

  it('of a forwarded hit it sees the true client, by every name', async () => {
    await test.send({ target: '/need?a=1', headers: [DE, ['X-Forwarded-For', `198.51.100.1, ${CLIENT}`]] });
    expect(seen[0]).toMatchObject({
      url: '/need?a=1',
      originalUrl: '/need?a=1',
      ip: CLIENT,
      requestIp: CLIENT,
      remoteAddress: CLIENT,
      headers: { 'x-forwarded-for': CLIENT },
    });
  });

  it('a dropped hit never reaches it', async () => {
    const answer = await test.send({ target: HIT, headers: [DE, ['Origin', 'https://shop.example']] });
    expect([answer.status, answer.header('access-control-allow-origin')]).toEqual([204, 'https://shop.example']);
    expect(seen).toEqual([]);
  });

  it.each([
    ['application/json', '{"events":[{"name":"x"}],"n":1}', { events: [{ name: 'x' }], n: 1 }],
    ['text/plain', 'hello', 'hello'],
    ['application/x-www-form-urlencoded', 'a=1&b=two', { a: '1', b: 'two' }],
  ])('koa-body reads %s', async (type, body, expected) => {
    await test.send({ method: 'POST', target: '/need', headers: [DE, ['Content-Type', type]], body });
    expect(seen[0]).toMatchObject({ method: 'POST', body: expected });
  });

  it('and a chunked body, which has a length now', async () => {
    const headers: Line[] = [DE, ['Content-Type', 'application/json'], ['Transfer-Encoding', 'chunked']];
    await test.send({ method: 'POST', target: '/need', headers, body: '8\r\n{"n": 1,\r\n8\r\n "m": 2}\r\n0\r\n\r\n' });
    expect(seen[0]).toMatchObject({ body: { n: 1, m: 2 }, headers: { 'content-length': '16' } });
  });

  it('knows that the visitor came over TLS, whoever said so', async () => {
    test.app.proxy = true;
    try {
      for (const headers of [[DE], [...CALIFORNIA, ['Cookie', '__Host-consentry=garbled'] as const]]) {
        seen.splice(0);
        const target = headers.length === 1 ? '/need' : '/wish';
        await test.send({ target, headers: [...headers, ['X-Forwarded-Proto', 'https'], ['X-Forwarded-For', CLIENT]] });
        expect(seen[0]).toMatchObject({ protocol: 'https', secure: true });
      }
      expect(seen[0]).toMatchObject({ ip: '203.0.113.0' });
    } finally {
      test.app.proxy = false;
    }
  });

  it('HEAD is a hit', async () => {
    expect((await test.send({ method: 'HEAD', target: HIT, headers: [DE] })).status).toBe(204);
    expect(seen).toEqual([]);
    const answer = await test.send({ method: 'HEAD', target: HIT, headers: CALIFORNIA });
    expect([answer.status, answer.body.length, seen[0]?.method]).toEqual([200, 0, 'HEAD']);
  });

  it('a preflight and a passed file come bare', async () => {
    const personal: Line[] = [
      DE,
      ['Cookie', '_ga=GA1.1.1.1'],
      ['X-Forwarded-For', CLIENT],
      ['Referer', 'https://a.example/x'],
      ['ETag', 'x'],
    ];
    await test.send({
      method: 'OPTIONS',
      target: `${HIT}`,
      headers: [...personal, ['Origin', 'https://shop.example'], ['Access-Control-Request-Method', 'POST']],
    });
    await test.send({ target: '/sdk.js?id=1', headers: [...personal, ['If-None-Match', '"v"']] });
    expect(seen.map(({ method, url, rawHeaders }) => [method, url, rawHeaders])).toEqual([
      [
        'OPTIONS',
        '/g/collect',
        ['Host', 'shop.example', 'Origin', 'https://shop.example', 'Access-Control-Request-Method', 'POST'],
      ],
      ['GET', '/sdk.js', ['Host', 'shop.example']],
    ]);
    expect(seen.map(({ ip, remoteAddress }) => [ip, remoteAddress])).toEqual([
      ['', undefined],
      ['', undefined],
    ]);
    expect((await test.send({ method: 'POST', target: '/sdk.js', headers: [DE], body: 'x' })).status).toBe(405);
  });

  it.each(['GET', 'POST', 'PUT', 'DELETE', 'PATCH'])('%s of a path under no route is left alone', async (method) => {
    const headers: Line[] = [
      DE,
      ['Cookie', '_ga=1; a=b'],
      ['X-Forwarded-For', CLIENT],
      ['X_Old_Name', '1'],
      ['Content-Type', 'application/json'],
    ];
    const answer = await test.send({
      method,
      target: '/api/orders?gclid=1',
      headers,
      ...(method !== 'GET' && { body: '{"a":1}' }),
    });
    expect([answer.status, answer.body.toString()]).toEqual([200, 'ok']);
    expect(seen[0]).toMatchObject({
      method,
      url: '/api/orders?gclid=1',
      headers: { cookie: '_ga=1; a=b', 'x-forwarded-for': CLIENT, x_old_name: '1', 'x-test-country': 'DE' },
      body: method === 'GET' ? {} : method === 'DELETE' ? undefined : { a: 1 },
    });
    expect(answer.header('cache-control')).toBeUndefined();
  });
});
