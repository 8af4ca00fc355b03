/** Opens a store in Redis: a connection, and the server's own settings, which say what a write is worth. */
import { type OpenedStore, refuse, type StoreOptions } from '../opened.ts';
import { checkRedis, describeMissingRight } from './check.ts';
import { openClusterLink } from './cluster.ts';
import { openSingleLink, type RedisLink } from './link.ts';
import { createMovingLink } from './moving-link.ts';
import { createRedisStore } from './redis.ts';
import { openSentinelLink } from './sentinel.ts';
import type { RedisAddress, RedisTarget } from './target.ts';

const DEFAULT_WAIT = { replicas: 0, timeoutMs: 200 };

/** How long a start waits for Redis. */
const OPEN_DEADLINE_MS = 5000;
const RETRY_MS = 200;
/** How often a server that takes no writes is looked for anew. */
const NAMED_ANEW_MS = 1000;

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
  try {
    return { ok: true, store: await createRedisStore(link, { ...options, wait: options.wait ?? DEFAULT_WAIT }) };
  } catch (error) {
    return { ok: false, problem: describeMissingRight(error) ?? 'store: redis broke off while it was opened; start again' };
  }
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
      return openNamedLink(target, target.addresses[0] ?? { host: '127.0.0.1', port: 6379 });
  }
}

/** A name may stand for another server after a failover, while the old one, a replica now, keeps its connections. */
async function openNamedLink(target: RedisTarget, address: RedisAddress): Promise<RedisLink> {
  const open = () => openSingleLink(target, address);
  const link = createMovingLink(await open(), open, NAMED_ANEW_MS);
  return { ...link, refresh: (isReadOnly) => void (isReadOnly && link.follow()) };
}
