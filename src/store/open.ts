/** Opens the store that a URL names. */
import type { BreakerEvents } from './deadline.ts';
import { openLmdbStore } from './lmdb.ts';
import { createMemoryStore } from './memory.ts';
import { checkRedis } from './redis/check.ts';
import { openClusterLink } from './redis/cluster.ts';
import { openSingleLink, type RedisLink } from './redis/link.ts';
import { createRedisStore } from './redis/redis.ts';
import { openSentinelLink } from './redis/sentinel.ts';
import { parseRedisUrl, type RedisTarget } from './redis/target.ts';
import type { ConsentStore } from './store.ts';

/** `problem` says what to write instead; it never holds the URL, which may hold a password. */
export type OpenedStore = { readonly ok: true; readonly store: ConsentStore } | { readonly ok: false; readonly problem: string };

export interface StoreOptions extends BreakerEvents {
  /** Replicas of Redis that have to have every write before it is answered (default 0), and for how long that may take. */
  readonly wait?: { readonly replicas: number; readonly timeoutMs: number };
  /** Hears once what a person should know of the store's own settings. */
  readonly say?: (message: string) => void;
}

const DEFAULT_WAIT = { replicas: 0, timeoutMs: 200 };

/** How long a start waits for Redis. */
const OPEN_DEADLINE_MS = 5000;
const RETRY_MS = 200;

/** `lmdb:FOLDER` (the caller makes it absolute), `redis://…`, `redis-cluster://…`, `redis-sentinel://…` or `memory:`. */
export async function openStore(url: string, options: StoreOptions = {}): Promise<OpenedStore> {
  const folder = embeddedStoreFolder(url);
  if (folder === '') return refuse('lmdb: needs a folder, for example lmdb:./data');
  try {
    if (folder !== null) return { ok: true, store: openLmdbStore(folder) };
  } catch (error) {
    return refuse(`the folder ${folder} cannot be opened: ${(error as Error).message}`);
  }
  if (url === 'memory:') return { ok: true, store: createMemoryStore() };
  const target = parseRedisUrl(url);
  if (target !== null) return openRedis(target, options);
  return refuse(
    'write lmdb:FOLDER, redis://HOST:PORT, rediss://… for TLS, redis-cluster://HOST:PORT,HOST:PORT or redis-sentinel://HOST:PORT,HOST:PORT/MASTER',
  );
}

async function openRedis(target: RedisTarget, options: StoreOptions): Promise<OpenedStore> {
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

/** The folder of an `lmdb:` URL, where a generated key may lie too; null for every other store. */
export function embeddedStoreFolder(url: string): string | null {
  return url.startsWith('lmdb:') ? url.slice('lmdb:'.length) : null;
}

function refuse(problem: string): OpenedStore {
  return { ok: false, problem: `store: ${problem}` };
}
