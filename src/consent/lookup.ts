/** What a hit asks: the record behind its consent cookie, and what the cookie itself says no to. */

import type { Place, Region } from '../policy/policy.ts';
import type { ConsentStore } from '../store/store.ts';
import type { ConsentCookies, CookieReading } from './cookie.ts';
import { readHolder } from './holder.ts';
import { pageOrigin } from './page-origin.ts';
import type { ConsentHead } from './record.ts';
import { mayGrant, type SiteTokens } from './site-token.ts';
import { NO_PURPOSES, type PurposeSet } from './state.ts';

export interface ConsentLookup {
  /** As `Facts.record` of the policy: null where there is no cookie that names somebody. */
  readonly record: ConsentHead | null | 'unavailable' | 'invalid';
  /** Purposes that a genuine cookie, expired or not, denies. */
  readonly denied: PurposeSet;
  /** The subject, where the store knows it; null otherwise. Never logged. */
  readonly subject: string | null;
  /** The subject that a genuine cookie or token names, whether or not the store knows it: no collector may learn it. Never logged. */
  readonly named: string | null;
  /** Region of an external subject's own record, which counts in place of the sending machine's. */
  readonly region?: Region;
}

const NOBODY: ConsentLookup = { record: null, denied: NO_PURPOSES, subject: null, named: null };
const INVALID: ConsentLookup = { ...NOBODY, record: 'invalid' };

/**
 * Answers at once where the store does. Never throws and never rejects: a store that does not answer is the record
 * `unavailable`, and a cookie that cannot be believed the record `invalid`, which reads as denied.
 */
export function lookUpConsent(
  cookieHeader: string,
  cookies: ConsentCookies,
  store: ConsentStore,
  now: number,
): ConsentLookup | Promise<ConsentLookup> {
  if (cookieHeader === '') return NOBODY;
  return lookUpReading(cookies.read(cookieHeader, now), store);
}

/** What of a hit a token's worth depends on. */
export interface TokenHit {
  readonly cookie: string;
  /** Tokens of the query field and of the header `consentry-token`; one, or it is doubled. */
  readonly tokens: readonly string[];
  readonly rawHeaders: readonly string[];
  readonly place: Place;
}

/** As {@link lookUpConsent}, for a hit that carries at least one token. */
export function lookUpToken(
  hit: TokenHit,
  cookies: ConsentCookies,
  tokens: SiteTokens,
  store: ConsentStore,
  now: number,
): ConsentLookup | Promise<ConsentLookup> {
  const reading = readHolder(hit.cookie, hit.tokens, cookies, tokens, now);
  if (reading.kind !== 'subject' || cookies.read(hit.cookie, now).kind !== 'none') return lookUpReading(reading, store);
  const token = tokens.read(hit.tokens[0] ?? '', now);
  if (token.kind === 'invalid') return INVALID;
  const lookup = lookUpReading(reading, store);
  if (mayGrant(token, pageOrigin(hit.rawHeaders), hit.place, now)) return lookup;
  return lookup instanceof Promise ? lookup.then(withoutGrants) : withoutGrants(lookup);
}

/** Only what was refused: a token of another page or place, or of yesterday, raises nothing. */
function withoutGrants(lookup: ConsentLookup): ConsentLookup {
  const { record } = lookup;
  if (record === null || typeof record === 'string') return lookup;
  const refused = Object.entries(record.choices).filter(([, choice]) => choice.state !== 'granted');
  return { ...lookup, record: { ...record, choices: Object.fromEntries(refused) } };
}

export function lookUpReading(reading: CookieReading, store: ConsentStore): ConsentLookup | Promise<ConsentLookup> {
  switch (reading.kind) {
    case 'none':
      return NOBODY;
    case 'invalid':
      return INVALID;
    case 'refusal':
      return { ...NOBODY, denied: reading.denied };
    case 'subject':
      return lookUpSubject(reading.subject, reading.denied, store);
  }
}

function lookUpSubject(named: string, denied: PurposeSet, store: ConsentStore): ConsentLookup | Promise<ConsentLookup> {
  const unavailable = (): ConsentLookup => ({ record: 'unavailable', denied, subject: null, named });
  try {
    const head = store.readHead(named);
    return head instanceof Promise
      ? head.then((answer) => foundHead(answer, named, denied), unavailable)
      : foundHead(head, named, denied);
  } catch {
    return unavailable();
  }
}

/** A subject that the store does not know was erased or never was: somebody who signed nothing reads as a no. */
function foundHead(head: ConsentHead | null, named: string, denied: PurposeSet): ConsentLookup {
  return head === null ? { ...INVALID, named } : { record: head, denied, subject: head.subject, named };
}
