import { type BannerReader, choicesOf, decide } from './told.ts';

const ACTIONS: Readonly<Record<string, 'accept_all' | 'reject_all'>> = { all: 'accept_all', necessary: 'reject_all' };

/** c15t: what its client posts to a backend (`type: cookie_banner`, `preferences`, `consentAction`). Every category is there. */
export const readC15t: BannerReader = (body, site) => {
  const preferences = choicesOf(body.preferences);
  if (preferences === null || typeof body.type !== 'string') return null;
  const { consentAction, tcString } = body;
  const action =
    typeof consentAction === 'string' && Object.hasOwn(ACTIONS, consentAction) ? (ACTIONS[consentAction] ?? 'save') : 'save';
  return { decided: decide(preferences, true, site), action, tcString: typeof tcString === 'string' ? tcString : null };
};
