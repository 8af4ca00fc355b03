/** A straight line through measurements, and how sure it is. */
export interface Fit {
  /** Growth per unit of x. */
  readonly slope: number;
  /** Standard error of the slope: short or noisy runs tell little, and say so. */
  readonly error: number;
}

export function fitLine(points: readonly (readonly [x: number, y: number])[]): Fit {
  const count = points.length;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / count;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / count;
  let xx = 0;
  let xy = 0;
  for (const [x, y] of points) {
    xx += (x - meanX) ** 2;
    xy += (x - meanX) * (y - meanY);
  }
  const slope = xx === 0 ? 0 : xy / xx;
  const rest = points.reduce((sum, [x, y]) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0);
  return { slope, error: count > 2 && xx > 0 ? Math.sqrt(rest / (count - 2) / xx) : Number.POSITIVE_INFINITY };
}

/** The value that so many of a hundred are not above. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? 0;
}
