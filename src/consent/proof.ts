/** A subject's records as proof (GDPR Art. 7(1), 15, 20): one bundle with chain, records in the clear and receipts. */
import type { Erasure, StoredRecord, SubjectChain } from '../store/store.ts';
import { openRecord } from './chain.ts';
import type { ConsentEntry } from './entry.ts';
import type { ReceiptJwk } from './keys.ts';
import { restoreReceipt } from './receipt.ts';

/** What `consent export` writes. Without `subject`: a page's script may read it. */
export interface ProofBundle {
  readonly format: 'consentry-proof/1';
  readonly site: string;
  /** The subject's own key, base64url, which opens the ciphertexts; null after an erasure. */
  readonly key: string | null;
  readonly tip: { readonly sequence: number; readonly hash: string };
  readonly erasure: Erasure | null;
  readonly records: readonly ProofRecord[];
  readonly keys: readonly ReceiptJwk[];
}

export interface ProofRecord {
  readonly sequence: number;
  readonly previous: string;
  readonly hash: string;
  readonly signature: string;
  /** base64url. */
  readonly ciphertext: string;
  /** Null where it cannot be opened: erased, or changed. */
  readonly entry: ConsentEntry | null;
  readonly receipt: string | null;
}

export function bundleProof(chain: SubjectChain, site: string, keys: readonly ReceiptJwk[]): ProofBundle {
  const { tip, erasure } = chain;
  const records = openChain(chain.records, tip.key, erasure, site).map(({ record, entry, receipt }) => {
    const { sequence, previous, hash, signature, ciphertext } = record;
    return { sequence, previous, hash, signature, ciphertext: ciphertext.toString('base64url'), entry, receipt };
  });
  const key = tip.key?.toString('base64url') ?? null;
  return { format: 'consentry-proof/1', site, key, tip: { sequence: tip.sequence, hash: tip.hash }, erasure, records, keys };
}

/** Records in the clear, each with its receipt; what was erased or cannot be opened with neither. */
export function openChain(
  records: readonly StoredRecord[],
  key: Buffer | null,
  erasure: Erasure | null,
  site: string,
): OpenedRecord[] {
  return records.map((record) => {
    const isErased = erasure !== null && record.sequence <= erasure.throughSequence;
    const entry = isErased || key === null ? null : openRecord(record, key);
    const receipt = entry === null ? null : restoreReceipt({ hash: record.hash, entry }, record.signature, site);
    return { record, entry, receipt, isErased };
  });
}

export interface OpenedRecord {
  readonly record: StoredRecord;
  readonly entry: ConsentEntry | null;
  readonly receipt: string | null;
  readonly isErased: boolean;
}
