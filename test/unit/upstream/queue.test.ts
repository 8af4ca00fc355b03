import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createKeyring } from '../../../src/consent/keys.ts';
import type { Upstream } from '../../../src/upstream/client.ts';
import { type AnsweredHit, CollectorQueue, type QueueLimits, type QueueParts } from '../../../src/upstream/queue.ts';
import type { SendOutcome } from '../../../src/upstream/send.ts';
import { Spool } from '../../../src/upstream/spool.ts';
import type { UpstreamRequest } from '../../../src/upstream/transport.ts';

const upstream = { origin: 'http://collector.example' } as Upstream;
const keyring = createKeyring([{ kid: 'k1', bytes: Buffer.alloc(32, 7) }]);
const DOWN: SendOutcome = { kind: 'not-sent', reason: 'upstream-unreachable' };
const UNSURE: SendOutcome = { kind: 'unsure', reason: 'upstream-timeout' };

function hitFor(spool: Spool, path: string, subject: string | null): AnsweredHit {
  return {
    request: { method: 'GET', path, headers: [], body: null },
    subject,
    order: spool.nextOrder(),
    describe: () => ({ path }),
  };
}

describe('the queue of a collector', () => {
  let folder: string;
  let spool: Spool;
  let queue: CollectorQueue;
  const hit = (path: string, subject: string | null = null): AnsweredHit => hitFor(spool, path, subject);
  let results: Record<string, number>;
  /** What the collector says to a hit; null leaves it without an answer. */
  let says: (request: UpstreamRequest) => SendOutcome | null;
  let arrived: string[];
  let marked: string[];
  const open = (limits: QueueLimits = { concurrent: 4, waiting: 4 }, parts: Partial<QueueParts> = {}): CollectorQueue =>
    new CollectorQueue({
      upstream,
      send(_upstream, request, settled) {
        const outcome = says(request);
        let given = false;
        if (outcome?.kind === 'taken') {
          arrived.push(request.path);
          if (request.headers.includes('Consentry-Repeated')) marked.push(request.path);
        }
        if (outcome !== null) setImmediate(() => given || settled(outcome));
        return () => {
          given = true;
        };
      },
      spool,
      judgeAgain: () => 'same',
      events: {
        result: (_origin, result) => {
          results[result] = (results[result] ?? 0) + 1;
        },
        failed: () => undefined,
        fault: (error) => {
          throw error;
        },
      },
      limits,
      ...parts,
    });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'consentry-queue-'));
    spool = new Spool({
      folder,
      keyring,
      maxBytes: 1e7,
      maxAgeMs: 3_600_000,
      now: Date.now,
      owner: 'one',
      lost: () => undefined,
    });
    results = {};
    arrived = [];
    marked = [];
    says = () => ({ kind: 'taken' });
    queue = open();
  });
  afterEach(async () => {
    await queue.stop(10);
    await spool.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('keeps no place for a hit that fails before it begins to be sent', async () => {
    queue = open(
      { concurrent: 2, waiting: 0 },
      {
        spool: null,
        send(_upstream, request, settled) {
          if (request.path.startsWith('/bad')) settled({ kind: 'not-sent', reason: 'upstream-invalid' });
          else setImmediate(() => settled({ kind: 'taken' }));
          return () => undefined;
        },
      },
    );
    for (let i = 0; i < 4; i++) queue.offer(hit(`/bad${i}`));
    expect(queue.length).toBe(0);
    queue.offer(hit('/good'));
    await vi.waitFor(() => expect(results).toEqual({ lost: 4, taken: 1 }));
  });

  it('spools each hit once at a stop where giving one up fails those on the same connection', async () => {
    const underWay = new Set<() => void>();
    queue = open(
      { concurrent: 8, waiting: 0 },
      {
        send(_upstream, _request, settled) {
          const fail = (): void => {
            underWay.delete(fail);
            settled(UNSURE);
          };
          underWay.add(fail);
          return () => {
            if (!underWay.delete(fail)) return;
            for (const other of [...underWay]) other();
          };
        },
      },
    );
    for (let i = 0; i < 8; i++) queue.offer(hit(`/${i}`));
    await queue.stop(1);
    expect(results).toEqual({ spooled: 8 });
    expect(queue.length).toBe(0);
  });

  it('holds no hit that has been sent, even where only young objects are collected', async () => {
    const underWay: (() => void)[] = [];
    const send: QueueParts['send'] = (_upstream, _request, settled) => {
      underWay.push(() => settled({ kind: 'taken' }));
      return () => undefined;
    };
    queue = open({ concurrent: 100, waiting: 0 }, { send });
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as (options?: { type: 'minor' }) => void;
    let heldAtFirst = 0;
    for (let round = 0; round < 40; round++) {
      for (let i = 0; i < 200; i++) {
        // 4 KiB each, so that the hits of the last 20 rounds would be 16 MiB.
        const request = { method: 'GET', path: '/', headers: new Array<string>(512).fill('x'), body: null };
        queue.offer({ request, subject: null, order: 0, describe: () => null });
        if (underWay.length > 64) underWay.shift()?.();
      }
      await new Promise((resolve) => setImmediate(resolve));
      if (round === 20) collect();
      else collect({ type: 'minor' });
      if (round === 20) heldAtFirst = process.memoryUsage().heapUsed;
    }
    expect((process.memoryUsage().heapUsed - heldAtFirst) / 1024 / 1024).toBeLessThan(4);
    for (const settle of underWay) settle();
  });

  it('sends so many at once, keeps so many in memory and the others on disk, and loses none', async () => {
    for (let i = 0; i < 100; i++) queue.offer(hit(`/${i}`));
    expect(queue.length).toBe(8);
    expect(results.spooled).toBe(92);
    await vi.waitFor(() => expect(arrived).toHaveLength(100), { timeout: 5_000 });
    expect(new Set(arrived).size).toBe(100);
    expect(marked).toEqual([]);
  });

  it('keeps hits while the collector refuses connections, and sends each once when it is back', async () => {
    says = () => DOWN;
    for (let i = 0; i < 50; i++) queue.offer(hit(`/${i}`, `subject-${i % 3}`));
    await vi.waitFor(() => expect(results.spooled).toBe(50));
    says = () => ({ kind: 'taken' });
    await vi.waitFor(() => expect(arrived).toHaveLength(50), { timeout: 5_000 });
    expect(new Set(arrived).size).toBe(50);
    expect(marked).toEqual([]);
    // Those of one subject come in their order.
    for (let subject = 0; subject < 3; subject++) {
      const own = arrived.map((path) => Number(path.slice(1))).filter((i) => i % 3 === subject);
      expect(own).toEqual([...own].sort((a, b) => a - b));
    }
  });

  it('marks as possibly repeated what may have arrived', async () => {
    says = () => UNSURE;
    queue.offer(hit('/a'));
    await vi.waitFor(() => expect(results.spooled).toBe(1));
    says = () => ({ kind: 'taken' });
    await vi.waitFor(() => expect(arrived).toEqual(['/a']), { timeout: 5_000 });
    expect(marked).toEqual(['/a']);
    expect(results.repeated).toBe(1);
  });

  it('puts a later hit of a subject behind its waiting ones', async () => {
    says = () => DOWN;
    queue.offer(hit('/1', 'anna'));
    await vi.waitFor(() => expect(results.spooled).toBe(1));
    says = () => ({ kind: 'taken' });
    queue.offer(hit('/2', 'anna'));
    await vi.waitFor(() => expect(arrived).toEqual(['/1', '/2']), { timeout: 5_000 });
  });

  it('deletes what is judged differently now', async () => {
    await queue.stop(10);
    queue = open(undefined, { judgeAgain: ({ context }) => ((context as { path: string }).path === '/no' ? 'changed' : 'same') });
    says = () => DOWN;
    queue.offer(hit('/no'));
    queue.offer(hit('/yes'));
    await vi.waitFor(() => expect(results.spooled).toBe(2));
    says = () => ({ kind: 'taken' });
    await vi.waitFor(() => expect(arrived).toEqual(['/yes']), { timeout: 5_000 });
    await vi.waitFor(() => expect(spool.entries).toBe(0));
    expect(results.changed).toBe(1);
  });

  it('keeps what cannot be judged at the moment', async () => {
    await queue.stop(10);
    let verdict: 'later' | 'same' = 'later';
    queue = open(undefined, { judgeAgain: () => verdict });
    says = () => DOWN;
    queue.offer(hit('/a'));
    await vi.waitFor(() => expect(results.spooled).toBe(1));
    says = () => ({ kind: 'taken' });
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(arrived).toEqual([]);
    verdict = 'same';
    await vi.waitFor(() => expect(arrived).toEqual(['/a']), { timeout: 5_000 });
  });

  it('gives up a hit at which the collector fails again and again while it takes others, and sends the ones behind it', async () => {
    says = ({ path }) => (path === '/poison' ? UNSURE : { kind: 'taken' });
    queue.offer(hit('/poison', 'anna'));
    await vi.waitFor(() => expect(results.spooled).toBe(1));
    queue.offer(hit('/good', 'anna'));
    const others = setInterval(() => queue.offer(hit('/other')), 50);
    await vi.waitFor(() => expect(arrived).toContain('/good'), { timeout: 15_000 }).finally(() => clearInterval(others));
    expect(results['given-up']).toBe(1);
  });

  it('gives up nothing while the collector takes nothing, however often it is asked', async () => {
    let attempts = 0;
    says = () => {
      attempts++;
      return UNSURE;
    };
    const subjects = ['anna', 'anna', 'bert', null];
    for (const [i, subject] of subjects.entries()) queue.offer(hit(`/${i}`, subject));
    // Each failure alone, as where the process was started anew in between.
    for (let i = 0; i < 24; i++) {
      const before = attempts;
      await vi.waitFor(() => expect(attempts).toBeGreaterThan(before), { timeout: 5_000 });
      if (i % 4 === 3) {
        await queue.stop(1_000);
        queue = open();
        queue.wake();
      }
    }
    expect(attempts).toBeGreaterThan(4 * 8 - 4);
    says = () => ({ kind: 'taken' });
    await vi.waitFor(() => expect(arrived).toHaveLength(4), { timeout: 15_000 });
    expect(arrived.indexOf('/0')).toBeLessThan(arrived.indexOf('/1'));
    expect(results['given-up']).toBeUndefined();
    expect(marked).toHaveLength(4);
  }, 30_000);

  it('asks with another hit whether the collector is back than the one that it fails at', async () => {
    says = ({ path }) => (path === '/poison' ? UNSURE : DOWN);
    for (const path of ['/poison', '/a', '/b']) queue.offer(hit(path));
    await vi.waitFor(() => expect(results.spooled).toBe(3));
    says = ({ path }) => (path === '/poison' ? UNSURE : { kind: 'taken' });
    await vi.waitFor(() => expect(arrived.sort()).toEqual(['/a', '/b']), { timeout: 10_000 });
  }, 15_000);

  it('spools at a clean stop what waits, and marks what is in flight', async () => {
    says = () => null;
    for (let i = 0; i < 8; i++) queue.offer(hit(`/${i}`));
    await queue.stop(20);
    await spool.flush();
    const entries = await spool.peek(upstream.origin, 100);
    expect(entries).toHaveLength(8);
    expect(entries.filter((entry) => entry.maybeSent)).toHaveLength(4);
    expect(queue.length).toBe(0);
  });

  it('without a spool, counts as lost what finds no room', async () => {
    await queue.stop(10);
    queue = open({ concurrent: 2, waiting: 2 }, { spool: null });
    for (let i = 0; i < 10; i++) queue.offer(hit(`/${i}`));
    expect(results.lost).toBe(6);
    await vi.waitFor(() => expect(arrived).toHaveLength(4));
  });
});
