import { type BannerReader, choicesOf, decide, isObject, UNDECIDED } from './told.ts';

const ACTIONS: Readonly<Record<string, 'accept_all' | 'reject_all'>> = { accept: 'accept_all', decline: 'reject_all' };

/**
 * Klaro: what its own client submits (`consent_data`), what a watcher gets with `saveConsents` (`consents`, `type`), or the
 * consents of the manager under the name `klaro`. By service.
 */
export const readKlaro: BannerReader = (body, site) => {
  const data = isObject(body.consent_data) ? body.consent_data : body;
  const consents = choicesOf(isObject(body.klaro) ? body.klaro : data.consents);
  if (consents === null || (data === body && !isObject(body.klaro) && typeof body.type !== 'string')) return null;
  const { type } = data;
  if (type === 'show' || consents.size === 0) return UNDECIDED;
  return {
    decided: decide(consents, false, site),
    action: typeof type === 'string' && Object.hasOwn(ACTIONS, type) ? (ACTIONS[type] ?? 'save') : 'save',
  };
};
