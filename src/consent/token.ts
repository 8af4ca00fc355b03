/**
 * JSON Web Tokens behind one strict door. jsonwebtoken checks the signature; what it leaves open is closed here: one
 * algorithm per key, canonical base64url only, a bounded length before anything is parsed, `crit` refused, and `iss`,
 * `aud`, `sub`, `iat`, `exp`, `typ` and `kid` all demanded (RFC 7519 § 4.1, RFC 8725 § 3).
 */
import { createPublicKey, createSecretKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { BoundedCache } from './bounded-cache.ts';
import type { Keyring, KeyUse } from './keys.ts';

const ISSUER = 'consentry';

/** Longest token that is looked at. A cookie is bounded at 4 KB by browsers, a token holds a handful of claims. */
const MAX_TOKEN_CHARS = 4096;

const CACHED_TOKENS = 8192;
/** 72 bits of the signature; up to so many characters a part of a string is a string of its own to V8, and no view of the whole. */
const KEY_CHARS = 12;

export type TokenRefusal =
  | 'too-long'
  | 'malformed'
  | 'header'
  | 'signature'
  | 'claims'
  | 'issuer'
  | 'audience'
  | 'from-the-future';

export interface TokenClaims {
  readonly sub: string;
  /** Seconds since the epoch, as every time in a token. */
  readonly iat: number;
  readonly exp: number;
  readonly [claim: string]: unknown;
}

/** An expired token with a good signature is an outcome of its own: what it denied, it still denies. */
export type TokenReading =
  | { readonly ok: true; readonly claims: TokenClaims; readonly expired: boolean }
  | { readonly ok: false; readonly reason: TokenRefusal };

export interface TokenCodec {
  /** Signs under the first key. Times in seconds; the same claims give the same token (HMAC has no randomness). */
  sign(claims: TokenClaims): string;
  /** `now` in milliseconds since the epoch. Never throws. */
  read(token: string, now: number): TokenReading;
}

export interface TokenRules {
  readonly keyring: Keyring;
  readonly use: KeyUse;
  /** `typ` of the header: what the token is for. */
  readonly typ: string;
  /** `aud`: the site. */
  readonly audience: string;
  /** Longest time between `iat` and `exp` that is believed. */
  readonly maxLifetimeMs: number;
  /** How far in the future `iat` and `nbf` may lie: by how much clocks may stand apart, or have been set back. */
  readonly skewMs: number;
}

export function createTokenCodec(rules: TokenRules): TokenCodec {
  // A token's header is one that we would write ourselves, byte for byte: this settles algorithm, type, key id and `crit`
  // by one look-up, before anything is decoded.
  const keys = new Map<string, KeyObject>();
  for (const kid of rules.keyring.kids) {
    const key = rules.keyring.secret(rules.use, kid);
    if (key !== null) keys.set(encodeHeader(rules.typ, kid), key);
  }
  const signingKey = rules.keyring.secret(rules.use);
  if (signingKey === null) throw new RangeError(`the keyring holds no key for ${rules.use}`);
  const verified = new BoundedCache<{ readonly token: string; readonly claims: TokenClaims }>(CACHED_TOKENS);

  return {
    sign(claims) {
      return jwt.sign({ ...claims, iss: ISSUER, aud: rules.audience }, signingKey, {
        algorithm: 'HS256',
        header: { alg: 'HS256', typ: rules.typ, kid: rules.keyring.first },
      });
    },
    read(token, now) {
      if (token.length > MAX_TOKEN_CHARS) return refuse('too-long');
      const nowS = Math.floor(now / 1000);
      // By the end of its signature, which costs less to look up than all of it, and is the same in no two honest tokens.
      const end = token.slice(-KEY_CHARS);
      const known = verified.get(end);
      if (known !== undefined && known.token === token)
        return { ok: true, claims: known.claims, expired: nowS >= known.claims.exp };
      const dot = token.indexOf('.');
      if (dot < 0) return refuse('malformed');
      const key = keys.get(token.slice(0, dot));
      if (key === undefined) return refuse('header');
      const signed = verifySignature(token, key, 'HS256');
      if (!signed.ok) return signed;
      const claims = checkClaims(signed.payload, rules, nowS);
      if (typeof claims === 'string') return refuse(claims);
      verified.set(end, { token: copyText(token), claims });
      return { ok: true, claims, expired: nowS >= claims.exp };
    },
  };
}

/** A part of a header line keeps the whole line in memory, with whatever else stood there; a copy does not. */
function copyText(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

/** jsonwebtoken writes the header's members in the order alg, typ, kid. */
function encodeHeader(typ: string, kid: string): string {
  return Buffer.from(JSON.stringify({ alg: 'HS256', typ, kid })).toString('base64url');
}

function refuse(reason: TokenRefusal): { readonly ok: false; readonly reason: TokenRefusal } {
  return { ok: false, reason };
}

export type SignatureReading =
  | { readonly ok: true; readonly payload: unknown }
  | { readonly ok: false; readonly reason: TokenRefusal };

/**
 * The signature layer alone: whether these exact bytes were signed with this key and algorithm. jsonwebtoken takes padded
 * and other spellings of one signature and throws plain TypeErrors for some malformed ones; both are refusals here.
 */
export function verifySignature(token: string, key: KeyObject, algorithm: 'HS256' | 'ES256'): SignatureReading {
  if (token.length > MAX_TOKEN_CHARS) return refuse('too-long');
  const segments = token.split('.');
  if (segments.length !== 3 || !segments.every(isCanonicalBase64url)) return refuse('malformed');
  try {
    const { header, payload } = jwt.verify(token, key, {
      algorithms: [algorithm],
      complete: true,
      ignoreExpiration: true,
      ignoreNotBefore: true,
    });
    // RFC 7515 § 4.1.11: an extension that is not understood makes the token invalid, and none is understood here.
    if ('crit' in header || 'b64' in header) return refuse('header');
    return { ok: true, payload };
  } catch {
    return refuse('signature');
  }
}

export interface VerifyKey {
  readonly key: KeyObject;
  readonly algorithm: 'HS256' | 'ES256';
}

/**
 * A published key (RFC 7517) as one that may check signatures. Null for a key of another algorithm, for one that says it is
 * for something else (`use`, `key_ops`), and for one that cannot be read.
 */
export function importVerifyKey(jwk: JsonWebKey): VerifyKey | null {
  const { kty, crv, k, alg, use = 'sig', key_ops: operations } = jwk;
  if (use !== 'sig' || (Array.isArray(operations) && !operations.includes('verify'))) return null;
  try {
    if (kty === 'oct' && alg === 'HS256' && typeof k === 'string') {
      return { key: createSecretKey(Buffer.from(k, 'base64url')), algorithm: 'HS256' };
    }
    if (kty === 'EC' && crv === 'P-256' && alg === 'ES256')
      return { key: createPublicKey({ key: jwk, format: 'jwk' }), algorithm: 'ES256' };
  } catch {
    // No key.
  }
  return null;
}

function isCanonicalBase64url(segment: string): boolean {
  return segment !== '' && Buffer.from(segment, 'base64url').toString('base64url') === segment;
}

function checkClaims(payload: unknown, rules: TokenRules, nowS: number): TokenClaims | TokenRefusal {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return 'claims';
  const { iss, aud, sub, iat, exp, nbf } = payload as Record<string, unknown>;
  if (iss !== ISSUER) return 'issuer';
  if (aud !== rules.audience) return 'audience';
  if (typeof sub !== 'string' || sub === '' || sub.length > 512) return 'claims';
  if (!isSecond(iat) || !isSecond(exp) || exp <= iat || exp - iat > Math.ceil(rules.maxLifetimeMs / 1000)) return 'claims';
  const latestS = nowS + Math.ceil(rules.skewMs / 1000);
  if (iat > latestS) return 'from-the-future';
  if (nbf !== undefined && (!isSecond(nbf) || nbf > latestS)) return 'from-the-future';
  return payload as TokenClaims;
}

function isSecond(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
