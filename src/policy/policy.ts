/** A compiled policy set and what it is asked. Everything that can be known at load is in here; nothing is read from a file later. */
import type { ConsentHead, Model } from '../consent/record.ts';
import type { Action, PurposeSet, State } from '../consent/state.ts';
import type { SignalReading } from '../signals/signal.ts';

/** A place: ISO 3166-1 alpha-2 country (`ZZ` where it is unknown) and the part of its ISO 3166-2 subdivision after the hyphen, or null. */
export interface Place {
  readonly country: string;
  readonly subdivision: string | null;
}

/** Where a visitor is taken to be, and who said so. */
export interface Region extends Place {
  /** `header:cloudflare`, `database`, `assumed`, `record` (an external subject's own), `none`. */
  readonly source: string;
  /** A second place, where two sources disagree: the stricter answer of both counts. */
  readonly disagrees: Place | null;
}

/** How much of a value stays when a hit is anonymized; keys and values as the `anonymize` block of the policy language. */
export interface AnonymizeRules {
  /** Bits kept of an address, or `drop`. */
  readonly ip: 'drop' | { readonly v4: number; readonly v6: number };
  readonly ids: 'pseudonymize-daily' | 'drop';
  readonly joinIds: 'keep' | 'drop';
  readonly userAgent: 'keep' | 'family' | 'drop';
  readonly device: 'keep' | 'coarse' | 'drop';
  readonly page: 'keep' | 'path' | 'origin' | 'drop';
  readonly text: 'keep' | 'drop';
  readonly referrer: 'keep' | 'origin' | 'drop';
  readonly undeclared: 'scan' | 'drop';
  readonly time: 'exact' | 'hour';
  readonly geo: 'none' | 'country' | 'region';
}

/** What a decision is made from. Facts only: no identifier of a person, so that a recorded decision can be replayed. */
export interface Facts {
  readonly region: Region;
  /** The record of the subject; null where there is none; `unavailable` where the store did not answer; `invalid` where a cookie
   *  or token was there and is forged, doubled or unknown to the store: read as denied. */
  readonly record: ConsentHead | null | 'unavailable' | 'invalid';
  /** Purposes that a valid cookie, expired or not, denies: they may lower what the record says, never raise it. */
  readonly denied: PurposeSet;
  readonly signals: readonly SignalReading[];
  /** The route's label, for a policy's `when`; null without one. */
  readonly label: string | null;
  readonly sensitive: boolean;
  /** Age of the visitor in years, where the hit tells it. */
  readonly age: number | null;
  readonly tcfVendor: number | null;
  /** TCF: the recipient is the site's own and no vendor (`SignalContext`). Default false. */
  readonly isPublisher?: boolean;
}

/** Why a purpose got its state. Codes are stable: metrics, evidence and explanations name them. */
export interface Reason {
  /** `record`, `signal`, `silence`, `expired`, `store-unavailable`, `cookie-invalid`, `minor`, `sensitive`, … */
  readonly code: string;
  /** The signal that spoke, where one did. */
  readonly reading?: SignalReading;
  /** Further words for a person, without any identifier. */
  readonly detail?: string;
}

export interface PurposeDecision {
  readonly state: State;
  readonly action: Action;
  /** Id of the policy file whose cell this is. */
  readonly policy: string;
  readonly reasons: readonly Reason[];
}

/** What is allowed for each purpose, and on whose word. */
export interface Judgement {
  /** By purpose, in the order of `PURPOSES`. */
  readonly purposes: readonly PurposeDecision[];
  /** Id of the file that answers for the place, `id@version#hash` of it, and the ids of the others that were asked. */
  readonly policy: string;
  readonly version: string;
  readonly also: readonly string[];
  readonly model: Model;
  /** What `anonymize` does here; the strictest value per key where several files were asked. */
  readonly anonymize: AnonymizeRules;
  /** Purposes that Sec-GPC denies here, for the record to remember (`remember: true`); else 0. */
  readonly remember: PurposeSet;
}

/** What a banner needs to know of the policy of a place. Durations in milliseconds. */
export interface ConsentRules {
  readonly validForMs: number;
  readonly reaskAfterNoMs: number;
  /** Yeses older than this instant are expired (`reask-below`); null without one. */
  readonly reaskBelow: number | null;
  readonly proofRequired: boolean;
  readonly recordRefusals: boolean;
  readonly model: Model;
  readonly policy: string;
  readonly version: string;
}

/** A checked and compiled policy set, immutable. A hit keeps the one it began with. */
export interface PolicySet {
  /** Hash over the resolved set, hex, 16 characters. */
  readonly revision: string;
  /** The judge. `now` in milliseconds since the epoch picks the day's table; synchronous, a look-up. */
  decide(facts: Facts, now: number): Judgement;
  /** The rules that the consent API follows at a place; with several files asked, the strictest of each. */
  consentRules(region: Region, now: number): ConsentRules;
  /** Whether `failure.evidence` at the place is `continue`. */
  mayContinueWithoutEvidence(region: Region, now: number): boolean;
}

export type { Action };
