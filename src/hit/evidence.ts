/** Step 12: a hit as evidence keeps it: what was decided from which facts and what was done, without anything that it carried. */
import type { HitEvidence } from '../ops/evidence.ts';
import type { Facts, Judgement, PolicySet, Region } from '../policy/policy.ts';
import type { ReceivedHit } from './hit.ts';
import type { Route } from './route.ts';

export interface EndedHit {
  readonly now: number;
  readonly route: Route;
  readonly received: ReceivedHit;
  readonly set: PolicySet;
  readonly region: Region | null;
  readonly judgement: Judgement | null;
  readonly facts?: Facts;
  readonly action: HitEvidence['action'];
}

export function describeHit(
  hit: EndedHit,
  outcome: HitEvidence['outcome'],
  fault: string | null,
  report: HitEvidence['report'],
): HitEvidence {
  const { received, route, region, judgement, facts = null, action, set, now } = hit;
  return {
    at: now,
    route: route.pattern,
    vendor: route.profile.name,
    method: received.method,
    region,
    judgement,
    facts,
    gate: route.gate,
    action,
    outcome,
    fault,
    report,
    revision: set.revision,
  };
}
