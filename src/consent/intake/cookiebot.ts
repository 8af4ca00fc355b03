import { type BannerReader, decide, isObject, UNDECIDED } from './told.ts';

const CATEGORIES = ['necessary', 'preferences', 'statistics', 'marketing'];

/** Cookiebot: `Cookiebot.consent`, by itself, as `consent`, or within the whole object as `Cookiebot`. */
export const readCookiebot: BannerReader = (body, site) => {
  const outer = isObject(body.Cookiebot) ? body.Cookiebot : body;
  const consent = isObject(outer.consent) ? outer.consent : outer;
  const categories = new Map<string, boolean>();
  for (const name of CATEGORIES) {
    const state = consent[name];
    if (typeof state !== 'boolean') return null;
    categories.set(name, state);
  }
  // `implied` is its default before anybody was asked.
  const isChosen = consent.method === 'explicit' || (consent.method === undefined && outer.hasResponse === true);
  return isChosen ? { decided: decide(categories, true, site), action: 'save' } : UNDECIDED;
};
