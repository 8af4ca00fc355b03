/** A recorded day of decisions, judged by two policy sets. Pure: the recorded moment is the clock. */
import type { CompiledPolicySet } from './compile.ts';
import { formatPlace } from './explain.ts';
import type { Facts } from './policy.ts';
import { compareJudgements, formatDifference } from './shadow.ts';

export interface ReplayedChange {
  /** `eu analytics.unknown: drop → anonymize`. */
  readonly change: string;
  /** Decisions that would change so, by place. */
  readonly places: ReadonlyMap<string, number>;
  readonly count: number;
}

export interface ReplayReport {
  readonly decisions: number;
  /** Decisions of which some purpose would change. */
  readonly differing: number;
  readonly changes: readonly ReplayedChange[];
}

export class Replay {
  readonly #before: CompiledPolicySet;
  readonly #after: CompiledPolicySet;
  readonly #changes = new Map<string, Map<string, number>>();
  #decisions = 0;
  #differing = 0;

  constructor(before: CompiledPolicySet, after: CompiledPolicySet) {
    this.#before = before;
    this.#after = after;
  }

  /**
   * Judges one decision again.
   * @param at Milliseconds since the epoch.
   * @param weight How many decisions it stands for.
   */
  add(facts: Facts, at: number, weight: number): void {
    this.#decisions += weight;
    const differences = compareJudgements(this.#before.decide(facts, at), this.#after.decide(facts, at));
    if (differences.length > 0) this.#differing += weight;
    for (const difference of differences) {
      const change = formatDifference(difference);
      const places = this.#changes.get(change) ?? new Map<string, number>();
      const place = formatPlace(facts.region);
      this.#changes.set(change, places.set(place, (places.get(place) ?? 0) + weight));
    }
  }

  report(): ReplayReport {
    const changes = [...this.#changes].map(([change, places]) => ({
      change,
      places,
      count: [...places.values()].reduce((a, b) => a + b, 0),
    }));
    changes.sort((a, b) => b.count - a.count);
    return { decisions: this.#decisions, differing: this.#differing, changes };
  }
}

export function printReplay({ decisions, differing, changes }: ReplayReport): string {
  const lines = [`${decisions} decisions, ${differing} would differ`];
  for (const { change, places, count } of changes) {
    const listed = [...places].sort(([, a], [, b]) => b - a).slice(0, 8);
    lines.push(
      `${String(count).padStart(9)}  ${change}  (${listed.map(([place, n]) => `${place} ${n}`).join(', ')}${places.size > 8 ? ', …' : ''})`,
    );
  }
  return lines.join('\n');
}
