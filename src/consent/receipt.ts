/**
 * A receipt: what is on record, signed with a key that everybody can look up (ES256, RFC 7518 § 3.4). It names the record
 * by its hash and holds no subject, so that it may be shown, stored and passed on. The store keeps only its signature: the
 * rest follows from the record, and after an erasure from nothing.
 */
import jwt from 'jsonwebtoken';
import type { ConsentEntry } from './entry.ts';
import type { Keyring, ReceiptJwk } from './keys.ts';
import { TOKEN_TYPES } from './own-tokens.ts';
import { OPTIONAL_PURPOSES } from './state.ts';
import { importVerifyKey, verifySignature } from './token.ts';

export interface ReceiptSubject {
  /** Hash of the record, hex. */
  readonly hash: string;
  readonly entry: ConsentEntry;
}

export interface SignedReceipt {
  readonly receipt: string;
  /** `kid.signature`, as the record keeps it. */
  readonly signature: string;
}

/** A receipt has no end: it is proof. */
export function signReceipt(subject: ReceiptSubject, keyring: Keyring, site: string): SignedReceipt {
  const receipt = jwt.sign(describeClaims(subject, site), keyring.receiptKey, {
    algorithm: 'ES256',
    header: describeHeader(keyring.first),
  });
  return { receipt, signature: `${keyring.first}.${receipt.slice(receipt.lastIndexOf('.') + 1)}` };
}

/** The receipt as it was issued, from the record and its signature. Whether it is genuine, {@link verifyReceipt} says. */
export function restoreReceipt(subject: ReceiptSubject, signature: string, site: string): string {
  const dot = signature.lastIndexOf('.');
  const header = encode(describeHeader(signature.slice(0, dot)));
  return `${header}.${encode(describeClaims(subject, site))}.${signature.slice(dot + 1)}`;
}

/** Whether a receipt was signed with one of the keys, whatever it says. */
export function verifyReceipt(receipt: string, keys: readonly ReceiptJwk[]): boolean {
  try {
    const header = JSON.parse(Buffer.from(receipt.slice(0, receipt.indexOf('.')), 'base64url').toString()) as { kid?: unknown };
    const jwk = keys.find((key) => key.kid === header.kid);
    const known = jwk === undefined ? null : importVerifyKey({ ...jwk });
    return known?.algorithm === 'ES256' && verifySignature(receipt, known.key, 'ES256').ok;
  } catch {
    return false;
  }
}

function describeHeader(kid: string) {
  return { alg: 'ES256', typ: TOKEN_TYPES.receipt, kid } as const;
}

/** The order of the members is part of what is signed. */
function describeClaims({ hash, entry }: ReceiptSubject, site: string) {
  const ordered = OPTIONAL_PURPOSES.flatMap((purpose) =>
    entry.state[purpose] === undefined ? [] : [[purpose, entry.state[purpose]]],
  );
  return {
    iss: 'consentry',
    aud: site,
    iat: Math.floor(entry.at / 1000),
    jti: hash,
    action: entry.action,
    state: Object.fromEntries(ordered) as ConsentEntry['state'],
    policy: entry.policy,
    notice: entry.notice?.version ?? null,
  };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
