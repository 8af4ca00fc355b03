/** A recorded day of decisions, judged by two policy sets. Pure: the recorded moment is the clock. */
import { z } from 'zod';
import type { CompiledPolicySet } from './compile.ts';
import { formatPlace } from './explain.ts';
import { RecordedFacts, restoreFacts } from './recorded-facts.ts';
import { compareJudgements, formatDifference } from './shadow.ts';

/** What a line of a decision log has to hold, among other things. */
const RecordedDecision = z.object({ at: z.number(), facts: RecordedFacts });

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
  /** Lines without facts: hits that were never judged, or lines that are none of ours. */
  readonly skipped: number;
  readonly changes: readonly ReplayedChange[];
}

export class Replay {
  readonly #before: CompiledPolicySet;
  readonly #after: CompiledPolicySet;
  readonly #changes = new Map<string, Map<string, number>>();
  #decisions = 0;
  #differing = 0;
  #skipped = 0;

  constructor(before: CompiledPolicySet, after: CompiledPolicySet) {
    this.#before = before;
    this.#after = after;
  }

  /** Judges one line of the log. */
  add(line: string): void {
    const recorded = parseDecision(line);
    if (recorded === null) {
      this.#skipped++;
      return;
    }
    this.#decisions++;
    const facts = restoreFacts(recorded.facts);
    const differences = compareJudgements(this.#before.decide(facts, recorded.at), this.#after.decide(facts, recorded.at));
    if (differences.length > 0) this.#differing++;
    for (const difference of differences) {
      const change = formatDifference(difference);
      const places = this.#changes.get(change) ?? new Map<string, number>();
      const place = formatPlace(facts.region);
      this.#changes.set(change, places.set(place, (places.get(place) ?? 0) + 1));
    }
  }

  report(): ReplayReport {
    const changes = [...this.#changes].map(([change, places]) => ({
      change,
      places,
      count: [...places.values()].reduce((a, b) => a + b, 0),
    }));
    changes.sort((a, b) => b.count - a.count);
    return { decisions: this.#decisions, differing: this.#differing, skipped: this.#skipped, changes };
  }
}

function parseDecision(line: string): z.infer<typeof RecordedDecision> | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  return RecordedDecision.safeParse(value).data ?? null;
}

export function printReplay({ decisions, differing, skipped, changes }: ReplayReport): string {
  const lines = [`${decisions} decisions, ${differing} would differ${skipped === 0 ? '' : `; ${skipped} lines without facts`}`];
  for (const { change, places, count } of changes) {
    const listed = [...places].sort(([, a], [, b]) => b - a).slice(0, 8);
    lines.push(
      `${String(count).padStart(9)}  ${change}  (${listed.map(([place, n]) => `${place} ${n}`).join(', ')}${places.size > 8 ? ', …' : ''})`,
    );
  }
  return lines.join('\n');
}
