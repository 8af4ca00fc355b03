/** Tries every case that a policy set can tell apart and reports, for each invariant that does not hold, the smallest one. Pure. */
import type { Purpose } from '../consent/state.ts';
import type { Bench } from './bench.ts';
import { RECORD_CASES, type RecordCase } from './case-names.ts';
import {
  buildReading,
  buildRecord,
  listAges,
  listPlaceClasses,
  listSignalClasses,
  type PlaceClass,
  type SignalClass,
} from './case-space.ts';
import type { CompiledPolicySet } from './compile.ts';
import { judge } from './decide.ts';
import { BUILT_IN, type Case, findSofterPurpose, type Invariant } from './invariants.ts';
import type { Facts, Judgement } from './policy.ts';

export interface Violation {
  readonly invariant: string;
  readonly purpose: Purpose;
  readonly judgement: Judgement;
  readonly situation: Case;
  /** For a comparison: the case that ought to be no stricter. */
  readonly other: Case | null;
  /** How many cases violate it. */
  readonly count: number;
}

export interface Verification {
  readonly cases: number;
  readonly violations: readonly Violation[];
}

const MONOTONE = 'a more restrictive signal or record never yields a softer action';
const TOLD_MORE = "a minor's age or a sensitive page never yields a softer action";
// The text that `policy verify` prints and docs/policies.md repeats. Silence is of the visitor: no record and no signal says anything.
const UNKNOWN_PLACE = 'on silence an unknown place is at least as strict as any';
const COMPARISONS = [MONOTONE, TOLD_MORE, UNKNOWN_PLACE];

/**
 * @param from Milliseconds since the epoch: this day and those to come are tried.
 * @param tell called now and then with the number of cases so far, for somebody who waits.
 */
export function verifyPolicies(
  set: CompiledPolicySet,
  from: number,
  own: readonly Invariant[] = [],
  tell: (cases: number) => void = () => undefined,
): Verification {
  const verifier = new Verifier(own);
  const classes = listPlaceClasses(set, from);
  for (const placeClass of classes) {
    verifier.tryClass(placeClass);
    tell(verifier.cases);
  }
  verifier.compareWithUnknown(set, classes);
  return verifier.report();
}

/** Names of what is verified, for the report. */
export function listInvariants(own: readonly Invariant[] = []): string[] {
  return [...[...BUILT_IN, ...own].map((invariant) => invariant.name), ...COMPARISONS];
}

/** Records by how much they allow: each step must not soften. */
const STRICTER_RECORDS: readonly (readonly [softer: RecordCase, stricter: RecordCase])[] = [
  ['granted', 'unproven'],
  ['granted', 'other-model'],
  ['granted', 'none'],
  ['granted', 'expired'],
  ['none', 'denied'],
  ['none', 'withdrawn'],
  ['none', 'unavailable'],
  ['none', 'invalid'],
  ['granted', 'cookie-denies'],
];

interface Route {
  readonly label: string | null;
  readonly age: number | null;
  readonly sensitive: boolean;
}

class Verifier {
  readonly #invariants: readonly Invariant[];
  readonly #found = new Map<string, Violation & { size: number }>();
  /** Benches that were tried: nobody asks who sits there, nor for whom but as the invariants that speak of it. */
  readonly #tried = new Set<string>();
  #cases = 0;

  constructor(own: readonly Invariant[]) {
    this.#invariants = [...BUILT_IN, ...own];
  }

  get cases(): number {
    return this.#cases;
  }

  report(): Verification {
    return { cases: this.#cases, violations: [...this.#found.values()] };
  }

  tryClass(placeClass: PlaceClass): void {
    for (const label of placeClass.labels) {
      for (const sensitive of [false, true]) {
        for (const age of listAges(placeClass.asked, label)) {
          const bench = placeClass.asked.seat(label, age, sensitive);
          const route = { places: placeClass.places, label, age, sensitive };
          const spoken = this.#invariants.map((invariant) => invariant.speaksOf?.(route) ?? true);
          const key = JSON.stringify([describeBench(bench), spoken]);
          if (this.#tried.has(key)) continue;
          this.#tried.add(key);
          this.#tryBench(placeClass, bench, { label, age, sensitive });
        }
      }
    }
  }

  #tryBench({ places, now }: PlaceClass, bench: Bench, route: Route): void {
    const classes = listSignalClasses(bench);
    const combinations = classes.reduce((product, { states }) => product * states.length, 1);
    const said = Array.from({ length: combinations }, (_, combination) => readCombination(classes, combination));
    const readings = said.map((signals) =>
      signals.flatMap(({ signals: [first], state }) => buildReading(first ?? 'gpc', state) ?? []),
    );
    const byRecord = new Map<RecordCase, { cases: readonly Case[]; judgements: readonly Judgement[] }>();
    for (const record of RECORD_CASES) {
      const facts = buildFacts(places, record, now, route);
      const cases = said.map((signals): Case => ({ places, now, ...route, record, signals }));
      const judgements = readings.map((signals) => judge(bench, { ...facts, signals }, now));
      byRecord.set(record, { cases, judgements });
      this.#cases += combinations;
      for (const invariant of this.#invariants) this.#checkAll(invariant, cases, judgements);
      this.#compareSignals(classes, cases, judgements);
    }
    for (const [softer, stricter] of STRICTER_RECORDS) {
      const [than, those] = [byRecord.get(softer), byRecord.get(stricter)];
      those?.judgements.forEach((judgement, i) => {
        const purpose = findSofterPurpose(judgement, than?.judgements[i] ?? judgement);
        if (purpose !== null) this.#report(MONOTONE, purpose, judgement, those.cases[i] as Case, than?.cases[i] ?? null);
      });
    }
  }

  #checkAll(invariant: Invariant, cases: readonly Case[], judgements: readonly Judgement[]): void {
    for (let i = 0; i < cases.length; i++) {
      const purpose = invariant.check(judgements[i] as Judgement, cases[i] as Case);
      if (purpose !== null) this.#report(invariant.name, purpose, judgements[i] as Judgement, cases[i] as Case, null);
    }
  }

  /** Along each signal, from its softest state to its strictest. */
  #compareSignals(classes: readonly SignalClass[], cases: readonly Case[], judgements: readonly Judgement[]): void {
    let step = 1;
    for (const { states } of classes) {
      for (let i = 0; i < judgements.length; i++) {
        if (Math.floor(i / step) % states.length === states.length - 1) continue;
        const stricter = judgements[i + step] as Judgement;
        const purpose = findSofterPurpose(stricter, judgements[i] as Judgement);
        if (purpose !== null) this.#report(MONOTONE, purpose, stricter, cases[i + step] as Case, cases[i] as Case);
      }
      step *= states.length;
    }
  }

  /** On silence: with the unknown place, and what age and sensitivity do within a place. */
  compareWithUnknown(set: CompiledPolicySet, classes: readonly PlaceClass[]): void {
    for (const placeClass of classes) {
      const { places, now, asked, labels } = placeClass;
      const silence = (route: Route, of = asked): Judgement =>
        judge(of.seat(route.label, route.age, route.sensitive), buildFacts(places, 'none', now, route), now);
      const caseOf = (route: Route): Case => ({
        places,
        now,
        ...route,
        record: 'none',
        signals: [],
      });
      const unknown = set.asked({ country: 'ZZ', subdivision: null }, null, now);
      for (const label of labels) {
        for (const age of listAges(asked, label)) {
          for (const sensitive of [false, true]) {
            const route = { label, age, sensitive };
            const here = silence(route);
            const there = silence(route, unknown);
            const purpose = findSofterPurpose(there, here);
            const elsewhere = { ...caseOf(route), places: [{ country: 'ZZ', subdivision: null }] };
            if (purpose !== null) this.#report(UNKNOWN_PLACE, purpose, there, elsewhere, caseOf(route));
            for (const told of [
              { ...route, age: null },
              { ...route, sensitive: false },
            ]) {
              const softened = findSofterPurpose(here, silence(told));
              if (softened !== null) this.#report(TOLD_MORE, softened, here, caseOf(route), caseOf(told));
            }
          }
        }
      }
    }
  }

  #report(invariant: string, purpose: Purpose, judgement: Judgement, situation: Case, other: Case | null): void {
    const size = measure(situation);
    const known = this.#found.get(invariant);
    const count = (known?.count ?? 0) + 1;
    if (known !== undefined && known.size <= size) this.#found.set(invariant, { ...known, count });
    else this.#found.set(invariant, { invariant, purpose, judgement, situation, other, count, size });
  }
}

/** How much has to be said to describe a case. */
function measure({ label, age, sensitive, record, signals }: Case): number {
  return (
    Number(label !== null) +
    Number(age !== null) +
    Number(sensitive) +
    Number(record !== 'none') +
    signals.filter(({ state }) => state !== 'absent').length
  );
}

function readCombination(classes: readonly SignalClass[], combination: number): Case['signals'] {
  let rest = combination;
  return classes.map(({ signals, states }) => {
    const state = states[rest % states.length] as (typeof states)[number];
    rest = Math.floor(rest / states.length);
    return { signals, state };
  });
}

function describeBench({ judges, model, anonymize }: Bench): string {
  const seats = judges.map(({ actions, tooYoung, signals, rules }) => {
    const { recordMayGrant, proofRequired, storeFailure } = rules;
    return [actions, tooYoung, signals, recordMayGrant, proofRequired, storeFailure, rules.model, rules.policy === 'none'];
  });
  return JSON.stringify([seats, model, anonymize.ids]);
}

function buildFacts(places: PlaceClass['places'], record: RecordCase, now: number, route: Route): Facts {
  const place = places[0] ?? { country: 'ZZ', subdivision: null };
  return {
    region: { ...place, source: 'assumed', disagrees: null },
    ...buildRecord(record, now),
    signals: [],
    ...route,
    tcfVendor: null,
  };
}
