/**
 * OneTrust `OptanonConsent`: a query with `groups=C0001:1,C0002:0`. Written at the first page view, with the site's defaults:
 * only a closed banner (`OptanonAlertBoxClosed`) or a counted interaction makes it a choice.
 */
import { createParsed, decodeCookieValue, type ParsedCookie, splitPairs, UNREADABLE_COOKIE } from './parsed-cookie.ts';

/** The plain numbers that older sites have for groups; `C0001` and the like are among the common names, a site's own ids in its map. */
const NUMBERED_GROUPS: ReadonlyMap<string, string> = new Map([
  ['1', 'necessary'],
  ['2', 'performance'],
  ['3', 'functional'],
  ['4', 'targeting'],
  ['5', 'social_media'],
]);

/** Groups by their ids, or null where the cookie has none that can be read. */
export function parseOneTrustGroups(fields: ReadonlyMap<string, string>): Map<string, boolean> | null {
  const text = fields.get('groups');
  const decoded = text === undefined ? null : decodeCookieValue(text);
  if (decoded === null) return null;
  const groups = new Map<string, boolean>();
  for (const [id, state] of splitPairs(decoded, ',', ':')) {
    if (state !== '0' && state !== '1') return null;
    groups.set(id, state === '1');
  }
  return groups;
}

export function splitOneTrust(value: string): ReadonlyMap<string, string> {
  // Some set the cookie encoded as a whole, some only its values.
  const text = value.includes('=') ? value : (decodeCookieValue(value) ?? '');
  return splitPairs(text, '&', '=');
}

export function parseOneTrust(value: string, isBannerClosed: boolean, site: ReadonlyMap<string, unknown>): ParsedCookie {
  const fields = splitOneTrust(value);
  const groups = parseOneTrustGroups(fields);
  if (groups === null) return UNREADABLE_COOKIE;
  const isChosen = isBannerClosed || Number(fields.get('interactionCount') ?? 0) > 0;
  const named = new Map<string, boolean>();
  // Several groups may share a name: one refusal among them refuses it.
  for (const [id, isAccepted] of groups) {
    const name = site.has(id) ? id : (NUMBERED_GROUPS.get(id) ?? id);
    named.set(name, isAccepted && named.get(name) !== false);
  }
  return createParsed(named, { isChosen });
}
