/** One span of days as a table: place → the files that are asked. Subdivision beats country beats `"*"`. */
import { type Answer, Asked } from './asked.ts';
import { mergeBodies } from './body.ts';
import type { Place } from './policy.ts';
import type { ResolvedPolicy, ResolvedSet } from './resolved.ts';
import { type CompleteBody, compileRules, type Rules } from './rules.ts';

/** What answers where no file does: nothing leaves. */
const NO_RULE: Answer = ((): Answer => {
  const nothing = { granted: 'drop', unknown: 'drop', denied: 'drop' } as const;
  const purposes = {
    necessary: nothing,
    functional: nothing,
    analytics: nothing,
    personalization: nothing,
    advertising: nothing,
  };
  const rules = compileRules('none', 'none@0#000000000000', { model: 'opt-in', purposes });
  return { policy: 'none', labels: [], rulesFor: () => rules, variantsFor: () => [] };
})();

interface CountryNode {
  /** The subdivision is not known: the country's own file and all its subdivisions'. */
  readonly whole: Asked;
  /** The subdivision has no file of its own. */
  readonly own: Asked;
  readonly subdivisions: ReadonlyMap<string, Asked>;
}

/** Sources that disagree come in pairs that an operator's two geo sources produce; more than these are not kept. */
const MAX_KEPT_PAIRS = 1_024;

export class DayTable {
  readonly span: number;
  readonly begin: number;
  readonly end: number;
  readonly #star: CountryNode;
  /** Codes of each country, its own and its subdivisions'. */
  readonly #codes = new Map<string, string[]>();
  readonly #answers: ReadonlyMap<string, Answer>;
  /** Countries that a hit came from; a set that is only tested or explained never needs most of them. */
  readonly #countries = new Map<string, CountryNode>();
  readonly #pairs = new Map<Asked, Map<Asked, Asked>>();
  #kept = 0;

  constructor(span: number, begin: number, end: number, answers: ReadonlyMap<string, Answer>) {
    this.span = span;
    this.begin = begin;
    this.end = end;
    this.#answers = answers;
    const star = new Asked([answers.get('*') ?? NO_RULE]);
    this.#star = { whole: star, own: star, subdivisions: new Map() };
    for (const code of answers.keys()) {
      const country = code.slice(0, 2);
      const codes = this.#codes.get(country);
      if (codes === undefined) this.#codes.set(country, [code]);
      else codes.push(code);
    }
  }

  find(place: Place): Asked {
    const node = this.#countries.get(place.country) ?? this.#reach(place.country);
    if (place.subdivision === null) return node.whole;
    return node.subdivisions.get(place.subdivision) ?? node.own;
  }

  #reach(country: string): CountryNode {
    const codes = this.#codes.get(country);
    if (codes === undefined || country === '*') return this.#star;
    const node = buildNode(country, codes, this.#answers, this.#star.own);
    this.#countries.set(country, node);
    return node;
  }

  /** Both places at once, where two sources disagree. */
  findBoth(a: Place, b: Place): Asked {
    const first = this.find(a);
    const second = this.find(b);
    if (first === second) return first;
    const kept = this.#pairs.get(first)?.get(second);
    if (kept !== undefined) return kept;
    const both = new Asked([...first.answers, ...second.answers]);
    if (++this.#kept > MAX_KEPT_PAIRS) {
      this.#pairs.clear();
      this.#kept = 1;
    }
    const row = this.#pairs.get(first) ?? new Map<Asked, Asked>();
    this.#pairs.set(first, row.set(second, both));
    return both;
  }
}

function buildNode(country: string, codes: readonly string[], answers: ReadonlyMap<string, Answer>, star: Asked): CountryNode {
  const answer = answers.get(country);
  const own = answer === undefined ? star : new Asked([answer]);
  const parts = codes.filter((code) => code !== country).sort();
  const partAnswers = parts.map((code) => answers.get(code) as Answer);
  const subdivisions = new Map(parts.map((code, index) => [code.slice(3), new Asked([partAnswers[index] as Answer])]));
  const whole = parts.length === 0 ? own : new Asked([...own.answers, ...partAnswers]);
  return { whole, own, subdivisions };
}

/** Rules by policy and variants: the tables of neighbouring days share them. */
export class RulesCache {
  readonly #rules = new Map<string, Rules>();

  compile(policy: ResolvedPolicy, variants: readonly number[]): Rules {
    const key = `${policy.id} ${variants.join(' ')}`;
    const kept = this.#rules.get(key);
    if (kept !== undefined) return kept;
    const body = variants.reduce<CompleteBody>(
      (before, index) => mergeBodies(before, policy.variants[index]?.patch ?? {}) as CompleteBody,
      policy.body,
    );
    const rules = compileRules(policy.id, policy.version, body);
    this.#rules.set(key, rules);
    return rules;
  }
}

export function buildDayTable(set: ResolvedSet, cache: RulesCache, span: number, begin: number, end: number): DayTable {
  const answering = new Map<string, ResolvedPolicy>();
  for (const policy of set.policies) {
    if (!isInForce(policy, begin)) continue;
    const codes = new Set([
      ...policy.match,
      ...policy.variants.filter((variant) => isInForce(variant, begin)).flatMap((variant) => variant.match),
    ]);
    if (!policy.match.includes('*')) codes.delete('*');
    for (const code of codes) {
      const other = answering.get(code);
      // The newest that has begun wins; two of the same day were refused when the set was resolved.
      if (other === undefined || (policy.effective ?? Number.NEGATIVE_INFINITY) > (other.effective ?? Number.NEGATIVE_INFINITY)) {
        answering.set(code, policy);
      }
    }
  }
  const answers = new Map<string, Answer>();
  const shared = new Map<string, Answer>();
  for (const [code, policy] of answering) {
    const variants = policy.variants.flatMap((variant, index) => {
      const applies = variant.match.some((match) => match === '*' || match === code || match === code.slice(0, 2));
      return applies && isInForce(variant, begin) ? [index] : [];
    });
    const key = `${policy.id} ${variants.join(' ')}`;
    const answer = shared.get(key) ?? buildAnswer(policy, variants, cache);
    shared.set(key, answer);
    answers.set(code, answer);
  }
  return new DayTable(span, begin, end, answers);
}

function buildAnswer(policy: ResolvedPolicy, variants: readonly number[], cache: RulesCache): Answer {
  const labelOf = (index: number) => policy.variants[index]?.label ?? null;
  const labels = [...new Set(variants.map(labelOf).filter((label) => label !== null))];
  const variantsFor = (label: string | null) => variants.filter((index) => labelOf(index) === null || labelOf(index) === label);
  return { policy: policy.id, labels, variantsFor, rulesFor: (label) => cache.compile(policy, variantsFor(label)) };
}

function isInForce(span: { readonly effective: number | null; readonly until: number | null }, day: number): boolean {
  return (span.effective === null || span.effective <= day) && (span.until === null || day < span.until);
}
