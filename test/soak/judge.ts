/** What a long run came to: what grew, what got slower, and how sure that is. */
import { type Fit, fitLine, median } from './fit.ts';

export interface Sample {
  readonly minutes: number;
  /** Memory of the process's own that is resident (`RssAnon`) after a collection: mapped files come and go as the system likes. */
  readonly residentMib: number;
  /** What the program holds on the heap and in buffers then. */
  readonly keptMib: number;
  readonly files: number;
  readonly timers: number;
  readonly p99Ms: number;
  /** The same of a server that only answers. */
  readonly controlMs: number;
}

/** Counted while nothing is sent and every connection is closed. */
export interface Rest {
  readonly minutes: number;
  readonly keptMib: number;
  readonly files: number;
  readonly timers: number;
}

export interface Verdict {
  readonly lines: readonly string[];
  readonly faults: readonly string[];
}

export interface Limits {
  /** MiB an hour on the heap and in buffers. */
  readonly kept: number;
  /** MiB an hour of resident memory. Null where it is told and not judged. */
  readonly resident: number | null;
  /** Files, and timers, an hour under load. Null where only those at rest are judged. */
  readonly open: number | null;
  /** Null where times are told and not judged. */
  readonly p99Drift: number | null;
}

/** Of an hour's run. */
export const LIMITS: Limits = { kept: 1, resident: 1, open: 10, p99Drift: 0.1 };

/** Whether a run is long enough to hold times against it. */
export function isLong(minutes: number): boolean {
  return minutes >= 30;
}

/**
 * A run of some minutes is still filling its caches and compiling: it finds what leaks by the request, and tells its times only. Nor does its
 * resident memory say anything: at rest V8 may give back 30 MiB of it, and take them again within a minute; connections open one by one then.
 */
export function limitsOf(minutes: number): Limits {
  if (isLong(minutes)) return LIMITS;
  return { kept: Math.max(30, 240 / minutes), resident: null, open: null, p99Drift: null };
}

/** @param warm samples after the warm-up. */
export function judgeRun(warm: readonly Sample[], first: Rest, last: Rest, limits: Limits): Verdict {
  const lines: string[] = [];
  const faults: string[] = [];
  const say = (line: string, isFault: boolean): void => {
    lines.push(line);
    if (isFault) faults.push(line);
  };
  const lineOf = (read: (sample: Sample) => number): Fit => fitLine(warm.map((sample) => [sample.minutes / 60, read(sample)]));

  for (const [what, most, read] of [
    ['resident memory', limits.resident, ({ residentMib }: Sample) => residentMib],
    ['memory kept', limits.kept, ({ keptMib }: Sample) => keptMib],
  ] as const) {
    const { slope, low, high } = lineOf(read);
    const range = `95 %: ${low.toFixed(2)} to ${high.toFixed(2)}`;
    // Memory that surely grows, and by more than it may.
    const isFault = most !== null && slope > most && low > 0;
    say(
      `${what}: ${slope.toFixed(2)} MiB an hour (${range}; ${most === null ? 'not judged' : `at most ${most.toFixed(2)}`})`,
      isFault,
    );
  }
  const hours = (last.minutes - first.minutes) / 60;
  const atRest = (last.keptMib - first.keptMib) / hours;
  say(`memory kept at rest: ${atRest.toFixed(2)} MiB an hour (at most ${limits.kept.toFixed(2)})`, atRest > limits.kept);
  for (const what of ['files', 'timers'] as const)
    say(`${what} at rest: ${first[what]}, then ${last[what]}`, last[what] > first[what]);
  // Under load they come and go with the connections; a line that surely rises is a leak.
  for (const what of ['files', 'timers'] as const) {
    const { slope, low } = lineOf((sample) => sample[what]);
    say(`${what} under load: ${slope.toFixed(1)} an hour`, limits.open !== null && low > limits.open);
  }

  const p99 = drift(warm.map(({ p99Ms }) => p99Ms));
  const control = drift(warm.map(({ controlMs }) => controlMs));
  // As slow as the machine itself got is not the program's doing.
  const own = (1 + p99.by) / (1 + control.by) - 1;
  const most = limits.p99Drift;
  const percent = (part: number): string => `${part < 0 ? '' : '+'}${(part * 100).toFixed(1)} %`;
  lines.push(
    `p99 of the machine itself: ${control.early.toFixed(2)} ms, then ${control.late.toFixed(2)} ms (${percent(control.by)})`,
  );
  say(
    `p99: ${p99.early.toFixed(2)} ms, then ${p99.late.toFixed(2)} ms (${percent(p99.by)}, beside the machine ${percent(own)}; ${most === null ? 'not judged' : `at most ${percent(most)}`})`,
    most !== null && p99.by > most && own > most,
  );
  return { lines, faults };
}

/** From the first third to the last, each by its middle value: a bad minute in either is no drift. */
function drift(values: readonly number[]): { early: number; late: number; by: number } {
  const third = Math.max(1, Math.floor(values.length / 3));
  const early = median(values.slice(0, third));
  const late = median(values.slice(-third));
  return { early, late, by: late / early - 1 };
}
