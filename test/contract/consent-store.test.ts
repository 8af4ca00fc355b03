import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLmdbStore } from '../../src/store/lmdb.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { describeStore } from './consent-store.ts';

describeStore('memory store', async () => {
  const store = createMemoryStore();
  return { store, other: store, close: () => store.close() };
});

describeStore('lmdb store', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'consentry-lmdb-'));
  const store = openLmdbStore(folder);
  const close = async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  };
  return { store, other: store, close };
});
