import { afterEach, describe, expect, it } from 'vitest';
import { drawSubject } from '../../src/consent/chain.ts';
import { openStore } from '../../src/store/open.ts';
import type { StoreOptions } from '../../src/store/opened.ts';
import { type ConsentStore, StoreUnavailable } from '../../src/store/store.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { appendTo } from '../support/records.ts';
import { hasRedis, type RedisServer, startRedis, startRedisCluster, startRedisSentinel, waitUntil } from '../support/redis.ts';

/** The deadlines themselves are shorter; beside other tests a process may be late, but not for as long as Redis stays away. */
const DEADLINE_MS = process.env.CONSENTRY_LONG === '1' ? 300 : 1_200;
const RECOVERY_MS = 2000;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function open(url: string, options: StoreOptions = {}): Promise<ConsentStore> {
  const opened = await openStore(url, options);
  if (!opened.ok) throw new Error(opened.problem);
  cleanups.push(() => opened.store.close());
  return opened.store;
}

async function startOne(): Promise<{ server: RedisServer; store: ConsentStore; other: ConsentStore; breaker: boolean[] }> {
  const server = await startRedis();
  cleanups.push(() => server.remove());
  const breaker: boolean[] = [];
  const store = await open(server.url, { onBreaker: (isOpen) => breaker.push(isOpen) });
  return { server, store, other: await open(server.url), breaker };
}

/** What a call comes to, and after how long. */
async function time<Answer>(run: () => Answer | Promise<Answer>): Promise<{ outcome: Answer | 'unavailable'; ms: number }> {
  const begun = performance.now();
  try {
    return { outcome: await run(), ms: performance.now() - begun };
  } catch (error) {
    expect(error).toBeInstanceOf(StoreUnavailable);
    return { outcome: 'unavailable', ms: performance.now() - begun };
  }
}

const stateOf = async (store: ConsentStore, subject: string) => (await store.readHead(subject))?.choices.analytics?.state;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Forty reads of somebody new, one after the other: each ends in time, and none says yes. */
async function expectUnavailable(store: ConsentStore): Promise<void> {
  for (let i = 0; i < 40; i++) {
    const read = await time(() => store.readHead(drawSubject()));
    expect(read.outcome).toBe('unavailable');
    expect(read.ms).toBeLessThan(DEADLINE_MS);
  }
}

async function expectRecovery(store: ConsentStore): Promise<void> {
  const begun = performance.now();
  await waitUntil(async () => (await time(() => appendTo(store, drawSubject()))).outcome !== 'unavailable');
  expect(performance.now() - begun).toBeLessThan(RECOVERY_MS);
}

describe.skipIf(!hasRedis)('Redis that fails', () => {
  it('killed: every call ends in time, and all is well again after its return', async () => {
    const { server, store, breaker } = await startOne();
    const subject = drawSubject();
    await appendTo(store, subject);
    await server.kill();
    await expectUnavailable(store);
    expect((await time(() => appendTo(store, subject, { analytics: 'withdrawn' }))).outcome).toBe('unavailable');
    await server.restart();
    await expectRecovery(store);
    expect(breaker.at(0)).toBe(true);
    expect(breaker.at(-1)).toBe(false);
    expect(await stateOf(store, subject)).toBe('granted');
  });

  it('hung: connections stay open, and every call ends in time all the same', async () => {
    const { server, store } = await startOne();
    const subject = drawSubject();
    await appendTo(store, subject);
    await stateOf(store, subject);
    server.signal('SIGSTOP');
    cleanups.push(() => server.signal('SIGCONT'));
    await expectUnavailable(store);
    const write = await time(() => appendTo(store, drawSubject()));
    expect(write.outcome).toBe('unavailable');
    expect(write.ms).toBeLessThan(DEADLINE_MS);
    // The lease of the cache is over by now: what was held is not believed any longer.
    await sleep(1000);
    expect((await time(() => store.readHead(subject))).outcome).toBe('unavailable');
    server.signal('SIGCONT');
    await expectRecovery(store);
  });

  it('slow: what takes longer than the deadline is not waited for', async () => {
    const { server, store } = await startOne();
    server.cli('client', 'pause', '1500', 'ALL');
    const read = await time(() => store.readHead(drawSubject()));
    expect(read.outcome).toBe('unavailable');
    expect(read.ms).toBeLessThan(DEADLINE_MS);
    await sleep(1500);
    await expectRecovery(store);
  });

  it('read-only: nothing is acknowledged, reads go on', async () => {
    const { server, store } = await startOne();
    const subject = drawSubject();
    await appendTo(store, subject);
    server.cli('config', 'set', 'min-replicas-to-write', '1');
    for (let i = 0; i < 5; i++) {
      expect((await time(() => appendTo(store, subject, { analytics: 'withdrawn' }))).outcome).toBe('unavailable');
      expect(await stateOf(store, subject)).toBe('granted');
    }
    expect(await store.isWritable()).toBe(false);
    server.cli('config', 'set', 'min-replicas-to-write', '0');
    await expectRecovery(store);
  });

  it('out of memory: nothing is acknowledged, reads go on', async () => {
    const { server, store } = await startOne();
    const subject = drawSubject();
    const erased = drawSubject();
    await appendTo(store, subject);
    await appendTo(store, erased);
    server.cli('config', 'set', 'maxmemory', '1mb');
    expect((await time(() => appendTo(store, drawSubject()))).outcome).toBe('unavailable');
    expect(await stateOf(store, subject)).toBe('granted');
    // To erase needs no room.
    expect(await store.erase(erased, 1)).toBe(true);
    expect((await store.readChain(erased))?.erasure).toEqual({ throughSequence: 1, at: 1 });
    server.cli('config', 'set', 'maxmemory', '0');
    await expectRecovery(store);
  });

  it('that evicts is refused at the start', async () => {
    const server = await startRedis(['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru']);
    cleanups.push(() => server.remove());
    const opened = await openStore(server.url);
    expect(!opened.ok && opened.problem).toContain('maxmemory-policy allkeys-lru');
  });

  it.each([
    ['scripts', '-eval'],
    ['publishing in a script', '-publish'],
    ['hearing', '-subscribe'],
    ['the channel', 'resetchannels'],
    ['the keys', 'resetkeys'],
  ])('whose user may do everything but %s is refused at the start', async (_what, missing) => {
    const server = await startRedis();
    cleanups.push(() => server.remove());
    server.cli('acl', 'setuser', 'gateway', 'on', '>secret', '~*', '&*', '+@all', missing);
    const opened = await openStore(server.url.replace('//', '//gateway:secret@'));
    expect(!opened.ok && opened.problem).toContain('ACL SETUSER … ~consentry:*');
  });

  it('whose user has the rights that are told is enough', async () => {
    const server = await startRedis();
    cleanups.push(() => server.remove());
    const rights = '~consentry:* &consentry:* +@connection +@read +@write +@scripting +@pubsub +info +wait +config|get';
    server.cli('acl', 'setuser', 'gateway', 'on', '>secret', '-@all', ...rights.split(' '));
    const said: string[] = [];
    const store = await open(server.url.replace('//', '//gateway:secret@'), { say: (message) => said.push(message) });
    const subject = drawSubject();
    await appendTo(store, subject);
    expect(await store.isWritable()).toBe(true);
    expect(await store.claim('task', 'me', 1, 1000)).toBe(true);
    expect(await store.erase(subject, 1)).toBe(true);
    for await (const known of store.subjects()) expect(known).toBe(subject);
    expect(said.join()).not.toContain('not allowed');
  });

  it('that may lose a second is said at the start', async () => {
    const server = await startRedis(['--appendfsync', 'everysec']);
    cleanups.push(() => server.remove());
    const said: string[] = [];
    await open(server.url, { say: (message) => said.push(message) });
    expect(said).toEqual([expect.stringContaining('appendfsync everysec')]);
  });
});

describe.skipIf(!hasRedis)('a failover behind a name', () => {
  it('is followed, though the old master keeps its connections as a replica', async () => {
    const [old, next] = [await startRedis(), await startRedis()];
    cleanups.push(
      () => old.remove(),
      () => next.remove(),
    );
    next.cli('replicaof', '127.0.0.1', String(old.port));
    const name = await startFaultProxy(old.port);
    cleanups.push(() => name.close());
    const store = await open(`redis://127.0.0.1:${name.port}`);
    const subject = drawSubject();
    await appendTo(store, subject);
    expect(await stateOf(store, subject)).toBe('granted');
    await waitUntil(() => next.cli('info', 'replication').includes('master_link_status:up'));
    next.cli('replicaof', 'no', 'one');
    old.cli('replicaof', '127.0.0.1', String(next.port));
    name.targetPort = next.port;
    await expectRecovery(store);
    await appendTo(store, subject, { analytics: 'withdrawn' });
    expect(await stateOf(store, subject)).toBe('withdrawn');
    // Invalidations are heard from the new one, too.
    await appendTo(await open(next.url), subject);
    await waitUntil(async () => (await stateOf(store, subject)) === 'granted');
  });
});

describe.skipIf(!hasRedis)('heads held in the process', () => {
  it('are invalidated by another process in no time, and cost no round trip before', async () => {
    const { store, other } = await startOne();
    const subject = drawSubject();
    await appendTo(store, subject);
    await waitUntil(async () => {
      await store.readHead(subject);
      return !(store.readHead(subject) instanceof Promise);
    });
    await appendTo(other, subject, { analytics: 'withdrawn' });
    const begun = performance.now();
    await waitUntil(async () => (await stateOf(store, subject)) === 'withdrawn');
    expect(performance.now() - begun).toBeLessThan(1000);
  });

  it('count for a second at most where invalidations stop coming', async () => {
    const { server, other } = await startOne();
    server.cli('acl', 'setuser', 'reader', 'on', '>secret', 'allkeys', 'allcommands', 'allchannels');
    const store = await open(server.url.replace('redis://', 'redis://reader:secret@'));
    const subject = drawSubject();
    await appendTo(other, subject);
    await waitUntil(async () => {
      await store.readHead(subject);
      return !(store.readHead(subject) instanceof Promise);
    });
    // Whoever subscribes is cut off from what is published, with every connection open.
    server.cli('acl', 'setuser', 'reader', 'resetchannels');
    await sleep(1100);
    await appendTo(other, subject, { analytics: 'withdrawn' });
    const read = store.readHead(subject);
    expect(read).toBeInstanceOf(Promise);
    expect((await read)?.choices.analytics?.state).toBe('withdrawn');
  });

  it('of the same process are forgotten by its own write', async () => {
    const { store } = await startOne();
    const subject = drawSubject();
    await appendTo(store, subject);
    await store.readHead(subject);
    await appendTo(store, subject, { analytics: 'withdrawn' });
    expect(await stateOf(store, subject)).toBe('withdrawn');
  });

  it('are asked for once by many hits at the same time', async () => {
    const { server, store } = await startOne();
    const subject = drawSubject();
    await appendTo(store, subject);
    const before = Number(/cmdstat_get:calls=(\d+)/.exec(server.cli('info', 'commandstats'))?.[1] ?? 0);
    await Promise.all(Array.from({ length: 100 }, () => store.readHead(subject)));
    const after = Number(/cmdstat_get:calls=(\d+)/.exec(server.cli('info', 'commandstats'))?.[1] ?? 0);
    expect(after - before).toBe(1);
  });
});

interface Acknowledged {
  readonly hash: string;
  readonly isWithdrawn: boolean;
}

/** Writes while `disturb` runs, and gives back the last of each subject that was acknowledged. */
async function writeDuring(store: ConsentStore, disturb: () => Promise<void>): Promise<Map<string, Acknowledged>> {
  const acknowledged = new Map<string, Acknowledged>();
  let isOver = false;
  const write = async () => {
    while (!isOver) {
      const subject = drawSubject();
      try {
        const granted = await appendTo(store, subject);
        acknowledged.set(subject, { hash: granted.record.hash, isWithdrawn: false });
        const withdrawn = await appendTo(store, subject, { analytics: 'withdrawn' });
        acknowledged.set(subject, { hash: withdrawn.record.hash, isWithdrawn: true });
      } catch {
        await sleep(20);
      }
    }
  };
  const writers = Array.from({ length: 8 }, write);
  await sleep(500);
  await disturb();
  await sleep(1500);
  isOver = true;
  await Promise.all(writers);
  return acknowledged;
}

/** What is lost is asked here, not what comes late: a machine that does much else answers one of many reads behind its deadline. */
async function readAgain<Answer>(read: () => Answer | Promise<Answer>): Promise<Answer> {
  let answer: Answer | 'unavailable' = 'unavailable';
  await waitUntil(async () => {
    answer = (await time(read)).outcome;
    return answer !== 'unavailable';
  });
  return answer as Answer;
}

/** Acknowledged records that are not there any more, and acknowledged withdrawals that a yes has come back over. */
async function countFaults(url: string, acknowledged: Map<string, Acknowledged>): Promise<{ lost: number; returned: number }> {
  // Another process, which has nothing of it in memory.
  const store = await open(url);
  const faults = { lost: 0, returned: 0 };
  for (const [subject, { hash, isWithdrawn }] of acknowledged) {
    const chain = await readAgain(() => store.readChain(subject));
    // A record that came after an unanswered call may stand behind the acknowledged one; never instead of it.
    if (chain === null || !chain.records.some((record) => record.hash === hash)) faults.lost++;
    if (isWithdrawn && (await readAgain(() => stateOf(store, subject))) !== 'withdrawn') faults.returned++;
  }
  return faults;
}

const NONE = { lost: 0, returned: 0 };
const countWithdrawals = (acknowledged: Map<string, Acknowledged>) =>
  [...acknowledged.values()].filter(({ isWithdrawn }) => isWithdrawn).length;

describe.skipIf(!hasRedis)('a failover under load, with WAIT', () => {
  const wait = { replicas: 1, timeoutMs: 200 };

  it('of a set with sentinels loses nothing that was acknowledged', async () => {
    const set = await startRedisSentinel();
    cleanups.push(() => set.close());
    const store = await open(set.url, { wait });
    const acknowledged = await writeDuring(store, async () => {
      await set.servers[0]?.kill();
      await waitUntil(async () => (await time(() => appendTo(store, drawSubject()))).outcome !== 'unavailable');
    });
    expect(countWithdrawals(acknowledged)).toBeGreaterThan(50);
    console.log(`${acknowledged.size} subjects acknowledged, ${countWithdrawals(acknowledged)} of them withdrawn`);
    expect(await countFaults(set.url, acknowledged)).toEqual(NONE);
  });

  it('of a cluster loses nothing that was acknowledged', async () => {
    const cluster = await startRedisCluster();
    cleanups.push(() => cluster.close());
    const store = await open(cluster.url, { wait });
    const acknowledged = await writeDuring(store, async () => {
      await cluster.servers[0]?.kill();
      const isWhole = () =>
        cluster.servers.slice(1).every((server) => server.cli('cluster', 'info').includes('cluster_state:ok'));
      await sleep(1500);
      await waitUntil(isWhole);
      for (let i = 0; i < 20; i++)
        await waitUntil(async () => (await time(() => appendTo(store, drawSubject()))).outcome !== 'unavailable');
    });
    expect(countWithdrawals(acknowledged)).toBeGreaterThan(50);
    console.log(`${acknowledged.size} subjects acknowledged, ${countWithdrawals(acknowledged)} of them withdrawn`);
    expect(await countFaults(cluster.url, acknowledged)).toEqual(NONE);
  });

  it('that leaves no replica acknowledges no withdrawal', async () => {
    const set = await startRedisSentinel();
    cleanups.push(() => set.close());
    const store = await open(set.url);
    await sleep(200);
    const subject = drawSubject();
    await appendTo(store, subject);
    await appendTo(store, subject, { analytics: 'withdrawn' });
    for (const replica of set.servers.slice(1)) replica.signal('SIGSTOP');
    cleanups.push(() => {
      for (const replica of set.servers.slice(1)) replica.signal('SIGCONT');
    });
    const other = drawSubject();
    expect((await time(() => appendTo(store, other))).outcome).not.toBe('unavailable');
    expect((await time(() => appendTo(store, other, { analytics: 'withdrawn' }))).outcome).toBe('unavailable');
  });
});
