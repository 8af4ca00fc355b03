/**
 * A receipt: what is on record, signed with a key that everybody can look up (ES256, RFC 7518 § 3.4). It names the record
 * by its hash and holds no subject, so that it may be shown, stored and passed on.
 */
import jwt from 'jsonwebtoken';
import type { Keyring } from './keys.ts';
import { newestAt } from './plan.ts';
import type { ConsentHead } from './record.ts';
import { OPTIONAL_PURPOSES } from './state.ts';

const RECEIPT_TYP = 'consent-receipt+jwt';

/** `version`: `id@version#hash` of the policy under which the newest of the choices was made. A receipt has no end: it is proof. */
export function signReceipt(head: Pick<ConsentHead, 'hash' | 'choices'>, keyring: Keyring, site: string): string {
  const state: Record<string, string> = {};
  let newest: { readonly at: number; readonly policy: string; readonly notice: string | null } | null = null;
  for (const purpose of OPTIONAL_PURPOSES) {
    const choice = head.choices[purpose];
    if (choice === undefined) continue;
    state[purpose] = choice.state;
    if (newest === null || choice.at >= newest.at) newest = choice;
  }
  const claims = {
    iss: 'consentry',
    aud: site,
    iat: Math.floor(newestAt(head.choices) / 1000),
    jti: head.hash,
    state,
    policy: newest?.policy ?? null,
    notice: newest?.notice ?? null,
  };
  return jwt.sign(claims, keyring.receiptKey, {
    algorithm: 'ES256',
    header: { alg: 'ES256', typ: RECEIPT_TYP, kid: keyring.first },
  });
}
