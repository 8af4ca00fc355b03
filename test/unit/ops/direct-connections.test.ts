import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { VisitorResponse } from '../../../src/ops/visitor.ts';
import { converse, countAnswers, EARLY, LIMITS, type Listener, startListener } from '../../support/direct.ts';
import { waitUntil } from '../../support/redis.ts';

const GET = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const POST = (path: string, body: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const LAST = 'GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';

let listener: Listener;
let open: Socket[] = [];
let warnings: Error[] = [];
const onWarning = (warning: Error): void => void warnings.push(warning);

beforeEach(() => {
  warnings = [];
  process.on('warning', onWarning);
});
afterEach(async () => {
  process.off('warning', onWarning);
  for (const socket of open) socket.destroy();
  open = [];
  await waitUntil(async () => (await countConnections()) === 0);
  await listener.close();
  expect(warnings).toEqual([]);
});

function countConnections(): Promise<number> {
  return new Promise((resolve, reject) =>
    listener.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
  );
}

/** A connection on which tests write when they want to. */
function dial(): { socket: Socket; text: () => string; isClosed: () => boolean } {
  const socket = connect({ port: listener.port, host: '127.0.0.1', noDelay: true });
  open.push(socket);
  let text = '';
  let isClosed = false;
  socket
    .on('error', () => undefined)
    .on('close', () => {
      isClosed = true;
    });
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  return { socket, text: () => text, isClosed: () => isClosed };
}

function paths(): (string | undefined)[] {
  return listener.seen.map(({ url }) => url);
}

function lanes(): boolean[] {
  return listener.seen.map(({ isDirect }) => isDirect);
}

const tick = (ms = 0): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a direct connection', () => {
  it('answers requests that came together in their order, also those that node:http serves between', async () => {
    listener = await startListener(true, (req, res) => {
      const say = (): unknown => res.writeHead(200, ['Content-Length', String(req.url?.length)]).end(req.url ?? '', 'latin1');
      if (req.url === '/slow') setTimeout(say, 30);
      else say();
    });
    const all = GET('/a') + POST('/slow', 'one') + POST('/api/b', 'two') + GET('/c') + GET('/api/d') + POST('/api/e', 'x') + LAST;
    const text = await converse(listener.port, [Buffer.from(all)]);
    expect(paths()).toEqual(['/a', '/slow', '/api/b', '/c', '/api/d', '/api/e', '/last']);
    expect(lanes()).toEqual([true, true, false, true, false, false, true]);
    expect(listener.seen.map(({ body }) => body)).toEqual([null, 'one', 'two', null, null, 'x', null]);
    const answers = Array.from(text.matchAll(/\r\n\r\n(\/[a-z/]+?)(?=HTTP|$)/g), (match) => match[1]);
    expect(answers).toEqual(paths());
  });

  it.each([
    ['at once', false],
    ['later', true],
  ])('reads them the same wherever they are cut, answered %s', async (_name, isLater) => {
    listener = await startListener(true, (_req, res) => {
      const say = (): unknown => res.writeHead(200, ['Content-Length', '0']).end();
      if (isLater) setTimeout(say, 2);
      else say();
    });
    const all = Buffer.from(POST('/a', '12345') + POST('/api/b', '678') + GET('/c') + LAST);
    const expected = ['/a', '/api/b', '/c', '/last'];
    for (let at = 1; at < all.length; at++) {
      listener.seen.length = 0;
      const text = await converse(listener.port, [all.subarray(0, at), all.subarray(at)]);
      expect(paths(), `cut at ${at}`).toEqual(expected);
      expect(listener.seen.map(({ body }) => body)).toEqual(['12345', '678', null, null]);
      expect(countAnswers(text)).toBe(4);
    }
    listener.seen.length = 0;
    await converse(
      listener.port,
      Array.from(all, (_byte, i) => all.subarray(i, i + 1)),
    );
    expect(paths()).toEqual(expected);
  });

  it('begins with a request when all of the one before is done, however its body came', async () => {
    const order: string[] = [];
    listener = await startListener(true, (req, res) => {
      res.writeHead(200, ['Content-Length', '0']).end();
      order.push(`behind ${req.url}`);
    });
    const { socket, text } = dial();
    const first = POST('/a', '12345');
    socket.write(first.slice(0, -2));
    await tick(50);
    socket.write(first.slice(-2) + GET('/b'));
    await waitUntil(() => countAnswers(text()) === 2);
    expect(order).toEqual(['behind /a', 'behind /b']);
  });

  it('goes on reading what began to come while it waited', async () => {
    listener = await startListener(true, (_req, res) => {
      setTimeout(() => res.writeHead(200, ['Content-Length', '0']).end(), 100);
    });
    for (const next of [GET('/b'), POST('/b', '12345'), POST('/api/b', '12345'), 'GET /b HTTP/1.1\r\nhost: x\r\nA:  b\r\n\r\n']) {
      const { socket, text } = dial();
      const half = next.length - 3;
      listener.seen.length = 0;
      socket.write(GET('/a'));
      await waitUntil(() => paths().length === 1);
      socket.write(next.slice(0, half));
      await waitUntil(() => countAnswers(text()) === 1);
      socket.write(next.slice(half) + LAST);
      await waitUntil(() => countAnswers(text()) === 3);
    }
  });

  it('keeps a connection that node:http has served for all of its idle time', async () => {
    listener = await startListener(true, undefined, {
      ...LIMITS,
      headerTimeoutMs: 200,
      bodyTimeoutMs: 200,
      idleTimeoutMs: 10_000,
    });
    const { socket, text, isClosed } = dial();
    socket.write(GET('/api/a'));
    await waitUntil(() => countAnswers(text()) === 1);
    // Longer than node:http waits between two looks for requests that are late.
    await tick(2_500);
    expect(isClosed()).toBe(false);
    socket.write(GET('/api/b') + LAST);
    await waitUntil(() => countAnswers(text()) === 3);
  });

  it('leaves all that comes behind an unusual request to node:http', async () => {
    listener = await startListener(true);
    const chunked = 'POST /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';
    const text = await converse(listener.port, [Buffer.from(GET('/a') + chunked + GET('/c') + LAST)]);
    expect(paths()).toEqual(['/a', '/b', '/c', '/last']);
    expect(lanes()).toEqual([true, false, false, false]);
    expect(countAnswers(text)).toBe(4);
    listener.seen.length = 0;
    // Also where node:http has served one of its requests before.
    await converse(listener.port, [Buffer.from(GET('/api/a')), Buffer.from(chunked + LAST)]);
    expect(paths()).toEqual(['/api/a', '/b', '/last']);
    expect(lanes()).toEqual([false, false, false]);
  });

  it('serves many requests by node:http on one connection', async () => {
    listener = await startListener(true);
    const all = Array.from({ length: 100 }, (_, i) => GET(`/api/${i}`) + GET(`/${i}`)).join('');
    const text = await converse(listener.port, [Buffer.from(all + LAST)]);
    expect(countAnswers(text)).toBe(201);
    expect(lanes().filter(Boolean)).toHaveLength(101);
  });

  it('leaves heads and bodies that are too long to node:http', async () => {
    listener = await startListener(true, undefined, { ...LIMITS, bodyBytes: 10 });
    const long = 'x'.repeat(20_000);
    expect(await converse(listener.port, [Buffer.from(`GET / HTTP/1.1\r\nHost: x\r\nA: ${long}\r\n\r\n`)])).toMatch(
      /^HTTP\/1\.1 431 /,
    );
    await converse(listener.port, [Buffer.from(POST('/a', '0123456789') + POST('/b', '0123456789a') + LAST)]);
    expect(lanes()).toEqual([true, false, false]);
  });

  it('goes on behind a body that node:http had answered before its end', async () => {
    listener = await startListener(true);
    const { socket, text } = dial();
    socket.write(`POST ${EARLY} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n01234`);
    await waitUntil(() => countAnswers(text()) === 1);
    socket.write(`56789${GET('/b')}`);
    await waitUntil(() => countAnswers(text()) === 2);
    expect(paths()).toEqual([EARLY, '/b']);
    socket.write(GET('/api/c') + LAST);
    await waitUntil(() => countAnswers(text()) === 4);
  });

  it('ends behind the last answer of node:http', async () => {
    listener = await startListener(true, (_req, res) => {
      res.writeHead(200, ['Connection', 'close', 'Content-Length', '0']).end();
    });
    const text = await converse(listener.port, [Buffer.from(GET('/api/a') + GET('/api/b') + GET('/c'))]);
    expect(countAnswers(text)).toBe(1);
    expect(paths()).toEqual(['/api/a']);
  });

  it('says that a body did not come in time, and ends', async () => {
    listener = await startListener(true, undefined, { ...LIMITS, bodyTimeoutMs: 200 });
    const text = await converse(listener.port, [Buffer.from('POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n123')]);
    expect(listener.seen).toMatchObject([{ url: '/a', body: 'body-timeout', isDirect: true }]);
    expect(text).toContain('Connection: close');
  });

  it('tells visitors who are slow with a head, and leaves those alone who have nothing to say for less than their time', async () => {
    listener = await startListener(true, undefined, { ...LIMITS, headerTimeoutMs: 200, idleTimeoutMs: 1_500 });
    expect(await converse(listener.port, [Buffer.from('GET /a HTTP/1.1\r\nHost')])).toMatch(/^HTTP\/1\.1 408 /);
    const { socket, text, isClosed } = dial();
    socket.write(GET('/a'));
    await waitUntil(() => countAnswers(text()) === 1);
    await tick(1_000);
    expect(isClosed()).toBe(false);
    socket.write(GET('/b'));
    await waitUntil(() => countAnswers(text()) === 2);
    await waitUntil(isClosed);
  });

  it('tells an answer once that its visitor is gone, and none that was whole', async () => {
    const gone: string[] = [];
    const waiting: VisitorResponse[] = [];
    listener = await startListener(true, (req, res) => {
      res.on('close', () => gone.push(req.url ?? ''));
      if (req.url === '/whole') res.writeHead(200, ['Content-Length', '0']).end();
      else waiting.push(res);
    });
    for (const leave of ['destroy', 'end', 'resetAndDestroy'] as const) {
      const { socket, text } = dial();
      socket.write(GET('/whole') + GET(`/${leave}`));
      await waitUntil(() => paths().includes(`/${leave}`) && countAnswers(text()) === 1);
      socket[leave]();
      await waitUntil(() => gone.includes(`/${leave}`));
    }
    // Written to nobody.
    for (const res of waiting) res.writeHead(200, []).end(Buffer.from('late'));
    await tick(20);
    expect(gone).toEqual(['/destroy', '/end', '/resetAndDestroy']);
  });

  it.each([
    ['nothing', ''],
    ['half a head', 'GET /a HT'],
    ['half a body', 'POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n123'],
    ['half a body for node:http', 'POST /api HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n123'],
    ['an unusual head', 'GET /a HTTP/1.0\r\n'],
  ])('a visitor who leaves behind %s leaves nothing', async (_name, text) => {
    listener = await startListener(true);
    for (const leave of ['destroy', 'end', 'resetAndDestroy'] as const) {
      const { socket, isClosed } = dial();
      await new Promise((resolve) => socket.once('connect', resolve));
      if (text !== '') socket.write(text);
      await waitUntil(async () => (await countConnections()) === 1);
      await tick(20);
      socket[leave]();
      await waitUntil(async () => (await countConnections()) === 0);
      await waitUntil(isClosed);
    }
    expect(listener.seen).toEqual([]);
  });

  it('serves no more than a visitor reads', async () => {
    const body = 'x'.repeat(100_000);
    listener = await startListener(true, (_req, res) => {
      res.writeHead(200, ['Content-Length', String(body.length)]).end(body, 'latin1');
    });
    const { socket, text } = dial();
    socket.pause();
    const COUNT = 400;
    socket.write(GET('/a').repeat(COUNT) + LAST);
    await tick(300);
    const served = listener.seen.length;
    expect(served).toBeLessThan(COUNT / 2);
    await tick(200);
    expect(listener.seen.length).toBe(served);
    socket.resume();
    await waitUntil(() => countAnswers(text()) === COUNT + 1);
  });

  it('tells a writer when the visitor has read', async () => {
    let pieces = 0;
    listener = await startListener(true, (_req, res) => {
      const go = (): void => {
        while (pieces < 200) {
          pieces++;
          if (!res.write(Buffer.alloc(100_000, 'x'))) return;
        }
        res.end();
      };
      res.writeHead(200, ['Content-Length', String(200 * 100_000)]);
      res.on('drain', go);
      go();
    });
    const { socket, text } = dial();
    socket.pause();
    socket.write(LAST);
    await tick(300);
    expect(pieces).toBeLessThan(150);
    socket.resume();
    await waitUntil(() => text().length > 20_000_000);
  });

  it('cuts a visitor who does not read, and not one who does slowly', async () => {
    const PIECE = Buffer.alloc(64 * 1024, 'x');
    const PIECES = 1_000;
    listener = await startListener(
      true,
      (_req, res) => {
        let left = PIECES;
        const go = (): void => {
          while (left > 0) {
            left--;
            if (!res.write(PIECE)) return;
          }
          res.end();
        };
        res.writeHead(200, ['Content-Length', String(PIECES * PIECE.length)]);
        res.on('drain', go);
        go();
      },
      { ...LIMITS, silenceMs: 400 },
    );
    const slow = dial();
    slow.socket.pause();
    let read = 0;
    slow.socket.on('data', (chunk: Buffer) => {
      read += chunk.length;
      if (read > 1_000_000) slow.socket.pause();
    });
    slow.socket.write(GET('/slow'));
    const reader = setInterval(() => {
      read = 0;
      slow.socket.resume();
    }, 50);
    const still = dial();
    still.socket.pause();
    still.socket.write(GET('/still'));
    await waitUntil(() => paths().length === 2);
    await waitUntil(async () => (await countConnections()) === 1);
    await tick(1_000);
    clearInterval(reader);
    expect(slow.isClosed()).toBe(false);
    expect(await countConnections()).toBe(1);
    slow.socket.destroy();
    still.socket.destroy();
  });

  it('ends idle ones with the server, and lets those be answered that are not', async () => {
    let answer = (): void => undefined;
    listener = await startListener(true, (req, res) => {
      const say = (): unknown => res.writeHead(200, ['Content-Length', '0']).end();
      if (req.url === '/wait') answer = say;
      else say();
    });
    const idle = dial();
    idle.socket.write(GET('/a'));
    const busy = dial();
    busy.socket.write(GET('/wait'));
    await waitUntil(() => countAnswers(idle.text()) === 1 && paths().includes('/wait'));
    listener.server.closeIdleConnections();
    await waitUntil(idle.isClosed);
    expect(busy.isClosed()).toBe(false);
    answer();
    await waitUntil(() => countAnswers(busy.text()) === 1);
  });

  it.each([
    ['a hit', '/wait', 'GET'],
    ['a request of node:http', '/wait', 'PUT'],
  ])('does not cut %s for the sake of one that node:http served before', async (_name, path, method) => {
    let answer = (): void => undefined;
    listener = await startListener(true, (req, res) => {
      const say = (): unknown => res.writeHead(200, ['Content-Length', '0']).end();
      if (req.url === '/wait') answer = say;
      else say();
    });
    const { socket, text } = dial();
    socket.write(GET('/api/a'));
    await waitUntil(() => countAnswers(text()) === 1);
    socket.write(`${method} ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await waitUntil(() => paths().includes('/wait'));
    listener.server.closeIdleConnections();
    await tick(20);
    answer();
    await waitUntil(() => countAnswers(text()) === 2);
  });

  it('does not wait for the body of a hit that is dropped for overload', async () => {
    listener = await startListener(
      true,
      (_req, res) => res.writeHead(204, []).end(),
      LIMITS,
      () => true,
    );
    const text = await converse(listener.port, [Buffer.from('POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n123')]);
    expect(text).toContain('Connection: close');
    expect(listener.seen).toMatchObject([{ url: '/a', body: 'overloaded' }]);
  });

  it.each(['/a', '/api/a'])('lets an answer of %s trickle', async (path) => {
    listener = await startListener(
      true,
      (_req, res) => {
        let left = 12;
        res.writeHead(200, ['Content-Length', '12']);
        const timer = setInterval(() => {
          res.write(Buffer.from('x'));
          if (--left > 0) return;
          clearInterval(timer);
          res.end();
        }, 100);
      },
      { ...LIMITS, silenceMs: 400 },
    );
    const { socket, text } = dial();
    socket.write(GET(path));
    await waitUntil(() => text().endsWith('xxxxxxxxxxxx'));
  });

  it('keeps its times when its server listens again', async () => {
    listener = await startListener(true, undefined, { ...LIMITS, headerTimeoutMs: 200 });
    await listener.close();
    const port = listener.port;
    await new Promise<void>((resolve) => listener.server.listen(port, '127.0.0.1', resolve));
    expect(await converse(port, [Buffer.from('GET /a HTTP/1.1\r\nHost')])).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('breaks where a handler says so', async () => {
    listener = await startListener(true, (_req, res) => {
      res.writeHead(200, ['Content-Length', '10']);
      res.write(Buffer.from('half'));
      res.destroy();
    });
    expect(await converse(listener.port, [Buffer.from(GET('/a') + GET('/b'))])).not.toContain('/b');
    expect(paths()).toEqual(['/a']);
  });
});
