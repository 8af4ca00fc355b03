/** Which cells, variants and signals of a policy set its tests reach. A cell counts only where a test expects its action. Pure. */
import { COLUMNS, type Column, columnOf, PURPOSES, type Purpose } from '../consent/state.ts';
import { SIGNAL_NAMES } from '../signals/signal.ts';
import type { CompiledPolicySet } from './compile.ts';
import { groupBy } from './group.ts';
import { normalizePlace } from './place.ts';
import type { PurposeDecision } from './policy.ts';
import type { TestRun } from './run-tests.ts';

export interface Tally<T> {
  readonly covered: number;
  readonly total: number;
  readonly missing: readonly T[];
}

export interface Coverage {
  readonly cells: Tally<{ readonly policy: string; readonly purpose: Purpose; readonly column: Column }>;
  readonly variants: Tally<{ readonly policy: string; readonly match: readonly string[]; readonly label: string | null }>;
  /** `policy: signal`, for every signal that a policy names and does not ignore. */
  readonly signals: Tally<{ readonly signal: string }>;
  /** Of all three kinds together, 0 to 100, rounded down to a tenth: 100 is everything. */
  readonly percent: number;
}

/** Collects what tests reach while they run, and sums it up. */
export class CoverageCollector {
  readonly #cells = new Set<string>();
  readonly #variants = new Set<string>();
  readonly #signals = new Set<string>();

  observe(run: TestRun, set: CompiledPolicySet): void {
    PURPOSES.forEach((purpose, p) => {
      if (run.expect[purpose] === undefined && run.expect.states?.[purpose] === undefined) return;
      const decision = run.judgement.purposes[p];
      if (decision !== undefined) this.#reach(run, set, purpose, decision);
    });
  }

  #reach(run: TestRun, set: CompiledPolicySet, purpose: Purpose, decision: PurposeDecision): void {
    const { policy, state, reasons } = decision;
    // Where age or sensitivity decided, the cell of the table did not.
    if (!reasons.some(({ code }) => code === 'minor' || code === 'sensitive'))
      this.#cells.add(keyOf(policy, purpose, columnOf(state)));
    for (const { code, reading } of reasons) {
      if (reading !== undefined) this.#signals.add(reading.signal);
      else if (code === 'record') this.#signals.add('record');
    }
    const { given } = run;
    const disagrees = given.disagrees === undefined ? null : normalizePlace(given.disagrees.country, given.disagrees.region);
    for (const answer of set.asked(normalizePlace(given.country, given.region), disagrees, run.at).answers) {
      if (answer.policy !== policy) continue;
      for (const index of answer.variantsFor(given.label ?? null)) this.#variants.add(keyOf(policy, String(index)));
    }
  }

  summarize(set: CompiledPolicySet): Coverage {
    const { policies } = set.resolved;
    const cells = tally(
      policies.flatMap(({ id }) => PURPOSES.flatMap((purpose) => COLUMNS.map((column) => ({ policy: id, purpose, column })))),
      ({ policy, purpose, column }) => this.#cells.has(keyOf(policy, purpose, column)),
    );
    const variants = tally(
      policies.flatMap(({ id, variants }) => variants.map(({ match, label }, index) => ({ policy: id, match, label, index }))),
      ({ policy, index }) => this.#variants.has(keyOf(policy, String(index))),
    );
    const named = new Set(
      policies.flatMap(({ body }) =>
        Object.entries(body.signals ?? {}).flatMap(([name, rule]) => (rule === 'ignore' ? [] : [name])),
      ),
    );
    const signals = tally(
      ['record', ...SIGNAL_NAMES].filter((name) => named.has(name)).map((signal) => ({ signal })),
      ({ signal }) => this.#signals.has(signal),
    );
    const kinds = [cells, variants, signals];
    const total = kinds.reduce((sum, kind) => sum + kind.total, 0);
    const covered = kinds.reduce((sum, kind) => sum + kind.covered, 0);
    return { cells, variants, signals, percent: total === 0 ? 0 : Math.floor((covered / total) * 1000) / 10 };
  }
}

function tally<T>(all: readonly T[], isCovered: (item: T) => boolean): Tally<T> {
  const missing = all.filter((item) => !isCovered(item));
  return { covered: all.length - missing.length, total: all.length, missing };
}

function keyOf(...parts: readonly string[]): string {
  return parts.join(' ');
}

/** The sums, then what no test reached, cells of a file in one line. */
export function printCoverage(coverage: Coverage): string {
  const { cells, variants, signals } = coverage;
  const lines = [
    `coverage ${coverage.percent} %: cells ${cells.covered}/${cells.total}, variants ${variants.covered}/${variants.total}, signals ${signals.covered}/${signals.total}`,
  ];
  const byPolicy = groupBy(cells.missing, (cell) => cell.policy);
  for (const [policy, missing] of byPolicy) {
    lines.push(`  no test reaches ${policy}: ${missing.map(({ purpose, column }) => `${purpose}.${column}`).join(', ')}`);
  }
  for (const { policy, match, label } of variants.missing) {
    lines.push(`  no test reaches ${policy}: the variant for ${match.join(', ')}${label === null ? '' : ` with label ${label}`}`);
  }
  for (const { signal } of signals.missing) lines.push(`  no test reaches the signal ${signal}`);
  return lines.join('\n');
}
