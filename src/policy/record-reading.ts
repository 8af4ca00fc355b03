/** What a record says about a purpose under a policy, before any signal is heard. */
import type { Choice } from '../consent/record.ts';
import type { State } from '../consent/state.ts';
import type { Judge } from './bench.ts';
import type { Facts, Reason } from './policy.ts';

/** Readings as small numbers, so that a combination of five of them is a key. */
export const SILENT = 0;
export const YES = 1;
export const NO = 2;
export const WITHDRAWN = 3;
export const EXPIRED = 4;
export const PROOF_MISSING = 5;
export const OTHER_MODEL = 6;
export const NOT_HEARD = 7;
export const TOO_YOUNG = 8;
export const STORE_DENIED = 9;
export const STORE_UNKNOWN = 10;
export const COOKIE_INVALID = 11;
export const COOKIE_DENIES = 12;
/** Number of readings. */
export const READINGS = 13;

export interface ReadingMeaning {
  /** State where no signal has a say. */
  readonly state: State;
  readonly reason: Reason;
}

/** What each reading means, by number. */
export const READING_MEANINGS: readonly ReadingMeaning[] = [
  { state: 'unknown', reason: { code: 'silence' } },
  { state: 'granted', reason: { code: 'record' } },
  { state: 'denied', reason: { code: 'record' } },
  { state: 'withdrawn', reason: { code: 'record' } },
  { state: 'expired', reason: { code: 'expired', detail: 'the recorded yes is older than the policy lets it count' } },
  { state: 'unknown', reason: { code: 'proof-missing', detail: 'the recorded yes names no registered notice' } },
  { state: 'unknown', reason: { code: 'other-model', detail: 'the recorded yes was given where silence is a yes' } },
  { state: 'unknown', reason: { code: 'record-not-heard', detail: 'the policy does not let the record grant' } },
  { state: 'unknown', reason: { code: 'minor', detail: 'at this age the person cannot say yes alone' } },
  { state: 'denied', reason: { code: 'store-unavailable' } },
  { state: 'unknown', reason: { code: 'store-unavailable' } },
  { state: 'denied', reason: { code: 'cookie-invalid' } },
  { state: 'denied', reason: { code: 'cookie' } },
];

/** Whether a reading is a no, which nothing on the hit can lift. */
export function isNo(reading: number): boolean {
  return (
    reading === NO || reading === WITHDRAWN || reading === STORE_DENIED || reading === COOKIE_INVALID || reading === COOKIE_DENIES
  );
}

export function readRecord(judge: Judge, facts: Facts, choice: Choice | undefined, bit: number, now: number): number {
  const { rules } = judge;
  if (facts.record === 'invalid') return COOKIE_INVALID;
  if (choice !== undefined && choice.state !== 'granted') return choice.state === 'denied' ? NO : WITHDRAWN;
  if (facts.record === 'unavailable' && rules.storeFailure === 'denied') return STORE_DENIED;
  if ((facts.denied & bit) !== 0) return COOKIE_DENIES;
  if (facts.record === 'unavailable') return STORE_UNKNOWN;
  if (choice === undefined) return SILENT;
  if (now - choice.at > rules.validForMs || (rules.reaskBelow !== null && choice.at < rules.reaskBelow)) return EXPIRED;
  if ((judge.tooYoung & bit) !== 0) return TOO_YOUNG;
  if (!rules.recordMayGrant) return NOT_HEARD;
  if (rules.proofRequired && choice.notice === null) return PROOF_MISSING;
  if (rules.model === 'opt-in' && choice.model !== 'opt-in') return OTHER_MODEL;
  return YES;
}
