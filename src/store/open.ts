/** Opens the store that a URL names. */
import { openLmdbStore } from './lmdb.ts';
import { createMemoryStore } from './memory.ts';
import type { ConsentStore } from './store.ts';

/** `problem` says what to write instead; it never holds the URL, which may hold a password. */
export type OpenedStore = { readonly ok: true; readonly store: ConsentStore } | { readonly ok: false; readonly problem: string };

/** `lmdb:FOLDER` (the caller makes it absolute) or `memory:`. */
export async function openStore(url: string): Promise<OpenedStore> {
  const folder = embeddedStoreFolder(url);
  if (folder === '') return { ok: false, problem: 'store: lmdb: needs a folder, for example lmdb:./data' };
  try {
    if (folder !== null) return { ok: true, store: openLmdbStore(folder) };
  } catch (error) {
    return { ok: false, problem: `store: the folder ${folder} cannot be opened: ${(error as Error).message}` };
  }
  if (url === 'memory:') return { ok: true, store: createMemoryStore() };
  return { ok: false, problem: 'store: write lmdb:FOLDER or memory:' };
}

/** The folder of an `lmdb:` URL, where a generated key may lie too; null for every other store. */
export function embeddedStoreFolder(url: string): string | null {
  return url.startsWith('lmdb:') ? url.slice('lmdb:'.length) : null;
}
