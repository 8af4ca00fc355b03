/** A subject sealed for eyes that must not see it: a page's script holds the token, never the id (AES-256-GCM). */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Keyring } from './keys.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** `kid.sealed`, another each time. */
export function sealSubject(subject: string, keyring: Keyring): string {
  const key = keyring.secret('subject');
  if (key === null) throw new RangeError('the keyring holds no key for subjects');
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const sealed = Buffer.concat([nonce, cipher.update(subject, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return `${keyring.first}.${sealed.toString('base64url')}`;
}

/** The subject, or null where it was not sealed with one of our keys. */
export function openSubject(sealed: string, keyring: Keyring): string | null {
  const dot = sealed.lastIndexOf('.');
  const key = keyring.secret('subject', sealed.slice(0, Math.max(dot, 0)));
  const bytes = Buffer.from(sealed.slice(dot + 1), 'base64url');
  if (key === null || bytes.length <= NONCE_BYTES + TAG_BYTES) return null;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8');
  } catch {
    return null;
  }
}
