/** Cookies of consent tools as `signal decode cookie-…` shows them. */
import { parseCookiebot, splitCookiebot } from '../signals/cmp/cookiebot.ts';
import { parseDidomi, parseKlaro, parseShopify, parseVanillaCookieConsent, splitShopify } from '../signals/cmp/json-cookies.ts';
import { parseOneTrust, parseOneTrustGroups, splitOneTrust } from '../signals/cmp/onetrust.ts';
import { decodeCookieValue, type ParsedCookie, parseJsonObject } from '../signals/cmp/parsed-cookie.ts';
import { parseC15t, parseCookieYes, parseTarteaucitron } from '../signals/cmp/text-cookies.ts';

type View = Record<string, unknown>;

const REFUSED: View = { ok: false, reason: 'form' };

/** The common shape: the categories under `key`, and whether the person chose them. */
function viewParsed(parsed: ParsedCookie, key: string): View {
  if (!parsed.ok) return REFUSED;
  return { ok: true, [key]: Object.fromEntries(parsed.categories), choiceRecorded: parsed.choice !== null };
}

function viewVanilla(value: string): View {
  const parsed = parseVanillaCookieConsent(value);
  if (!parsed.ok) return REFUSED;
  const accepted = [...parsed.categories].filter(([, isAccepted]) => isAccepted).map(([category]) => category);
  const rejected = [...parsed.categories].filter(([, isAccepted]) => !isAccepted).map(([category]) => category);
  const cookie = parseJsonObject(decodeCookieValue(value));
  return { ok: true, accepted, rejected, revision: cookie?.revision ?? null, choiceRecorded: true };
}

function viewCookiebot(value: string): View {
  const parsed = parseCookiebot(value);
  if (!parsed.ok) return REFUSED;
  if (value === '-1') return { ok: true, allAllowed: true, choiceRecorded: false };
  const fields = splitCookiebot(value);
  return {
    ok: true,
    ...Object.fromEntries(parsed.categories),
    method: fields?.method ?? null,
    choiceRecorded: parsed.choice !== null,
  };
}

function viewOneTrust(value: string): View {
  const fields = splitOneTrust(value);
  const groups = parseOneTrustGroups(fields);
  const parsed = parseOneTrust(value, false, new Map());
  if (groups === null || !parsed.ok) return REFUSED;
  const gpc = fields.get('isGpcEnabled') === '1' || fields.get('browserGpcFlag') === '1';
  return { ok: true, groups: Object.fromEntries(groups), gpc, choiceRecorded: parsed.choice !== null };
}

function viewShopify(value: string): View {
  const split = splitShopify(value);
  if (split === null) return REFUSED;
  const { a, p, m, t } = split.purposes;
  const parsed = parseShopify(value);
  return {
    ok: true,
    analytics: a,
    preferences: p,
    marketing: m,
    saleOfData: t,
    choiceRecorded: parsed.ok && parsed.choice !== null,
  };
}

export const COOKIE_VIEWS: Readonly<Record<string, (value: string) => View>> = {
  'cookie-c15t': (value) => viewParsed(parseC15t(value), 'consents'),
  'cookie-cc_cookie': viewVanilla,
  'cookie-cookiebot': viewCookiebot,
  'cookie-cookieyes': (value) => viewParsed(parseCookieYes(value), 'categories'),
  'cookie-didomi': (value) => viewParsed(parseDidomi(value), 'purposes'),
  'cookie-klaro': (value) => viewParsed(parseKlaro(value), 'services'),
  'cookie-optanon': viewOneTrust,
  'cookie-shopify': viewShopify,
  'cookie-tarteaucitron': (value) => viewParsed(parseTarteaucitron(value), 'services'),
};
