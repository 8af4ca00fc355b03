/** A straight line through measurements that a single bad minute does not bend, and how sure it is. */
export interface Fit {
  /** Growth per unit of x: the median of the slopes of all pairs of points (Theil and Sen). */
  readonly slope: number;
  /** Where the slope lies with a certainty of 95 %; the whole line where there are too few points to tell. */
  readonly low: number;
  readonly high: number;
}

export type Point = readonly [x: number, y: number];

/** Of a normal distribution, both sides. */
const CERTAINTY_95 = 1.96;

export function fitLine(points: readonly Point[]): Fit {
  const slopes: number[] = [];
  for (const [i, [x, y]] of points.entries())
    for (const [laterX, laterY] of points.slice(i + 1)) if (laterX !== x) slopes.push((laterY - y) / (laterX - x));
  slopes.sort((a, b) => a - b);
  const n = points.length;
  // Sen (1968): as many slopes to either side of the median as Kendall's count of ordered pairs varies by chance.
  const spread = CERTAINTY_95 * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const low = slopes[Math.floor((slopes.length - spread) / 2)] ?? Number.NEGATIVE_INFINITY;
  const high = slopes[Math.ceil((slopes.length + spread) / 2) - 1] ?? Number.POSITIVE_INFINITY;
  return { slope: median(slopes), low, high };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] ?? 0) + (sorted[Math.floor(half)] ?? 0)) / 2;
}

/** The value that so many of a hundred are not above. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? 0;
}
