/** What has to hold in every case: the invariants that are built in, and those that operators state in `*.test.yaml`. Pure. */
import { ACTION_RANK, OPTIONAL_PURPOSES, PURPOSE_INDEX, PURPOSES, type Purpose } from '../consent/state.ts';
import type { SignalName } from '../signals/signal.ts';
import type { RecordCase, SignalState } from './case-names.ts';
import type { Judgement, Place } from './policy.ts';
import type { InvariantSource } from './schema-tests.ts';

/** One case of the space. */
export interface Case {
  readonly places: readonly Place[];
  readonly now: number;
  readonly label: string | null;
  readonly age: number | null;
  readonly sensitive: boolean;
  readonly record: RecordCase;
  readonly signals: readonly { readonly signals: readonly SignalName[]; readonly state: SignalState }[];
}

export interface Invariant {
  readonly name: string;
  /** Whether it speaks of such a place, route and person at all; absent: of any. */
  speaksOf?(situation: Pick<Case, 'places' | 'label' | 'age' | 'sensitive'>): boolean;
  /** The first purpose for which it does not hold, or null. */
  check(judgement: Judgement, situation: Case): Purpose | null;
}

const NOES: readonly RecordCase[] = ['denied', 'withdrawn', 'cookie-denies', 'invalid'];

export const BUILT_IN: readonly Invariant[] = [
  {
    name: 'a recorded no to an optional purpose is never forwarded',
    check: (judgement, { record }) => (NOES.includes(record) ? findOptional(judgement, 'forward') : null),
  },
  {
    name: 'no place is without a rule',
    check: (judgement) => (judgement.policy === 'none' ? 'necessary' : null),
  },
  {
    name: 'opt-in places forward no optional purpose on silence',
    check: (judgement, { record, signals }) => {
      const silent = (record === 'none' || record === 'expired') && signals.every(({ state }) => state === 'absent');
      return silent && judgement.model === 'opt-in' ? findOptional(judgement, 'forward') : null;
    },
  },
  {
    name: 'a pseudonym never serves a no',
    check: (judgement) => {
      if (judgement.anonymize.ids !== 'pseudonymize-daily') return null;
      return PURPOSES.find((_, p) => judgement.purposes[p]?.action === 'anonymize' && isNo(judgement.purposes[p]?.state)) ?? null;
    },
  },
];

function isNo(state: string | undefined): boolean {
  return state === 'denied' || state === 'withdrawn';
}

function findOptional(judgement: Judgement, action: string): Purpose | null {
  return OPTIONAL_PURPOSES.find((purpose) => judgement.purposes[PURPOSE_INDEX[purpose]]?.action === action) ?? null;
}

/** An operator's invariant. */
export function compileInvariant(source: InvariantSource): Invariant {
  const { when = {}, never, always } = source;
  return {
    name: source.name,
    speaksOf: (situation) => isRouteMeant(when, situation),
    check(judgement, situation) {
      if (!isRouteMeant(when, situation) || !isHitMeant(when, situation)) return null;
      return (
        PURPOSES.find((purpose, p) => {
          const action = judgement.purposes[p]?.action ?? 'drop';
          const forbidden = never?.[purpose] === undefined ? false : [never[purpose]].flat().includes(action);
          const required = always?.[purpose] === undefined ? true : [always[purpose]].flat().includes(action);
          return forbidden || !required;
        }) ?? null
      );
    },
  };
}

type When = NonNullable<InvariantSource['when']>;

function isRouteMeant(
  when: When,
  { places, label, age, sensitive }: Pick<Case, 'places' | 'label' | 'age' | 'sensitive'>,
): boolean {
  if (when.places !== undefined && !places.some((place) => isAmong(place, when.places ?? []))) return false;
  if (when.label !== undefined && when.label !== label) return false;
  if (when.under !== undefined && (age === null || age >= when.under)) return false;
  return when.sensitive === undefined || when.sensitive === sensitive;
}

function isHitMeant(when: When, { record, signals }: Case): boolean {
  if (when.record !== undefined && ![when.record].flat().includes(record)) return false;
  return Object.entries(when.signals ?? {}).every(([name, state]) => {
    const heard = signals.find(({ signals: names }) => names.includes(name as SignalName));
    return (heard?.state ?? 'absent') === state;
  });
}

function isAmong(place: Place, codes: readonly string[]): boolean {
  return codes.some((code) => code === '*' || code === place.country || code === `${place.country}-${place.subdivision}`);
}

/** The first purpose for which one judgement is softer than another. */
export function findSofterPurpose(softer: Judgement, than: Judgement): Purpose | null {
  return (
    PURPOSES.find(
      (_, p) => ACTION_RANK[softer.purposes[p]?.action ?? 'drop'] < ACTION_RANK[than.purposes[p]?.action ?? 'drop'],
    ) ?? null
  );
}
