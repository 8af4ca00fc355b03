/**
 * What a million subjects cost: bytes each, reads, writes. Run with
 * `CONSENTRY_LONG=1 npx vitest run test/bench/stores.test.ts`; prints a table, and fails only where a read is out of bounds.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { drawSubject } from '../../src/consent/chain.ts';
import { openLmdbStore } from '../../src/store/lmdb.ts';
import { openStore } from '../../src/store/open.ts';
import { type ConsentStore, StoreUnavailable } from '../../src/store/store.ts';
import { appendTo } from '../support/records.ts';
import { hasRedis, startRedis } from '../support/redis.ts';

const SUBJECTS = Number(process.env.SUBJECTS ?? 1_000_000);
const WRITERS = 200;
const READS = 20_000;
const TIMEOUT_MS = 3_600_000;
const isLong = process.env.CONSENTRY_LONG === '1';

interface Filled {
  readonly subjects: string[];
  readonly perSecond: number;
  /** Writes that were refused because the deadline was over, and tried again. */
  readonly late: number;
}

/** Writes one record for each subject, many at a time. */
async function fill(store: ConsentStore, writers: number): Promise<Filled> {
  const subjects = Array.from({ length: SUBJECTS }, drawSubject);
  const begun = performance.now();
  let [next, late] = [0, 0];
  const write = async () => {
    for (let subject = subjects[next++]; subject !== undefined; ) {
      try {
        await appendTo(store, subject);
        subject = subjects[next++];
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error;
        late++;
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
  return { subjects, perSecond: SUBJECTS / ((performance.now() - begun) / 1000), late };
}

/** p50 and p99 in µs of reads of subjects spread over all of them. */
async function timeReads(
  store: ConsentStore,
  subjects: readonly string[],
  offset: number,
): Promise<{ p50: number; p99: number }> {
  const times: number[] = [];
  for (let i = 0; i < READS; i++) {
    const subject = subjects[(offset + i * 7919) % subjects.length] ?? '';
    const begun = performance.now();
    const head = store.readHead(subject);
    if (head instanceof Promise) await head;
    times.push((performance.now() - begun) * 1000);
  }
  times.sort((a, b) => a - b);
  return { p50: times[READS / 2] ?? 0, p99: times[Math.floor(READS * 0.99)] ?? 0 };
}

const show = (name: string, { p50, p99 }: { p50: number; p99: number }) =>
  `${name} p50 ${p50.toFixed(1)} µs, p99 ${p99.toFixed(1)} µs`;

describe.runIf(isLong)(`${SUBJECTS} subjects`, () => {
  it(
    'in lmdb',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'consentry-bench-'));
      const filling = openLmdbStore(folder);
      const { subjects, perSecond, late } = await fill(filling, WRITERS);
      await filling.close();
      const bytes = statSync(join(folder, 'consent.mdb')).size / SUBJECTS;
      // What the disk gives when nothing is in memory, where the machine lets us empty it.
      const isEmptied = spawnSync('sh', ['-c', 'sync; echo 3 > /proc/sys/vm/drop_caches']).status === 0;
      const store = openLmdbStore(folder);
      const cold = await timeReads(store, subjects, 0);
      const warm = await timeReads(store, subjects, 0);
      console.log(
        `lmdb: ${bytes.toFixed(0)} bytes per subject; ${perSecond.toFixed(0)} durable writes/s of ${WRITERS} at once (${late} late); ${show(isEmptied ? 'cold' : 'first', cold)}; ${show('warm', warm)}`,
      );
      await store.close();
      rmSync(folder, { recursive: true });
      expect(warm.p50).toBeLessThan(20);
    },
    TIMEOUT_MS,
  );

  it.runIf(hasRedis)(
    'in Redis',
    async () => {
      const server = await startRedis(['--appendfsync', 'everysec']);
      const memory = () => Number(/used_memory:(\d+)/.exec(server.cli('info', 'memory'))?.[1]);
      const before = memory();
      const opened = await openStore(server.url);
      if (!opened.ok) throw new Error(opened.problem);
      const { subjects, perSecond, late } = await fill(opened.store, WRITERS);
      const bytes = (memory() - before) / SUBJECTS;
      const cold = await timeReads(opened.store, subjects, 0);
      // The last that were read are held in the process.
      const warm = await timeReads(opened.store, subjects.slice(0, 1000), 0);
      const disk = execFileSync('du', ['-sb', server.folder], { encoding: 'utf8' }).split('\t')[0];
      console.log(
        `redis: ${bytes.toFixed(0)} bytes of memory and ${(Number(disk) / SUBJECTS).toFixed(0)} of disk per subject; ${perSecond.toFixed(0)} writes/s of ${WRITERS} at once (${late} late); ${show('from the server', cold)}; ${show('held', warm)}`,
      );
      await opened.store.close();
      await server.remove();
      expect(warm.p50).toBeLessThan(20);
    },
    TIMEOUT_MS,
  );
});
