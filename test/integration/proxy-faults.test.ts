/** Collectors that are down, slow or broken, visitors who leave or send too much, and the end of the gateway. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { drainServer, listen } from '../../src/ops/server.ts';
import { findMetric, readMetrics } from '../support/admin.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { type RawCollector, startRawCollector } from '../support/raw-collector.ts';
import { sendRaw } from '../support/send.ts';

type Line = readonly [string, string];

const DE: Line = ['x-test-country', 'DE'];
const IMAGE: Line = ['Sec-Fetch-Dest', 'image'];
const request = (path: string, extra = ''): string => `GET ${path} HTTP/1.1\r\nHost: x\r\nx-test-country: DE\r\n${extra}\r\n`;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('the proxy', () => {
  let test: TestGateway;
  let raw: RawCollector;
  beforeAll(async () => {
    raw = await startRawCollector();
    test = await startGateway({
      routes: [
        { path: '/need', purposes: ['necessary'] },
        { path: '/wish', purposes: ['analytics'] },
        { path: '/raw', purposes: ['necessary'], upstream: raw.url },
        { path: '/down', purposes: ['necessary'], upstream: 'http://127.0.0.1:1' },
      ],
      timeouts: { upstream: '300ms', body: '400ms' },
      limits: { body: '4KiB' },
    });
  });
  afterAll(() => Promise.all([test.close(), raw.close()]));
  beforeEach(() => {
    test.collector.forget();
    test.collector.answer = (_req, res) => void res.writeHead(200).end('ok');
  });

  async function expectUnavailable(path: string, status: number): Promise<void> {
    const plain = await test.send({ target: path, headers: [DE] });
    expect([plain.status, plain.header('content-type')]).toEqual([status, 'application/problem+json']);
    for (const line of [IMAGE, ['Accept', 'image/avif,image/webp,*/*'] as const]) {
      const image = await test.send({ target: path, headers: [DE, line] });
      expect([image.status, image.header('content-type'), image.body.length]).toEqual([200, 'image/gif', 43]);
    }
  }

  it('answers for a collector that is down: 502, and the pixel to an image request', async () => {
    await expectUnavailable('/down', 502);
    const metrics = await readMetrics(test.gateway);
    expect(findMetric(metrics, 'consentry_upstream_failures_total{route="/down",reason="upstream-unreachable"}')).toBe(3);
  });

  it('answers for a collector that is slow: 504', async () => {
    raw.answer = () => undefined;
    await expectUnavailable('/raw', 504);
  });

  it.each([
    ['no HTTP', 'SMTP ready\r\n\r\n'],
    ['no status', 'HTTP/1.1 abc\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['a head without end', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(40_000)}`],
    ['an upgrade that nobody asked for', 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'],
    ['nothing', ''],
  ])('answers for a collector that says %s: 502', async (_what, bytes) => {
    raw.answer = (socket) => void socket.end(bytes);
    await expectUnavailable('/raw', 502);
  });

  it('lets interim answers be, and takes a flood of them for no answer', async () => {
    const early = 'HTTP/1.1 103 Early Hints\r\nLink: </x?id=1>; rel=preload\r\n\r\n';
    raw.answer = (socket) => void socket.end(`${early}${early}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`);
    const answer = await test.send({ target: '/raw', headers: [DE] });
    expect([answer.status, answer.body.toString(), answer.header('link')]).toEqual([200, 'ok', undefined]);
    raw.answer = (socket) => {
      const timer = setInterval(() => socket.write(early.repeat(10)), 20);
      socket.on('close', () => clearInterval(timer));
    };
    const flooded = await test.send({ target: '/raw', headers: [DE] });
    expect(flooded.status).toBeOneOf([502, 504]);
  });

  it.each([
    ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf'],
    ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ])('half an answer %s never looks whole', async (_how, bytes) => {
    raw.answer = (socket) => {
      socket.write(bytes);
      setTimeout(() => socket.destroy(), 50);
    };
    const got = (await sendRaw(test.port, request('/raw'))).toString();
    expect(got).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(got.endsWith('0\r\n\r\n')).toBe(false);
    if (got.includes('Content-Length')) expect(got.split('\r\n\r\n')[1]?.length).toBeLessThan(1000);
  });

  it('answers half of a small answer, of which nothing has gone on, like a collector that is down', async () => {
    raw.answer = (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
      setTimeout(() => socket.destroy(), 50);
    };
    expect((await test.send({ target: '/raw', headers: [DE] })).status).toBe(502);
  });

  it('gives the collector up when the visitor leaves', async () => {
    raw.answer = () => undefined;
    const before = raw.closed;
    const socket = connect(test.port, '127.0.0.1', () => socket.write(request('/raw')));
    await pause(100);
    const since = Date.now();
    socket.destroy();
    await expect.poll(() => raw.closed - before, { interval: 5 }).toBe(1);
    expect(Date.now() - since).toBeLessThan(190);
  });

  it('drops a hit whose body is too large, announced or not, with the answer of a success', async () => {
    for (const framing of ['Content-Length: 5000', 'Transfer-Encoding: chunked']) {
      const chunked = framing.startsWith('T');
      const body = chunked ? `1388\r\n${'x'.repeat(5_000)}\r\n0\r\n\r\n` : 'x'.repeat(5_000);
      const got = await sendRaw(test.port, `POST /need HTTP/1.1\r\nHost: x\r\nx-test-country: DE\r\n${framing}\r\n\r\n${body}`);
      expect([framing, got.toString().split('\r\n')[0]]).toEqual([framing, 'HTTP/1.1 204 No Content']);
      expect(got.toString()).toContain('Connection: close');
    }
    expect(test.collector.arrived).toEqual([]);
    const metrics = await readMetrics(test.gateway);
    expect(findMetric(metrics, 'consentry_faults_total{route="/need",reason="body-too-large"}')).toBe(2);
  });

  it('sends chunked bodies on whole, and none of a body that never ends', async () => {
    const head = 'POST /need HTTP/1.1\r\nHost: x\r\nx-test-country: DE\r\nContent-Type: text/plain\r\n';
    await sendRaw(
      test.port,
      `${head}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;ext=1\r\ndefg\r\n0\r\nTrailer: x\r\n\r\n`,
    );
    expect(
      test.collector.arrived.map(({ body, headers }) => [body.toString(), headers['content-length'], headers.trailer]),
    ).toEqual([['abcdefg', '7', undefined]]);
    test.collector.forget();
    const late = await sendRaw(test.port, `${head}Content-Length: 10\r\n\r\nabc`);
    expect(late.toString()).toMatch(/^HTTP\/1\.1 408 /);
    const socket = connect(test.port, '127.0.0.1', () => socket.end(`${head}Content-Length: 10\r\n\r\nabc`));
    await once(socket.resume(), 'close');
    expect(test.collector.arrived).toEqual([]);
  });

  it.each([
    ['both framings', 'POST /need HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['two lengths', 'POST /need HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd'],
    ['two hosts', 'GET /need HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n'],
    ['another coding', 'POST /need HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
    ['a header with an underscore', 'GET /need HTTP/1.1\r\nHost: x\r\nSec_GPC: 1\r\n\r\n'],
  ])('refuses a request with %s, and closes', async (_what, bytes) => {
    const got = (await sendRaw(test.port, `${bytes}GET /need?smuggled HTTP/1.1\r\nHost: x\r\n\r\n`)).toString();
    expect(got).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(got.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(test.collector.arrived).toEqual([]);
  });
});

describe('at the end', () => {
  it('what is under way is answered, what comes later is not taken, and connections close', async () => {
    const test = await startGateway({
      routes: [
        { path: '/need', purposes: ['necessary'] },
        { path: '/wish', purposes: ['analytics'] },
      ],
    });
    let release: () => void = () => undefined;
    test.collector.answer = (_req, res) => {
      release = () => res.writeHead(200).end('late');
    };
    const socket = connect(test.port, '127.0.0.1', () => socket.write(request('/need')));
    let got = '';
    socket.on('data', (chunk) => (got += chunk.toString()));
    await expect.poll(() => test.collector.arrived.length).toBe(1);
    // A hit that is answered without waiting, pipelined behind the one under way.
    socket.write(request('/wish'));
    const drained = drainServer(test.server, 5_000);
    await expect(test.send({ target: '/need', headers: [DE] })).rejects.toThrow();
    release();
    await drained;
    await once(socket, 'close');
    expect(got).toContain('late');
    expect(got).toContain('Connection: close');
    await test.close();
  });

  it('what does not end in time is cut', async () => {
    const test = await startGateway({ routes: [{ path: '/need', purposes: ['necessary'] }] });
    test.collector.answer = () => undefined;
    const answer = sendRaw(test.port, request('/need'));
    await expect.poll(() => test.collector.arrived.length).toBe(1);
    const since = Date.now();
    await drainServer(test.server, 200);
    expect(Date.now() - since).toBeLessThan(2_000);
    expect((await answer).length).toBe(0);
    await test.close();
  });
});

describe('a server of somebody else', () => {
  it.each([
    ['takes controls for part of a value', 'a\x01b', (req: IncomingMessage) => req],
    [
      'puts another line into one',
      'a',
      (req: IncomingMessage) => Object.assign(req, { rawHeaders: [...req.rawHeaders, 'X-B', 'a\r\nX-C: c'] }),
    ],
  ])('that %s gets nothing past us', async (_name, value, change) => {
    const test = await startGateway({ routes: [{ path: '/need', purposes: ['necessary'] }] });
    const server = createServer({ insecureHTTPParser: true }, (req, res) => test.gateway.handle(change(req), res));
    const port = await listen(server, '127.0.0.1', 0);
    const answer = await sendRaw(port, request('/need', `X-A: ${value}\r\nConnection: close\r\n`));
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 50[23] /);
    expect(test.collector.arrived).toHaveLength(0);
    server.close();
    await test.close();
  });
});
