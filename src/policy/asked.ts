/** The files that are asked about a place: one, or several whose strictest answer counts. */
import { type Bench, buildBench } from './bench.ts';
import type { ConsentRules } from './policy.ts';
import type { Rules } from './rules.ts';
import { stricterModel } from './strictness.ts';

/** A file that answers for a code, with its rules by label. */
export interface Answer {
  readonly policy: string;
  /** Labels at which the rules differ. */
  readonly labels: readonly string[];
  rulesFor(label: string | null): Rules;
  /** Indexes of the variants that apply; for coverage. */
  variantsFor(label: string | null): readonly number[];
}

export class Asked {
  /** The country's own file first. */
  readonly answers: readonly Answer[];
  readonly labels: readonly string[];
  readonly continueWithoutEvidence: boolean;
  readonly #plain: Seats;
  readonly #byLabel = new Map<string, Seats>();
  #consent: ConsentRules | undefined;

  constructor(answers: readonly Answer[]) {
    this.answers = [...new Set(answers)];
    this.labels = [...new Set(this.answers.flatMap((answer) => answer.labels))];
    const plain = this.answers.map((answer) => answer.rulesFor(null));
    this.#plain = new Seats(plain);
    this.continueWithoutEvidence = plain.every((rules) => rules.continueWithoutEvidence);
  }

  /** The judges of a hit with this label, age and sensitivity. */
  seat(label: string | null, age: number | null, sensitive: boolean): Bench {
    return (label === null ? this.#plain : this.#seatsOf(label)).seat(age, sensitive);
  }

  /** Ages at which the answer may change, ascending. */
  ages(label: string | null): readonly number[] {
    return (label === null ? this.#plain : this.#seatsOf(label)).thresholds;
  }

  /** The strictest of each rule: shortest life of a yes, longest rest after a no, least stored. */
  consentRules(): ConsentRules {
    if (this.#consent !== undefined) return this.#consent;
    const candidates = this.#plain.candidates;
    const own = candidates[0] as Rules;
    const below = candidates.flatMap((rules) => (rules.reaskBelow === null ? [] : [rules.reaskBelow]));
    this.#consent = {
      validForMs: Math.min(...candidates.map((rules) => rules.validForMs)),
      reaskAfterNoMs: Math.max(...candidates.map((rules) => rules.reaskAfterNoMs)),
      reaskBelow: below.length === 0 ? null : Math.max(...below),
      proofRequired: candidates.some((rules) => rules.proofRequired),
      recordRefusals: candidates.every((rules) => rules.recordRefusals),
      model: candidates.map((rules) => rules.model).reduce(stricterModel),
      policy: own.policy,
      version: own.version,
    };
    return this.#consent;
  }

  /** Labels that no variant names are no labels, so that there are only as many benches as the files call for. */
  #seatsOf(label: string): Seats {
    const kept = this.#byLabel.get(label);
    if (kept !== undefined) return kept;
    if (!this.labels.includes(label)) return this.#plain;
    const seats = new Seats(this.answers.map((answer) => answer.rulesFor(label)));
    this.#byLabel.set(label, seats);
    return seats;
  }
}

/** Benches of the same candidates by bracket of age and sensitivity, built when they are first needed. */
class Seats {
  readonly candidates: readonly Rules[];
  readonly thresholds: readonly number[];
  readonly #benches: (Bench | undefined)[] = [];

  constructor(candidates: readonly Rules[]) {
    this.candidates = candidates;
    const ages = candidates.flatMap((rules) => [...rules.minors.map((row) => row.under), rules.adultFrom]);
    this.thresholds = [...new Set(ages)].filter((age) => age > 0).sort((a, b) => a - b);
  }

  seat(age: number | null, sensitive: boolean): Bench {
    let bracket = 0;
    if (age !== null) {
      bracket = 1;
      while (bracket <= this.thresholds.length && age >= (this.thresholds[bracket - 1] as number)) bracket++;
    }
    const slot = bracket * 2 + (sensitive ? 1 : 0);
    this.#benches[slot] ??= buildBench(this.candidates, age, sensitive);
    return this.#benches[slot];
  }
}
