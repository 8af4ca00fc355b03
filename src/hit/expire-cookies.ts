/**
 * Expires what a tracker set before the visitor said no: an id cookie that is HttpOnly can be deleted by no script, and goes
 * on naming the visitor after an opt-out.
 */
import { holdsOwnToken } from '../consent/own-tokens.ts';
import { PURPOSE_INDEX } from '../consent/state.ts';
import type { Judgement, PurposeDecision } from '../policy/policy.ts';
import { firstValue } from '../upstream/headers.ts';
import type { ReceivedHit } from './hit.ts';
import type { Route } from './route.ts';

/** More than a browser keeps for a site, or somebody who wants a long answer. */
const MOST_EXPIRED = 20;
/** Taken by browsers on answers to another site's page too, where a cookie without SameSite would be ignored. */
const HERE = 'Max-Age=0; Secure; SameSite=None';
const EXPIRED = `${HERE}; Path=/`;
/** `shop.eu.example.com`: the cookie may have been set for any of its parents. */
const MOST_DOMAINS = 4;

const NONE: readonly string[] = [];

/**
 * `Set-Cookie` lines (name, value, …) that delete the cookies of the request which the profile declares for a purpose that is
 * denied or withdrawn. Mere silence deletes nothing: the banner may still be open.
 */
export function expireCookies(hit: ReceivedHit, route: Route, judgement: Judgement | null): readonly string[] {
  if (judgement === null || hit.cookie === '' || !judgement.purposes.some(isSaidNo)) return NONE;
  const lines: string[] = [];
  let attributes: readonly string[] | null = null;
  for (const pair of hit.cookie.split(';', 4 * MOST_EXPIRED)) {
    const name = pair.slice(0, Math.max(0, pair.indexOf('='))).trim();
    // The visitor's own decision stays, also under a name that a profile may mean: `__Secure-*`.
    if (!isDenied(name, route, judgement) || holdsOwnToken(pair)) continue;
    attributes ??= attributesFor(hit);
    for (const one of attributes) lines.push('Set-Cookie', `${name}=; ${one}`);
    if (lines.length >= 2 * MOST_EXPIRED * attributes.length) break;
  }
  return lines;
}

/**
 * As many as a cookie may have been set with: it is another one for each domain and path, and one apart on another site's page (CHIPS). The
 * collector's own path is what a line without any means (RFC 6265 § 5.1.4).
 */
function attributesFor({ host, path, rawHeaders }: ReceivedHit): readonly string[] {
  const variants = [EXPIRED];
  if (path.lastIndexOf('/') > 0) variants.push(HERE);
  if (firstValue(rawHeaders, 'sec-fetch-site') === 'cross-site') variants.push(`${EXPIRED}; Partitioned`);
  for (const domain of domainsOf(host)) variants.push(`${EXPIRED}; Domain=${domain}`);
  return variants;
}

/** A cookie name as RFC 6265 § 4.1.1 has it: anything else was not set by a Set-Cookie line of the tracker's. */
const COOKIE_NAME = /^[\w!#$%&'*+.^`|~-]{1,128}$/;

function isDenied(name: string, route: Route, judgement: Judgement): boolean {
  if (!COOKIE_NAME.test(name)) return false;
  const { profile } = route;
  const purpose = profile.cookiePurpose(name);
  // What the visitor said to the tracker itself is no id, and may be the very no.
  if (purpose === null || profile.cookie(name)?.class === 'consent') return false;
  const decided = judgement.purposes[PURPOSE_INDEX[purpose]];
  return decided !== undefined && isSaidNo(decided);
}

/** A store that is down makes a no for the moment, not one that the visitor said. */
function isSaidNo({ state, reasons }: PurposeDecision): boolean {
  return (state === 'denied' || state === 'withdrawn') && reasons.every(({ code }) => code !== 'store-unavailable');
}

/** The host and its parents down to two labels; browsers ignore the ones that are public suffixes. */
function domainsOf(host: string): string[] {
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(host) || /^[\d.]+$/.test(host)) return [];
  const labels = host.split('.');
  return labels
    .slice(0, -1)
    .map((_, i) => labels.slice(i).join('.'))
    .slice(-MOST_DOMAINS);
}
