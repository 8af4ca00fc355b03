/** A guard that is attached to the server of its application: what koa meets of the hits, and what it still meets of everything else. */
import { createServer as createTlsServer } from 'node:https';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import type { Context } from 'koa';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { converse, countAnswers } from '../support/direct.ts';
import { type KoaCollector, startKoaCollector } from '../support/koa-collector.ts';
import { waitUntil } from '../support/redis.ts';

const ALLOWED = 'x-test-country: US\r\nx-test-region: CA\r\n';
const DENIED = 'x-test-country: DE\r\n';
const get = (path: string, lines = ALLOWED): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n${lines}\r\n`;
const post = (path: string, body: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\n${ALLOWED}Content-Length: ${body.length}\r\n\r\n${body}`;
const LAST = `GET /other HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;

let test: KoaCollector;
let ahead: string[] = [];
let handled: string[] = [];
let answer: (ctx: Context) => unknown = () => undefined;

beforeAll(async () => {
  const purposes = ['analytics' as const];
  const routes = [
    { path: '/collect', purposes },
    { path: '/pixel', purposes, respond: 'pixel' as const },
  ];
  test = await startKoaCollector(
    { routes },
    (app, guard) => {
      app.use(async (ctx, next) => {
        ahead.push(ctx.path);
        await next();
      });
      app.use(guard);
      app.use(async (ctx) => {
        const chunks: Buffer[] = [];
        for await (const chunk of ctx.req) chunks.push(chunk as Buffer);
        handled.push(`${ctx.method} ${ctx.path} ${Buffer.concat(chunks)}`.trim());
        ctx.body = ctx.path;
        await answer(ctx as Context);
      });
    },
    true,
  );
});
beforeEach(() => {
  ahead = [];
  handled = [];
  answer = () => undefined;
});
afterAll(() => test.close());

describe('attached to the server', () => {
  it('a dropped hit meets neither koa nor what is mounted ahead of the guard', async () => {
    const text = await converse(test.port, [Buffer.from(get('/collect', DENIED) + LAST)]);
    expect(countAnswers(text)).toBe(2);
    expect(text).toMatch(/^HTTP\/1\.1 204 /);
    expect([ahead, handled]).toEqual([['/other'], ['GET /other']]);
  });

  it('hits that go on and other requests are answered in the order in which they came', async () => {
    const all =
      get('/collect') + post('/collect', 'one') + get('/a') + get('/collect', DENIED) + post('/b', 'two') + get('/pixel') + LAST;
    const text = await converse(test.port, [Buffer.from(all)]);
    expect(countAnswers(text)).toBe(7);
    await waitUntil(() => handled.length === 6);
    expect(handled).toEqual(['GET /collect', 'POST /collect one', 'GET /a', 'POST /b two', 'GET /pixel', 'GET /other']);
    expect(Array.from(text.matchAll(/\r\n\r\n(\/[a-z]+|GIF89a)/g), (match) => match[1])).toEqual([
      ...['/collect', '/collect', '/a', '/b', 'GIF89a', '/other'],
    ]);
  });

  it('the consent API answers on the same connection', async () => {
    const state = 'GET /consent HTTP/1.1\r\nHost: x\r\n\r\n';
    const text = await converse(test.port, [Buffer.from(get('/collect') + state + get('/collect') + LAST)]);
    expect(countAnswers(text)).toBe(4);
    expect(handled).toEqual(['GET /collect', 'GET /collect', 'GET /other']);
  });

  it('a long answer comes whole to a visitor who reads slowly', async () => {
    answer = (ctx) => {
      if (ctx.path === '/collect') ctx.body = Readable.from(Array.from({ length: 300 }, () => Buffer.alloc(30_000, 'x')));
    };
    const socket = connect(test.port, '127.0.0.1');
    let bytes = 0;
    let text = '';
    socket.on('data', (chunk) => {
      bytes += chunk.length;
      text = text.slice(-2_000) + chunk.toString('latin1');
      socket.pause();
      setTimeout(() => socket.resume(), 1);
    });
    socket.write(get('/collect') + LAST);
    await waitUntil(() => text.endsWith('/other'));
    expect(bytes).toBeGreaterThan(9_000_000);
    socket.destroy();
  });

  it('a handler is told when its visitor leaves', async () => {
    let closed = false;
    answer = (ctx) =>
      new Promise<void>((resolve) =>
        ctx.res.on('close', () => {
          closed = true;
          resolve();
        }),
      );
    const socket = connect(test.port, '127.0.0.1');
    socket.write(get('/collect'));
    await waitUntil(() => handled.length === 1);
    socket.destroy();
    await waitUntil(() => closed);
  });

  it('a handler that fails is answered for by koa', async () => {
    answer = (ctx) => (ctx.path === '/collect' ? ctx.throw(503) : undefined);
    const text = await converse(test.port, [Buffer.from(get('/collect') + LAST)]);
    expect(text).toMatch(/^HTTP\/1\.1 503 /);
    expect(countAnswers(text)).toBe(2);
  });

  it('ends with its server', async () => {
    const socket = connect(test.port, '127.0.0.1');
    let text = '';
    let isClosed = false;
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('close', () => {
      isClosed = true;
    });
    socket.write(get('/collect'));
    await waitUntil(() => countAnswers(text) === 1);
    test.server.closeIdleConnections();
    await waitUntil(() => isClosed);
  });
});

it('another guard in the same application makes a judgement of its own', async () => {
  const routes = [{ path: '/collect', purposes: ['analytics' as const] }];
  const stricter = await startKoaCollector(
    { routes: [{ path: '/collect', purposes: ['advertising'] }], geo: { assume: 'US-CA' } },
    () => undefined,
  );
  let reached = 0;
  const both = await startKoaCollector(
    { routes },
    (app, guard) => {
      app.use(guard);
      app.use(stricter.guard);
      app.use((ctx) => {
        reached++;
        ctx.body = 'ok';
      });
    },
    true,
  );
  const lines = `${ALLOWED}Sec-GPC: 1\r\n`;
  expect(await converse(both.port, [Buffer.from(get('/collect', `${lines}Connection: close\r\n`))])).toMatch(/^HTTP\/1\.1 20/);
  expect(reached).toBe(0);
  expect(await converse(both.port, [Buffer.from(get('/collect', `${ALLOWED}Connection: close\r\n`))])).toMatch(/^HTTP\/1\.1 200/);
  expect(reached).toBe(1);
  await both.close();
  await stricter.close();
});

it('says that a server of TLS cannot be read ahead of it', async () => {
  const server = createTlsServer();
  expect(() => test.guard.attach(server)).toThrow(/attach: a server of TLS/);
});
