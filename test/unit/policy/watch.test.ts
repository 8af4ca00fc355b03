import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type PolicyWatch, watchPolicies } from '../../../src/policy/watch.ts';

let root: string;
let watch: PolicyWatch | undefined;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'watch-'));
});
afterEach(() => {
  watch?.close();
  rmSync(root, { recursive: true });
});

/** A watch that has seen the folder as it is. */
async function start(folder: string, options = { settleMs: 15, pollMs: 60_000 }): Promise<() => number> {
  let changes = 0;
  watch = watchPolicies(folder, () => changes++, options);
  await pause(60);
  return () => changes;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const reached = (count: () => number, wanted: number) =>
  vi.waitFor(() => expect(count()).toBe(wanted), { timeout: 5_000, interval: 5 });

describe('watching a policy folder', () => {
  it('tells of a file that is renamed into place, as editors save', async () => {
    writeFileSync(join(root, 'a.yaml'), 'one');
    const count = await start(root);
    writeFileSync(join(root, '.a.yaml.tmp'), 'two');
    renameSync(join(root, '.a.yaml.tmp'), join(root, 'a.yaml'));
    await reached(count, 1);
  });

  it('tells of files below, new and removed', async () => {
    mkdirSync(join(root, 'base'));
    writeFileSync(join(root, 'base', 'a.yaml'), 'one');
    const count = await start(root);
    writeFileSync(join(root, 'base', 'a.yaml'), 'two and more');
    await reached(count, 1);
    unlinkSync(join(root, 'base', 'a.yaml'));
    await reached(count, 2);
  });

  it('is silent about hidden files, backups and files that are no policies', async () => {
    writeFileSync(join(root, 'a.yaml'), 'one');
    const count = await start(root);
    for (const name of ['.a.yaml.swp', 'a.yaml~', '4913', 'README.md']) writeFileSync(join(root, name), 'x');
    await pause(150);
    expect(count()).toBe(0);
  });

  it('waits until a slow writer is done, and says several changes at once', async () => {
    writeFileSync(join(root, 'a.yaml'), 'one');
    const count = await start(root, { settleMs: 80, pollMs: 60_000 });
    for (let part = 0; part < 10; part++) {
      writeFileSync(join(root, 'a.yaml'), 'x'.repeat(10 + part));
      writeFileSync(join(root, 'b.yaml'), 'y'.repeat(10 + part));
      await pause(10);
    }
    await reached(count, 1);
    await pause(250);
    expect(count()).toBe(1);
  });

  it('follows a symlink that is swapped, as Kubernetes does with ..data', async () => {
    const folder = join(root, 'mounted');
    mkdirSync(folder);
    for (const version of ['one', 'two', 'three']) {
      mkdirSync(join(folder, `..${version}`));
      writeFileSync(join(folder, `..${version}`, 'a.yaml'), version);
    }
    symlinkSync('..one', join(folder, '..data'));
    symlinkSync('..data/a.yaml', join(folder, 'a.yaml'));
    const count = await start(folder);
    for (const [swap, version] of ['two', 'three'].entries()) {
      symlinkSync(`..${version}`, join(folder, '..data_tmp'));
      renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
      await reached(count, swap + 1);
    }
  });

  it('looks by itself where the system reports nothing: a folder that is replaced as a whole', async () => {
    const folder = join(root, 'policies');
    mkdirSync(folder);
    writeFileSync(join(folder, 'a.yaml'), 'one');
    const count = await start(folder, { settleMs: 10, pollMs: 50 });
    mkdirSync(join(root, 'next'));
    writeFileSync(join(root, 'next', 'a.yaml'), 'another');
    rmSync(folder, { recursive: true });
    renameSync(join(root, 'next'), folder);
    await vi.waitFor(() => expect(count()).toBeGreaterThan(0), { timeout: 5_000 });
  });

  it('says nothing after its end', async () => {
    writeFileSync(join(root, 'a.yaml'), 'one');
    const count = await start(root);
    watch?.close();
    writeFileSync(join(root, 'a.yaml'), 'two and more');
    await pause(120);
    expect(count()).toBe(0);
  });
});
