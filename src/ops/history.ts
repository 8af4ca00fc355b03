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
const FOLLOWED_NAMES = Object.keys(FOLLOWED) as Followed[];

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

/** What was counted in each step, by line; the places of all steps are there from the first time that a line is. */
type Lines = Map<string, Float64Array>;

export class History {
  readonly #read: () => Promise<string>;
  readonly #stepMs: number;
  readonly #lines = new Map<Followed, Lines>(Array.from(FOLLOWED_NAMES, (name) => [name, new Map()]));
  readonly #ends = new Float64Array(STEPS_KEPT);
  /** Steps that were ended; the last ones stand at their number modulo {@link STEPS_KEPT}. */
  #taken = 0;
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
    const series: Partial<Record<Followed, Record<string, number[]>>> = {};
    for (const [name, lines] of this.#lines)
      series[name] = Object.fromEntries(
        [...lines].filter(([, counts]) => counts.some((by) => by > 0)).map(([line, counts]) => [line, this.#inOrder(counts)]),
      );
    return {
      stepMs: this.#stepMs,
      times: this.#inOrder(this.#ends).map((at) => at / 1000),
      series: series as HistoryView['series'],
    };
  }

  /** Values of the steps that are kept, the oldest first. */
  #inOrder(values: Float64Array): number[] {
    const begin = this.#taken % STEPS_KEPT;
    return this.#taken < STEPS_KEPT ? [...values.subarray(0, begin)] : [...values.subarray(begin), ...values.subarray(0, begin)];
  }

  #add(metrics: ReadonlyMap<string, readonly Sample[]>, at: number): void {
    const totals = new Map<Followed, Map<string, number>>();
    for (const name of FOLLOWED_NAMES) {
      const [metric, label] = FOLLOWED[name];
      totals.set(name, sumBy(metrics.get(metric) ?? [], label));
    }
    const last = this.#last;
    this.#last = totals;
    if (last === null) return;
    const place = this.#taken++ % STEPS_KEPT;
    this.#ends[place] = at;
    for (const [name, now] of totals) count(this.#lines.get(name) as Lines, place, now, last.get(name));
  }
}

/** A counter that went down has lost a process that was replaced: what the others counted meanwhile is not known. */
function count(
  lines: Lines,
  place: number,
  now: ReadonlyMap<string, number>,
  before: ReadonlyMap<string, number> | undefined,
): void {
  for (const counts of lines.values()) counts[place] = 0;
  for (const [line, value] of now) {
    const by = value - (before?.get(line) ?? 0);
    if (by <= 0) continue;
    const name = lines.has(line) || lines.size < MOST_LINES ? line : OTHER;
    const counts = lines.get(name) ?? new Float64Array(STEPS_KEPT);
    counts[place] = (counts[place] as number) + by;
    lines.set(name, counts);
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
