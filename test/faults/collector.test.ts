/** The collector as an attacker, or as one that is falling apart: whatever it sends, the visitor gets an answer in time. */
import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { sendRaw } from '../support/send.ts';

/** What the collector does with a connection when a request has come. */
type Deed = (socket: Socket) => void;

let collector: Server;
let deed: Deed;
const sockets = new Set<Socket>();
let gateway: TestGateway;

beforeAll(async () => {
  collector = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    socket.once('data', () => deed(socket));
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const { port } = collector.address() as { port: number };
  gateway = await startGateway(
    {
      upstream: `http://127.0.0.1:${port}`,
      timeouts: { upstream: '300ms' },
      routes: [
        { path: '/hit', purposes: ['analytics'] },
        { path: '/at-once', purposes: ['analytics'], respond: 'empty' },
      ],
    },
    { shed: NEVER_BUSY },
  );
});
afterAll(async () => {
  await gateway.close();
  await new Promise((resolve) => {
    collector.close(resolve);
    for (const socket of sockets) socket.destroy();
  });
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
});

/** The collector runs in the same process, and is busy on purpose. */
const NEVER_BUSY = { isOverloaded: false, takeWorstMs: () => 0, close: () => undefined };

const CALIFORNIA = [
  ['x-test-country', 'US'],
  ['x-test-region', 'CA'],
] as const;

const say =
  (text: string, end = true): Deed =>
  (socket) =>
    end ? socket.end(text, 'latin1') : socket.write(text, 'latin1');

/** Writes for ever, as fast as the other side takes it. */
const sayForEver =
  (head: string, part: string): Deed =>
  (socket) => {
    socket.write(head, 'latin1');
    const many = part.repeat(Math.ceil(16_384 / part.length));
    const go = (): void => {
      while (!socket.destroyed && socket.write(many, 'latin1'));
    };
    socket.on('drain', go);
    go();
  };

const OK = 'HTTP/1.1 200 OK\r\n';

const DEEDS: [name: string, deed: Deed, expected: RegExp][] = [
  ['closes without a word', (socket) => socket.end(), /^HTTP\/1\.1 502 /],
  ['resets the connection', (socket) => socket.resetAndDestroy(), /^HTTP\/1\.1 502 /],
  ['says nothing', () => undefined, /^HTTP\/1\.1 504 /],
  ['speaks another protocol', say('SSH-2.0-OpenSSH_9.2\r\n'), /^HTTP\/1\.1 502 /],
  ['sends bytes', say('\0\x01\x02\xff'.repeat(100)), /^HTTP\/1\.1 502 /],
  ['sends half a status line', say('HTTP/1.1 2'), /^HTTP\/1\.1 502 /],
  ['sends half a status line and waits', say('HTTP/1.1 2', false), /^HTTP\/1\.1 504 /],
  ['says status 99', say('HTTP/1.1 099 Low\r\nContent-Length: 0\r\n\r\n'), /^HTTP\/1\.1 502 /],
  ['says status 600', say('HTTP/1.1 600 High\r\nContent-Length: 0\r\n\r\n'), /^HTTP\/1\.1 502 /],
  ['says status 1000', say('HTTP/1.1 1000 High\r\nContent-Length: 0\r\n\r\n'), /^HTTP\/1\.1 502 /],
  ['says no number', say('HTTP/1.1 abc No\r\n\r\n'), /^HTTP\/1\.1 502 /],
  ['says HTTP/9.9', say('HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n'), /^HTTP\/1\.1 502 /],
  [
    'changes protocols unasked',
    say('HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nbytes', false),
    /^HTTP\/1\.1 502 /,
  ],
  ['sends a flood of 100', sayForEver('', 'HTTP/1.1 100 Continue\r\n\r\n'), /^HTTP\/1\.1 50[24] /],
  ['sends a flood of 103', sayForEver('', 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'), /^HTTP\/1\.1 50[24] /],
  [
    'sends one 103 before',
    say(`HTTP/1.1 103 Early\r\nLink: </x>\r\n\r\n${OK}Content-Length: 2\r\n\r\nok`),
    /^HTTP\/1\.1 200 [\s\S]*ok$/,
  ],
  ['sends headers without end', sayForEver(OK, `X-A: ${'a'.repeat(200)}\r\n`), /^HTTP\/1\.1 502 /],
  ['sends one header of 64 KiB', say(`${OK}X-A: ${'a'.repeat(65_536)}\r\n\r\n`), /^HTTP\/1\.1 502 /],
  ['sends headers byte by byte', (socket) => void dribble(socket, `${OK}X-A: ${'a'.repeat(500)}`), /^HTTP\/1\.1 504 /],
  ['sends a header without a name', say(`${OK}: x\r\nContent-Length: 0\r\n\r\n`), /^HTTP\/1\.1 502 /],
  ['sends a NUL in a header', say(`${OK}X-A: a\0b\r\nContent-Length: 0\r\n\r\n`), /^HTTP\/1\.1 502 /],
  ['sends a bare CR in a header', say(`${OK}X-A: a\rX-B: b\r\nContent-Length: 0\r\n\r\n`), /^HTTP\/1\.1 502 /],
  ['sends control characters in a header', say(`${OK}X-A: a\x01b\r\nContent-Length: 2\r\n\r\nok`), /^HTTP\/1\.1 (200|502) /],
  ['sends two lengths', say(`${OK}Content-Length: 2\r\nContent-Length: 3\r\n\r\nokk`), /^HTTP\/1\.1 502 /],
  [
    'sends a length and chunks',
    say(`${OK}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`),
    /^HTTP\/1\.1 502 /,
  ],
  ['sends a length that is no number', say(`${OK}Content-Length: +2\r\n\r\nok`), /^HTTP\/1\.1 502 /],
  ['sends a negative length', say(`${OK}Content-Length: -2\r\n\r\nok`), /^HTTP\/1\.1 502 /],
  [
    'redirects to an inner address',
    say('HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest\r\nContent-Length: 0\r\n\r\n'),
    /^HTTP\/1\.1 (204|302) /,
  ],
];

describe('a collector that', () => {
  it.each(DEEDS)('%s', async (_name, what, expected) => {
    deed = what;
    const began = performance.now();
    const headers = CALIFORNIA.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const answer = await sendRaw(gateway.port, `GET /hit HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${headers}\r\n`, 4_000);
    expect(answer.toString('latin1')).toMatch(expected);
    expect(performance.now() - began).toBeLessThan(3_000);
    expect(answer.toString('latin1')).not.toContain('\0');
  });

  /** The head has gone: half an answer must not look like a whole one. */
  it.each<[string, Deed]>([
    ['ends its body too early', say(`${OK}Content-Length: 100\r\n\r\nhalf`)],
    ['stops in the middle of its body', say(`${OK}Content-Length: 100\r\n\r\nhalf`, false)],
    ['ends in the middle of a chunk', say(`${OK}Transfer-Encoding: chunked\r\n\r\na\r\nhalf`)],
    ['sends a chunk size that is none', say(`${OK}Transfer-Encoding: chunked\r\n\r\nzz\r\nhalf`)],
    [
      'sends its body byte by byte for ever',
      (socket) => {
        socket.write(`${OK}Content-Length: 9999\r\n\r\n`);
        void dribble(socket, 'a'.repeat(9_999));
      },
    ],
  ])('%s: the connection of the visitor breaks', async (_name, what) => {
    deed = what;
    const began = performance.now();
    const answer = await sendRaw(
      gateway.port,
      'GET /hit HTTP/1.1\r\nHost: a\r\nConnection: close\r\nx-test-country: US\r\nx-test-region: CA\r\n\r\n',
      4_000,
    );
    const text = answer.toString('latin1');
    expect(performance.now() - began).toBeLessThan(3_500);
    if (!text.startsWith('HTTP/1.1 50')) {
      expect(text).not.toMatch(/\r\n0\r\n\r\n$/);
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? Number.POSITIVE_INFINITY);
      expect(text.split('\r\n\r\n')[1]?.length ?? 0).toBeLessThan(length);
    }
  });

  it('sends more than it announced: the rest is nobody’s', async () => {
    deed = say(`${OK}Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nSet-Cookie: smuggled=1\r\n\r\n`);
    for (let i = 0; i < 3; i++) {
      const answer = await gateway.send({ target: '/hit', headers: CALIFORNIA });
      expect(answer.body.toString()).not.toContain('smuggled');
      expect(JSON.stringify(answer.headers)).not.toContain('smuggled');
    }
  });

  it('sends a compressed bomb: it passes as it is, and nobody here inflates it', async () => {
    const { gzipSync } = await import('node:zlib');
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    deed = (socket) => {
      socket.write(`${OK}Content-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n\r\n`);
      socket.end(bomb);
    };
    const answer = await gateway.send({ target: '/hit', headers: CALIFORNIA });
    expect(answer.body.equals(bomb)).toBe(true);
  });

  it('sends without end to a hit that was answered: it is cut off', async () => {
    let closed = 0;
    deed = (socket) => {
      socket.on('close', () => closed++);
      sayForEver(`${OK}Transfer-Encoding: chunked\r\n\r\n`, `1000\r\n${'a'.repeat(4_096)}\r\n`)(socket);
    };
    expect((await gateway.send({ target: '/at-once', headers: CALIFORNIA })).status).toBe(204);
    const until = Date.now() + 3_000;
    while (closed === 0 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(closed).toBe(1);
  });

  it('was any of this leaves no connection behind', async () => {
    const until = Date.now() + 5_000;
    while (sockets.size > 0 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(sockets.size).toBe(0);
  });
});

async function dribble(socket: Socket, text: string): Promise<void> {
  for (const letter of text) {
    if (socket.destroyed) return;
    socket.write(letter, 'latin1');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
