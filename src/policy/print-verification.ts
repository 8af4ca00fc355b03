/** What `policy verify` tells: for each invariant that is violated, the smallest case. Pure. */
import { PURPOSE_INDEX } from '../consent/state.ts';
import { formatPlace } from './explain.ts';
import type { Case } from './invariants.ts';
import { formatDay } from './values.ts';
import type { Verification, Violation } from './verify.ts';

export function printViolations({ violations }: Verification): string {
  return violations.map(printViolation).join('\n');
}

function printViolation({ invariant, purpose, judgement, situation, other, count }: Violation): string {
  const decision = judgement.purposes[PURPOSE_INDEX[purpose]];
  const lines = [
    `violated: ${invariant} (${count} ${count === 1 ? 'case' : 'cases'})`,
    `  smallest: ${printCase(situation)}`,
    `  got ${purpose}: ${decision?.action} (${decision?.state}, ${decision?.policy})`,
  ];
  if (other !== null) lines.push(`  which is softer than: ${printCase(other)}`);
  return lines.join('\n');
}

/** A case on one line: place, day, and what is not as usual. */
function printCase({ places, now, label, age, sensitive, record, signals }: Case): string {
  const [first] = places;
  const others = places.length > 1 ? ` (and ${places.length - 1} like it)` : '';
  const parts = [`${first === undefined ? 'ZZ' : formatPlace(first)}${others} on ${formatDay(now)}`, `record ${record}`];
  if (label !== null) parts.push(`label ${label}`);
  if (age !== null) parts.push(`age ${age}`);
  if (sensitive) parts.push('sensitive');
  for (const { signals: names, state } of signals) if (state !== 'absent') parts.push(`${names[0]} says ${state}`);
  return parts.join(', ');
}
