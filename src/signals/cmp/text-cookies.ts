/** Consent tools whose cookie is a plain list: c15t, CookieYes, tarteaucitron; and those with a cookie per category: Complianz, Matomo. */
import { createParsed, decodeCookieValue, type ParsedCookie, splitPairs, UNREADABLE_COOKIE } from './parsed-cookie.ts';

const C15T_CATEGORIES = ['necessary', 'functionality', 'measurement', 'experience', 'marketing'] as const;

/** c15t, `c15t`: `c.necessary:1,c.measurement:1,i.t:…`. A refused category is not written at all. */
export function parseC15t(value: string): ParsedCookie {
  const text = decodeCookieValue(value);
  if (text === null || !/^[ci]\.[\w.]+:/.test(text)) return UNREADABLE_COOKIE;
  const pairs = splitPairs(text, ',', ':');
  const categories = new Map<string, boolean>(C15T_CATEGORIES.map((name) => [name, pairs.get(`c.${name}`) === '1']));
  for (const [key, state] of pairs) if (key.startsWith('c.')) categories.set(key.slice(2), state === '1');
  return createParsed(categories, { isChosen: pairs.has('i.t'), isComplete: true });
}

/** CookieYes, `cookieyes-consent`: `consentid:…,consent:yes,action:yes,necessary:yes,analytics:no,…`; `action` is the person's. */
export function parseCookieYes(value: string): ParsedCookie {
  const text = decodeCookieValue(value);
  if (text === null || !text.includes(':')) return UNREADABLE_COOKIE;
  const pairs = splitPairs(text, ',', ':');
  const categories = new Map<string, boolean>();
  for (const [key, state] of pairs) {
    if (['consentid', 'consent', 'action', 'lastRenewedDate'].includes(key)) continue;
    if (state !== 'yes' && state !== 'no') return UNREADABLE_COOKIE;
    categories.set(key, state === 'yes');
  }
  return createParsed(categories, { isChosen: pairs.get('action') === 'yes' });
}

/** Services that tarteaucitron starts without asking anybody (`needConsent: false`): true before any click. */
const UNASKED_SERVICES: ReadonlySet<string> = new Set([
  'crisp',
  'matomo',
  'matomohightrack',
  'microanalytics',
  'plausible',
  'simpleanalytics',
  'stonly',
  'wysistathightrack',
]);

/**
 * What a person chose of tarteaucitron's services. A service that runs unasked was refused where it is false, and says
 * nothing where it is true: then an accepted service of no category stands for it, so that the rest is no refusal of all.
 */
export function chosenServices(services: ReadonlyMap<string, boolean>): ReadonlyMap<string, boolean> {
  const chosen = new Map([...services].filter(([service, isAccepted]) => !(isAccepted && UNASKED_SERVICES.has(service))));
  return chosen.size === 0 || chosen.size === services.size ? chosen : chosen.set('(unasked)', true);
}

/** tarteaucitron, `tarteaucitron`: `!gtag=true!matomo=false!youtube=wait`; `wait` is no choice yet. */
export function parseTarteaucitron(value: string): ParsedCookie {
  const text = decodeCookieValue(value);
  if (text === null || !text.startsWith('!')) return UNREADABLE_COOKIE;
  const services = new Map<string, boolean>();
  for (const [service, state] of splitPairs(text.slice(1), '!', '=')) {
    if (service === '' || state === 'wait') continue;
    if (state !== 'true' && state !== 'false') return UNREADABLE_COOKIE;
    services.set(service, state === 'true');
  }
  const chosen = chosenServices(services);
  return createParsed(chosen, { isChosen: chosen.size > 0 });
}

const COMPLIANZ_PREFIX = 'cmplz_';
const COMPLIANZ_CATEGORIES = ['functional', 'preferences', 'statistics', 'statistics-anonymous', 'marketing'];

/** Complianz, `cmplz_<category>=allow|deny`: a choice once the banner was dismissed (`cmplz_banner-status`). */
export function parseComplianz(cookies: ReadonlyMap<string, string>): ParsedCookie {
  const categories = new Map<string, boolean>();
  for (const category of COMPLIANZ_CATEGORIES) {
    const state = cookies.get(COMPLIANZ_PREFIX + category);
    if (state === undefined || state === '') continue;
    if (state !== 'allow' && state !== 'deny') return UNREADABLE_COOKIE;
    categories.set(category, state === 'allow');
  }
  return createParsed(categories, {
    isChosen: cookies.get(`${COMPLIANZ_PREFIX}banner-status`) === 'dismissed' && categories.size > 0,
  });
}

/**
 * Matomo's tracker: `mtm_consent` and `mtm_cookie_consent` hold the time of a yes, `mtm_consent_removed` that of a no;
 * `matomo_ignore` is the opt-out of everything. A person who took the consent away or opted out is not tracked at all.
 */
export function parseMatomo(cookies: ReadonlyMap<string, string>): ParsedCookie {
  const hasRefused = ['mtm_consent_removed', 'matomo_ignore', 'piwik_ignore'].some((name) => cookies.has(name));
  if (hasRefused) return createParsed(new Map(), { isChosen: true, isComplete: true });
  const isGiven = ['mtm_consent', 'mtm_cookie_consent'].some((name) => /^\d{10,14}$/.test(cookies.get(name) ?? ''));
  return createParsed(new Map([['analytics', true]]), { isChosen: isGiven });
}
