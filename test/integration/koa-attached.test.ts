/** A guard that reads the connections of a koa server: who meets a hit, how its answer ends, and what else comes on the same connection. */
import { once } from 'node:events';
import { createServer as createTlsServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { koaBody } from 'koa-body';
import { afterEach, describe, expect, it } from 'vitest';
import { consentry } from '../../src/index.ts';
import { type CollectorApp, type KoaCollector, startKoaCollector } from '../support/koa-collector.ts';

type Line = readonly [string, string];

const CALIFORNIA: readonly Line[] = [
  ['x-test-country', 'US'],
  ['x-test-region', 'CA'],
];
const OPTED_OUT: readonly Line[] = [...CALIFORNIA, ['Sec-GPC', '1']];
const DENIED: readonly Line[] = [['x-test-country', 'DE']];
const CLICK = 'Cj0KCQiA-TESTCLICK_0123456789abcdef';
const HIT = `/g/collect?v=2&tid=G-ABC123DEF4&cid=1234567890.1700000000&en=page_view&gclid=${CLICK}`;
const routes = [
  { path: '/g/collect', vendor: 'ga4', purposes: ['analytics' as const], recipient: 'processor' as const },
  { path: '/pixel', purposes: ['analytics' as const], respond: 'pixel' as const },
  { path: '/sdk.js', pass: true },
  { path: '/elsewhere', host: 'other.example', purposes: ['analytics' as const] },
];

let test: KoaCollector;
afterEach(() => test.close());

const lines = (headers: readonly Line[]): string => headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
const get = (target: string, headers: readonly Line[] = CALIFORNIA): string =>
  `GET ${target} HTTP/1.1\r\nHost: shop.example\r\n${lines(headers)}\r\n`;

async function open(): Promise<Socket> {
  const socket = connect(test.port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

/** All that comes until `done` says so, or the end. */
async function read(socket: Socket, done: (text: string) => boolean = () => false): Promise<string> {
  let text = '';
  for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    text += chunk.toString('latin1');
    if (done(text)) break;
  }
  return text;
}

describe('who meets a hit', () => {
  const seen: string[] = [];
  const start = async (more: (app: CollectorApp) => void = () => undefined) => {
    seen.length = 0;
    test = await startKoaCollector(
      { routes },
      (app, guard) => {
        app.use(async (ctx, next) => {
          const { remoteAddress } = ctx.res.socket ?? {};
          seen.push(`${ctx.url} by ${remoteAddress} ${ctx.get('x-forwarded-for')}`);
          await next();
        });
        more(app);
        app.use(guard);
        app.use((ctx) => {
          ctx.body = (ctx.request as { body?: unknown }).body ?? 'ok';
        });
      },
      'attached',
    );
  };

  it('nobody, of a dropped one; of another all see what is left of it, also ahead of the guard', async () => {
    await start();
    await test.send({ target: HIT, headers: DENIED });
    expect(seen).toEqual([]);
    await test.send({ target: HIT, headers: [...OPTED_OUT, ['X-Forwarded-For', '203.0.113.77']] });
    expect(seen).toHaveLength(1);
    expect(seen[0]).not.toContain(CLICK);
    expect(seen[0]).not.toContain('203.0.113.77');
  });

  it('a body parser ahead of the guard, which reads the scrubbed body', async () => {
    await start((app) => void app.use(koaBody()));
    const headers: Line[] = [...CALIFORNIA, ['Content-Type', 'application/json']];
    const answer = await test.send({ method: 'POST', target: '/g/collect?v=2', headers, body: '{"a":1}' });
    expect([answer.status, answer.body.toString()]).toEqual([200, '{"a":1}']);
  });

  it('and every path that no hit has, or one of another host, is met by the middleware', async () => {
    await start();
    await test.send({ method: 'POST', target: '/other?gclid=1', headers: DENIED, body: 'x' });
    await test.send({ target: '/sdk.js?gclid=1', headers: DENIED });
    expect(seen).toEqual(['/other?gclid=1 by 127.0.0.1 ', '/sdk.js?gclid=1 by 127.0.0.1 ']);
    expect((await test.send({ target: '/elsewhere', headers: CALIFORNIA })).status).toBe(404);
  });

  it('another guard, which judges by its own routes', async () => {
    const second = consentry({
      site: 'shop',
      store: 'memory:',
      evidence: { mode: 'off' },
      trust: { proxies: ['127.0.0.1/32'], geo: { country: 'x-test-country' } },
      routes: [{ path: '/pixel', purposes: ['advertising'] }],
    });
    await second.ready;
    await start((app) => void app.use(second));
    expect((await test.send({ target: '/pixel?a=1', headers: OPTED_OUT })).status).toBe(200);
    expect((await test.send({ target: HIT, headers: OPTED_OUT })).status).toBe(200);
    await second.close();
  });
});

describe('how an answer ends', () => {
  const start = (handle: Parameters<CollectorApp['use']>[0]) =>
    startKoaCollector(
      { routes },
      (app, guard) => {
        app.use(guard);
        app.use(handle);
      },
      'attached',
    );

  it('in the order of the requests, hits and others, pipelined on one connection', async () => {
    test = await start(async (ctx) => {
      await wait(Number(ctx.query.wait ?? 0));
      ctx.body = `<${ctx.path} ${ctx.query.n}>`;
    });
    const socket = await open();
    const more = (n: number) => get(`${HIT}&n=${n}&wait=${n % 3}`);
    socket.write(
      more(1) + get('/other?n=2') + get(HIT, DENIED) + more(4) + get('/other?n=5&wait=5') + get('/pixel?n=6') + more(7),
    );
    const text = await read(socket, (all) => all.includes('<') && all.includes('7>'));
    expect(text.match(/<.*?>|GIF89a|HTTP\/1\.1 204/g)).toEqual([
      '</g/collect 1>',
      '</other 2>',
      'HTTP/1.1 204',
      '</g/collect 4>',
      '</other 5>',
      'GIF89a',
      '</g/collect 7>',
    ]);
    socket.destroy();
  });

  const size = 8 * 2 ** 20;
  const stream = () => Readable.from(Array.from({ length: 128 }, (_, i) => Buffer.alloc(size / 128, i)));
  it.each<[string, Parameters<CollectorApp['use']>[0]]>([
    [
      'as the body',
      (ctx) => {
        ctx.body = stream();
      },
    ],
    [
      'through a pipeline',
      async (ctx) => {
        ctx.respond = false;
        ctx.res.writeHead(200);
        ctx.res.write('x');
        await pipeline(stream(), ctx.res);
      },
    ],
  ])('whole, also for a visitor who reads slowly, streamed %s', async (_how, handle) => {
    test = await start(handle);
    const socket = await open();
    socket.write(get(HIT).replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    socket.pause();
    await wait(200);
    let length = 0;
    for await (const chunk of socket) length += (chunk as Buffer).length;
    expect(length).toBeGreaterThan(size);
    expect(length).toBeLessThan(size + 10_000);
  });

  it('for a handler, when the visitor has gone', async () => {
    let tell: (isWhole: boolean) => void = () => undefined;
    const closed = new Promise<boolean>((resolve) => {
      tell = resolve;
    });
    test = await start((ctx) => {
      ctx.respond = false;
      ctx.res.write('x');
      ctx.res.on('close', () => tell(ctx.res.writableFinished));
    });
    const socket = await open();
    socket.write(get(HIT));
    await once(socket, 'data');
    socket.destroy();
    expect(await closed).toBe(false);
  });

  it('with the connection, where the visitor says so', async () => {
    test = await start((ctx) => {
      ctx.body = 'ok';
    });
    const socket = await open();
    socket.write(get(HIT).replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n') + get(HIT));
    expect((await read(socket)).match(/HTTP\/1\.1 200/g)).toHaveLength(1);
  });

  it('before the server has closed', async () => {
    let begin: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    test = await start(async (ctx) => {
      begin();
      await wait(100);
      ctx.body = 'ok';
    });
    const [busy, idle] = [await open(), await open()];
    busy.write(get(HIT));
    await begun;
    const closed = once(test.server, 'close');
    test.server.close();
    expect(await read(busy)).toContain('HTTP/1.1 200 OK');
    expect(await read(idle)).toBe('');
    await closed;
    // Closing it once more is what ends the test.
    test.server.listen(0);
  });
});

describe('what it is attached to', () => {
  it('is a server of node:http, once', async () => {
    test = await startKoaCollector({ routes }, (app, guard) => void app.use(guard), 'attached');
    await expect(test.guard.attach(test.server)).rejects.toThrow(/attach one only/);
    await expect(test.guard.attach(createTlsServer() as never)).rejects.toThrow(/leave it out/);
  });

  it('may listen already, and refuses upgrades', async () => {
    test = await startKoaCollector({ routes }, (app, guard) => void app.use(guard));
    await test.guard.attach(test.server);
    const socket = await open();
    socket.end(get(HIT).replace('\r\n\r\n', '\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'));
    expect(await read(socket)).toMatch(/^HTTP\/1\.1 400 /);
    expect((await test.send({ target: HIT, headers: DENIED })).status).toBe(204);
  });
});
