/**
 * The spool: answered hits that wait for a collector that is down or slow, on disk, encrypted, in order, bounded in bytes
 * and age. One lmdb environment in a folder, shared by the worker processes of one machine.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Database, RootDatabase } from 'lmdb';
import type { Keyring } from '../consent/keys.ts';
import { closeRoot, commit } from '../store/commit.ts';
import { openDatabaseFile } from '../store/lmdb-file.ts';
import { hashSubject, openHit, sealHit, type WaitingHit } from './spool-seal.ts';

export interface SpoolOptions {
  readonly folder: string;
  readonly keyring: Keyring;
  /** Sealed bytes of all workers together; a hit that would pass it is refused. */
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  readonly now: () => number;
  /** Tells the entries of one process from another's. */
  readonly owner: string;
  /** Told of hits that the disk did not take, and of a collector's that became too old. */
  lost(count: number, origin?: string): void;
}

/** Collector, time and process: the order in which hits are sent. */
export type SpoolKey = [origin: string, order: number, owner: string];

export interface SpoolEntry {
  readonly key: SpoolKey;
  /** Null where it cannot be opened any more. */
  readonly hit: WaitingHit | null;
  /** Keyed hash of the subject, or empty. */
  readonly subject: string;
  /** The collector may have it already: sending began and nobody learned how it ended. */
  readonly maybeSent: boolean;
  /** How often sending began and ended without an answer. */
  readonly attempts: number;
}

/** What becomes of an entry: it goes, or it stays with these marks. */
export type SpoolChange =
  | { readonly key: SpoolKey; readonly remove: true }
  | { readonly key: SpoolKey; readonly maybeSent: boolean; readonly attempts: number };

interface Row {
  readonly marks: readonly [maybeSent: boolean, attempts: number];
  readonly subject: string;
  readonly sealed: Buffer;
}

/** Sealed hits on their way to the disk; more are refused: the disk does not keep up. */
const MOST_PENDING_BYTES = 32 * 1024 * 1024;
/** Order numbers of one process within a millisecond; a power of two keeps them exact for the next 200 years. */
const ORDERS_PER_MS = 1024;
/** Longer than a batch can take: each of its lanes ends at the first collector that does not answer. */
const LEASE_MS = 30_000;
const LOOK_EVERY_MS = 250;

export class Spool {
  readonly #options: SpoolOptions;
  readonly #root: RootDatabase;
  readonly #rows: Database<Row, SpoolKey>;
  readonly #bySubject: Database<true, [string, ...SpoolKey]>;
  readonly #state: Database<number, string>;
  readonly #leases: Database<readonly [owner: string, until: number], string>;
  #pending: { key: SpoolKey; row: Row }[] = [];
  #pendingBytes = 0;
  #writing: Promise<void> = Promise.resolve();
  #isWriting = false;
  #lastOrder = 0;
  readonly #look: NodeJS.Timeout;
  /** Whether anything may wait here: asked for each hit, and therefore looked up now and then only. */
  mayHold = true;

  /** @throws Error with lmdb's own words where the folder cannot be opened. */
  constructor(options: SpoolOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    this.#root = openDatabaseFile(join(options.folder, 'spool.mdb'), { maxDbs: 4 });
    this.#rows = this.#root.openDB<Row, SpoolKey>({ name: 'rows' });
    this.#bySubject = this.#root.openDB<true, [string, ...SpoolKey]>({ name: 'subjects' });
    this.#state = this.#root.openDB({ name: 'state' });
    this.#leases = this.#root.openDB({ name: 'leases' });
    this.#look = setInterval(() => {
      this.mayHold = this.entries > 0;
    }, LOOK_EVERY_MS).unref();
  }

  /**
   * Keeps a hit in its order. False where it finds no room. It is on its way to the disk then; {@link flush} waits for it.
   * @param order from {@link nextOrder}, when the hit was taken.
   */
  put(origin: string, hit: WaitingHit, subject: string | null, maybeSent: boolean, order: number): boolean {
    const key: SpoolKey = [origin, order, this.#options.owner];
    const sealed = sealHit(hit, key.join(' '), this.#options.keyring);
    if (this.#pendingBytes + sealed.length > MOST_PENDING_BYTES) return false;
    if (this.bytes + this.#pendingBytes + sealed.length > this.#options.maxBytes) return false;
    const hash = subject === null ? '' : (hashSubject(subject, this.#options.keyring)[0] ?? '');
    this.#pending.push({ key, row: { marks: [maybeSent, maybeSent ? 1 : 0], subject: hash, sealed } });
    this.#pendingBytes += sealed.length;
    this.mayHold = true;
    if (!this.#isWriting) this.#write();
    return true;
  }

  /** A number for each hit as it is taken: those that fail on their way wait where they would have waited before. */
  nextOrder(): number {
    this.#lastOrder = Math.max(this.#lastOrder + 1, this.#options.now() * ORDERS_PER_MS);
    return this.#lastOrder;
  }

  /** Resolves when everything that was put is on the disk. */
  async flush(): Promise<void> {
    while (this.#isWriting) await this.#writing;
  }

  /** The oldest entries of a collector, without those that are too old: these are removed. */
  async peek(origin: string, most: number): Promise<SpoolEntry[]> {
    this.#root.resetReadTxn();
    const oldest = (this.#options.now() - this.#options.maxAgeMs) * ORDERS_PER_MS;
    const entries: SpoolEntry[] = [];
    const late: SpoolChange[] = [];
    for (const { key, value } of this.#rows.getRange({ start: [origin, 0, ''], end: [origin, Number.MAX_SAFE_INTEGER, ''] })) {
      if (key[1] < oldest) late.push({ key, remove: true });
      else entries.push(this.#read(key, value));
      if (entries.length >= most || late.length >= 1_000) break;
    }
    const lost = await this.change(late);
    if (lost > 0) this.#options.lost(lost, origin);
    return entries;
  }

  #read(key: SpoolKey, { marks: [maybeSent, attempts], subject, sealed }: Row): SpoolEntry {
    const hit = openHit(sealed, key.join(' '), this.#options.keyring);
    return { key, hit, subject, maybeSent, attempts };
  }

  /** Applies changes in one transaction, so that the other workers see all of them or none. @returns how many are gone by it. */
  async change(changes: readonly SpoolChange[]): Promise<number> {
    if (changes.length === 0) return 0;
    return commit(this.#root, () => {
      let removed = 0;
      for (const change of changes) {
        const row = this.#rows.get(change.key);
        if (row === undefined) continue;
        if ('remove' in change) {
          this.#remove(change.key, row);
          removed++;
        } else this.#rows.put(change.key, { ...row, marks: [change.maybeSent, change.attempts] });
      }
      return removed;
    });
  }

  /** Removes what is too old at every collector, also at ones that are no longer configured. @returns how many. */
  async sweep(): Promise<number> {
    let removed = 0;
    for (const origin of this.origins()) {
      const before = this.entries;
      await this.peek(origin, 1);
      removed += Math.max(0, before - this.entries);
    }
    return removed;
  }

  /** Collectors for which something waits. */
  origins(): string[] {
    this.#root.resetReadTxn();
    const found: string[] = [];
    for (let start: SpoolKey = ['', 0, '']; ; ) {
      const [key] = this.#rows.getKeys({ start, limit: 1 });
      if (key === undefined) return found;
      found.push(key[0]);
      start = [key[0], Number.MAX_SAFE_INTEGER, ''];
    }
  }

  /** Whether hits of a subject wait: a later one then waits behind them. */
  isWaiting(subject: string): boolean {
    this.#root.resetReadTxn();
    return hashSubject(subject, this.#options.keyring).some(
      (hash) => this.#pending.some(({ row }) => row.subject === hash) || !isEmpty(this.#keysOf(hash)),
    );
  }

  /** Deletes what waits of an erased subject. @returns how many hits that were. */
  async forget(subject: string): Promise<number> {
    await this.flush();
    const keys: SpoolKey[] = [];
    this.#root.resetReadTxn();
    for (const hash of hashSubject(subject, this.#options.keyring)) {
      for (const [, ...key] of this.#keysOf(hash)) keys.push(key);
    }
    await this.change(keys.map((key) => ({ key, remove: true })));
    return keys.length;
  }

  /** Whether this process may send a collector's waiting hits for the next half minute: one at a time does. */
  async lease(origin: string): Promise<boolean> {
    const { owner, now } = this.#options;
    return commit(this.#root, () => {
      const [holder, until] = this.#leases.get(origin) ?? ['', 0];
      const left = until - now();
      // More than a lease is long: the clock went back, and the holder may have ended since.
      if (holder !== owner && left > 0 && left <= LEASE_MS) return false;
      this.#leases.put(origin, [owner, now() + LEASE_MS]);
      return true;
    });
  }

  get bytes(): number {
    return this.#state.get('bytes') ?? 0;
  }

  /** Entries on the disk and on their way there. */
  get entries(): number {
    return (this.#state.get('entries') ?? 0) + this.#pending.length;
  }

  async close(): Promise<void> {
    clearInterval(this.#look);
    await this.flush();
    await commit(this.#root, () => {
      for (const { key, value } of this.#leases.getRange()) if (value[0] === this.#options.owner) this.#leases.remove(key);
      // A lease that a full disk does not let go of ends by itself.
    }).catch(() => undefined);
    await closeRoot(this.#root);
  }

  #keysOf(hash: string): Iterable<[string, ...SpoolKey]> {
    return this.#bySubject.getKeys({ start: [hash, '', 0, ''], end: [hash, '\uffff', 0, ''] });
  }

  #write(): void {
    this.#isWriting = true;
    this.#writing = this.#writePending().finally(() => {
      this.#isWriting = false;
      if (this.#pending.length > 0) this.#write();
    });
  }

  async #writePending(): Promise<void> {
    // One turn of the event loop's hits share one transaction.
    await new Promise((resolve) => setImmediate(resolve));
    const batch = this.#pending.slice();
    const bytes = batch.reduce((sum, { row }) => sum + row.sealed.length, 0);
    try {
      await commit(this.#root, () => {
        for (const { key, row } of batch) {
          this.#rows.put(key, row);
          if (row.subject !== '') this.#bySubject.put([row.subject, ...key], true);
        }
        this.#count(bytes, batch.length);
      });
    } catch {
      this.#options.lost(batch.length);
    }
    this.#pending = this.#pending.slice(batch.length);
    this.#pendingBytes -= bytes;
  }

  #remove(key: SpoolKey, row: Row): void {
    this.#rows.remove(key);
    if (row.subject !== '') this.#bySubject.remove([row.subject, ...key]);
    this.#count(-row.sealed.length, -1);
  }

  #count(bytes: number, entries: number): void {
    this.#state.put('bytes', Math.max(0, this.bytes + bytes));
    this.#state.put('entries', Math.max(0, (this.#state.get('entries') ?? 0) + entries));
  }
}

function isEmpty(items: Iterable<unknown>): boolean {
  for (const _ of items) return false;
  return true;
}
