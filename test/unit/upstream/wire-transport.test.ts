/** Requests and answers over real connections, with collectors that misbehave. */

import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { UpstreamRequest } from '../../../src/upstream/transport.ts';
import { WireTransport } from '../../../src/upstream/wire-transport.ts';

interface Ended {
  status: number | null;
  body: string;
  failed: string | null;
  written: boolean;
}

const GET: UpstreamRequest = { method: 'GET', path: '/a?x=1', headers: ['Host', 'c.example', 'X-A', 'é'], body: null };

describe('the transport over connections of our own', () => {
  let server: Server;
  let sockets: Socket[];
  let received: string;
  /** What the collector does with a request, told by what it has got so far on the connection. */
  let answer: (socket: Socket, text: string) => void;
  let transport: WireTransport;
  const ok = (body: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const open = (depth = 1, connections = 4, timeoutMs = 2_000): WireTransport =>
    new WireTransport({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, timeoutMs, connections, depth });
  const send = (request: UpstreamRequest = GET, over = transport): Promise<Ended> =>
    new Promise((resolve) => {
      const ended: Ended = { status: null, body: '', failed: null, written: false };
      over.send(request, {
        written: () => {
          ended.written = true;
        },
        head: (status) => {
          ended.status = status;
          return true;
        },
        data: (chunk) => {
          ended.body += chunk.toString();
          return true;
        },
        end: () => resolve(ended),
        failed: (code) => resolve({ ...ended, failed: code }),
      });
    });

  beforeEach(async () => {
    sockets = [];
    received = '';
    answer = (socket) => socket.write(ok('hello'));
    server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        received += chunk.toString('latin1');
        answer(socket, chunk.toString('latin1'));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    transport = open();
  });
  afterEach(async () => {
    await transport.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it('writes a request byte for byte, and reads its answer', async () => {
    expect(await send()).toEqual({ status: 200, body: 'hello', failed: null, written: true });
    expect(received).toBe('GET /a?x=1 HTTP/1.1\r\nHost: c.example\r\nX-A: é\r\n\r\n');
    received = '';
    await send({ ...GET, method: 'POST', body: Buffer.from([0, 255]) });
    expect(received).toBe('POST /a?x=1 HTTP/1.1\r\nHost: c.example\r\nX-A: é\r\nContent-Length: 2\r\n\r\n\0\xff');
  });

  it('writes the same of what was read as it stands', async () => {
    const request: UpstreamRequest = { ...GET, method: 'POST', body: Buffer.from('x') };
    await send(request);
    const written = received;
    received = '';
    await send({ ...request, isAsRead: true });
    expect(received).toBe(written);
  });

  it('uses a connection again, one exchange at a time', async () => {
    for (let i = 0; i < 5; i++) await send();
    expect(sockets).toHaveLength(1);
    await Promise.all(Array.from({ length: 10 }, () => send()));
    expect(sockets.length).toBeLessThanOrEqual(4);
  });

  it.each([
    ['a line break in a value', { headers: ['X', 'a\r\nB: c'] }],
    ['a line feed that two bytes of a letter would leave', { headers: ['X', 'aĊB: c'] }],
    ['a colon in a name', { headers: ['X: a', 'b'] }],
    ['a blank in the path', { path: '/a b' }],
    ['a line break in the path', { path: '/a\r\nX: b' }],
    ['a blank in the method', { method: 'GET /x' }],
  ])('writes nothing for %s', async (_name, change) => {
    expect(await send({ ...GET, ...change })).toMatchObject({ failed: 'upstream-invalid', written: false });
    expect(received).toBe('');
  });

  it('never takes what is behind an answer for the next one', async () => {
    answer = (socket) => socket.write(ok('mine') + ok('smuggled'));
    expect((await send()).body).toBe('mine');
    answer = (socket) => socket.write(ok('second'));
    expect((await send()).body).toBe('second');
    expect(sockets).toHaveLength(2);
  });

  it('nor the begin of one', async () => {
    answer = (socket) => socket.write(`${ok('mine')}HTTP/1.1 200 OK\r\nX: `);
    expect((await send()).body).toBe('mine');
    answer = (socket) => socket.write(ok('second'));
    expect((await send()).body).toBe('second');
  });

  it('ends an idle connection that says something', async () => {
    await send();
    sockets[0]?.write(ok('smuggled'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    answer = (socket) => socket.write(ok('second'));
    expect((await send()).body).toBe('second');
    expect(sockets).toHaveLength(2);
  });

  it('tells a refused connection, where nothing was written, from one that broke behind the request', async () => {
    answer = (socket) => socket.destroy();
    expect(await send()).toMatchObject({ failed: 'upstream-unreachable', written: true });
    const closed = open();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    expect(await send(GET, closed)).toMatchObject({ failed: 'upstream-unreachable', written: false });
    await closed.close();
  });

  it('gives up a collector that does not answer in time', async () => {
    answer = () => undefined;
    transport = open(1, 4, 100);
    expect(await send()).toMatchObject({ failed: 'upstream-timeout', written: true });
  });

  it.each([
    ['half an answer', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', 'upstream-unreachable'],
    ['no HTTP', 'nonsense\r\n\r\n', 'upstream-invalid'],
  ])('fails at %s', async (_name, bytes, code) => {
    answer = (socket) => socket.end(bytes);
    expect((await send()).failed).toBe(code);
  });

  it('reads to the end of the connection where nothing tells the length', async () => {
    answer = (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nall of it');
    expect(await send()).toMatchObject({ status: 200, body: 'all of it', failed: null });
  });

  it('does not use a connection that the collector said it would close by now', async () => {
    answer = (socket) => socket.write('HTTP/1.1 204 x\r\nKeep-Alive: timeout=1\r\n\r\n');
    await send();
    await send();
    expect(sockets).toHaveLength(2);
  });

  it('waits in line where all connections are taken, and gives up there too', async () => {
    const held: Socket[] = [];
    answer = (socket) => void held.push(socket);
    const first = Array.from({ length: 4 }, () => send());
    let called = false;
    const called_ = (): boolean => {
      called = true;
      return true;
    };
    const giveUp = transport.send(GET, { written: called_, head: called_, data: called_, end: called_, failed: called_ });
    const last = send();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(transport.waiting).toBe(2);
    giveUp();
    for (const socket of held.splice(0)) socket.write(ok('x'));
    await Promise.all(first);
    await new Promise((resolve) => setTimeout(resolve, 20));
    for (const socket of held.splice(0)) socket.write(ok('last'));
    expect((await last).body).toBe('last');
    expect(called).toBe(false);
  });

  it('puts answered hits one behind the other where that is allowed, and gives each its answer', async () => {
    transport = open(16, 2);
    await send();
    let count = 0;
    let longestRow = 0;
    answer = (socket, text) => {
      longestRow = Math.max(longestRow, text.match(/(?:GET|POST) /g)?.length ?? 0);
      for (const _ of text.matchAll(/(?:GET|POST) /g)) socket.write(ok(String(count++)));
    };
    const post: UpstreamRequest = { ...GET, method: 'POST', body: Buffer.from('x') };
    const all = await Promise.all(Array.from({ length: 40 }, (_, i) => send(i % 5 === 0 ? post : GET)));
    expect(all.map(({ body }) => Number(body)).sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i));
    expect(sockets.length).toBeLessThanOrEqual(2);
    expect(longestRow).toBe(16);
  });

  it('sends again, where it can, what stood behind an answer that closed its connection: it was not processed', async () => {
    transport = open(16, 2);
    await send();
    const processed: string[] = [];
    answer = (socket, text) => {
      const [first, ...behind] = [...text.matchAll(/GET (\S+) /g)].map(([, path]) => path as string);
      if (behind.length > 0) {
        processed.push(first as string);
        return void socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx');
      }
      processed.push(first as string);
      socket.write(ok('x'));
    };
    const paths = Array.from({ length: 40 }, (_, i) => `/${i}`);
    const all = await Promise.all(paths.map((path) => send({ ...GET, path })));
    expect(all.filter(({ failed }) => failed !== null)).toEqual([]);
    expect(processed.sort()).toEqual(paths.sort());
  });

  it('fails all that are behind a connection that breaks, as maybe arrived', async () => {
    transport = open(16, 1);
    await send();
    answer = (socket) => socket.destroy();
    const all = await Promise.all(Array.from({ length: 5 }, () => send()));
    expect(all.every(({ failed, written }) => failed === 'upstream-unreachable' && written)).toBe(true);
  });
});
