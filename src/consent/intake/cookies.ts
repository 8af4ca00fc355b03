import { CMP_COOKIE_NAMES } from '../../signals/cmp/cookie-names.ts';
import { readCmpCookies } from '../../signals/cmp-cookies.ts';
import type { SignalRule } from '../../signals/signal.ts';
import { ALL_PURPOSES, NO_PURPOSES } from '../state.ts';
import { type BannerReader, isObject, UNDECIDED } from './told.ts';

/** Hears everything that a cookie says. */
const OPEN_RULE: SignalRule = {
  mayGrant: true,
  mayDeny: true,
  covers: ALL_PURPOSES,
  needs: {},
  vendorConsent: false,
  sections: 'any',
  denyWhen: [],
  beatsRecord: false,
  remember: false,
};

/** Cookies that a banner wrote, by name (`{"cookies": {"cc_cookie": "…"}}`): what `client.js` sends. The strictest of several tools. */
export const readBannerCookies: BannerReader = (body, site, now) => {
  if (!isObject(body.cookies)) return null;
  const cookies = Object.entries(body.cookies).flatMap(([name, value]) => {
    const kind = CMP_COOKIE_NAMES.get(name);
    return kind === undefined || typeof value !== 'string' ? [] : [{ kind, name, value }];
  });
  if (cookies.length === 0) return null;
  const votes = readCmpCookies(cookies, site, now).map((reading) => reading.vote(OPEN_RULE, { tcfVendor: null }));
  if (votes.some((vote) => vote.unreadable !== NO_PURPOSES)) return null;
  const refusals = votes.reduce((all, vote) => all | vote.denies, NO_PURPOSES);
  const grants = votes.reduce((all, vote) => all | vote.grants, NO_PURPOSES) & ~refusals;
  return grants === NO_PURPOSES && refusals === NO_PURPOSES ? UNDECIDED : { decided: { grants, refusals }, action: 'save' };
};
