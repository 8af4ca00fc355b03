/**
 * What a signal may do where a policy does not name it, and what the compiler fills in where a policy names only some keys.
 * An unnamed signal may deny and never grant: a hit can lower what is allowed without anybody having asked for it,
 * but raising it takes a sentence in a policy file.
 */
import { OPTIONAL_PURPOSES, type Purpose, type PurposeSet, purposeSet } from '../consent/state.ts';
import type { SignalName, SignalRule } from './signal.ts';

/** What an opt-out of sale, sharing or targeted advertising is about (11 CCR § 7025; IAB us_privacy and GPP US sections). */
const SALE_AND_SHARING = purposeSet(['personalization', 'advertising']);
const ALL_OPTIONAL = purposeSet(OPTIONAL_PURPOSES);

/**
 * TCF purposes that must all carry consent, by purpose of ours. 1 storage and access, 3 and 4 profiles for and selection of
 * personalised advertising, 5 and 6 the same for content, 7 and 8 measuring advertising and content performance
 * (IAB Europe, TCF Policies, Appendix A). `necessary` is never asked: special purposes need no consent.
 */
const TCF_NEEDS: { readonly [P in Purpose]?: readonly number[] } = {
  functional: [1],
  analytics: [1, 8],
  personalization: [1, 5, 6],
  advertising: [1, 3, 4, 7],
};

/** Fields of the GPP US sections whose value 1 is an opt-out; a section that lacks a field is silent about it. */
const OPT_OUT_FIELDS = ['SaleOptOut', 'SharingOptOut', 'TargetedAdvertisingOptOut'] as const;

function denyOnly(covers: PurposeSet): SignalRule {
  return {
    mayGrant: false,
    mayDeny: true,
    covers,
    needs: {},
    vendorConsent: false,
    sections: 'any',
    denyWhen: [],
    beatsRecord: false,
    remember: false,
  };
}

/**
 * Rule of each signal that a policy does not name; also the value of each key that a policy leaves out.
 * `tcf.vendorConsent` only has an effect on routes with a vendor id. Signals that say their purposes themselves
 * (tcf, consent-mode, segment, rudderstack, cmp-cookies) are heard on every optional purpose.
 */
export const DEFAULT_SIGNAL_RULES: Readonly<Record<SignalName, SignalRule>> = {
  gpc: { ...denyOnly(SALE_AND_SHARING), beatsRecord: true },
  dnt: denyOnly(ALL_OPTIONAL),
  tcf: { ...denyOnly(ALL_OPTIONAL), needs: TCF_NEEDS, vendorConsent: true },
  gpp: { ...denyOnly(SALE_AND_SHARING), denyWhen: OPT_OUT_FIELDS },
  'us-privacy': denyOnly(SALE_AND_SHARING),
  'consent-mode': denyOnly(ALL_OPTIONAL),
  'additional-consent': denyOnly(SALE_AND_SHARING),
  att: denyOnly(SALE_AND_SHARING),
  ldu: denyOnly(SALE_AND_SHARING),
  asc: denyOnly(SALE_AND_SHARING),
  'sp-anonymous': denyOnly(purposeSet(['analytics', 'personalization', 'advertising'])),
  segment: denyOnly(ALL_OPTIONAL),
  rudderstack: denyOnly(ALL_OPTIONAL),
  'cmp-cookies': denyOnly(ALL_OPTIONAL),
};
