import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { drawSubject, hashRecord } from '../../src/consent/chain.ts';
import { openLmdbStore } from '../../src/store/lmdb.ts';
import { type ConsentStore, GENESIS_HASH } from '../../src/store/store.ts';
import { createRandom } from '../support/random.ts';
import { transpileSources } from '../support/transpile.ts';

const CYCLES = process.env.CONSENTRY_LONG === '1' ? 300 : 15;
const sources = transpileSources(['src/consent', 'src/store', 'test/support']);
const folder = mkdtempSync(join(tmpdir(), 'consentry-kill-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
  sources.remove();
});

interface Writer {
  readonly process: ChildProcess;
  readonly ready: Promise<unknown>;
  /** Lines that it has written, whole ones only. */
  lines(): string[];
}

function startWriter(shared: readonly string[]): Writer {
  const args = [sources.file('test/support/lmdb-writer.ts'), folder, ...shared];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  const ready = new Promise((resolve) =>
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      resolve(null);
    }),
  );
  return {
    process: child,
    ready,
    lines: () =>
      text
        .slice(0, text.lastIndexOf('\n') + 1)
        .split('\n')
        .slice(1, -1),
  };
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await gone;
}

/** Hashes of a chain's records; fails where a link is broken. */
async function readWholeChain(store: ConsentStore, subject: string): Promise<Set<string>> {
  const chain = await store.readChain(subject);
  let previous = GENESIS_HASH;
  for (const [index, record] of (chain?.records ?? []).entries()) {
    expect(record.sequence).toBe(index + 1);
    expect(record.previous).toBe(previous);
    expect(record.hash).toBe(hashRecord(record.sequence, record.previous, record.ciphertext));
    previous = record.hash;
  }
  expect(chain?.tip.hash).toBe(previous);
  expect(chain?.tip.head?.hash).toBe(previous);
  return new Set(chain?.records.map(({ hash }) => hash));
}

describe('two processes that write to one folder and are killed', () => {
  it(
    `lose nothing that they acknowledged in ${CYCLES} rounds, and break no chain`,
    async () => {
      const random = createRandom(2026);
      const shared = Array.from({ length: 4 }, drawSubject);
      let acknowledged = 0;
      for (let cycle = 0; cycle < CYCLES; cycle++) {
        const writers = [startWriter(shared), startWriter(shared)];
        await Promise.all(writers.map(({ ready }) => ready));
        await new Promise((resolve) => setTimeout(resolve, 20 + random.below(150)));
        await Promise.all(writers.map((writer) => kill(writer.process)));
        const store = openLmdbStore(folder);
        const hashes = new Map<string, Set<string>>();
        for (const line of writers.flatMap((writer) => writer.lines())) {
          const [subject = '', hash = ''] = line.split(' ');
          if (!hashes.has(subject)) hashes.set(subject, await readWholeChain(store, subject));
          expect(hashes.get(subject)).toContain(hash);
          acknowledged++;
        }
        await store.close();
      }
      console.log(`${CYCLES} kills, ${acknowledged} acknowledged records, none lost`);
      expect(acknowledged).toBeGreaterThan(CYCLES);
    },
    CYCLES * 10_000,
  );
});
