/**
 * `Idempotency-Key`: a decision that a flaky line delivers twice, or an hour late, counts once. What was decided is part of
 * what is remembered, so that a page which always sends the same key never loses a no.
 */
import { createHash, createHmac } from 'node:crypto';
import type { Keyring } from './keys.ts';
import type { ConsentRequest } from './request.ts';

/** A key has to be hard to meet by chance, as a UUID is: it stands for a person who has no cookie yet. */
const KEY_FORM = /^[\x21-\x7e]{16,128}$/;

/** Keys that a head remembers. */
export const MAX_SEEN = 8;

export function isIdempotencyKey(value: string): boolean {
  return KEY_FORM.test(value);
}

/** What a head remembers of a key and its decision: 12 characters of a hash. */
export function digestDecision(key: string, { action, grants, refusals }: ConsentRequest): string {
  return createHash('sha256')
    .update(JSON.stringify([key, action, grants, refusals]))
    .digest('base64url')
    .slice(0, 12);
}

/**
 * The subject of a first decision with a key: the same when it is sent again before the cookie arrived. Address and user
 * agent go in, so that a page which sends everybody's decisions with one key does not make one person of its visitors.
 */
export function subjectOfKey(key: string, address: string | null, userAgent: string, keyring: Keyring): string {
  const secret = keyring.secret('idempotency');
  if (secret === null) throw new RangeError('the keyring holds no key for idempotency');
  return createHmac('sha256', secret)
    .update(JSON.stringify([key, address, userAgent]))
    .digest()
    .subarray(0, 16)
    .toString('base64url');
}
