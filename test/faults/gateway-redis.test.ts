/** A gateway whose Redis fails in the ways that Redis fails: every hit is answered in time, and none leaves that the record denies. */
import { afterEach, describe, expect, it } from 'vitest';
import { decide } from '../support/consent.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { hasRedis, type RedisServer, startRedis, waitUntil } from '../support/redis.ts';

const DEADLINE_MS = 300;
const RECOVERY_MS = 2000;
const HITS = 30;
const KEYS = { CONSENTRY_KEYS: `k1:${Buffer.alloc(32, 3).toString('base64url')}` };
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(): Promise<{ server: RedisServer; test: TestGateway; allowed: string; refused: string }> {
  const server = await startRedis();
  cleanups.push(() => server.remove());
  const routes = [{ path: '/own', purposes: ['analytics' as const], respond: 'upstream' as const }];
  const consent = { notices: { n1: { hash: 'a'.repeat(64), purposes: ['analytics' as const] } } };
  const test = await startGateway({ store: server.url, routes, consent }, { environment: KEYS });
  cleanups.push(() => test.close());
  const allowed = await decide(test, { purposes: { analytics: true }, notice: 'n1' });
  const refused = await decide(test, { purposes: { analytics: false } });
  return { server, test, allowed, refused };
}

/** Sends a hit and gives back how long the answer took and whether the hit left. */
async function hit(test: TestGateway, cookie: string): Promise<{ ms: number; status: number; left: boolean }> {
  test.collector.forget();
  const begun = performance.now();
  const { status } = await test.send({
    target: '/own?e=1',
    headers: [
      ['x-test-country', 'DE'],
      ['Cookie', cookie],
    ],
  });
  return { ms: performance.now() - begun, status, left: test.collector.arrived.length > 0 };
}

type Fault = readonly [
  name: string,
  cause: (server: RedisServer) => unknown,
  mend: (server: RedisServer) => unknown,
  readsGoOn: boolean,
];

const FAULTS: readonly Fault[] = [
  ['killed', (server) => server.kill(), (server) => server.restart(), false],
  ['hung', (server) => server.signal('SIGSTOP'), (server) => server.signal('SIGCONT'), false],
  [
    'slow',
    (server) => server.cli('client', 'pause', '2500', 'ALL'),
    () => new Promise((resolve) => setTimeout(resolve, 2500)),
    false,
  ],
  [
    'read-only',
    (server) => server.cli('config', 'set', 'min-replicas-to-write', '1'),
    (server) => server.cli('config', 'set', 'min-replicas-to-write', '0'),
    true,
  ],
  [
    'out of memory',
    (server) => server.cli('config', 'set', 'maxmemory', '1mb'),
    (server) => server.cli('config', 'set', 'maxmemory', '0'),
    true,
  ],
];

describe.skipIf(!hasRedis)('hits while Redis is', () => {
  it.each(FAULTS)('%s', async (_, cause, mend, readsGoOn) => {
    const { server, test, allowed, refused } = await start();
    expect(await hit(test, allowed)).toMatchObject({ left: true });
    await cause(server);
    // What is held in the process counts for a second at most.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    for (let i = 0; i < HITS; i++) {
      const [no, yes] = [await hit(test, refused), await hit(test, allowed)];
      expect(no.left).toBe(false);
      expect(yes.left).toBe(readsGoOn);
      expect(no.ms).toBeLessThan(DEADLINE_MS);
      expect(yes.ms).toBeLessThan(DEADLINE_MS);
      expect(no.status).toBeLessThan(500);
    }
    const headers = [
      ['x-test-country', 'DE'],
      ['Sec-Fetch-Site', 'same-origin'],
      ['Content-Type', 'application/json'],
      ['Cookie', allowed],
    ] as const;
    const withdrawn = await test.send({ method: 'DELETE', target: '/consent', headers });
    expect(withdrawn.status).toBe(503);
    const denial = (withdrawn.header('set-cookie') ?? '').split(';')[0] ?? '';
    expect(denial).not.toBe('');
    await mend(server);
    const begun = performance.now();
    await waitUntil(async () => (await hit(test, allowed)).left);
    expect(performance.now() - begun).toBeLessThan(RECOVERY_MS);
    // The no that could not be written is in the cookie, over the record.
    expect((await hit(test, denial)).left).toBe(false);
    expect((await hit(test, refused)).left).toBe(false);
  });
});
