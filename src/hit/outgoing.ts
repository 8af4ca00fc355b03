/** A hit on its way out, and what the steps scrub and guard are asked and answer. */
import type { Action, PurposeSet } from '../consent/state.ts';
import type { AnonymizeRules, Judgement } from '../policy/policy.ts';
import type { GuardFind, ScrubReport } from '../privacy/report.ts';
import type { VendorProfile } from '../vendors/profile.ts';

/** A request as bytes that mean the same to everybody: origin-form target, header lines in order, whole body. */
export interface OutgoingHit {
  readonly method: string;
  /** Canonical path and, after `?`, the query. */
  readonly target: string;
  /** name, value, name, value, … */
  readonly headers: readonly string[];
  readonly body: Buffer | null;
}

export interface ScrubRequest {
  /** The hit as it came in, less what never leaves: hop-by-hop and framing headers, Consentry's own cookie, token and
   *  `Consentry-*` headers, client-address and geo headers, Range and validators. Host is kept apart. */
  readonly hit: OutgoingHit;
  readonly profile: VendorProfile;
  /** The route's own path: what an anonymized hit is sent to. */
  readonly routePath: string;
  /** Strictest action of the gate: `forward` or `anonymize` (a dropped hit is never scrubbed). */
  readonly action: Action;
  /** Purposes of the gate. */
  readonly gate: PurposeSet;
  readonly judgement: Judgement;
  readonly anonymize: AnonymizeRules;
  /** True client address, parsed and normalized, or null; what leaves of it is scrub's to say. */
  readonly clientAddress: string | null;
  /** Whether the hit's country, subdivision may be named to the collector is `anonymize.geo`'s to say. */
  readonly country: string;
  readonly subdivision: string | null;
  /** Replaces an identifier by one of the day, for `ids: pseudonymize-daily`; null where there is no key for it. */
  readonly pseudonymize: ((value: string) => string) | null;
}

/** Why a hit is dropped after it was judged. Codes are stable: metrics and evidence name them. */
export type ScrubRefusal = 'body-not-understood' | 'body-limits' | 'opaque' | 'multipart' | 'nothing-left' | 'guard';

export type ScrubOutcome =
  | {
      readonly ok: true;
      readonly hit: OutgoingHit;
      /** The client address as the collector may learn it, or null. */
      readonly address: string | null;
      readonly report: ScrubReport;
      readonly forbidden: readonly Secret[];
    }
  | {
      readonly ok: false;
      readonly reason: ScrubRefusal;
      readonly report: ScrubReport;
      /** What the guard found, where it was the guard. */
      readonly find?: GuardFind;
    };

/** An identifier seen on the way in that must not leave; the guard looks for it in the outgoing bytes. */
export interface Secret {
  /** Its place on the way in, for the alarm. */
  readonly place: string;
  readonly value: string;
}

export type GuardOutcome = { readonly ok: true } | { readonly ok: false; readonly find: GuardFind };

/** Looks through a hit that is about to leave for values that must not. */
export type Guard = (hit: OutgoingHit, forbidden: readonly Secret[]) => GuardOutcome;
