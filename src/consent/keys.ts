/**
 * The keyring: one or several master keys, and from each of them one derived key per use (HKDF, RFC 5869), so that no
 * token of one use is ever taken for another. The first master key signs, the others still verify.
 */
import { createECDH, createPrivateKey, createPublicKey, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

/** What a derived key is for. `bearer` signs the tokens that operators mint for the admin and server-to-server APIs. */
export const KEY_USES = ['cookie', 'token', 'bearer', 'external', 'pseudonym', 'spool', 'subject', 'idempotency'] as const;
export type KeyUse = (typeof KEY_USES)[number];

/** A public receipt key as it stands in the published key set (RFC 7517). */
export interface ReceiptJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: 'ES256';
}

export interface Keyring {
  /** Key id of the master key that signs. */
  readonly first: string;
  /** Every key id, the signing one first. */
  readonly kids: readonly string[];
  /** The 32-byte key of a use under a key id (the first, unless told), or null for an unknown key id. */
  secret(use: KeyUse, kid?: string): KeyObject | null;
  /** The P-256 key that signs receipts. */
  readonly receiptKey: KeyObject;
  /** The public receipt keys of every key id. */
  readonly receiptJwks: readonly ReceiptJwk[];
}

export interface MasterKey {
  readonly kid: string;
  readonly bytes: Buffer;
}

export type KeyringOutcome =
  | { readonly ok: true; readonly keys: readonly MasterKey[] }
  | { readonly ok: false; readonly problem: string };

/** A key of less is guessable for somebody who collects tokens (RFC 7518 § 3.2 asks for the hash's own length). */
const MIN_KEY_BYTES = 32;
const KID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/;

/** Order of the P-256 group (SP 800-186 § 3.2.1.3): a private key is a number from 1 to one below it. */
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/**
 * Reads a list of `kid:base64url`, separated by white space or commas; a line that begins with `#` is a comment.
 * The problem names the position and the key id, never the key.
 */
export function parseKeys(text: string): KeyringOutcome {
  const keys: MasterKey[] = [];
  const items = text
    .replace(/^\s*#.*$/gm, ' ')
    .split(/[\s,]+/)
    .filter((item) => item !== '');
  for (const [index, item] of items.entries()) {
    const colon = item.indexOf(':');
    const kid = item.slice(0, Math.max(colon, 0));
    const where = `key ${index + 1} of CONSENTRY_KEYS`;
    if (!KID.test(kid)) return refuse(`${where} is not written kid:base64url; write for example 2026a:${'<43 characters>'}`);
    const value = item.slice(colon + 1).replace(/=+$/, '');
    const bytes = Buffer.from(value, 'base64url');
    if (bytes.toString('base64url') !== value.replaceAll('+', '-').replaceAll('/', '_'))
      return refuse(`${where} (${kid}) is not base64url`);
    if (bytes.length < MIN_KEY_BYTES) {
      return refuse(
        `${where} (${kid}) holds ${bytes.length} bytes; at least ${MIN_KEY_BYTES} are needed: openssl rand -base64 32`,
      );
    }
    if (keys.some((key) => key.kid === kid))
      return refuse(`the key id ${kid} stands twice in CONSENTRY_KEYS; give every key its own`);
    keys.push({ kid, bytes });
  }
  if (keys.length === 0) return refuse('CONSENTRY_KEYS holds no key; write one as kid:base64url');
  return { ok: true, keys };
}

function refuse(problem: string): KeyringOutcome {
  return { ok: false, problem };
}

/** Derives every key once. @throws RangeError for an empty list, which {@link parseKeys} never gives. */
export function createKeyring(keys: readonly MasterKey[]): Keyring {
  const first = keys[0];
  if (first === undefined) throw new RangeError('a keyring needs a key');
  const secrets = new Map<string, KeyObject>();
  for (const key of keys) {
    for (const use of KEY_USES) secrets.set(`${use}:${key.kid}`, createSecretKey(derive(key.bytes, use, 32)));
  }
  const receiptKeys = keys.map((key) => ({ kid: key.kid, privateKey: deriveReceiptKey(key.bytes) }));
  return {
    first: first.kid,
    kids: keys.map((key) => key.kid),
    secret: (use, kid = first.kid) => secrets.get(`${use}:${kid}`) ?? null,
    receiptKey: (receiptKeys[0] as { privateKey: KeyObject }).privateKey,
    receiptJwks: receiptKeys.map(({ kid, privateKey }) => publishReceiptKey(kid, privateKey)),
  };
}

function derive(master: Buffer, use: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', master, 'consentry', `consentry/1/${use}`, bytes));
}

/** Derived and not drawn, so that several processes and a restart sign with one key and nothing has to be stored. */
function deriveReceiptKey(master: Buffer): KeyObject {
  // 16 bytes more than the order has make the remainder as good as uniform (FIPS 186-5 § A.4.1).
  const drawn = BigInt(`0x${derive(master, 'receipt', 48).toString('hex')}`);
  const scalar = (drawn % (P256_ORDER - 1n)) + 1n;
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey(Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex'));
  const point = ecdh.getPublicKey();
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    x: point.subarray(1, 33).toString('base64url'),
    y: point.subarray(33, 65).toString('base64url'),
    d: Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex').toString('base64url'),
  };
  return createPrivateKey({ key: jwk, format: 'jwk' });
}

function publishReceiptKey(kid: string, privateKey: KeyObject): ReceiptJwk {
  const { x, y } = createPublicKey(privateKey).export({ format: 'jwk' });
  return { kty: 'EC', crv: 'P-256', x: String(x), y: String(y), kid, use: 'sig', alg: 'ES256' };
}
