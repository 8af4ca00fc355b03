/** People who send slowly, stop in the middle, or do not read: they are cut in time, and normal hits go on meanwhile. */
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createLimitedServer, listen } from '../../src/ops/server.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const LONG = process.env.CONSENTRY_LONG === '1';
const SLOW = LONG ? 2_000 : 200;
const CALIFORNIA = [
  ['x-test-country', 'US'],
  ['x-test-region', 'CA'],
] as const;
const HEAD = 'Host: x\r\nx-test-country: US\r\nx-test-region: CA\r\n';

let gateway: TestGateway;
let open: Socket[] = [];

beforeAll(async () => {
  gateway = await startGateway({
    routes: [{ path: '/hit', purposes: ['analytics'] }],
    timeouts: { header: '1s', body: '1s', idle: '1s', upstream: '2s' },
    store: 'memory:',
  });
});
afterAll(() => gateway.close());
afterEach(() => {
  for (const socket of open) socket.destroy();
  open = [];
});

interface Slow {
  readonly socket: Socket;
  text: string;
  closedAfterMs: number | null;
}

function begin(text: string, part: string | null, port = gateway.port): Slow {
  const began = performance.now();
  const slow: Slow = { socket: connect(port, '127.0.0.1'), text: '', closedAfterMs: null };
  open.push(slow.socket);
  slow.socket.on('error', () => undefined);
  slow.socket.on('connect', () => slow.socket.write(text));
  slow.socket.on('data', (chunk) => {
    slow.text += chunk.toString('latin1');
  });
  const timer = part === null ? null : setInterval(() => slow.socket.write(part), 200);
  slow.socket.on('close', () => {
    if (timer !== null) clearInterval(timer);
    slow.closedAfterMs = performance.now() - began;
  });
  return slow;
}

async function waitForEnd(slow: Slow, withinMs: number): Promise<void> {
  const until = performance.now() + withinMs;
  while (slow.closedAfterMs === null && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe('a client that', () => {
  it.each([
    ['connects and says nothing', '', null],
    ['sends a request line and stops', 'GET /hit HTTP/1.1\r\n', null],
    ['sends headers without end', `GET /hit HTTP/1.1\r\n${HEAD}`, 'X-A: a\r\n'],
    ['sends a letter now and then', 'GET /hit', 'x'],
    ['sends line feeds', '', '\r\n'],
    ['announces a body and sends none', `POST /hit HTTP/1.1\r\n${HEAD}Content-Length: 100\r\n\r\n`, null],
    ['sends its body byte by byte', `POST /hit HTTP/1.1\r\n${HEAD}Content-Length: 10000\r\n\r\n`, 'x'],
    ['sends chunks byte by byte', `POST /hit HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n`, '1\r\nx\r\n'],
    ['sends chunk extensions without end', `POST /hit HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n1`, ';a=b'],
    ['sends trailers without end', `POST /hit HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\n`, 'X-A: a\r\n'],
    ['waits for a go-ahead that it has', `POST /hit HTTP/1.1\r\n${HEAD}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n`, null],
    ['is idle after an answer', `GET /hit HTTP/1.1\r\n${HEAD}\r\n`, null],
  ])('%s is cut', async (_name, text, part) => {
    const before = gateway.collector.arrived.length;
    const slow = begin(text, part);
    await waitForEnd(slow, 8_000);
    expect(slow.closedAfterMs).not.toBeNull();
    // Half a hit is no hit.
    expect(gateway.collector.arrived.length - before).toBe(text.startsWith('GET /hit HTTP/1.1\r\nHost') && part === null ? 1 : 0);
  });

  it('reads nothing of a long answer is cut, and the collector is given up', async () => {
    const server = createLimitedServer(
      gateway.gateway.handle,
      {
        headerBytes: 16_384,
        bodyBytes: 65_536,
        headerTimeoutMs: 1_000,
        bodyTimeoutMs: 1_000,
        idleTimeoutMs: 1_000,
        silenceMs: 1_000,
      },
      gateway.gateway.direct,
    );
    const port = await listen(server, '127.0.0.1', 0);
    let givenUp = false;
    const before = gateway.collector.answer;
    gateway.collector.answer = (_req, res) => {
      res.on('close', () => {
        givenUp = true;
      });
      const go = (): void => {
        while (!res.destroyed && res.write(Buffer.alloc(65_536)));
      };
      res.writeHead(200);
      res.on('drain', go);
      go();
    };
    const slow = begin(`GET /hit HTTP/1.1\r\n${HEAD}\r\n`, null, port);
    slow.socket.pause();
    const until = performance.now() + 8_000;
    while (!givenUp && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 50));
    gateway.collector.answer = before;
    expect(givenUp).toBe(true);
    slow.socket.destroy();
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  });
});

it(`${SLOW} slow connections keep no normal hit waiting`, async () => {
  for (let i = 0; i < SLOW; i++)
    begin(
      i % 2 === 0 ? 'GET /hit HTTP/1.1\r\nHost: x\r\n' : `POST /hit HTTP/1.1\r\n${HEAD}Content-Length: 1000\r\n\r\n`,
      'X-A: a\r\n',
    );
  const times: number[] = [];
  for (let i = 0; i < 200; i++) {
    const began = performance.now();
    expect((await gateway.send({ target: '/hit', headers: CALIFORNIA })).status).toBe(200);
    times.push(performance.now() - began);
  }
  const p99 = times.sort((a, b) => a - b)[197] ?? 0;
  console.log(`p99 of normal hits beside ${SLOW} slow connections: ${p99.toFixed(1)} ms`);
  if (LONG) expect(p99).toBeLessThan(100);
}, 60_000);
