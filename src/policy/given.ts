/** From a situation as tests and `explain` write it to the facts that a decision is made from. */
import type { Choice, ConsentHead } from '../consent/record.ts';
import { PURPOSES, type Purpose, purposeSet } from '../consent/state.ts';
import { readGivenSignals } from './given-signals.ts';
import { normalizePlace } from './place.ts';
import type { Facts } from './policy.ts';
import type { Given } from './schema-tests.ts';
import { DAY_MS, parseDay, parseDuration } from './values.ts';

/** Vendor that a test means with `tcf: { vendor: true }` on a route of which it names no vendor. */
export const SOME_VENDOR = 1;

export interface Situation {
  readonly facts: Facts;
  readonly now: number;
}

/** @param day The day where the situation names none, in milliseconds since the epoch. */
export function readGiven(given: Given, day: number): Situation {
  const now = given.at === undefined ? day : (parseDay(given.at) ?? day);
  const saysVendor = typeof given.tcf === 'object' && given.tcf.vendor !== undefined;
  const tcfVendor = given['tcf-vendor'] ?? (saysVendor ? SOME_VENDOR : null);
  return {
    now,
    facts: {
      region: {
        ...normalizePlace(given.country, given.region),
        source: 'assumed',
        disagrees: given.disagrees === undefined ? null : normalizePlace(given.disagrees.country, given.disagrees.region),
      },
      record: readRecord(given.record, now),
      denied: purposeSet(given.denied ?? []),
      signals: readGivenSignals(given, tcfVendor, now),
      label: given.label ?? null,
      sensitive: given.sensitive ?? false,
      age: given.age ?? null,
      tcfVendor,
    },
  };
}

/** A record in which the choices stand as written; `expired` is a yes from the begin of time, `unknown` no choice. */
function readRecord(record: Given['record'], now: number): ConsentHead | null | 'unavailable' | 'invalid' {
  if (record === undefined) return null;
  if (typeof record === 'string') return record;
  const at = now - (record.age === undefined ? DAY_MS : (parseDuration(record.age) ?? DAY_MS));
  const choices: { [P in Purpose]?: Choice } = {};
  for (const purpose of PURPOSES) {
    const state = record[purpose];
    if (state === undefined || state === 'unknown') continue;
    choices[purpose] = {
      state: state === 'expired' ? 'granted' : state,
      at: state === 'expired' ? 0 : at,
      policy: '',
      model: record.model ?? 'opt-in',
      notice: record.notice === undefined ? 'given' : record.notice,
    };
  }
  return { subject: '', sequence: 1, hash: '', choices };
}
