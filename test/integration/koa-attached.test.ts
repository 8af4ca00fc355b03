/** A guard that reads the connections of a koa server: who meets a hit, how its answer ends, and what else comes on the same connection. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createRequire } from 'node:module';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { Context } from 'koa';
import { koaBody } from 'koa-body';
import { afterEach, describe, expect, it } from 'vitest';
import { type ConsentryGuard, consentry } from '../../src/index.ts';
import { listen } from '../../src/ops/server.ts';
import { type CollectorApp, type KoaCollector, startKoaCollector } from '../support/koa-collector.ts';

/** Koa's. */
const onFinished: (res: ServerResponse, listener: (error: Error | null, res: ServerResponse) => void) => void = createRequire(
  import.meta.resolve('koa'),
)('on-finished');

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

  it('whose handlers may set up the connection as ever', async () => {
    await start((app) => {
      app.use(async ({ req: { socket } }, next) => {
        socket.setNoDelay(true).setKeepAlive(true, 1_000).setTimeout(0);
        socket.unref().ref();
        seen.push(typeof socket.address());
        await next();
      });
    });
    expect((await test.send({ target: '/other', headers: CALIFORNIA })).status).toBe(200);
    expect((await test.send({ target: HIT, headers: CALIFORNIA })).status).toBe(200);
  });

  it('by every name that a request has for its lines', async () => {
    let distinct: unknown;
    await start((app) => {
      app.use((ctx, next) => {
        distinct = ctx.req.headersDistinct;
        return next();
      });
    });
    await test.send({ target: HIT, headers: [...CALIFORNIA, ['X-A', '1'], ['X-A', '2']] });
    expect(distinct).toMatchObject({ 'x-a': ['1', '2'] });
    expect(distinct).not.toHaveProperty('x-test-country');
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

  const failing = () =>
    new Readable({
      read() {
        this.push('x');
        setImmediate(() => this.destroy(new Error('broken')));
      },
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

  it.each<[string, (ctx: Context) => unknown]>([
    ['the answer', ({ res }) => res.destroy()],
    ['the answer with an error', ({ res }) => res.destroy(new Error('gone'))],
    ['the request', ({ req }) => req.destroy(new Error('gone'))],
    ['the connection', ({ req }) => req.socket.destroy()],
    ['the connection in good order', ({ req }) => req.socket.end()],
    ['the connection soon', ({ req }) => req.socket.destroySoon()],
    ['a stream that it pipes', ({ res }) => pipeline(failing(), res)],
    ['too late', ({ res }) => void res.setTimeout(20)],
  ])('with the connection, where a handler ends %s', async (_what, end) => {
    test = await start(async (ctx) => {
      ctx.respond = false;
      await end(ctx);
    });
    const socket = await open();
    socket.on('error', () => undefined).resume();
    socket.write(get(HIT));
    await once(socket, 'close');
  });

  it('as a handler says that has waited for too long', async () => {
    test = await start(async (ctx) => {
      await new Promise<void>((resolve) => void ctx.res.setTimeout(20, () => resolve()));
      ctx.body = 'timed out';
    });
    expect((await test.send({ target: HIT, headers: CALIFORNIA })).body.toString()).toBe('timed out');
  });

  it.each<[string, (ctx: Context) => unknown]>([
    ['nothing', ({ res }) => res.removeHeader('Transfer-Encoding')],
    ['chunks that are none', ({ res }) => res.setHeader('Transfer-Encoding', 'chunked')],
    [
      'the end of the connection',
      ({ res }) => {
        res.useChunkedEncodingByDefault = false;
      },
    ],
  ])('with the connection, where %s would say its length', async (_what, prepare) => {
    test = await start((ctx) => {
      prepare(ctx);
      ctx.body = Readable.from(['one', 'two']);
    });
    const socket = await open();
    socket.write(get(HIT) + get(HIT));
    const text = await read(socket);
    expect(text.match(/HTTP\/1\.1 200/g)).toHaveLength(1);
    expect(text).toMatch(/onetwo$/);
  });

  it('once: what a handler writes to its connection later reaches nobody', async () => {
    test = await start(async (ctx) => {
      const { socket } = ctx.req;
      ctx.body = 'ok';
      ctx.res.on('close', () => setImmediate(() => socket.write('LATE')));
    });
    const socket = await open();
    socket.write(get(HIT));
    await read(socket, (all) => all.endsWith('ok'));
    await wait(20);
    socket.write(get(HIT).replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    expect(await read(socket)).not.toContain('LATE');
  });

  it('with the events that node:http has for a handler', async () => {
    const happened: string[] = [];
    test = await start(async (ctx) => {
      const tell = (event: string) => () => void happened.push(event);
      for (const event of ['aborted', 'end', 'close']) ctx.req.on(event, tell(`request ${event}`));
      for (const event of ['finish', 'close']) ctx.res.on(event, tell(`answer ${event}`));
      await wait(ctx.method === 'HEAD' ? 100 : 0);
      ctx.body = 'ok';
    });
    await test.send({ target: HIT, headers: CALIFORNIA });
    await expect.poll(() => happened).toEqual(['answer finish', 'answer close', 'request end', 'request close']);
    happened.length = 0;
    const socket = await open();
    socket.write(get(HIT).replace('GET', 'HEAD'));
    await wait(50);
    socket.destroy();
    await expect.poll(() => happened).toEqual(['request aborted', 'answer close', 'request close']);
  });

  it.each<[string, (ctx: Context) => unknown, (string | null)[]]>([
    ['whole', (ctx) => Object.assign(ctx, { body: 'ok' }), [null, null]],
    ['by an error', ({ res }) => res.destroy(new Error('gone')), ['gone', 'gone']],
    ['by its connection', ({ req }) => req.socket.destroy(), [null, null]],
  ])('once for each who waits by on-finished, where it ends %s', async (_how, end, expected) => {
    const told: (string | null)[] = [];
    test = await start((ctx) => {
      for (let i = 0; i < 2; i++)
        onFinished(ctx.res, (error, res) => {
          expect(res).toBe(ctx.res);
          told.push(error?.message ?? null);
        });
      // It has attached no listener of its own.
      expect(ctx.res.listenerCount('end')).toBe(0);
      end(ctx);
    });
    const socket = await open();
    socket.on('error', () => undefined);
    socket.write(get(HIT));
    await expect.poll(() => told).toEqual(expected);
    socket.destroy();
    await wait(20);
    expect(told).toEqual(expected);
  });

  it('in the bytes that were written, where a handler uses their memory again', async () => {
    const [blocks, length] = [2_000, 8_000];
    test = await start(async (ctx) => {
      ctx.respond = false;
      ctx.res.writeHead(200, { Connection: 'close', 'Content-Length': blocks * length });
      const block = Buffer.alloc(length);
      for (let i = 0; i < blocks; i++) {
        block.fill(i % 251);
        await new Promise((resolve) => ctx.res.write(block, resolve));
      }
      ctx.res.end();
    });
    const socket = await open();
    socket.write(get(HIT).replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    await wait(200);
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    const answer = Buffer.concat(chunks);
    const body = answer.subarray(answer.indexOf('\r\n\r\n') + 4);
    expect(body.equals(Buffer.concat(Array.from({ length: blocks }, (_, i) => Buffer.alloc(length, i % 251))))).toBe(true);
  });

  it('and can be waited for when it has ended', async () => {
    let isOver = false;
    test = await start((ctx) => {
      ctx.body = 'ok';
      ctx.res.on('close', async () => {
        await finished(ctx.res);
        isOver = true;
      });
    });
    await test.send({ target: HIT, headers: CALIFORNIA });
    await expect.poll(() => isOver).toBe(true);
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

  it('may end and listen again, and its idle connections still end', async () => {
    const mount = (app: CollectorApp, guard: ConsentryGuard) => void app.use(guard);
    test = await startKoaCollector({ routes }, mount);
    test.server.keepAliveTimeout = 200;
    await test.guard.attach(test.server);
    await new Promise((resolve) => test.server.close(resolve));
    test.port = await listen(test.server, '127.0.0.1', 0);
    const socket = await open();
    socket.write(get(HIT, DENIED));
    expect(await read(socket)).toContain('HTTP/1.1 204');
  });

  it('has the errors of its own listeners, as ever', async () => {
    test = await startKoaCollector({ routes }, (app, guard) => void app.use(guard), 'attached');
    test.server.on('request', () => {
      throw new Error('of a listener');
    });
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const thrown = once(process, 'uncaughtException');
    const socket = await open();
    socket.write(get(HIT));
    const [error] = await thrown;
    for (const other of others) process.on('uncaughtException', other);
    socket.destroy();
    expect(error).toMatchObject({ message: 'of a listener' });
    expect(test.logged.join()).not.toContain('a fault of ours');
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
