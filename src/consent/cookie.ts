/**
 * The consent cookie. It names a subject and may lower what the record says; it never grants: a replayed old cookie with
 * every yes in it is worth no more than a fresh one, because only the store's head grants.
 */
import { findCookie, removeCookie } from './cookie-scan.ts';
import type { Keyring } from './keys.ts';
import { TOKEN_TYPES } from './own-tokens.ts';
import type { Choice, ConsentHead } from './record.ts';
import { NO_PURPOSES, OPTIONAL_PURPOSES, type PurposeSet, purposeBit } from './state.ts';
import { createTokenCodec, type TokenClaims, type TokenRefusal } from './token.ts';

export interface ConsentCookieConfig {
  /** Null for `__Host-consentry`, or `consentry` where a domain is set or `secure` is off, since browsers refuse the prefix then. */
  readonly name: string | null;
  readonly domain: string | null;
  readonly maxAgeMs: number;
  readonly secure: boolean;
  readonly sameSite: 'lax' | 'strict' | 'none';
}

export type CookieReading =
  | { readonly kind: 'none' }
  /** Names a subject. `denied` is what the cookie itself says no to; `issuedAt` in milliseconds since the epoch. */
  | {
      readonly kind: 'subject';
      readonly subject: string;
      readonly denied: PurposeSet;
      readonly issuedAt: number;
      readonly expired: boolean;
    }
  /** Says no without naming anybody: the first refusal of somebody whose refusal is not recorded. */
  | { readonly kind: 'refusal'; readonly denied: PurposeSet; readonly issuedAt: number; readonly expired: boolean }
  /** There, but forged, doubled or of another site: reads as a no. */
  | { readonly kind: 'invalid'; readonly reason: TokenRefusal | 'doubled' };

export interface ConsentCookies {
  readonly name: string;
  /** `cookieHeader`: value of the Cookie header, lines joined with `; `, or empty. `now` in milliseconds since the epoch. */
  read(cookieHeader: string, now: number): CookieReading;
  /** What of a Cookie header goes on to the collector: everything but ours, byte for byte, also where it has a former or another gateway's name. */
  remove(cookieHeader: string): string;
  /** Value of the Set-Cookie header for a subject. `denied` is added to what the head itself denies. */
  issue(head: Pick<ConsentHead, 'subject' | 'choices'>, denied: PurposeSet, now: number): string;
  /** Value of the Set-Cookie header for a refusal without an id: the same for everybody that day (UTC). */
  issueRefusal(denied: PurposeSet, now: number): string;
}

/** `sub` of a refusal, which names nobody. */
const NOBODY = '-';
const DAY_MS = 86_400_000;
const STATE_CODES = { granted: 'g', denied: 'd', withdrawn: 'w' } as const;
const NONE: CookieReading = { kind: 'none' };

export function createConsentCookies(config: ConsentCookieConfig, keyring: Keyring, site: string): ConsentCookies {
  const name = config.name ?? (config.domain === null && config.secure ? '__Host-consentry' : 'consentry');
  // A day more than the cookie lives: a refusal is dated back to the beginning of its day. A day of skew: a clock that is
  // set back must not turn the cookies of the last hours into forgeries; what they are worth the record says.
  const rules = { keyring, use: 'cookie', audience: site, maxLifetimeMs: config.maxAgeMs + DAY_MS, skewMs: DAY_MS } as const;
  const subjects = createTokenCodec({ ...rules, typ: TOKEN_TYPES.cookie });
  const refusals = createTokenCodec({ ...rules, typ: TOKEN_TYPES.refusal });
  const attributes = describeAttributes(config);

  return {
    name,
    read(cookieHeader, now) {
      const found = findCookie(cookieHeader, name);
      if (found === null) return NONE;
      if (found === 'doubled') return { kind: 'invalid', reason: 'doubled' };
      const subject = subjects.read(found.value, now);
      if (subject.ok) return readSubject(subject.claims, subject.expired);
      const refusal = refusals.read(found.value, now);
      if (refusal.ok) return readRefusal(refusal.claims, refusal.expired);
      return { kind: 'invalid', reason: subject.reason === 'header' ? refusal.reason : subject.reason };
    },
    remove: (cookieHeader) => removeCookie(cookieHeader, name),
    issue(head, denied, now) {
      const iat = Math.floor(now / 1000);
      const newest = Object.values(head.choices).reduce<Choice | null>(
        (last, next) => (last === null || next.at >= last.at ? next : last),
        null,
      );
      const states = codeStates(head.choices, denied);
      const policy = newest?.policy ?? '';
      const exp = iat + Math.floor(config.maxAgeMs / 1000);
      return `${name}=${subjects.sign({ sub: head.subject, p: states, pol: policy, iat, exp })}${attributes}`;
    },
    issueRefusal(denied, now) {
      const iat = Math.floor(now / DAY_MS) * (DAY_MS / 1000);
      const states = codeStates({}, denied);
      const exp = iat + Math.floor((config.maxAgeMs + DAY_MS) / 1000);
      return `${name}=${refusals.sign({ sub: NOBODY, p: states, iat, exp })}${attributes}`;
    },
  };
}

function describeAttributes(config: ConsentCookieConfig): string {
  const sameSite = { lax: 'Lax', strict: 'Strict', none: 'None' }[config.sameSite];
  const domain = config.domain === null ? '' : `; Domain=${config.domain}`;
  // Without Partitioned, browsers that part third-party cookies by site would refuse one with SameSite=None (CHIPS).
  return `; Path=/${domain}; Max-Age=${Math.floor(config.maxAgeMs / 1000)}; HttpOnly${config.secure ? '; Secure' : ''}; SameSite=${sameSite}${
    config.sameSite === 'none' ? '; Partitioned' : ''
  }`;
}

function readSubject(claims: TokenClaims, expired: boolean): CookieReading {
  if (claims.sub === NOBODY) return { kind: 'invalid', reason: 'claims' };
  return { kind: 'subject', subject: claims.sub, denied: readDenied(claims.p), issuedAt: claims.iat * 1000, expired };
}

function readRefusal(claims: TokenClaims, expired: boolean): CookieReading {
  if (claims.sub !== NOBODY) return { kind: 'invalid', reason: 'claims' };
  return { kind: 'refusal', denied: readDenied(claims.p), issuedAt: claims.iat * 1000, expired };
}

/** `p` of a token: a letter for each purpose that was decided. `denied` is added to what the choices deny. */
export function codeStates(choices: ConsentHead['choices'], denied: PurposeSet): Readonly<Record<string, string>> {
  const states: Record<string, string> = {};
  for (const purpose of OPTIONAL_PURPOSES) {
    const state = choices[purpose]?.state;
    const isDenied = (denied & purposeBit(purpose)) !== 0 && state !== 'withdrawn';
    if (isDenied) states[purpose] = STATE_CODES.denied;
    else if (state !== undefined) states[purpose] = STATE_CODES[state];
  }
  return states;
}

/** Everything that is not a yes is a no: a code of a later version lowers. */
export function readDenied(states: unknown): PurposeSet {
  if (typeof states !== 'object' || states === null) return NO_PURPOSES;
  let denied = NO_PURPOSES;
  for (const purpose of OPTIONAL_PURPOSES) {
    const code: unknown = (states as Record<string, unknown>)[purpose];
    if (code !== undefined && code !== STATE_CODES.granted) denied |= purposeBit(purpose);
  }
  return denied;
}
