/**
 * Cookiebot `CookieConsent`: pseudo-JSON `{stamp:'…',necessary:true,preferences:…,statistics:…,marketing:…,method:'explicit',…}`,
 * or `-1` where the site's settings ask nobody. Parsed by its fields, never evaluated.
 */
import { createParsed, decodeCookieValue, type ParsedCookie, UNREADABLE_COOKIE } from './parsed-cookie.ts';

const CATEGORIES = ['necessary', 'preferences', 'statistics', 'marketing'] as const;

/** The value of a field, without quotes; null where it is not there. */
function findField(text: string, name: string): string | null {
  const match = new RegExp(`[{,]${name}:'?([^,'}]*)`).exec(text);
  return match?.[1] ?? null;
}

export interface CookiebotFields {
  readonly categories: ReadonlyMap<string, boolean>;
  readonly method: string | null;
}

/** Fields of the long form; null where it is something else. */
export function splitCookiebot(value: string): CookiebotFields | null {
  const text = decodeCookieValue(value);
  if (text === null || !/^\{.*\}$/s.test(text)) return null;
  const categories = new Map<string, boolean>();
  for (const name of CATEGORIES) {
    const state = findField(text, name);
    if (state !== 'true' && state !== 'false') return null;
    categories.set(name, state === 'true');
  }
  return { categories, method: findField(text, 'method') };
}

export function parseCookiebot(value: string): ParsedCookie {
  // The region needs no consent by the site's settings: everything runs, and nobody was asked.
  if (value === '-1') return createParsed(new Map(), { isChosen: false });
  if (value === '0') return createParsed(new Map(), { isChosen: true, isComplete: true });
  const fields = splitCookiebot(value);
  if (fields === null) return UNREADABLE_COOKIE;
  // `implied` is the tool's default before any choice.
  return createParsed(fields.categories, { isChosen: fields.method === 'explicit', isComplete: false });
}
