/**
 * The one interface of every store of consent records. A subject's records are append-only; each carries the hash of the
 * one before over ciphertext under the subject's own key, so that erasing the key erases the person and leaves the chain.
 */
import type { ConsentHead } from '../consent/record.ts';

/** A record as it is stored: ciphertext and its place in the chain. */
export interface StoredRecord {
  /** 1 for the first. */
  readonly sequence: number;
  /** Hash of the record before, hex; 64 zeros for the first. */
  readonly previous: string;
  /** SHA-256 over previous, sequence and ciphertext, hex. */
  readonly hash: string;
  /** `kid.signature` of the record's receipt (ES256, base64url), made when it was appended; at most 255 characters. */
  readonly signature: string;
  readonly ciphertext: Buffer;
}

/** `previous` of a first record. */
export const GENESIS_HASH = '0'.repeat(64);

/** Where a chain ends, for the next record to be put on. */
export interface ChainTip {
  /** Null where the subject is unknown or erased. */
  readonly head: ConsentHead | null;
  /** The subject's own key, 32 bytes; null where there is none yet or it was destroyed. */
  readonly key: Buffer | null;
  /** Number of records, 0 for an unknown subject. A chain goes on after an erasure, under a new key. */
  readonly sequence: number;
  /** Hash of the last record, or {@link GENESIS_HASH}. */
  readonly hash: string;
}

/** A record to append, with what changes together with it. */
export interface Addition {
  readonly record: StoredRecord;
  readonly head: ConsentHead;
  /** Key of a subject that has none; null where it is there already. */
  readonly newKey: Buffer | null;
  /** A no to something that was allowed: where there are replicas, one of them has to have it before it is answered. */
  readonly isUrgent: boolean;
}

/** `conflict`: somebody else has appended in between, or erased; nothing was written. Read the tip again. */
export type AppendOutcome = 'appended' | 'conflict';

/** That a person was erased: which records can no longer be read, and since when. */
export interface Erasure {
  readonly throughSequence: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** All that is kept about a subject. */
export interface SubjectChain {
  readonly tip: ChainTip;
  readonly records: readonly StoredRecord[];
  readonly erasure: Erasure | null;
}

/** A store that did not answer in time, or cannot take what it was given. Never holds an identifier. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** Length of the secret of a day: HMAC-SHA256 keys are no better for being longer (RFC 2104 § 3). */
export const DAY_KEY_BYTES = 32;

/** Every method ends within the store's own deadline, by {@link StoreUnavailable} if need be. */
export interface ConsentStore {
  /** `lmdb`, `redis`, `memory`: for logs, metrics and doctor. */
  readonly kind: string;
  /**
   * The head of a subject, or null where the subject is unknown or erased. Answers at once where the store can (lmdb,
   * memory), so that a hit need not wait.
   * @throws StoreUnavailable within the store's own deadline where it does not answer.
   */
  readHead(subject: string): ConsentHead | null | Promise<ConsentHead | null>;
  /** The end of the chain, read past every cache. */
  readTip(subject: string): Promise<ChainTip>;
  /**
   * Puts a record on the chain if the chain still ends at `record.previous` (compare-and-set), together with the new head.
   * Resolves once the record is durable.
   */
  append(addition: Addition): Promise<AppendOutcome>;
  /** Everything about a subject, in order; null for one that was never known. */
  readChain(subject: string): Promise<SubjectChain | null>;
  /** Destroys head and key, and leaves the chain. False where there is nobody to erase. Resolves once durable. */
  erase(subject: string, at: number): Promise<boolean>;
  /** Every subject that was ever known, in the store's own order; one may come twice, and one that comes meanwhile not at all. */
  subjects(): AsyncIterable<string>;
  /**
   * The secret of a UTC day (`2026-11-23`), 32 bytes: drawn by whoever asks first, the same for every process and node that
   * share the store.
   */
  readDayKey(day: string): Promise<Buffer>;
  /** Destroys the secrets of every day before this one: who kept a pseudonym can no longer tell whose it was. */
  forgetDayKeys(before: string): Promise<void>;
  /**
   * Takes a task, or keeps it, for `forMs` from `now`, so that one of the processes that share the store does what is to be done
   * once. False while it is another holder's. Not durable: a store that forgets lets the task be done again.
   */
  claim(task: string, holder: string, now: number, forMs: number): Promise<boolean>;
  /** Whether a write would be taken now: for readiness. Never throws. */
  isWritable(): Promise<boolean>;
  close(): Promise<void>;
}
