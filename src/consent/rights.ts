/** What an operator does for a person: link. Export and check stand in `proof` and `proof-check`, forgetting in `retire`. */
import type { ConsentStore } from '../store/store.ts';
import type { Keyring } from './keys.ts';
import type { Choices, Decision } from './plan.ts';
import { signReceipt } from './receipt.ts';
import { NO_PURPOSES, OPTIONAL_PURPOSES, purposeSet } from './state.ts';
import { writeConsent } from './write.ts';

export interface RightsParts {
  readonly store: ConsentStore;
  readonly keyring: Keyring;
  readonly site: string;
}

export type LinkOutcome = 'linked' | 'unknown-subject';

/**
 * Joins two subjects that turned out to be one person, after a login: what either of them refused counts for both from
 * now on. A yes stays with the subject that gave it. @throws StoreUnavailable
 */
export async function linkSubjects(parts: RightsParts, subjects: readonly [string, string], now: number): Promise<LinkOutcome> {
  const [one, two] = subjects;
  const [oneTip, twoTip] = await Promise.all([parts.store.readTip(one), parts.store.readTip(two)]);
  if (oneTip.head === null || twoTip.head === null) return 'unknown-subject';
  const outcomes = [
    await carryRefusals(parts, twoTip.head.choices, one, now),
    await carryRefusals(parts, oneTip.head.choices, two, now),
  ];
  return outcomes.includes('unknown-subject') ? 'unknown-subject' : 'linked';
}

async function carryRefusals(parts: RightsParts, from: Choices, subject: string, now: number): Promise<LinkOutcome> {
  const refused = OPTIONAL_PURPOSES.filter((purpose) => from[purpose] !== undefined && from[purpose]?.state !== 'granted');
  const [first] = refused;
  const choice = first === undefined ? undefined : from[first];
  if (choice === undefined) return 'linked';
  const decision: Decision = {
    action: 'link',
    grants: NO_PURPOSES,
    refusals: purposeSet(refused),
    policy: choice.policy,
    model: choice.model,
    notice: null,
  };
  const circumstances = {
    region: { country: 'ZZ', subdivision: null },
    gpc: false,
    notice: null,
    tcString: null,
    gppString: null,
  };
  const sign = (record: Parameters<typeof signReceipt>[0]) => signReceipt(record, parts.keyring, parts.site);
  const outcome = await writeConsent(parts.store, { subject, carry: (choices) => choices, decision, circumstances, sign }, now);
  return outcome.kind === 'unknown-subject' ? 'unknown-subject' : 'linked';
}
