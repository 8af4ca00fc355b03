/** A decision as a line of the log; docs/evidence.md describes it for those who read it. */
import { type Action, PURPOSE_INDEX, type Purpose, purposesIn, type State } from '../consent/state.ts';
import type { HitEvidence, Outcome } from './evidence.ts';
import { describeFacts, type RecordedFacts } from './evidence-log-facts.ts';

export interface DecisionLine {
  readonly kind: 'decision';
  /** UTC, to the second. */
  readonly at: string;
  readonly route: string;
  readonly vendor: string;
  readonly method: string;
  readonly gate: readonly Purpose[];
  readonly outcome: Outcome;
  readonly action: Action | null;
  readonly fault: string | null;
  /** `id@version#hash` of the file that answered, ids of the others that were asked, and the revision of the whole set. */
  readonly policy: string | null;
  readonly also: readonly string[];
  readonly revision: string;
  /** What the decision was made from; null where nothing was judged. */
  readonly facts: RecordedFacts | null;
  readonly purposes:
    | { readonly [P in Purpose]?: { state: State; action: Action; policy: string; reasons: readonly string[] } }
    | null;
  /** `class:deed` → number of fields that scrub changed. */
  readonly scrubbed: { readonly [deed: string]: number };
  /** Where the identifier that the guard stopped came from, and where it stood in the outgoing hit; null where it stopped none. */
  readonly found: { readonly place: string; readonly part: string } | null;
  /** How many decisions this one stands for, itself included. */
  readonly weight: number;
}

export function describeDecision(evidence: HitEvidence, weight: number): DecisionLine {
  const { at, route, vendor, method, gate, outcome, action, fault, judgement, facts, report, found, revision } = evidence;
  return {
    kind: 'decision',
    at: new Date(at - (at % 1000)).toISOString().replace('.000Z', 'Z'),
    route,
    vendor,
    method,
    gate: purposesIn(gate),
    outcome,
    action,
    fault,
    policy: judgement?.version ?? null,
    also: judgement?.also ?? [],
    revision,
    facts: facts === null || judgement === null ? null : describeFacts(facts, judgement, at),
    purposes: judgement === null ? null : describePurposes(judgement.purposes),
    scrubbed: countDeeds(report),
    found,
    weight,
  };
}

function describePurposes(decided: NonNullable<HitEvidence['judgement']>['purposes']): DecisionLine['purposes'] {
  const purposes: NonNullable<DecisionLine['purposes']> = {};
  for (const [purpose, index] of Object.entries(PURPOSE_INDEX) as [Purpose, number][]) {
    const one = decided[index];
    if (one === undefined) continue;
    const reasons = one.reasons.map(({ code, reading }) => (reading === undefined ? code : `${code}:${reading.signal}`));
    Object.assign(purposes, { [purpose]: { state: one.state, action: one.action, policy: one.policy, reasons } });
  }
  return purposes;
}

function countDeeds(report: HitEvidence['report']): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { class: kind, deed } of report) counts[`${kind}:${deed}`] = (counts[`${kind}:${deed}`] ?? 0) + 1;
  return counts;
}
