/** The last hour of the counters in steps, for the dashboard. What was counted, not what was configured; bounded in memory. */
import { readExposition, type Sample } from './exposition.ts';

/** What is followed: name of a series → counter, and the label that tells its lines apart. */
const FOLLOWED = {
  outcome: ['consentry_hits_total', 'outcome'],
  country: ['consentry_hits_total', 'country'],
  route: ['consentry_hits_total', 'route'],
  purpose: ['consentry_purposes_total', 'purpose'],
  fault: ['consentry_faults_total', 'reason'],
  failure: ['consentry_upstream_failures_total', 'reason'],
  consent: ['consentry_consent_decisions_total', 'country'],
} as const;
type Followed = keyof typeof FOLLOWED;

/** Lines of a series; whatever comes after goes into {@link OTHER}. */
const MOST_LINES = 64;
const OTHER = 'other';
/** An hour at the default step. */
const STEPS_KEPT = 720;
export const HISTORY_STEP_MS = 5_000;

export interface HistoryView {
  readonly stepMs: number;
  /** Ends of the steps, in seconds since the epoch, ascending. */
  readonly times: readonly number[];
  /** Series → line → how much was counted in each step. */
  readonly series: { readonly [F in Followed]: { readonly [line: string]: readonly number[] } };
}

interface Step {
  readonly at: number;
  readonly counts: ReadonlyMap<Followed, ReadonlyMap<string, number>>;
}

export class History {
  readonly #read: () => Promise<string>;
  readonly #stepMs: number;
  readonly #steps: Step[] = [];
  #last: Map<Followed, Map<string, number>> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isReading = false;

  /** @param read the text of `/metrics`. A step that cannot be read is left out, and counts with the next. */
  constructor(read: () => Promise<string>, stepMs = HISTORY_STEP_MS) {
    this.#read = read;
    this.#stepMs = stepMs;
  }

  /** From the first time on: a process that nobody administers has nothing to remember. */
  start(): void {
    if (this.#timer !== null) return;
    void this.take();
    this.#timer = setInterval(() => void this.take(), this.#stepMs).unref();
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /** Ends a step. */
  async take(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      this.#add(readExposition(await this.#read(), 'consentry_'), Date.now());
    } catch {
      // The next step will be longer.
    } finally {
      this.#isReading = false;
    }
  }

  view(): HistoryView {
    const names = Object.keys(FOLLOWED) as Followed[];
    const series: Partial<Record<Followed, Record<string, number[]>>> = {};
    for (const name of names) {
      const lines = new Set(this.#steps.flatMap(({ counts }) => [...(counts.get(name)?.keys() ?? [])]));
      const values = (line: string): number[] => this.#steps.map(({ counts }) => counts.get(name)?.get(line) ?? 0);
      series[name] = Object.fromEntries(Array.from(lines, (line) => [line, values(line)]));
    }
    return { stepMs: this.#stepMs, times: this.#steps.map(({ at }) => at / 1000), series: series as HistoryView['series'] };
  }

  #add(metrics: ReadonlyMap<string, readonly Sample[]>, at: number): void {
    const totals = new Map<Followed, Map<string, number>>();
    for (const [name, [metric, label]] of Object.entries(FOLLOWED) as [Followed, (typeof FOLLOWED)[Followed]][])
      totals.set(name, sumBy(metrics.get(metric) ?? [], label));
    const last = this.#last;
    this.#last = totals;
    if (last === null) return;
    this.#steps.push({ at, counts: new Map(Array.from(totals, ([name, now]) => [name, subtract(now, last.get(name))])) });
    if (this.#steps.length > STEPS_KEPT) this.#steps.shift();
  }
}

function sumBy(samples: readonly Sample[], label: string): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { labels, value } of samples) {
    const given = labels[label] ?? '';
    const line = sums.has(given) || sums.size < MOST_LINES ? given : OTHER;
    sums.set(line, (sums.get(line) ?? 0) + value);
  }
  return sums;
}

/** A counter that went down has lost a process that was replaced: what the others counted meanwhile is not known. */
function subtract(now: ReadonlyMap<string, number>, before: ReadonlyMap<string, number> | undefined): Map<string, number> {
  const grown = new Map<string, number>();
  for (const [line, value] of now) {
    const by = value - (before?.get(line) ?? 0);
    if (by > 0) grown.set(line, by);
  }
  return grown;
}
