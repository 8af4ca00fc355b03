/** What was done with a hit and why, as facts without identifiers: for metrics, the decision log and explanations. */
import type { Action, PurposeSet } from '../consent/state.ts';
import type { Facts, Judgement, Region } from '../policy/policy.ts';
import type { GuardFind, ScrubReport } from '../privacy/report.ts';

/** How a hit ended. `dropped-by-fault`: the policy was not asked or allowed it, and a limit, a fault or the guard stopped it. */
export type Outcome = 'forwarded' | 'anonymized' | 'dropped' | 'dropped-by-fault';

export interface HitEvidence {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Pattern of the route as the configuration writes it. */
  readonly route: string;
  readonly vendor: string;
  readonly method: string;
  /** Null where the hit was never judged. */
  readonly region: Region | null;
  readonly judgement: Judgement | null;
  /** What the judgement was made from; null where there was none. Its record names the subject: a sink keeps the choices alone. */
  readonly facts: Facts | null;
  /** The action that the policy gave to the hit as a whole. */
  readonly action: Action | null;
  readonly gate: PurposeSet;
  readonly outcome: Outcome;
  /** Code of the fault, or null: `guard`, `body-not-understood`, `body-too-large`, … */
  readonly fault: string | null;
  /** What scrub removed or changed. */
  readonly report: ScrubReport;
  /** What the guard stopped, its place in the words of the vendor's profile; null where it stopped nothing. */
  readonly found: GuardFind | null;
  /** Revision of the policy set that judged. */
  readonly revision: string;
}

/** Somebody who is told of every hit, after its answer is on its way. Must not throw and must not block. */
export interface EvidenceSink {
  record(evidence: HitEvidence): void;
}

/**
 * The sink of `evidence: { mode: required }`: asked before a hit leaves, with the decision as it will be recorded. True once it is on
 * the disk; false where it could not be written in time. Never rejects.
 */
export type Admission = (evidence: HitEvidence) => boolean | Promise<boolean>;
