/** A waiting hit as bytes that tell nothing without the key: AES-256-GCM (NIST SP 800-38D), bound to its place in the spool. */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import type { Keyring } from '../consent/keys.ts';
import type { UpstreamRequest } from './transport.ts';

/** A scrubbed hit whose visitor has been answered, and what is needed to judge it again. */
export interface WaitingHit {
  readonly request: UpstreamRequest;
  /** Facts of the judgement as JSON; the spool does not read them. */
  readonly context: unknown;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SUBJECT_HASH_CHARS = 32;

/** @param place where the entry stands: bytes moved to another place do not open. */
export function sealHit(hit: WaitingHit, place: string, keyring: Keyring): Buffer {
  const kid = keyring.first;
  const key = keyring.secret('spool', kid);
  if (key === null) throw new RangeError('the keyring holds no key for the spool');
  const { method, path, headers, body } = hit.request;
  const text = Buffer.from(JSON.stringify({ method, path, headers, hasBody: body !== null, context: hit.context }), 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(place, 'utf8'));
  const sealed = [cipher.update(length), cipher.update(text), cipher.update(body ?? Buffer.alloc(0)), cipher.final()];
  return Buffer.concat([Buffer.from([kid.length]), Buffer.from(kid, 'latin1'), nonce, cipher.getAuthTag(), ...sealed]);
}

/** Null for bytes that no key of ours sealed for this place: they are worth nothing to anybody. */
export function openHit(sealed: Buffer, place: string, keyring: Keyring): WaitingHit | null {
  const kidEnd = 1 + (sealed[0] ?? 0);
  const key = keyring.secret('spool', sealed.toString('latin1', 1, kidEnd));
  const start = kidEnd + NONCE_BYTES + TAG_BYTES;
  if (key === null || sealed.length < start + 4) return null;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(kidEnd, kidEnd + NONCE_BYTES))
      .setAAD(Buffer.from(place, 'utf8'))
      .setAuthTag(sealed.subarray(kidEnd + NONCE_BYTES, start));
    const bytes = Buffer.concat([decipher.update(sealed.subarray(start)), decipher.final()]);
    const textEnd = 4 + bytes.readUInt32LE(0);
    const { method, path, headers, hasBody, context } = JSON.parse(bytes.toString('utf8', 4, textEnd)) as {
      method: string;
      path: string;
      headers: string[];
      hasBody: boolean;
      context: unknown;
    };
    return { request: { method, path, headers, body: hasBody ? bytes.subarray(textEnd) : null }, context };
  } catch {
    return null;
  }
}

/** Keyed hashes of a subject, the signing key's first: under one of them its hits are found, to be kept in order or deleted. */
export function hashSubject(subject: string, keyring: Keyring): string[] {
  return keyring.kids.flatMap((kid) => {
    const key = keyring.secret('spool', kid);
    if (key === null) return [];
    return [createHmac('sha256', key).update(`subject/${subject}`).digest('hex').slice(0, SUBJECT_HASH_CHARS)];
  });
}
