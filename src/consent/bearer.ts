/** Tokens of operators: minted on the command line, sent as Bearer to the admin API and to the server-to-server calls. */
import type { Keyring } from './keys.ts';
import { TOKEN_TYPES } from './own-tokens.ts';
import { createTokenCodec } from './token.ts';

export const BEARER_SCOPES = ['admin', 'consent'] as const;
export type BearerScope = (typeof BEARER_SCOPES)[number];

export interface BearerTokens {
  /** @throws RangeError for a life that is not between a second and {@link MAX_BEARER_MS}. */
  mint(scope: BearerScope, ttlMs: number, now: number): string;
  /** Whether an Authorization header (RFC 6750 § 2.1) carries a token in force of the scope. Never throws. */
  allows(authorization: string, scope: BearerScope, now: number): boolean;
}

/** A leaked token is a risk for as long as it lives. */
export const MAX_BEARER_MS = 90 * 86_400_000;
const SKEW_MS = 60_000;

export function createBearerTokens(keyring: Keyring, site: string): BearerTokens {
  const codec = createTokenCodec({
    keyring,
    use: 'bearer',
    typ: TOKEN_TYPES.bearer,
    audience: site,
    maxLifetimeMs: MAX_BEARER_MS,
    skewMs: SKEW_MS,
  });
  return {
    mint(scope, ttlMs, now) {
      if (!(ttlMs >= 1000 && ttlMs <= MAX_BEARER_MS)) throw new RangeError('a token lives between 1s and 90d');
      const iat = Math.floor(now / 1000);
      return codec.sign({ sub: 'operator', scope, iat, exp: iat + Math.floor(ttlMs / 1000) });
    },
    allows(authorization, scope, now) {
      const [, token] = /^Bearer ([\w.-]+)$/i.exec(authorization) ?? [];
      if (token === undefined) return false;
      const read = codec.read(token, now);
      return read.ok && !read.expired && read.claims.scope === scope;
    },
  };
}
