/**
 * Cookies of consent tools on a first-party collector: which cookie is whose, and what it says. A cookie that a tool wrote
 * before any choice is no choice, and says nothing.
 */

import type { Purpose } from '../consent/state.ts';
import { describeChoice, voteOfChoice } from './categories.ts';
import type { CmpKind } from './cmp/cookie-names.ts';
import { parseCookiebot } from './cmp/cookiebot.ts';
import { parseDidomi, parseKlaro, parseShopify, parseVanillaCookieConsent } from './cmp/json-cookies.ts';
import { parseOneTrust } from './cmp/onetrust.ts';
import type { ParsedCookie } from './cmp/parsed-cookie.ts';
import { parseC15t, parseComplianz, parseCookieYes, parseMatomo, parseTarteaucitron } from './cmp/text-cookies.ts';
import { createReading, createSilence, createUnreadable, OPTIONAL_SET } from './plain-reading.ts';
import { NO_VOTE, type SignalReading } from './signal.ts';

export interface CmpCookie {
  readonly kind: CmpKind;
  readonly name: string;
  readonly value: string;
}

/** Parsers of one cookie by its value. OneTrust, Complianz and Matomo spread a choice over several cookies. */
const PARSERS = {
  cookiebot: parseCookiebot,
  'vanilla-cookieconsent': parseVanillaCookieConsent,
  klaro: parseKlaro,
  c15t: parseC15t,
  cookieyes: parseCookieYes,
  didomi: parseDidomi,
  shopify: parseShopify,
  tarteaucitron: parseTarteaucitron,
} as const;

type CategoryMap = ReadonlyMap<string, Purpose>;

/** OneTrust's second cookie only tells that the banner was closed. */
function parseOneTrustCookies(cookies: readonly CmpCookie[], site: CategoryMap): readonly ParsedCookie[] {
  const isClosed = cookies.some(({ name }) => name === 'OptanonAlertBoxClosed');
  return cookies.filter(({ name }) => name !== 'OptanonAlertBoxClosed').map(({ value }) => parseOneTrust(value, isClosed, site));
}

/** A choice spread over several cookies; where one of them came twice, it is read with each of its values. */
function parseSpread(
  cookies: readonly CmpCookie[],
  parse: (values: ReadonlyMap<string, string>) => ParsedCookie,
): readonly ParsedCookie[] {
  const values = new Map<string, string>();
  for (const { name, value } of cookies) if (!values.has(name)) values.set(name, value);
  return cookies.map(({ name, value }) => parse(new Map([...values, [name, value]])));
}

function parseKind(kind: CmpKind, cookies: readonly CmpCookie[], site: CategoryMap): readonly ParsedCookie[] {
  switch (kind) {
    case 'onetrust':
      return parseOneTrustCookies(cookies, site);
    case 'complianz':
      return parseSpread(cookies, parseComplianz);
    case 'matomo':
      return parseSpread(cookies, parseMatomo);
    default:
      return cookies.map(({ value }) => PARSERS[kind](value));
  }
}

/** What the cookies of one tool say: one, mostly; of several the strictest. */
function readKind(kind: CmpKind, cookies: readonly CmpCookie[], site: CategoryMap, now: number | null): SignalReading | null {
  const parsed = parseKind(kind, cookies, site);
  const first = cookies.find(({ name }) => name !== 'OptanonAlertBoxClosed');
  if (first === undefined) return null;
  const field = `cookie:${first.name}`;
  let grants = OPTIONAL_SET;
  let denies = 0;
  let isChosen = false;
  for (const cookie of parsed) {
    if (!cookie.ok) return createUnreadable('cmp-cookies', field);
    const vote = cookie.choice === null ? NO_VOTE : voteOfChoice(cookie.choice, site);
    const isExpired = cookie.expiresMs !== null && (now === null || cookie.expiresMs <= now);
    grants &= isExpired ? 0 : vote.grants;
    denies |= vote.denies;
    isChosen ||= cookie.choice !== null;
  }
  const vote = { grants: grants & ~denies, denies, unreadable: 0 };
  return isChosen
    ? createReading('cmp-cookies', field, describeChoice(vote), vote)
    : createSilence('cmp-cookies', field, 'no choice made');
}

/** A reading per consent tool. `site` maps its own category names; `now` in epoch milliseconds, null where nobody knows. */
export function readCmpCookies(cookies: readonly CmpCookie[], site: CategoryMap, now: number | null): SignalReading[] {
  const readings: SignalReading[] = [];
  for (const kind of new Set(cookies.map((cookie) => cookie.kind))) {
    const own = cookies.filter((cookie) => cookie.kind === kind);
    const reading = readKind(kind, own, site, now);
    if (reading !== null) readings.push(reading);
  }
  return readings;
}
