import { describe } from 'vitest';
import { openStore } from '../../src/store/open.ts';
import { hasRedis, startRedis, startRedisCluster, startRedisSentinel } from '../support/redis.ts';
import { describeStore } from './consent-store.ts';

async function openTwo(url: string) {
  const [one, two] = await Promise.all([openStore(url), openStore(url)]);
  if (!one.ok) throw new Error(one.problem);
  if (!two.ok) throw new Error(two.problem);
  return { store: one.store, other: two.store, closeBoth: () => Promise.all([one.store.close(), two.store.close()]) };
}

describe.skipIf(!hasRedis)('stores on Redis', () => {
  describeStore('one server', async () => {
    const given = process.env.REDIS_URL;
    const server = given === undefined ? await startRedis() : null;
    const { store, other, closeBoth } = await openTwo(given ?? server?.url ?? '');
    const close = async () => {
      await closeBoth();
      await server?.remove();
    };
    return { store, other, close };
  });

  describeStore('a cluster of three masters and three replicas', async () => {
    const cluster = await startRedisCluster();
    const { store, other, closeBoth } = await openTwo(cluster.url);
    const close = async () => {
      await closeBoth();
      await cluster.close();
    };
    return { store, other, close };
  });

  describeStore('a master with two replicas and three sentinels', async () => {
    const set = await startRedisSentinel();
    const { store, other, closeBoth } = await openTwo(set.url);
    const close = async () => {
      await closeBoth();
      await set.close();
    };
    return { store, other, close };
  });
});
