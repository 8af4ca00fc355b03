/**
 * The `consentry-token`, for pages on another site than the collector, where browsers send no cookie. A page's script holds
 * it, so the subject in it is sealed, and it grants only for a day, on hits of the page and place that it was issued to.
 */
import type { Place } from '../policy/policy.ts';
import { codeStates, readDenied } from './cookie.ts';
import type { Keyring } from './keys.ts';
import { TOKEN_TYPES } from './own-tokens.ts';
import type { ConsentHead } from './record.ts';
import type { PurposeSet } from './state.ts';
import { openSubject, sealSubject } from './subject-seal.ts';
import { createTokenCodec } from './token.ts';

export type SiteTokenReading =
  | {
      readonly kind: 'token';
      /** Null in a refusal, which names nobody. */
      readonly subject: string | null;
      readonly denied: PurposeSet;
      /** Milliseconds since the epoch. */
      readonly issuedAt: number;
      /** Whether the cookie of that age would live no longer. */
      readonly expired: boolean;
      /** Origin of the page and place of the visitor at the issue. */
      readonly origin: string;
      readonly place: Place;
    }
  | { readonly kind: 'invalid' };

export interface SiteTokens {
  read(token: string, now: number): SiteTokenReading;
  /** `head` null for a refusal without an id. */
  issue(
    head: Pick<ConsentHead, 'subject' | 'choices'> | null,
    denied: PurposeSet,
    origin: string,
    place: Place,
    now: number,
  ): string;
}

/** How long a token grants on hits. */
const GRANTING_MS = 86_400_000;
const SKEW_MS = 86_400_000;
const NOBODY = '-';

export function createSiteTokens(maxAgeMs: number, keyring: Keyring, site: string): SiteTokens {
  const codec = createTokenCodec({
    keyring,
    use: 'token',
    typ: TOKEN_TYPES.token,
    audience: site,
    maxLifetimeMs: maxAgeMs,
    skewMs: SKEW_MS,
  });
  return {
    read(token, now) {
      const read = codec.read(token, now);
      if (!read.ok) return { kind: 'invalid' };
      const { sub, p, o, r, iat } = read.claims;
      const subject = sub === NOBODY ? null : openSubject(sub, keyring);
      if ((subject === null && sub !== NOBODY) || typeof o !== 'string' || typeof r !== 'string') return { kind: 'invalid' };
      const [country = '', subdivision = null] = r.split('-');
      return {
        kind: 'token',
        subject,
        denied: readDenied(p),
        issuedAt: iat * 1000,
        expired: read.expired,
        origin: o,
        place: { country, subdivision },
      };
    },
    issue(head, denied, origin, place, now) {
      const iat = Math.floor(now / 1000);
      const sub = head === null ? NOBODY : sealSubject(head.subject, keyring);
      const r = place.subdivision === null ? place.country : `${place.country}-${place.subdivision}`;
      const exp = iat + Math.floor(maxAgeMs / 1000);
      return codec.sign({ sub, p: codeStates(head?.choices ?? {}, denied), o: origin, r, iat, exp });
    },
  };
}

/** Whether a token may let grants of the record count on a hit of this page and place. Everywhere else it only lowers. */
export function mayGrant(
  token: Extract<SiteTokenReading, { kind: 'token' }>,
  origin: string | null,
  place: Place,
  now: number,
): boolean {
  return (
    now - token.issuedAt < GRANTING_MS &&
    origin === token.origin &&
    place.country === token.place.country &&
    place.subdivision === token.place.subdivision
  );
}
