/** A record as bytes: previous (32), hash (32), length of the signature (1), signature, ciphertext. */
import { type StoredRecord, StoreUnavailable } from './store.ts';

const HASH_BYTES = 32;
const HEADER_BYTES = 2 * HASH_BYTES + 1;

export function encodeRecord({ previous, hash, signature, ciphertext }: StoredRecord): Buffer {
  const signatureBytes = Buffer.from(signature, 'latin1');
  const length = Buffer.from([signatureBytes.length]);
  return Buffer.concat([Buffer.from(previous, 'hex'), Buffer.from(hash, 'hex'), length, signatureBytes, ciphertext]);
}

/** @throws StoreUnavailable for bytes that are no record: a chain with a hole must not look like a shorter one. */
export function decodeRecord(sequence: number, bytes: Buffer): StoredRecord {
  const signatureLength = bytes[HEADER_BYTES - 1];
  if (signatureLength === undefined || bytes.length < HEADER_BYTES + signatureLength) {
    throw new StoreUnavailable('a record in the store cannot be read; restore the store from a backup');
  }
  return {
    sequence,
    previous: bytes.toString('hex', 0, HASH_BYTES),
    hash: readHash(bytes),
    signature: bytes.toString('latin1', HEADER_BYTES, HEADER_BYTES + signatureLength),
    ciphertext: Buffer.from(bytes.subarray(HEADER_BYTES + signatureLength)),
  };
}

/** Hash of an encoded record, hex. */
export function readHash(bytes: Buffer): string {
  return bytes.toString('hex', HASH_BYTES, 2 * HASH_BYTES);
}
