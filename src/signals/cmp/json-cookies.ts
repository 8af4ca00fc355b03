/** Consent tools whose cookie is JSON: vanilla-cookieconsent, Klaro, Didomi (in base64) and Shopify. */
import {
  createParsed,
  decodeCookieValue,
  isObject,
  type ParsedCookie,
  parseJsonObject,
  UNREADABLE_COOKIE,
} from './parsed-cookie.ts';

function stringsOf(value: unknown): string[] | null {
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : null;
}

/**
 * vanilla-cookieconsent 3, `cc_cookie`: `categories` lists what was accepted, `services` names the other categories too. It is
 * written at the choice and not before.
 */
export function parseVanillaCookieConsent(value: string): ParsedCookie {
  const cookie = parseJsonObject(decodeCookieValue(value));
  const accepted = stringsOf(cookie?.categories);
  if (cookie === null || accepted === null) return UNREADABLE_COOKIE;
  const categories = new Map<string, boolean>();
  if (isObject(cookie.services)) for (const category of Object.keys(cookie.services)) categories.set(category, false);
  for (const category of accepted) categories.set(category, true);
  const expiresMs = typeof cookie.expirationTime === 'number' ? cookie.expirationTime : null;
  return createParsed(categories, { isChosen: true, isComplete: true, expiresMs });
}

/** Klaro, `klaro`: service → accepted, written when the person saves. */
export function parseKlaro(value: string): ParsedCookie {
  const cookie = parseJsonObject(decodeCookieValue(value));
  if (cookie === null) return UNREADABLE_COOKIE;
  const services = new Map<string, boolean>();
  for (const [service, isAccepted] of Object.entries(cookie)) {
    if (typeof isAccepted !== 'boolean') return UNREADABLE_COOKIE;
    services.set(service, isAccepted);
  }
  return createParsed(services, { isChosen: services.size > 0 });
}

/** Didomi, `didomi_token`: base64 of JSON with `purposes.enabled` and `purposes.disabled`. */
export function parseDidomi(value: string): ParsedCookie {
  const text = decodeCookieValue(value);
  const token = text === null ? null : parseJsonObject(Buffer.from(text, 'base64').toString('utf8'));
  if (token === null) return UNREADABLE_COOKIE;
  const purposes = isObject(token.purposes) ? token.purposes : {};
  const enabled = stringsOf(purposes.enabled ?? []);
  const disabled = stringsOf(purposes.disabled ?? []);
  if (enabled === null || disabled === null) return UNREADABLE_COOKIE;
  const categories = new Map<string, boolean>(enabled.map((purpose) => [purpose, true]));
  for (const purpose of disabled) categories.set(purpose, false);
  return createParsed(categories, { isChosen: categories.size > 0 });
}

/** Shopify's letters in `con.CMP` and `purposes`. */
const SHOPIFY_NAMES = { a: 'analytics', p: 'preferences', m: 'marketing', s: 'sale_of_data' } as const;

function readShopifyChoice(value: unknown): boolean | null {
  if (value === '1' || value === 'true' || value === true) return true;
  return value === '0' || value === 'false' || value === false ? false : null;
}

/** The effective settings of a Shopify cookie, defaults included; null where it is no such cookie. */
export function splitShopify(
  value: string,
): { readonly cookie: Record<string, unknown>; readonly purposes: Record<string, unknown> } | null {
  const cookie = parseJsonObject(decodeCookieValue(value));
  if (cookie === null) return null;
  return { cookie, purposes: isObject(cookie.purposes) ? cookie.purposes : {} };
}

/** Shopify, `_tracking_consent`: `purposes` shows what is in effect by default; only `con.CMP` holds what the person chose. */
export function parseShopify(value: string): ParsedCookie {
  const split = splitShopify(value);
  if (split === null) return UNREADABLE_COOKIE;
  const con = isObject(split.cookie.con) ? split.cookie.con : {};
  const chosen = isObject(con.CMP) ? con.CMP : {};
  const categories = new Map<string, boolean>();
  for (const [letter, name] of Object.entries(SHOPIFY_NAMES)) {
    const state = readShopifyChoice(chosen[letter]);
    if (state !== null) categories.set(name, state);
  }
  return createParsed(categories, { isChosen: categories.size > 0 });
}
