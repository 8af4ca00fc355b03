/** Finds what somebody changed, took out, moved or put in. Needs the bundle and the published keys, no store. */
import { GENESIS_HASH, type StoredRecord } from '../store/store.ts';
import { hashRecord } from './chain.ts';
import type { ReceiptJwk } from './keys.ts';
import { type OpenedRecord, openChain, type ProofBundle, type ProofRecord } from './proof.ts';
import { verifyReceipt } from './receipt.ts';

/** `erased` is no fault; every other finding is. */
export type Finding = 'changed' | 'missing' | 'reordered' | 'inserted' | 'erased';

export interface ProofReport {
  /** Whether nothing but erasures was found. */
  readonly ok: boolean;
  readonly records: number;
  readonly findings: readonly { readonly sequence: number; readonly finding: Finding }[];
}

/** `keys`: the published receipt keys; the bundle's own where nobody doubts who wrote it. */
export function verifyProof(bundle: ProofBundle, keys: readonly ReceiptJwk[]): ProofReport {
  const records = bundle.records.map((record) => ({ ...record, ciphertext: Buffer.from(record.ciphertext, 'base64url') }));
  const findings = new Map<number, Finding>();
  const find = (sequence: number, finding: Finding) => {
    if (!findings.has(sequence) || findings.get(sequence) === 'erased') findings.set(sequence, finding);
  };
  for (const sequence of findMoved(records)) find(sequence, 'reordered');
  const key = bundle.key === null ? null : Buffer.from(bundle.key, 'base64url');
  const inOrder = records.toSorted((a, b) => a.sequence - b.sequence);
  const shown = new Map(bundle.records.map((record) => [record.hash, record]));
  let previous: StoredRecord | null = null;
  for (const opened of openChain(inOrder, key, bundle.erasure, bundle.site)) {
    const { record } = opened;
    const finding = judgeRecord(opened, keys);
    if (previous !== null && record.sequence === previous.sequence) {
      find(record.sequence, 'inserted');
      continue;
    }
    for (let absent = (previous?.sequence ?? 0) + 1; absent < record.sequence; absent++) find(absent, 'missing');
    if (finding !== null) find(record.sequence, finding);
    else if (!saysTheSame(opened, shown.get(record.hash))) find(record.sequence, 'changed');
    // A whole record that names another one before it: the one before was put in its place.
    const isNext = record.sequence === (previous?.sequence ?? 0) + 1;
    if (isNext && record.previous !== (previous?.hash ?? GENESIS_HASH)) find(previous?.sequence ?? record.sequence, 'changed');
    previous = record;
  }
  const { tip } = bundle;
  const last = previous?.sequence ?? 0;
  for (let absent = last + 1; absent <= tip.sequence; absent++) find(absent, 'missing');
  if (last > tip.sequence) find(last, 'inserted');
  else if (last === tip.sequence && last > 0 && previous?.hash !== tip.hash) find(last, 'changed');
  const list = [...findings].map(([sequence, finding]) => ({ sequence, finding })).sort((a, b) => a.sequence - b.sequence);
  return { ok: list.every(({ finding }) => finding === 'erased'), records: records.length, findings: list };
}

/** What is wrong with a record by itself. Its receipt vouches for place and content, as long as the key is with the site. */
function judgeRecord({ record, receipt, isErased }: OpenedRecord, keys: readonly ReceiptJwk[]): Finding | null {
  if (record.hash !== hashRecord(record.sequence, record.previous, record.ciphertext)) return 'changed';
  if (isErased) return 'erased';
  if (receipt === null) return 'changed';
  return verifyReceipt(receipt, keys) ? null : 'inserted';
}

/** Whether what the bundle shows in the clear is what the ciphertext holds. */
function saysTheSame({ entry, receipt }: OpenedRecord, shown: ProofRecord | undefined): boolean {
  return shown !== undefined && shown.receipt === receipt && JSON.stringify(shown.entry) === JSON.stringify(entry);
}

/** Sequences that stand after a greater one. */
function findMoved(records: readonly StoredRecord[]): number[] {
  let greatest = 0;
  return records.flatMap(({ sequence }) => {
    const isMoved = sequence < greatest;
    greatest = Math.max(greatest, sequence);
    return isMoved ? [sequence] : [];
  });
}
