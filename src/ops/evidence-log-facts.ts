/** The facts of a decision as the log keeps them, and back: everything that a policy is asked with, and nobody's name. */
import type { Choice, Model } from '../consent/record.ts';
import { PURPOSE_INDEX, PURPOSES, type Purpose, type PurposeSet, purposeSet, purposesIn } from '../consent/state.ts';
import type { Facts, Judgement, Place } from '../policy/policy.ts';
import { describeSignal, type RecordedSignal, readRecordedSignal } from './evidence-log-signals.ts';

const DAY_MS = 86_400_000;

/** No policy asks for a higher age (`adult-from`, `minors.under`); the exact age of adults is nobody's business. */
const OLDEST = 21;

interface RecordedChoice {
  readonly state: Choice['state'];
  /** Age of the choice in whole days: its exact time would lead to the record, and so to the person. */
  readonly days: number;
  readonly model: Model;
  /** Whether a registered notice was shown. */
  readonly notice: boolean;
}

export interface RecordedFacts extends Place {
  /** Who said where: `header:cloudflare`, `database`, `assumed`, `record`, `none`. */
  readonly source: string;
  readonly disagrees: Place | null;
  /** Null: no record; `unavailable`: the store did not answer; `invalid`: a forged, doubled or unknown cookie. */
  readonly record: 'unavailable' | 'invalid' | null | { readonly [P in Purpose]?: RecordedChoice };
  /** Purposes that a valid cookie denies. */
  readonly denied: readonly Purpose[];
  readonly signals: readonly RecordedSignal[];
  readonly label: string | null;
  readonly sensitive: boolean;
  readonly age: number | null;
  readonly tcfVendor: number | null;
  readonly publisher: boolean;
}

/**
 * @param judgement tells to which side a choice's age is rounded, so that judging it again by the same policy says the same:
 *   down, and up where the yes had expired.
 */
export function describeFacts(facts: Facts, judgement: Judgement, now: number): RecordedFacts {
  const { region, record, denied, label, sensitive, age, tcfVendor, signals } = facts;
  const { country, subdivision, source, disagrees } = region;
  const publisher = facts.isPublisher === true;
  return {
    country,
    subdivision,
    source,
    disagrees: disagrees === null ? null : { country: disagrees.country, subdivision: disagrees.subdivision },
    record: record === null || typeof record === 'string' ? record : describeChoices(record.choices, judgement, now),
    denied: purposesIn(denied),
    signals: signals.map((reading) => describeSignal(reading, { tcfVendor, isPublisher: publisher })),
    label,
    sensitive,
    age: age === null ? null : Math.min(age, OLDEST),
    tcfVendor,
    publisher,
  };
}

function describeChoices(choices: { readonly [P in Purpose]?: Choice }, judgement: Judgement, now: number) {
  const described: { [P in Purpose]?: RecordedChoice } = {};
  for (const purpose of PURPOSES) {
    const choice = choices[purpose];
    if (choice === undefined) continue;
    const age = (now - choice.at) / DAY_MS;
    const expired = judgement.purposes[PURPOSE_INDEX[purpose]]?.state === 'expired';
    const days = expired ? Math.ceil(age) : Math.max(0, Math.floor(age));
    described[purpose] = { state: choice.state, days, model: choice.model, notice: choice.notice !== null };
  }
  return described;
}

/** The facts again, as they were at the instant `now` of the recorded decision. */
export function readRecordedFacts(recorded: RecordedFacts, now: number): Facts {
  const { country, subdivision, source, disagrees, record, label, sensitive, age, tcfVendor, publisher } = recorded;
  const denied: PurposeSet = purposeSet(recorded.denied);
  return {
    region: { country, subdivision, source, disagrees },
    record: record === null || typeof record === 'string' ? record : readChoices(record, now),
    denied,
    signals: recorded.signals.map(readRecordedSignal),
    label,
    sensitive,
    age,
    tcfVendor,
    isPublisher: publisher,
  };
}

function readChoices(recorded: { readonly [P in Purpose]?: RecordedChoice }, now: number) {
  const choices: { [P in Purpose]?: Choice } = {};
  for (const purpose of PURPOSES) {
    const choice = recorded[purpose];
    if (choice === undefined) continue;
    const { state, days, model, notice } = choice;
    choices[purpose] = { state, at: now - days * DAY_MS, policy: '', model, notice: notice ? 'recorded' : null };
  }
  return { subject: '', sequence: 0, hash: '', choices };
}
