/** Two judgements of the same facts, cell by cell: for a set that is judged in the shadow, and for a day that is judged again. Pure. */
import { type Action, columnOf, PURPOSES } from '../consent/state.ts';
import type { Judgement } from './policy.ts';

/** A purpose that two policy sets decide differently. */
export interface CellDifference {
  /** Cell of the first set, such as `analytics.unknown`. */
  readonly cell: string;
  readonly policy: string;
  readonly from: Action;
  /** Cell and file of the second set. */
  readonly nextCell: string;
  readonly nextPolicy: string;
  readonly to: Action;
}

const NONE: readonly CellDifference[] = [];

/** What the second judgement would do otherwise; empty where every purpose has the same action. */
export function compareJudgements(current: Judgement, next: Judgement): readonly CellDifference[] {
  let differences: CellDifference[] | null = null;
  for (let p = 0; p < PURPOSES.length; p++) {
    const [now, then] = [current.purposes[p], next.purposes[p]];
    if (now === undefined || then === undefined || now.action === then.action) continue;
    differences ??= [];
    differences.push({
      cell: `${PURPOSES[p]}.${columnOf(now.state)}`,
      policy: now.policy,
      from: now.action,
      nextCell: `${PURPOSES[p]}.${columnOf(then.state)}`,
      nextPolicy: then.policy,
      to: then.action,
    });
  }
  return differences ?? NONE;
}

export function formatDifference({ cell, policy, from, nextCell, nextPolicy, to }: CellDifference): string {
  const after = cell === nextCell && policy === nextPolicy ? to : `${to} (${nextPolicy} ${nextCell})`;
  return `${policy} ${cell}: ${from} → ${after}`;
}
