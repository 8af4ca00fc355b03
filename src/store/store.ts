/**
 * The one interface of every store of consent records. A subject's records are append-only; each carries the hash of the
 * one before over ciphertext under the subject's own key, so that erasing the key erases the person and leaves the chain.
 */
import type { ConsentHead } from '../consent/record.ts';

/** A record as it is stored: ciphertext and its place in the chain. */
export interface StoredRecord {
  readonly sequence: number;
  /** Hash of the record before, hex; 64 zeros for the first. */
  readonly previous: string;
  /** SHA-256 over previous, sequence and ciphertext, hex. */
  readonly hash: string;
  readonly ciphertext: Buffer;
}

export interface ConsentStore {
  /** `lmdb`, `redis`, `memory`: for logs, metrics and doctor. */
  readonly kind: string;
  /**
   * The head of a subject, or null where the subject is unknown or erased. Answers at once where the store can (lmdb,
   * memory), so that a hit need not wait.
   * @throws StoreUnavailable within the store's own deadline where it does not answer.
   */
  readHead(subject: string): ConsentHead | null | Promise<ConsentHead | null>;
  close(): Promise<void>;
}
