/** Opens a store in Redis: a connection, and the server's own settings, which say what a write is worth. */
import { type OpenedStore, refuse, type StoreOptions } from '../opened.ts';
import { checkRedis } from './check.ts';
import { openClusterLink } from './cluster.ts';
import { openSingleLink, type RedisLink } from './link.ts';
import { createRedisStore } from './redis.ts';
import { openSentinelLink } from './sentinel.ts';
import type { RedisTarget } from './target.ts';

const DEFAULT_WAIT = { replicas: 0, timeoutMs: 200 };

/** How long a start waits for Redis. */
const OPEN_DEADLINE_MS = 5000;
const RETRY_MS = 200;

export async function openRedis(target: RedisTarget, options: StoreOptions): Promise<OpenedStore> {
  const link = await connectWithin(OPEN_DEADLINE_MS, target);
  if (link === null)
    return refuse(
      `redis did not answer within ${OPEN_DEADLINE_MS / 1000} s; see whether it runs and whether user and password are right`,
    );
  const check = await checkRedis(link);
  if (!check.ok) {
    await link.close();
    return { ok: false, problem: check.problem };
  }
  for (const note of check.notes) options.say?.(note);
  return { ok: true, store: await createRedisStore(link, { ...options, wait: options.wait ?? DEFAULT_WAIT }) };
}

/** A server that starts together with the gateway gets a few seconds. */
async function connectWithin(deadlineMs: number, target: RedisTarget): Promise<RedisLink | null> {
  const until = performance.now() + deadlineMs;
  while (performance.now() < until) {
    try {
      return await openLink(target);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
  return null;
}

function openLink(target: RedisTarget): Promise<RedisLink> {
  switch (target.kind) {
    case 'cluster':
      return openClusterLink(target);
    case 'sentinel':
      return openSentinelLink(target);
    case 'single':
      return openSingleLink(target, target.addresses[0] ?? { host: '127.0.0.1', port: 6379 });
  }
}
