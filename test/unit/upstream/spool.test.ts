import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKeyring } from '../../../src/consent/keys.ts';
import { Spool, type SpoolOptions } from '../../../src/upstream/spool.ts';
import type { WaitingHit } from '../../../src/upstream/spool-seal.ts';

const COLLECTOR = 'http://collector.example';
const keyring = createKeyring([{ kid: 'k1', bytes: Buffer.alloc(32, 7) }]);

function hit(path: string, body: Buffer | null = null): WaitingHit {
  return {
    request: { method: body === null ? 'GET' : 'POST', path, headers: ['Host', 'shop.example'], body },
    context: { path },
  };
}

describe('the spool', () => {
  let folder: string;
  let now: number;
  let spool: Spool;
  const open = (options: Partial<SpoolOptions> = {}): Spool =>
    new Spool({
      folder,
      keyring,
      maxBytes: 1e6,
      maxAgeMs: 3_600_000,
      now: () => now,
      owner: 'one',
      lost: () => undefined,
      ...options,
    });
  const paths = async (limit = 100): Promise<(string | undefined)[]> =>
    (await spool.peek(COLLECTOR, limit)).map((entry) => entry.hit?.request.path);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'consentry-spool-'));
    now = 1_800_000_000_000;
    spool = open();
  });
  afterEach(async () => {
    await spool.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('gives hits back as they were, in the order in which they came', async () => {
    const body = Buffer.from([0, 1, 255, 10]);
    expect(spool.put(COLLECTOR, hit('/a?x=1', body), 'anna', false, spool.nextOrder())).toBe(true);
    for (let i = 0; i < 50; i++) spool.put(COLLECTOR, hit(`/${i}`), null, false, spool.nextOrder());
    now += 5;
    spool.put(COLLECTOR, hit('/last'), null, false, spool.nextOrder());
    spool.put('http://other.example', hit('/elsewhere'), null, false, spool.nextOrder());
    await spool.flush();
    const entries = await spool.peek(COLLECTOR, 100);
    expect(entries[0]?.hit).toEqual({ ...hit('/a?x=1', body) });
    expect(await paths()).toEqual(['/a?x=1', ...Array.from({ length: 50 }, (_, i) => `/${i}`), '/last']);
    expect(spool.entries).toBe(53);
    expect(spool.origins().sort()).toEqual([COLLECTOR, 'http://other.example']);
  });

  it('looks again at what it gives back, though it was read as it stood', async () => {
    const { request, context } = hit('/a');
    spool.put(COLLECTOR, { request: { ...request, isAsRead: true }, context }, null, false, spool.nextOrder());
    await spool.flush();
    expect((await spool.peek(COLLECTOR, 1))[0]?.hit?.request).toEqual(request);
  });

  it('survives the end of its process', async () => {
    spool.put(COLLECTOR, hit('/a'), 'anna', true, spool.nextOrder());
    await spool.close();
    spool = open({ owner: 'two' });
    const [entry] = await spool.peek(COLLECTOR, 10);
    expect(entry).toMatchObject({ maybeSent: true, attempts: 1, hit: { request: { path: '/a' } } });
  });

  it('holds neither hit nor subject in the clear', async () => {
    spool.put(COLLECTOR, hit('/collect?email=anna@example.com'), 'subject-of-anna', false, spool.nextOrder());
    await spool.flush();
    for (const name of readdirSync(folder)) {
      const bytes = readFileSync(join(folder, name)).toString('latin1');
      expect(bytes).not.toContain('anna');
      expect(bytes).not.toContain('shop.example');
    }
  });

  it('opens nothing with another key', async () => {
    spool.put(COLLECTOR, hit('/a'), null, false, spool.nextOrder());
    await spool.close();
    spool = open({ keyring: createKeyring([{ kid: 'k1', bytes: Buffer.alloc(32, 8) }]) });
    expect(await paths()).toEqual([undefined]);
  });

  it('refuses what would pass its size', async () => {
    await spool.close();
    spool = open({ maxBytes: 5_000 });
    const large = Buffer.alloc(2_000);
    expect(spool.put(COLLECTOR, hit('/1', large), null, false, spool.nextOrder())).toBe(true);
    expect(spool.put(COLLECTOR, hit('/2', large), null, false, spool.nextOrder())).toBe(true);
    expect(spool.put(COLLECTOR, hit('/3', large), null, false, spool.nextOrder())).toBe(false);
    await spool.flush();
    expect(spool.put(COLLECTOR, hit('/4', large), null, false, spool.nextOrder())).toBe(false);
    const entries = await spool.peek(COLLECTOR, 10);
    await spool.change(entries.map(({ key }) => ({ key, remove: true })));
    expect(spool.bytes).toBe(0);
    expect(spool.put(COLLECTOR, hit('/5', large), null, false, spool.nextOrder())).toBe(true);
  });

  it('removes what is too old, and tells once what was lost by it', async () => {
    await spool.close();
    const lost: unknown[] = [];
    spool = open({ lost: (...told) => lost.push(told) });
    spool.put(COLLECTOR, hit('/old'), 'anna', false, spool.nextOrder());
    await spool.flush();
    now += 3_600_001;
    spool.put(COLLECTOR, hit('/young'), null, false, spool.nextOrder());
    await spool.flush();
    expect(await spool.sweep()).toBe(1);
    expect(await spool.sweep()).toBe(0);
    expect(await paths()).toEqual(['/young']);
    expect(lost).toEqual([[1, COLLECTOR]]);
    expect(spool.isWaiting('anna')).toBe(false);
  });

  it('takes no lease for one that ends later than it can: the clock went back, and its process is gone', async () => {
    expect(await spool.lease(COLLECTOR)).toBe(true);
    const other = open({ owner: 'two' });
    expect(await other.lease(COLLECTOR)).toBe(false);
    now -= 3_600_000;
    expect(await other.lease(COLLECTOR)).toBe(true);
    await other.close();
  });

  it('deletes the hits of an erased subject, and no others', async () => {
    spool.put(COLLECTOR, hit('/anna-1'), 'anna', false, spool.nextOrder());
    spool.put(COLLECTOR, hit('/bea'), 'bea', false, spool.nextOrder());
    spool.put('http://other.example', hit('/anna-2'), 'anna', false, spool.nextOrder());
    expect(spool.isWaiting('anna')).toBe(true);
    expect(await spool.forget('anna')).toBe(2);
    expect(spool.isWaiting('anna')).toBe(false);
    expect(spool.isWaiting('bea')).toBe(true);
    expect(await paths()).toEqual(['/bea']);
    expect(spool.entries).toBe(1);
  });

  it('finds the hits of a subject also after a new key was put in front', async () => {
    spool.put(COLLECTOR, hit('/anna'), 'anna', false, spool.nextOrder());
    await spool.close();
    spool = open({
      keyring: createKeyring([
        { kid: 'k2', bytes: Buffer.alloc(32, 9) },
        { kid: 'k1', bytes: Buffer.alloc(32, 7) },
      ]),
    });
    expect(spool.isWaiting('anna')).toBe(true);
    expect(await paths()).toEqual(['/anna']);
    expect(await spool.forget('anna')).toBe(1);
  });

  it('lets one process at a time send for a collector', async () => {
    const other = open({ owner: 'two' });
    expect(await spool.lease(COLLECTOR)).toBe(true);
    expect(await other.lease(COLLECTOR)).toBe(false);
    expect(await spool.lease(COLLECTOR)).toBe(true);
    now += 30_001;
    expect(await other.lease(COLLECTOR)).toBe(true);
    await other.close();
  });
});
