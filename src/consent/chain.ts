/**
 * Records as links of a chain. A record is sealed under the subject's own key (AES-256-GCM, SP 800-38D) and bound to its
 * place and the record before, and by the key to its subject; the chain's hashes are over ciphertext, so that destroying the key makes the
 * records unreadable and leaves every hash and every anchor true.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import type { StoredRecord } from '../store/store.ts';
import type { ConsentEntry } from './entry.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SUBJECT_BYTES = 16;

/** 128 random bits, as 22 characters. */
export function drawSubject(): string {
  return randomBytes(SUBJECT_BYTES).toString('base64url');
}

export function drawSubjectKey(): Buffer {
  return randomBytes(32);
}

export type SealedRecord = Omit<StoredRecord, 'signature'>;

/** `previous`: hash of the record before, hex. The nonce is drawn: of two writers that race for a place both seal. */
export function sealRecord(sequence: number, previous: string, entry: ConsentEntry, key: Buffer): SealedRecord {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(bindPlace(sequence, previous));
  const sealed = Buffer.concat([cipher.update(JSON.stringify(entry), 'utf8'), cipher.final()]);
  const ciphertext = Buffer.concat([nonce, sealed, cipher.getAuthTag()]);
  return { sequence, previous, hash: hashRecord(sequence, previous, ciphertext), ciphertext };
}

/** The record in the clear, or null where key, place or a single bit is another. */
export function openRecord(record: SealedRecord, key: Buffer): ConsentEntry | null {
  const { ciphertext, sequence, previous } = record;
  if (ciphertext.length < NONCE_BYTES + TAG_BYTES) return null;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, ciphertext.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAAD(bindPlace(sequence, previous));
    decipher.setAuthTag(ciphertext.subarray(-TAG_BYTES));
    const clear = Buffer.concat([decipher.update(ciphertext.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    return JSON.parse(clear.toString('utf8')) as ConsentEntry;
  } catch {
    return null;
  }
}

/** SHA-256 over previous (32 bytes), sequence (8 bytes, big-endian) and ciphertext, hex. */
export function hashRecord(sequence: number, previous: string, ciphertext: Buffer): string {
  const place = Buffer.alloc(8);
  place.writeBigUInt64BE(BigInt(sequence));
  return createHash('sha256').update(Buffer.from(previous, 'hex')).update(place).update(ciphertext).digest('hex');
}

function bindPlace(sequence: number, previous: string): Buffer {
  return Buffer.from(JSON.stringify([sequence, previous]));
}
