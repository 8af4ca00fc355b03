/**
 * Whatever a mutated request makes the gateway emit, nginx, HAProxy, Apache and Node read the same single request out of it: one that
 * ends where the gateway thinks that it ends, with the same target, headers and body. 500 requests, 10,000 with CONSENTRY_LONG=1.
 */
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { ODD } from '../support/hostile.ts';
import { askServer, type OtherServers, startOtherServers } from '../support/other-servers.ts';
import { createRandom, type Random } from '../support/random.ts';
import { sendRaw } from '../support/send.ts';

const ROUNDS = process.env.CONSENTRY_LONG === '1' ? 10_000 : 500;
const AT_ONCE = 24;

/** Says that the connection is to be closed, so that all that comes behind a request is seen. */
let recorder: Server;
let emitted: Buffer[] = [];
let gateway: TestGateway;
let others: OtherServers;

beforeAll(async () => {
  recorder = createServer((socket) => {
    const chunks: Buffer[] = [];
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      const all = Buffer.concat(chunks);
      const end = all.indexOf('\r\n\r\n');
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(all.subarray(0, end + 2).toString('latin1'))?.[1] ?? 0);
      if (end === -1 || all.length < end + 4 + length) return;
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    });
    socket.on('close', () => {
      if (chunks.length > 0) emitted.push(Buffer.concat(chunks));
    });
  });
  await new Promise<void>((resolve) => recorder.listen(0, '127.0.0.1', resolve));
  const { port } = recorder.address() as { port: number };
  gateway = await startGateway(
    {
      upstream: `http://127.0.0.1:${port}`,
      routes: [{ path: '/*', purposes: ['analytics'] }],
      timeouts: { header: '1s', body: '1s' },
    },
    { shed: { isOverloaded: false, takeWorstMs: () => 0, close: () => undefined } },
  );
  others = await startOtherServers();
});
afterAll(async () => {
  await gateway.close();
  await others.close();
  await new Promise((resolve) => recorder.close(resolve));
});

const LINES = [
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: identity',
  'Content-Length: 0',
  'Content-Length: 5',
  'Connection: close, x-a',
  'Connection: content-length',
  'Connection: transfer-encoding',
  'Connection: host',
  'Trailer: X-A',
  'TE: trailers',
  'Expect: 100-continue',
  'Keep-Alive: timeout=5',
  'X-A: a',
  'X-A: b',
  'Cookie: a=b',
  'Cookie: c=d',
  'X-Forwarded-For: 1.2.3.4',
  'Accept-Language: de, en;q=0.5',
  'Referer: https://shop.example/a?b=c',
  'Content-Encoding: gzip',
  'Content-Type: text/plain',
  'Range: bytes=0-',
  'Host: other.example',
];

/** A good request with one to three changes. */
function mutate(random: Random): Buffer {
  const method = random.pick(['GET', 'GET', 'POST', 'POST', 'HEAD']);
  let target = random.pick(['/hit?a=b', '/hit', '/hit/x/y?q=%20&z', '/hit?u=https%3A%2F%2Fa.example%2F%3Fb', '/hit?a=b=c&&d']);
  const lines = [
    'Host: shop.example',
    'x-test-country: US',
    'x-test-region: CA',
    'User-Agent: Mozilla/5.0',
    'Accept: */*',
    'Connection: close',
  ];
  let body = '';
  if (method === 'POST') {
    body = random.pick([
      '{"a":1}',
      'a=b&c=d',
      'x'.repeat(random.below(3_000)),
      '',
      'GET /inner HTTP/1.1\r\nHost: a\r\n\r\n',
      '0\r\n\r\n',
    ]);
    const isChunked = random.chance(0.5);
    if (isChunked) body = chunk(body, random);
    lines.push(isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`, 'Content-Type: application/json');
  }
  for (let changes = 1 + random.below(3); changes > 0; changes--) {
    switch (random.below(7)) {
      case 0:
        lines.splice(random.below(lines.length + 1), 0, random.pick(LINES));
        break;
      case 1:
        target = insert(target, random);
        break;
      case 2: {
        const at = random.below(lines.length);
        lines[at] = insert(lines[at] as string, random);
        break;
      }
      case 3: {
        const at = random.below(lines.length);
        lines[at] = random.chance(0.5) ? (lines[at] as string).toUpperCase() : (lines[at] as string).replace(': ', ':');
        break;
      }
      case 4:
        lines.push(`X-${random.text('abc', 3)}: ${random.text('abc;,="\t \xe4\xff', random.below(40))}`);
        break;
      case 5:
        lines.sort(() => (random.chance(0.5) ? 1 : -1));
        break;
      default:
        lines.splice(random.below(lines.length), 1);
    }
  }
  return Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1');
}

function insert(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  return text.slice(0, at) + random.pick(ODD) + text.slice(at);
}

function chunk(body: string, random: Random): string {
  let text = '';
  for (let at = 0; at < body.length; ) {
    const size = 1 + random.below(500);
    const part = body.slice(at, at + size);
    text += `${part.length.toString(16)}${random.pick(['', '', ';a=b', ';a="b"'])}\r\n${part}\r\n`;
    at += size;
  }
  return `${text}0\r\n${random.chance(0.2) ? 'X-Trailer: a\r\n' : ''}\r\n`;
}

const SENTINEL = Buffer.from('GET /sentinel HTTP/1.1\r\nHost: sentinel\r\nConnection: close\r\n\r\n');

describe('what the gateway emits', () => {
  it(
    `is read as the same single request by everybody (${ROUNDS} mutated requests)`,
    async () => {
      const random = createRandom(9112);
      const sent = Array.from({ length: ROUNDS }, () => mutate(random));
      await work(sent, (bytes) => sendRaw(gateway.port, bytes, 2_500));
      await new Promise((resolve) => setTimeout(resolve, 200));
      // How long the connection lives is between the two of them, and the sentinel needs it.
      const requests = emitted.map((bytes) =>
        Buffer.from(bytes.toString('latin1').replace('connection: close', 'connection: keep-alive'), 'latin1'),
      );
      emitted = [];
      expect(requests.length).toBeGreaterThan(ROUNDS / 5);
      expect(requests.length).toBeLessThanOrEqual(ROUNDS);
      const [sentinel] = await askServer(others.servers[0]?.port ?? 0, SENTINEL);
      const differences: string[] = [];
      await work(requests, async (bytes) => {
        const readings = new Map<string, string[]>();
        for (const { name, port } of others.servers) readings.set(name, await askServer(port, Buffer.concat([bytes, SENTINEL])));
        const expected = readings.get('node') ?? [];
        const agree = [...readings.values()].every((reading) => reading.join() === expected.join());
        // The request, and right behind it the sentinel as it was sent: nothing was left over and nothing swallowed.
        if (!agree || expected.length !== 2 || expected[1] !== sentinel)
          differences.push(`${JSON.stringify(bytes.toString('latin1').slice(0, 600))} ${JSON.stringify([...readings])}`);
      });
      console.log(`${requests.length} of ${ROUNDS} left; read by ${others.servers.map(({ name }) => name).join(', ')}`);
      if (others.missing.length > 0) console.log(`not installed here: ${others.missing.join(', ')}`);
      expect(differences.slice(0, 3)).toEqual([]);
    },
    process.env.CONSENTRY_LONG === '1' ? 900_000 : 120_000,
  );
});

async function work<T>(items: readonly T[], deed: (item: T) => Promise<unknown>): Promise<void> {
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < items.length) await deed(items[next++] as T);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}
