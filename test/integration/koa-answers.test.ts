/** What comes back through the koa middleware: a handler's answer, filtered in the moment it is written. */
import { Readable } from 'node:stream';
import type { Context } from 'koa';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type KoaCollector, STANDS, startKoaCollector } from '../support/koa-collector.ts';

type Line = readonly [string, string];

const DE: Line = ['x-test-country', 'DE'];
const CALIFORNIA: readonly Line[] = [
  ['x-test-country', 'US'],
  ['x-test-region', 'CA'],
];
const OPTED_OUT: readonly Line[] = [...CALIFORNIA, ['Sec-GPC', '1']];
const HIT = '/g/collect?v=2&tid=G-ABC123DEF4&cid=1234567890.1700000000&en=page_view';
const COOKIES = ['_ga=GA1.1.1.1; Path=/', '_gcl_au=1.1.9.1; Path=/', 'other=1; Path=/'];

const routes = [
  { path: '/g/collect', vendor: 'ga4', purposes: ['analytics' as const], recipient: 'processor' as const },
  { path: '/pixel', purposes: ['analytics' as const], respond: 'pixel' as const },
];

const cookiesOf = (headers: readonly Line[]): string[] =>
  headers.flatMap(([name, value]) => (name === 'set-cookie' ? [value.split('=')[0] ?? ''] : []));

describe.each(STANDS)('the answer of a handler behind the guard, %s', (stand) => {
  let test: KoaCollector;
  let handle: (ctx: Context) => unknown = () => undefined;
  const ended: string[] = [];
  beforeAll(async () => {
    test = await startKoaCollector(
      { routes },
      (app, guard) => {
        app.use(guard);
        app.use(async (ctx) => {
          await handle(ctx as Context);
          ended.push(ctx.url);
        });
      },
      stand,
    );
  });
  afterAll(() => test.close());
  beforeEach(() => void ended.splice(0));

  const ways: readonly (readonly [string, (ctx: Context) => unknown])[] = [
    [
      'through koa',
      (ctx) => {
        ctx.set({ ETag: '"v"', 'Last-Modified': 'Mon, 23 Nov 2026 00:00:00 GMT', 'Accept-CH': 'Sec-CH-UA', 'X-Id': 'abc' });
        ctx.set('Set-Cookie', COOKIES);
        ctx.body = 'body';
      },
    ],
    [
      'through koa, as a stream',
      (ctx) => {
        ctx.set('ETag', '"v"');
        ctx.set('Set-Cookie', COOKIES);
        ctx.body = Readable.from(['bo', 'dy']);
      },
    ],
    [
      'written to ctx.res by writeHead with an object',
      (ctx) => {
        ctx.respond = false;
        ctx.res.writeHead(200, { ETag: '"v"', 'Set-Cookie': COOKIES, 'X-Id': 'abc' }).end('body');
      },
    ],
    [
      'written to ctx.res by writeHead with a list and a status text',
      (ctx) => {
        ctx.respond = false;
        ctx.res.writeHead(200, 'Fine', ['ETag', '"v"', ...COOKIES.flatMap((cookie) => ['Set-Cookie', cookie])]).end('body');
      },
    ],
    [
      'written to ctx.res by setHeader and write',
      (ctx) => {
        ctx.respond = false;
        ctx.res.setHeader('Set-Cookie', COOKIES);
        ctx.res.setHeader('ETag', '"v"');
        ctx.res.statusCode = 200;
        ctx.res.write('bo');
        ctx.res.end('dy');
      },
    ],
    [
      'flushed early',
      (ctx) => {
        ctx.respond = false;
        ctx.res.writeEarlyHints({ link: '</x?id=abc>; rel=preload' });
        ctx.res.setHeader('Set-Cookie', COOKIES);
        ctx.res.setHeader('ETag', '"v"');
        ctx.res.statusCode = 200;
        ctx.res.flushHeaders();
        ctx.res.end('body');
      },
    ],
    [
      'piped into ctx.res',
      (ctx) => {
        ctx.respond = false;
        ctx.res.statusCode = 200;
        ctx.res.setHeader('Set-Cookie', COOKIES);
        ctx.res.appendHeader('ETag', '"v"');
        Readable.from(['bo', 'dy']).pipe(ctx.res);
      },
    ],
  ];
  it.each(ways)('%s is filtered on its way out', async (_how, way) => {
    handle = way;
    const full = await test.send({ target: HIT, headers: CALIFORNIA });
    expect([full.status, full.body.toString(), cookiesOf(full.headers)]).toEqual([200, 'body', ['_ga', '_gcl_au', 'other']]);
    expect([full.header('etag'), full.header('cache-control')]).toEqual(['"v"', 'private, no-store']);

    const partly = await test.send({ target: HIT, headers: OPTED_OUT });
    expect([partly.status, partly.body.toString(), cookiesOf(partly.headers)]).toEqual([200, 'body', ['_ga']]);
    for (const name of ['etag', 'last-modified', 'accept-ch', 'x-id']) expect(partly.header(name)).toBeUndefined();
    expect(partly.header('cache-control')).toBe('private, no-store');
  });

  it('a redirect to another host goes only where advertising may', async () => {
    handle = (ctx) => ctx.redirect('https://ads.example/sync?id=1');
    expect((await test.send({ target: HIT, headers: CALIFORNIA })).header('location')).toBe('https://ads.example/sync?id=1');
    const answer = await test.send({ target: HIT, headers: OPTED_OUT });
    expect([answer.status, answer.header('location'), answer.body.length]).toEqual([204, undefined, 0]);
    handle = (ctx) => ctx.redirect('/thanks');
    expect((await test.send({ target: HIT, headers: OPTED_OUT })).header('location')).toBe('/thanks');
  });

  it('a handler that throws is a 500 of koa, filtered too', async () => {
    handle = (ctx) => {
      ctx.set('Set-Cookie', COOKIES);
      throw new Error('oops');
    };
    const answer = await test.send({ target: HIT, headers: OPTED_OUT });
    expect([answer.status, cookiesOf(answer.headers)]).toEqual([500, []]);
  });

  it('with respond: pixel the visitor is answered at once, and the handlers run and write into nothing', async () => {
    let release: () => void = () => undefined;
    const blocked = new Promise<void>((resolve) => {
      release = resolve;
    });
    handle = async (ctx) => {
      await blocked;
      ctx.set('Set-Cookie', COOKIES);
      ctx.body = Readable.from(Array.from({ length: 50 }, () => 'x'.repeat(10_000)));
    };
    const answer = await test.send({ target: '/pixel?a=1', headers: CALIFORNIA });
    expect([answer.status, answer.header('content-type'), answer.body.length]).toEqual([200, 'image/gif', 43]);
    expect(cookiesOf(answer.headers)).toEqual([]);
    expect(ended).toEqual([]);
    release();
    await expect.poll(() => ended).toEqual(['/pixel?a=1']);
    const dropped = await test.send({ target: '/pixel?a=1', headers: [DE] });
    expect([dropped.status, dropped.body.length, ended.length]).toEqual([200, 43, 1]);
  });
});
