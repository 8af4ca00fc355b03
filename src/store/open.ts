/** Opens the store that a URL names. */
import { openLmdbStore } from './lmdb.ts';
import { createMemoryStore } from './memory.ts';
import { type OpenedStore, refuse, type StoreOptions } from './opened.ts';
import { parseRedisUrl } from './redis/target.ts';

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
  // Loaded only where it is wanted: the client takes as much memory as all of the policies.
  if (target !== null) return (await import('./redis/open.ts')).openRedis(target, options);
  return refuse(
    'write lmdb:FOLDER, redis://HOST:PORT, rediss://… for TLS, redis-cluster://HOST:PORT,HOST:PORT or redis-sentinel://HOST:PORT,HOST:PORT/MASTER',
  );
}

/** The folder of an `lmdb:` URL, where a generated key may lie too; null for every other store. */
export function embeddedStoreFolder(url: string): string | null {
  return url.startsWith('lmdb:') ? url.slice('lmdb:'.length) : null;
}
