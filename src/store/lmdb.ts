/**
 * The embedded store: one lmdb environment in a folder, shared by the worker processes of one machine. A head is read in
 * a microsecond or two, at once; a write is answered when it is on the disk, not when it is merely committed.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from 'lmdb';
import { BoundedCache } from '../consent/bounded-cache.ts';
import type { ConsentHead } from '../consent/record.ts';
import { type Claim, isTaken } from './claim.ts';
import { closeRoot, commit } from './commit.ts';
import { decodeHead, encodeHead } from './head-codec.ts';
import { openDatabaseFile } from './lmdb-file.ts';
import { decodeRecord, encodeRecord } from './record-codec.ts';
import {
  type ChainTip,
  type ConsentStore,
  DAY_KEY_BYTES,
  type Erasure,
  GENESIS_HASH,
  type StoredRecord,
  StoreUnavailable,
} from './store.ts';
import { isSubject } from './subject.ts';

/** A write that the disk does not take in this time is not acknowledged. */
const WRITE_DEADLINE_MS = 5000;

/**
 * Addresses for the file, of which only what it holds takes memory. The library's own way, to begin with 128 KiB and to map the file anew
 * whenever it outgrows them, keeps the earlier maps until the end, and with them most of the file in memory once more.
 */
const MAP_BYTES = 16 * 2 ** 30;

const KEPT_HEADS = 4096;
/** Keys read at a time. */
const PAGE = 500;

/** An erasure, with the hash that the chain goes on from. */
type ErasureRow = Erasure & { readonly hash: string };

/** @throws Error with lmdb's own words where the folder cannot be opened: at start, not on a hit. */
export function openLmdbStore(folder: string): ConsentStore {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const root = openDatabaseFile(join(folder, 'consent.mdb'), { maxDbs: 8, mapSize: MAP_BYTES });
  const heads: Database<string, string> = root.openDB({ name: 'heads', encoding: 'string' });
  const keys: Database<Buffer, string> = root.openDB({ name: 'keys', encoding: 'binary' });
  const records: Database<Buffer, [string, number]> = root.openDB({ name: 'records', encoding: 'binary' });
  const erasures: Database<ErasureRow, string> = root.openDB({ name: 'erasures' });
  const claims: Database<Claim, string> = root.openDB({ name: 'claims' });
  const days: Database<Buffer, string> = root.openDB({ name: 'days', encoding: 'binary' });

  /** Heads as they were last read: the store is asked for each hit, but the same text need not be parsed again. */
  const read = new BoundedCache<{ readonly text: string; readonly head: ConsentHead }>(KEPT_HEADS);

  let isLatest = false;

  /** Another process's writes are seen only by a transaction that began after them. */
  function seeLatest(): void {
    root.resetReadTxn();
    isLatest = false;
  }

  /**
   * The same for hits, once for all that one turn of the event loop reads: they were on their way when its first was looked up. What another
   * process writes meanwhile counts from the next turn on.
   */
  function seeLatestOfTurn(): void {
    if (isLatest) return;
    root.resetReadTxn();
    isLatest = true;
    setImmediate(endTurn);
  }

  function endTurn(): void {
    isLatest = false;
  }

  function readTip(subject: string): ChainTip {
    if (!isSubject(subject)) return { head: null, key: null, sequence: 0, hash: GENESIS_HASH };
    const text = heads.get(subject);
    const key = keys.get(subject) ?? null;
    if (text !== undefined) {
      const head = decodeHead(subject, text);
      return { head, key, sequence: head.sequence, hash: head.hash };
    }
    const erasure = erasures.get(subject);
    return { head: null, key, sequence: erasure?.throughSequence ?? 0, hash: erasure?.hash ?? GENESIS_HASH };
  }

  /** Page by page: a cursor that stays open keeps pages of the file from being used again. */
  async function* listKeys(database: Database<unknown, string>): AsyncIterable<string> {
    for (let last: string | null = null; ; ) {
      seeLatest();
      const page: string[] = [...database.getKeys({ ...(last !== null && { start: last }), limit: PAGE })];
      yield* page[0] === last ? page.slice(1) : page;
      if (page.length < PAGE) return;
      last = page.at(-1) ?? null;
    }
  }

  /** Runs a change in one transaction, which is on the disk when it is committed. */
  async function change<Outcome>(action: () => Outcome): Promise<Outcome> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new StoreUnavailable('the disk took too long to write a consent record')),
        WRITE_DEADLINE_MS,
      );
    });
    try {
      return await Promise.race([late, commit(root, action)]);
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      throw new StoreUnavailable('a consent record could not be written to the disk', { cause: error });
    } finally {
      clearTimeout(timer);
      isLatest = false;
    }
  }

  return {
    kind: 'lmdb',
    readHead(subject) {
      if (!isSubject(subject)) return null;
      seeLatestOfTurn();
      const text = heads.get(subject);
      if (text === undefined) {
        read.delete(subject);
        return null;
      }
      const known = read.get(subject);
      if (known !== undefined && known.text === text) return known.head;
      const head = decodeHead(subject, text);
      read.set(subject, { text, head });
      return head;
    },
    async readTip(subject) {
      seeLatest();
      return readTip(subject);
    },
    append: ({ record, head, newKey }) =>
      change(() => {
        const tip = readTip(head.subject);
        if (tip.hash !== record.previous || tip.sequence + 1 !== record.sequence) return 'conflict';
        if ((tip.key === null) !== (newKey !== null)) return 'conflict';
        records.put([head.subject, record.sequence], encodeRecord(record));
        heads.put(head.subject, encodeHead(head));
        if (newKey !== null) keys.put(head.subject, newKey);
        return 'appended';
      }),
    async readChain(subject) {
      if (!isSubject(subject)) return null;
      seeLatest();
      const tip = readTip(subject);
      const chain: StoredRecord[] = [];
      for (const { key, value } of records.getRange({ start: [subject, 0], end: [subject, Number.MAX_SAFE_INTEGER] })) {
        chain.push(decodeRecord(key[1], value));
      }
      const row = erasures.get(subject);
      const erasure = row === undefined ? null : { throughSequence: row.throughSequence, at: row.at };
      return tip.sequence === 0 && chain.length === 0 && erasure === null ? null : { tip, records: chain, erasure };
    },
    erase: (subject, at) =>
      change(() => {
        const { head, sequence, hash } = readTip(subject);
        if (head === null) return false;
        erasures.put(subject, { throughSequence: sequence, at, hash });
        heads.remove(subject);
        keys.remove(subject);
        read.delete(subject);
        return true;
      }),
    async *subjects() {
      yield* listKeys(heads);
      for await (const subject of listKeys(erasures)) if (!heads.doesExist(subject)) yield subject;
    },
    async readDayKey(day) {
      seeLatest();
      const known = days.get(day);
      if (known !== undefined) return known;
      return change(() => {
        const drawn = days.get(day) ?? randomBytes(DAY_KEY_BYTES);
        days.put(day, drawn);
        return drawn;
      });
    },
    forgetDayKeys: (before) =>
      change(() => {
        for (const day of [...days.getKeys({ end: before })]) days.remove(day);
      }),
    claim: (task, holder, now, forMs) =>
      change(() => {
        if (isTaken(claims.get(task), holder, now)) return false;
        claims.put(task, { holder, until: now + forMs });
        return true;
      }),
    async isWritable() {
      try {
        await change(() => root.put('probe', Date.now()));
        return true;
      } catch {
        return false;
      }
    },
    close: () => closeRoot(root),
  };
}
