/** Step 7: what the policy of the place says to the facts, and which action the hit as a whole gets. Pure. */
import { type Action, PURPOSES, type PurposeSet, stricterAction } from '../consent/state.ts';
import type { Facts, Judgement, PolicySet } from '../policy/policy.ts';

export interface HitJudgement {
  readonly judgement: Judgement;
  /** Strictest action of the gate. */
  readonly action: Action;
  /** Whether every purpose that the profile names reads `forward`: then the hit leaves byte for byte. */
  readonly untouched: boolean;
}

/**
 * @param gate purposes that decide about the hit as a whole; an empty gate drops, since nothing allows the hit.
 * @param named every purpose that the vendor's profile names.
 */
export function judgeHit(set: PolicySet, facts: Facts, gate: PurposeSet, named: PurposeSet, now: number): HitJudgement {
  const judgement = set.decide(facts, now);
  const action = gate === 0 ? 'drop' : strictestAction(judgement, gate);
  return { judgement, action, untouched: action === 'forward' && strictestAction(judgement, named | gate) === 'forward' };
}

/** Strictest action over a set of purposes; `forward` for the empty set. */
export function strictestAction(judgement: Judgement, purposes: PurposeSet): Action {
  let action: Action = 'forward';
  for (let index = 0; index < PURPOSES.length; index++) {
    if (((purposes >> index) & 1) === 0) continue;
    action = stricterAction(action, judgement.purposes[index]?.action ?? 'drop');
  }
  return action;
}
