/**
 * A consent signal as it stood on a hit, before any policy looks at it. Readers are pure functions from the
 * carriers of a hit to readings; what a reading counts for is the policy's to say ({@link SignalRule}).
 */
import type { Purpose, PurposeSet } from '../consent/state.ts';

/** Signals that a policy file can name under `signals` (besides `record`, the consent record itself). */
export const SIGNAL_NAMES = [
  'gpc',
  'dnt',
  'tcf',
  'gpp',
  'us-privacy',
  'consent-mode',
  'additional-consent',
  'att',
  'ldu',
  'asc',
  'sp-anonymous',
  'segment',
  'rudderstack',
  'cmp-cookies',
] as const;
export type SignalName = (typeof SIGNAL_NAMES)[number];

/** A policy's rule for one signal, compiled. */
export interface SignalRule {
  readonly mayGrant: boolean;
  readonly mayDeny: boolean;
  /** Purposes that the signal speaks about; for signals that say the purpose themselves, the ones they are heard on. */
  readonly covers: PurposeSet;
  /** TCF: purposes of the TCF that must all carry consent, by purpose of ours. */
  readonly needs: { readonly [P in Purpose]?: readonly number[] };
  /** TCF: with a route's vendor id, the vendor bits count too. */
  readonly vendorConsent: boolean;
  /** GPP: names of the sections that are heard (`usnat`, `usca`, …), or all of them. */
  readonly sections: readonly string[] | 'any';
  /** GPP: fields whose value 1 is an opt-out. */
  readonly denyWhen: readonly string[];
  /** GPC: denies also over a dated yes in the record. */
  readonly beatsRecord: boolean;
  /** GPC: seen with a known subject, it is recorded as a denial, once. */
  readonly remember: boolean;
}

/** What of the route a signal's meaning depends on. */
export interface SignalContext {
  /** IAB vendor id of the recipient, or null. */
  readonly tcfVendor: number | null;
  /** TCF: the recipient is the site's own and no vendor, so that the purposes of the segment publisherTC answer, where it is
   *  there. Default false. */
  readonly isPublisher?: boolean;
}

/** What a reading says under a rule. A purpose may be in several sets: the combination is the judge's, not the reader's. */
export interface Vote {
  readonly grants: PurposeSet;
  readonly denies: PurposeSet;
  /** An opt-out signal that is there but unreadable: denies where silence would be softer. */
  readonly unreadable: PurposeSet;
}

export const NO_VOTE: Vote = { grants: 0, denies: 0, unreadable: 0 };

/** Special features 1 and 2 of the TCF: precise geolocation, and scanning the device's characteristics for identification. */
export interface DeviceUse {
  readonly preciseLocation: boolean;
  readonly deviceScan: boolean;
}

export interface SignalReading {
  readonly signal: SignalName;
  /** Where it stood, as a carrier: `header:sec-gpc`, `query:gdpr_consent`, `cookie:euconsent-v2`, `body:$.context.consent`. */
  readonly field: string;
  /** What it said as a class of value for explanations and evidence, never the raw string: `1`, `opt-out`, `expired`, `unreadable`. */
  readonly said: string;
  /** TCF: uses of the device that the person did not opt in to, beside all purposes; absent where the signal does not speak of them. */
  readonly forbids?: DeviceUse;
  vote(rule: SignalRule, context: SignalContext): Vote;
}
