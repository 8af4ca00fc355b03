/** Whose record a hit is judged by: the consent cookie's, the token's, or an external id's that the route names. */
import type { ConsentCookies } from '../consent/cookie.ts';
import { type ExternalLookup, lookUpExternal } from '../consent/external.ts';
import type { Keyring } from '../consent/keys.ts';
import { type ConsentLookup, lookUpConsent, lookUpToken } from '../consent/lookup.ts';
import type { SiteTokens } from '../consent/site-token.ts';
import { readField } from '../hit/field.ts';
import type { ReceivedHit } from '../hit/hit.ts';
import type { HitServices } from '../hit/mount.ts';
import { readTokens } from '../hit/token-field.ts';
import type { Region } from '../policy/policy.ts';
import type { ConsentStore } from '../store/store.ts';

export interface LookUpParts {
  readonly cookies: ConsentCookies;
  readonly tokens: SiteTokens;
  readonly keyring: Keyring;
  readonly store: ConsentStore;
}

/** Where nobody knows the person behind an external id: the sending machine's own place says nothing about them. */
const UNKNOWN_PERSON: Region = { country: 'ZZ', subdivision: null, source: 'record', disagrees: null };

export function createLookUp({ cookies, tokens, keyring, store }: LookUpParts): HitServices['lookUp'] {
  return function lookUp(hit, route, body, place, now) {
    if (route.subject !== null) {
      const found = lookUpExternal(readField(route.subject, hit, body) ?? '', keyring, store);
      return found instanceof Promise ? found.then(atOwnPlace) : atOwnPlace(found);
    }
    const carried = tokensOf(hit);
    if (carried.length === 0) return lookUpConsent(hit.cookie, cookies, store, now);
    return lookUpToken({ cookie: hit.cookie, tokens: carried, rawHeaders: hit.rawHeaders, place }, cookies, tokens, store, now);
  };
}

const NO_TOKENS: readonly string[] = [];

function tokensOf(hit: ReceivedHit): readonly string[] {
  const inQuery = hit.mayHoldToken ? readTokens(hit.query ?? '') : NO_TOKENS;
  return hit.token === '' ? inQuery : [...inQuery, ...hit.token.split(',').map((token) => token.trim())];
}

function atOwnPlace({ place, ...lookup }: ExternalLookup): ConsentLookup {
  const region = place === null ? UNKNOWN_PERSON : { ...place, source: 'record', disagrees: null };
  return { ...lookup, region };
}
