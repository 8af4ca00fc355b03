import { type BannerReader, decide, isObject, stringsOf } from './told.ts';

const ACTIONS = { all: 'accept_all', necessary: 'reject_all', custom: 'save' } as const;

/**
 * vanilla-cookieconsent 3: what `getUserPreferences()` gives, what `getCookie()` gives, or the argument of `onConsent` and
 * `onChange`, which holds the cookie. A category that is not named was refused.
 */
export const readVanillaCookieConsent: BannerReader = (body, site) => {
  const { acceptType } = body;
  const accepted = stringsOf(body.acceptedCategories);
  if (accepted !== null) {
    const rejected = stringsOf(body.rejectedCategories ?? []);
    if (rejected === null) return null;
    const action =
      typeof acceptType === 'string' && Object.hasOwn(ACTIONS, acceptType) ? ACTIONS[acceptType as keyof typeof ACTIONS] : 'save';
    return { decided: decide(merge(accepted, rejected), true, site), action };
  }
  const cookie = isObject(body.cookie) ? body.cookie : body;
  const categories = stringsOf(cookie.categories);
  if (categories === null || typeof cookie.consentId !== 'string') return null;
  const refused = isObject(cookie.services) ? Object.keys(cookie.services) : [];
  const { languageCode, revision } = cookie;
  return {
    decided: decide(merge(categories, refused), true, site),
    action: 'save',
    language: typeof languageCode === 'string' ? languageCode : null,
    version: typeof revision === 'number' ? String(revision) : null,
  };
};

function merge(accepted: readonly string[], refused: readonly string[]): Map<string, boolean> {
  return new Map([...refused.map((name) => [name, false] as const), ...accepted.map((name) => [name, true] as const)]);
}
