/**
 * A resolved set as tables: for each span of days in which nothing changes, place → files that are asked → judges.
 * The span of now and the next one are ready before the first hit; midnight swaps a reference.
 */
import type { Model } from '../consent/record.ts';
import type { Asked } from './asked.ts';
import { COUNTRY_CODES } from './codes.ts';
import { judge } from './decide.ts';
import type { ConsentRules, Facts, Judgement, Place, PolicySet, Region } from './policy.ts';
import type { ResolvedSet } from './resolved.ts';
import { buildDayTable, type DayTable, RulesCache } from './table.ts';

/** A policy of a set, for people: admin, matrix, explain. */
export interface PolicySummary {
  readonly id: string;
  readonly title: string;
  /** `id@version#hash`. */
  readonly version: string;
  readonly file: string;
  readonly match: readonly string[];
  /** UTC days in milliseconds since the epoch, or null. */
  readonly effective: number | null;
  readonly until: number | null;
  readonly model: Model;
}

/** A policy set and what the tools of this room need of it. */
export interface CompiledPolicySet extends PolicySet {
  readonly policies: readonly PolicySummary[];
  /** The files that are asked about a place on a day. */
  asked(place: Place, disagrees: Place | null, now: number): Asked;
  /** Begins of the spans of days in which nothing changes, ascending; the first is minus infinity. */
  readonly spans: readonly number[];
  /** Every place that can be told apart: each country, the unknown one, each subdivision that a file or variant names. */
  places(): readonly Place[];
  readonly resolved: ResolvedSet;
}

/** @param now Milliseconds since the epoch: which day's table is made ready. */
export function compilePolicies(resolved: ResolvedSet, now: number): CompiledPolicySet {
  return new CompiledSet(resolved, now);
}

class CompiledSet implements CompiledPolicySet {
  readonly revision: string;
  readonly policies: readonly PolicySummary[];
  readonly spans: readonly number[];
  readonly resolved: ResolvedSet;
  readonly #tables: (DayTable | undefined)[] = [];
  readonly #cache: RulesCache;
  #current: DayTable;

  constructor(resolved: ResolvedSet, now: number) {
    this.revision = resolved.revision;
    this.resolved = resolved;
    this.policies = resolved.policies.map(({ id, title, version, file, match, effective, until, body }) => ({
      id,
      title,
      version,
      file,
      match,
      effective,
      until,
      model: body.model,
    }));
    this.spans = findSpans(resolved);
    this.#cache = new RulesCache();
    this.#current = this.#tableAt(now);
    this.#tableOfSpan(this.#current.span + 1);
  }

  decide(facts: Facts, now: number): Judgement {
    const { region } = facts;
    const bench = this.asked(region, region.disagrees, now).seat(facts.label, facts.age, facts.sensitive);
    return judge(bench, facts, now);
  }

  asked(place: Place, disagrees: Place | null, now: number): Asked {
    const table = now >= this.#current.begin && now < this.#current.end ? this.#current : this.#swap(now);
    return disagrees === null ? table.find(place) : table.findBoth(place, disagrees);
  }

  places(): readonly Place[] {
    const codes = this.resolved.policies.flatMap((policy) => [
      ...policy.match,
      ...policy.variants.flatMap((variant) => variant.match),
    ]);
    const parts = [...new Set(codes.filter((code) => code.includes('-')))].sort();
    return [...COUNTRY_CODES, 'ZZ', ...parts].map((code) => ({ country: code.slice(0, 2), subdivision: code.slice(3) || null }));
  }

  consentRules(region: Region, now: number): ConsentRules {
    return this.asked(region, region.disagrees, now).consentRules();
  }

  mayContinueWithoutEvidence(region: Region, now: number): boolean {
    return this.asked(region, region.disagrees, now).continueWithoutEvidence;
  }

  /** Only a step forward is kept as current: an `at` in the past, as in explain, must not move the clock of the hits. */
  #swap(now: number): DayTable {
    const table = this.#tableAt(now);
    if (table.begin === this.#current.end) {
      this.#current = table;
      this.#tableOfSpan(table.span + 1);
    }
    return table;
  }

  #tableAt(now: number): DayTable {
    let span = this.spans.length - 1;
    while (span > 0 && now < (this.spans[span] as number)) span--;
    return this.#tableOfSpan(span) as DayTable;
  }

  #tableOfSpan(span: number): DayTable | undefined {
    const begin = this.spans[span];
    if (begin === undefined) return undefined;
    this.#tables[span] ??= buildDayTable(
      this.resolved,
      this.#cache,
      span,
      begin,
      this.spans[span + 1] ?? Number.POSITIVE_INFINITY,
    );
    return this.#tables[span];
  }
}

function findSpans({ policies }: ResolvedSet): number[] {
  const days = new Set<number>([Number.NEGATIVE_INFINITY]);
  for (const policy of policies) {
    for (const span of [policy, ...policy.variants]) {
      if (span.effective !== null) days.add(span.effective);
      if (span.until !== null) days.add(span.until);
    }
  }
  return [...days].sort((a, b) => a - b);
}
