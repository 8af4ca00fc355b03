/** A gateway whose Redis fails in the ways that Redis fails: every hit is answered in time, and none leaves that the record denies. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { slotOf } from '../../src/store/redis/cluster.ts';
import { decide } from '../support/consent.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { hasRedis, type RedisServer, startRedis, startRedisCluster, startRedisSentinel, waitUntil } from '../support/redis.ts';
import { type Answer, sendRaw } from '../support/send.ts';

/** The deadlines themselves are shorter; beside other tests a process may be late, but not for as long as Redis stays away. */
const DEADLINE_MS = process.env.CONSENTRY_LONG === '1' ? 300 : 1_200;
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
  return { server, ...(await startOn(server.url)) };
}

async function startOn(store: string): Promise<{ test: TestGateway; allowed: string; refused: string }> {
  const test = await startGatewayOn(store);
  // On a busy machine a write may be late, and is then to be said again.
  const say = (decision: Parameters<typeof decide>[1]) => vi.waitFor(() => decide(test, decision), 10_000);
  const allowed = await say({ purposes: { analytics: true }, notice: 'n1' });
  // On record: a refusal alone would be in the cookie, and ask no store.
  const withdrawn = await say({ purposes: { analytics: true }, notice: 'n1' });
  const refused = await say({ purposes: { analytics: false }, cookie: withdrawn });
  return { test, allowed, refused };
}

async function startGatewayOn(store: string): Promise<TestGateway> {
  const routes = [{ path: '/own', purposes: ['analytics' as const], respond: 'upstream' as const }];
  const consent = { notices: { n1: { hash: 'a'.repeat(64), purposes: ['analytics' as const] } } };
  const test = await startGateway({ store, routes, consent }, { environment: KEYS });
  cleanups.push(() => test.close());
  return test;
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
    // Longer than a busy machine takes for all hits; it ends by itself, and only so.
    (server) => server.cli('client', 'pause', '6000', 'ALL'),
    ({ port }) => sendRaw(port, 'QUIT\r\n', 6000),
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

function withdraw(test: TestGateway, cookie: string): Promise<Answer> {
  const headers = [
    ['x-test-country', 'DE'],
    ['Sec-Fetch-Site', 'same-origin'],
    ['Content-Type', 'application/json'],
    ['Cookie', cookie],
  ] as const;
  return test.send({ method: 'DELETE', target: '/consent', headers });
}

/** One hit that the record denies and one that it allows: both in time, and the first never leaves. */
async function hitBoth(test: TestGateway, refused: string, allowed: string): Promise<boolean> {
  const [no, yes] = [await hit(test, refused), await hit(test, allowed)];
  expect(no.left).toBe(false);
  expect(no.status).toBeLessThan(500);
  expect(no.ms).toBeLessThan(DEADLINE_MS);
  expect(yes.ms).toBeLessThan(DEADLINE_MS);
  return yes.left;
}

describe.skipIf(!hasRedis)('hits while Redis is', () => {
  it.each(FAULTS)('%s', async (_, cause, mend, readsGoOn) => {
    const { server, test, allowed, refused } = await start();
    expect(await hit(test, allowed)).toMatchObject({ left: true });
    await cause(server);
    // What is held in the process counts for a second at most.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    for (let i = 0; i < HITS; i++) expect(await hitBoth(test, refused, allowed)).toBe(readsGoOn);
    const withdrawn = await withdraw(test, allowed);
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

  it('without its replica: no withdrawal is acknowledged, the cookie says no until one is', async () => {
    const master = await startRedis();
    cleanups.push(() => master.remove());
    const replica = await startRedis(['--replicaof', '127.0.0.1', String(master.port)]);
    cleanups.push(() => replica.remove());
    await waitUntil(() => replica.cli('info', 'replication').includes('master_link_status:up'));
    const { test, allowed } = await startOn(master.url);
    replica.signal('SIGSTOP');
    cleanups.push(() => replica.signal('SIGCONT'));
    const unsure = await withdraw(test, allowed);
    expect(unsure.status).toBe(503);
    const denial = (unsure.header('set-cookie') ?? '').split(';')[0] ?? '';
    expect((await hit(test, denial)).left).toBe(false);
    replica.signal('SIGCONT');
    await waitUntil(async () => (await withdraw(test, denial)).status === 200);
    // The older cookie too: the record says it now.
    expect((await hit(test, allowed)).left).toBe(false);
  });

  it('moved: a subject’s slot goes to another master, record by record', async () => {
    const cluster = await startRedisCluster();
    cleanups.push(() => cluster.close());
    const { allowed, refused } = await startOn(cluster.url);
    // They know the old map, and hold no head yet.
    const [during, after] = [await startGatewayOn(cluster.url), await startGatewayOn(cluster.url)];
    for (const cookie of [allowed, refused]) {
      const slot = slotOf(`{${subjectOf(cookie)}}`);
      const masters = cluster.servers.filter((server) => server.cli('role').startsWith('master'));
      const idOf = (server: RedisServer) => server.cli('cluster', 'myid').trim();
      const source = masters.find((server) => server.cli('cluster', 'countkeysinslot', String(slot)).trim() !== '0');
      const target = masters.find((server) => server !== source);
      if (source === undefined || target === undefined) throw new Error('nobody holds the slot');
      target.cli('cluster', 'setslot', String(slot), 'importing', idOf(source));
      source.cli('cluster', 'setslot', String(slot), 'migrating', idOf(target));
      const keys = source.cli('cluster', 'getkeysinslot', String(slot), '10').trim().split('\n');
      expect(keys.length).toBeGreaterThan(1);
      source.cli('migrate', '127.0.0.1', String(target.port), '', '0', '1000', 'KEYS', ...keys);
      for (let i = 0; i < 5; i++) expect(await hitBoth(during, refused, allowed)).toBe(true);
      for (const master of [target, source, ...masters]) master.cli('cluster', 'setslot', String(slot), 'node', idOf(target));
    }
    const begun = performance.now();
    await waitUntil(() => hitBoth(after, refused, allowed));
    expect(performance.now() - begun).toBeLessThan(RECOVERY_MS);
    for (let i = 0; i < HITS; i++) expect(await hitBoth(after, refused, allowed)).toBe(true);
    let answer = await withdraw(after, allowed);
    await waitUntil(async () => {
      if (answer.status !== 200) answer = await withdraw(after, allowed);
      return answer.status === 200;
    }, RECOVERY_MS);
    expect((await hit(after, allowed)).left).toBe(false);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect((await hit(during, allowed)).left).toBe(false);
  });

  it('moved: sentinels make another server the master', async () => {
    const set = await startRedisSentinel();
    cleanups.push(() => set.close());
    const { test, allowed, refused } = await startOn(set.url);
    expect(await hitBoth(test, refused, allowed)).toBe(true);
    await set.servers[0]?.kill();
    let isElected = false;
    const elected = waitForMaster(set.servers.slice(1)).then(() => {
      isElected = true;
    });
    while (!isElected) await hitBoth(test, refused, allowed);
    await elected;
    const begun = performance.now();
    await waitUntil(() => hitBoth(test, refused, allowed));
    expect(performance.now() - begun).toBeLessThan(RECOVERY_MS);
    for (let i = 0; i < HITS; i++) expect(await hitBoth(test, refused, allowed)).toBe(true);
    await waitUntil(async () => (await withdraw(test, allowed)).status === 200);
    expect((await hit(test, allowed)).left).toBe(false);
  });
});

describe('a gateway that is given no keys for its Redis', () => {
  it.skipIf(!hasRedis)('says so and leaves no connection, which would keep its process', async () => {
    const server = await startRedis();
    cleanups.push(() => server.remove());
    const routes = [{ path: '/own', purposes: ['analytics' as const] }];
    await expect(startGateway({ store: server.url, routes }, { environment: {} })).rejects.toThrow(/no keys/);
    // The one that is left is the one that asks.
    await waitUntil(() => server.cli('CLIENT', 'LIST').trim().split('\n').length === 1, 5_000);
  });
});

/** Asks over connections: to start a program holds up the gateway, which runs in this process. */
async function waitForMaster(servers: readonly RedisServer[]): Promise<void> {
  for (;;) {
    for (const { port } of servers) if (String(await sendRaw(port, 'ROLE\r\n', 50)).includes('master\r\n')) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function subjectOf(cookie: string): string {
  const payload = cookie.split('=')[1]?.split('.')[1] ?? '';
  return (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sub: string }).sub;
}
