import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openLmdbStore } from '../../src/store/lmdb.ts';
import { appendTo } from '../support/records.ts';
import { transpileSources } from '../support/transpile.ts';

const folder = mkdtempSync(join(tmpdir(), 'consentry-disk-'));
const sources = transpileSources(['src/consent', 'src/store', 'test/support']);
afterAll(() => {
  rmSync(folder, { recursive: true });
  sources.remove();
});

describe('a disk that is full', () => {
  it('refuses writes, ends no process, keeps every record, and takes writes again when there is room', async () => {
    // In blocks of 512 or 1024 bytes, by the shell: one or two megabytes.
    const command = 'ulimit -f 2048; exec "$0" "$@"';
    const args = ['-c', command, process.execPath, sources.file('test/support/lmdb-filler.ts'), folder];
    const child = spawnSync('sh', args, { encoding: 'utf8' });
    expect(child.status, child.stderr).toBe(0);
    const { acknowledged, refused, readable } = JSON.parse(child.stdout) as {
      acknowledged: string[];
      refused: number;
      readable: number;
    };
    expect(refused).toBe(5);
    expect(acknowledged.length).toBeGreaterThan(50);
    expect(readable).toBe(acknowledged.length);
    const store = openLmdbStore(folder);
    for (const subject of acknowledged) expect(store.readHead(subject)).not.toBeNull();
    await appendTo(store, 'afterwards');
    expect(store.readHead('afterwards')).not.toBeNull();
    await store.close();
  });
});
