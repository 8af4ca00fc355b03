/** What every consent store promises. A store's own test calls this with a way to open it. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawSubject, openRecord } from '../../src/consent/chain.ts';
import { type Addition, type ConsentStore, GENESIS_HASH } from '../../src/store/store.ts';
import { addTo, ENTRY } from '../support/records.ts';

export interface StoreUnderTest {
  readonly store: ConsentStore;
  /** A second process's view of the same data; the same store where there is no second process. */
  readonly other: ConsentStore;
  close(): Promise<void>;
}

async function append(store: ConsentStore, subject: string, at = ENTRY.at): Promise<Addition> {
  const addition = addTo(subject, await store.readTip(subject), { at });
  expect(await store.append(addition)).toBe('appended');
  return addition;
}

export function describeStore(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(name, () => {
    let tested: StoreUnderTest;
    let store: ConsentStore;
    beforeAll(async () => {
      tested = await open();
      store = tested.store;
    });
    afterAll(() => tested?.close());

    it('knows nothing of a stranger', async () => {
      const subject = drawSubject();
      expect(await store.readHead(subject)).toBeNull();
      expect(await store.readChain(subject)).toBeNull();
      expect(await store.readTip(subject)).toEqual({ head: null, key: null, sequence: 0, hash: GENESIS_HASH });
      expect(await store.erase(subject, 1)).toBe(false);
    });

    it.each(['', 'x'.repeat(10_000), '../../etc', 'a}b{c', '\u0000'])(
      'knows nothing of %j, and does not mind',
      async (subject) => {
        expect(await store.readHead(subject)).toBeNull();
        expect(await store.readChain(subject)).toBeNull();
        expect((await store.readTip(subject)).sequence).toBe(0);
        expect(await store.erase(subject, 1)).toBe(false);
      },
    );

    it('gives back the head as it was appended, at once and elsewhere', async () => {
      const subject = drawSubject();
      const { head, record, newKey } = await append(store, subject);
      expect(await store.readHead(subject)).toEqual(head);
      expect(await tested.other.readHead(subject)).toEqual(head);
      expect(await tested.other.readTip(subject)).toEqual({ head, key: newKey, sequence: 1, hash: record.hash });
    });

    it('draws one secret a day for everybody, and forgets those of days gone by', async () => {
      const [mine, theirs] = await Promise.all([store.readDayKey('2026-11-22'), tested.other.readDayKey('2026-11-22')]);
      expect(mine).toHaveLength(32);
      expect(theirs).toEqual(mine);
      expect(await store.readDayKey('2026-11-23')).not.toEqual(mine);
      expect(await tested.other.readDayKey('2026-11-22')).toEqual(mine);
      await store.forgetDayKeys('2026-11-23');
      // Redis forgets by the clock of the server.
      if (store.kind !== 'redis') expect(await tested.other.readDayKey('2026-11-22')).not.toEqual(mine);
    });

    it('keeps every record in order, readable under the subject’s own key', async () => {
      const subject = drawSubject();
      const hashes: string[] = [];
      for (let i = 0; i < 12; i++) hashes.push((await append(store, subject, ENTRY.at + i)).record.hash);
      const chain = await tested.other.readChain(subject);
      expect(chain?.records.map((record) => record.hash)).toEqual(hashes);
      expect(chain?.records.map((record) => record.sequence)).toEqual(hashes.map((_, i) => i + 1));
      expect(chain?.records.map((record) => record.previous)).toEqual([GENESIS_HASH, ...hashes.slice(0, -1)]);
      const key = chain?.tip.key ?? Buffer.alloc(32);
      expect(chain?.records.map((record) => openRecord(record, key)?.at)).toEqual(hashes.map((_, i) => ENTRY.at + i));
    });

    it('refuses a record that does not continue the chain, and changes nothing', async () => {
      const subject = drawSubject();
      const stale = addTo(subject, await store.readTip(subject));
      const first = await append(store, subject);
      expect(await store.append(stale)).toBe('conflict');
      const late = addTo(subject, { ...(await store.readTip(subject)), hash: randomBytes(32).toString('hex') });
      expect(await store.append(late)).toBe('conflict');
      const skipping = addTo(subject, { ...(await store.readTip(subject)), sequence: 5 });
      expect(await store.append(skipping)).toBe('conflict');
      expect(await store.readHead(subject)).toEqual(first.head);
      expect((await store.readChain(subject))?.records).toHaveLength(1);
    });

    it('lets one of many writers win each place, so that no chain forks', async () => {
      const subject = drawSubject();
      const writers = [store, tested.other, store, tested.other, store, tested.other];
      const write = async (writer: ConsentStore) => {
        let conflicts = 0;
        for (let written = 0; written < 5; ) {
          if ((await writer.append(addTo(subject, await writer.readTip(subject)))) === 'appended') written++;
          else conflicts++;
        }
        return conflicts;
      };
      await Promise.all(writers.map(write));
      const chain = await store.readChain(subject);
      expect(chain?.records).toHaveLength(30);
      for (const [index, record] of (chain?.records ?? []).entries()) {
        expect(record.previous).toBe(index === 0 ? GENESIS_HASH : chain?.records[index - 1]?.hash);
      }
      expect(chain?.tip.hash).toBe(chain?.records.at(-1)?.hash);
    });

    it('erases head and key, and leaves the chain and the time of it', async () => {
      const subject = drawSubject();
      await append(store, subject);
      const last = await append(store, subject);
      expect(await store.erase(subject, 1_763_900_000_000)).toBe(true);
      expect(await store.readHead(subject)).toBeNull();
      expect(await tested.other.readHead(subject)).toBeNull();
      const chain = await store.readChain(subject);
      expect(chain?.tip).toEqual({ head: null, key: null, sequence: 2, hash: last.record.hash });
      expect(chain?.erasure).toEqual({ throughSequence: 2, at: 1_763_900_000_000 });
      expect(chain?.records).toHaveLength(2);
      expect(await store.erase(subject, 1)).toBe(false);
    });

    it('goes on after an erasure under a new key', async () => {
      const subject = drawSubject();
      const before = await append(store, subject);
      await store.erase(subject, 5);
      const after = await append(store, subject);
      expect(after.record).toMatchObject({ sequence: 2, previous: before.record.hash });
      expect(after.newKey).not.toBeNull();
      const chain = await store.readChain(subject);
      expect(chain?.erasure?.throughSequence).toBe(1);
      expect(openRecord(after.record, chain?.tip.key ?? Buffer.alloc(32))).not.toBeNull();
      expect(openRecord(before.record, chain?.tip.key ?? Buffer.alloc(32))).toBeNull();
    });

    it('refuses a record that was sealed before the erasure', async () => {
      const subject = drawSubject();
      await append(store, subject);
      const sealed = addTo(subject, await store.readTip(subject));
      await store.erase(subject, 5);
      expect(await store.append(sealed)).toBe('conflict');
      expect(await store.readHead(subject)).toBeNull();
    });

    it('lists every subject, the erased ones too', async () => {
      const known = drawSubject();
      const erased = drawSubject();
      await append(store, known);
      await append(store, erased);
      await store.erase(erased, 5);
      const listed = new Set<string>();
      for await (const subject of tested.other.subjects()) listed.add(subject);
      expect(listed).toContain(known);
      expect(listed).toContain(erased);
    });

    it('gives a task to one holder at a time, until it is over', async () => {
      const at = Date.now();
      const [mine, theirs] = await Promise.all([store.claim('anchor', 'a', at, 400), tested.other.claim('anchor', 'b', at, 400)]);
      expect([mine, theirs].filter(Boolean)).toHaveLength(1);
      const [first, second] = mine ? ['a', 'b'] : ['b', 'a'];
      expect(await store.claim('anchor', first, at, 500)).toBe(true);
      expect(await tested.other.claim('anchor', second, at, 500)).toBe(false);
      expect(await tested.other.claim('retire', second, at, 500)).toBe(true);
      await new Promise((resolve) => setTimeout(resolve, 600));
      expect(await tested.other.claim('anchor', second, Date.now(), 500)).toBe(true);
      expect(await store.claim('anchor', first, Date.now(), 500)).toBe(false);
    });

    it('is writable', async () => {
      expect(await store.isWritable()).toBe(true);
    });
  });
}
