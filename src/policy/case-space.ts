/**
 * Every case that a policy set can tell apart: places and days with the same rules are one, signals with the same rules are
 * one, ages between two thresholds are one. What is left is small enough to try all of it. Pure.
 */
import type { Choice, ConsentHead } from '../consent/record.ts';
import { ALL_PURPOSES, PURPOSES, type PurposeSet } from '../consent/state.ts';
import { NO_VOTE, SIGNAL_NAMES, type SignalName, type SignalReading } from '../signals/signal.ts';
import type { Asked } from './asked.ts';
import type { Bench } from './bench.ts';
import { type RecordCase, SIGNAL_STATES, type SignalState } from './case-names.ts';
import type { CompiledPolicySet } from './compile.ts';
import type { Facts, Place } from './policy.ts';

/** Places that are judged alike on some day, with what about them can make a difference. */
export interface PlaceClass {
  readonly places: readonly Place[];
  readonly asked: Asked;
  /** A moment of the span of days, in milliseconds since the epoch. */
  readonly now: number;
  readonly labels: readonly (string | null)[];
}

/** @param from Milliseconds since the epoch: days that are over are not tried. */
export function listPlaceClasses(set: CompiledPolicySet, from: number): PlaceClass[] {
  const classes = new Map<string, { places: Map<string, Place>; asked: Asked; now: number; labels: (string | null)[] }>();
  set.spans.forEach((begin, index) => {
    if ((set.spans[index + 1] ?? Number.POSITIVE_INFINITY) <= from) return;
    const now = Math.max(begin, from);
    for (const place of set.places()) {
      const asked = set.asked(place, null, now);
      const labels = [null, ...asked.labels];
      const key = describeAsked(asked, labels);
      const known = classes.get(key) ?? { places: new Map<string, Place>(), asked, now, labels };
      known.places.set(`${place.country}-${place.subdivision}`, place);
      classes.set(key, known);
    }
  });
  return [...classes.values()].map(({ places, ...rest }) => ({ ...rest, places: [...places.values()] }));
}

/** Everything of the rules but their names. */
function describeAsked(asked: Asked, labels: readonly (string | null)[]): string {
  const rules = labels.map((label) =>
    asked.answers.map((answer) => ({ ...answer.rulesFor(label), policy: answer.policy === 'none' ? 'none' : '', version: '' })),
  );
  return JSON.stringify([labels, rules]);
}

/** Null for an age that is not told, then one of each bracket from the oldest to the youngest. */
export function listAges(asked: Asked, label: string | null): (number | null)[] {
  const thresholds = asked.ages(label);
  const oldest = thresholds.at(-1);
  return oldest === undefined ? [null] : [null, oldest, ...thresholds.toReversed().map((age) => age - 1)];
}

export function buildRecord(name: RecordCase, now: number): { record: Facts['record']; denied: PurposeSet } {
  const choice: Choice = { state: 'granted', at: now, policy: '', model: 'opt-in', notice: 'given' };
  const head = (same: Choice): ConsentHead => ({
    subject: '',
    sequence: 1,
    hash: '',
    choices: Object.fromEntries(PURPOSES.map((purpose) => [purpose, same])),
  });
  switch (name) {
    case 'none':
      return { record: null, denied: 0 };
    case 'granted':
      return { record: head(choice), denied: 0 };
    case 'unproven':
      return { record: head({ ...choice, notice: null }), denied: 0 };
    case 'other-model':
      return { record: head({ ...choice, model: 'opt-out' }), denied: 0 };
    case 'expired':
      return { record: head({ ...choice, at: Number.NEGATIVE_INFINITY }), denied: 0 };
    case 'cookie-denies':
      return { record: head(choice), denied: ALL_PURPOSES };
    case 'denied':
    case 'withdrawn':
      return { record: head({ ...choice, state: name, at: 0 }), denied: 0 };
    case 'unavailable':
    case 'invalid':
      return { record: name, denied: 0 };
  }
}

/** Signals that every judge of a bench hears by the same rules, and the states in which it makes a difference. */
export interface SignalClass {
  readonly signals: readonly SignalName[];
  readonly states: readonly SignalState[];
}

export function listSignalClasses(bench: Bench): SignalClass[] {
  const classes = new Map<string, SignalName[]>();
  for (const name of SIGNAL_NAMES) {
    const rules = bench.judges.map((judge) => judge.signals[name]);
    if (rules.every((rule) => rule === null)) continue;
    const key = `${name === 'gpc'} ${JSON.stringify(rules)}`;
    classes.set(key, [...(classes.get(key) ?? []), name]);
  }
  return [...classes.values()].map((signals) => {
    const [first] = signals as [SignalName];
    const rules = bench.judges.map((judge) => judge.signals[first]);
    const grants = rules.some((rule) => rule?.mayGrant);
    const denies = rules.some((rule) => rule?.mayDeny);
    const states = SIGNAL_STATES.filter((state) => {
      if (state === 'grant') return grants;
      // Sec-GPC has no unreadable value: what is not 1 is nothing.
      if (state === 'unreadable') return denies && first !== 'gpc';
      return state === 'absent' || denies;
    });
    return { signals, states };
  });
}

/** A reading that says no more than its state, about everything that the rule covers. */
export function buildReading(signal: SignalName, state: SignalState): SignalReading | null {
  if (state === 'absent') return null;
  return {
    signal,
    field: 'any',
    said: state,
    vote(rule) {
      if (state === 'grant') return rule.mayGrant ? { ...NO_VOTE, grants: rule.covers } : NO_VOTE;
      if (!rule.mayDeny) return NO_VOTE;
      return state === 'deny' ? { ...NO_VOTE, denies: rule.covers } : { ...NO_VOTE, unreadable: rule.covers };
    },
  };
}
