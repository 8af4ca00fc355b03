/** Names of the metrics in which a gateway counts what the next policies would do otherwise, and how to read them back. Pure. */

/** Hits that were judged by both sets. */
export const SHADOW_JUDGED_METRIC = 'consentry_policy_shadow_judged_total';
/** Purposes with another action, by `policy`, `cell`, `from` and `to`, as `CellDifference` names them. */
export const SHADOW_DIFFERENCES_METRIC = 'consentry_policy_shadow_differences_total';

export interface ShadowReport {
  readonly judged: number;
  /** The most frequent first. */
  readonly differences: readonly {
    readonly policy: string;
    readonly cell: string;
    readonly from: string;
    readonly to: string;
    readonly count: number;
  }[];
}

/** @param text Metrics in the text format of Prometheus. */
export function readShadowMetrics(text: string): ShadowReport {
  let judged = 0;
  const differences: ShadowReport['differences'][number][] = [];
  for (const line of text.split('\n')) {
    const sample = /^(\w+)(?:\{(.*)\})? (\S+)/.exec(line);
    if (sample === null) continue;
    const count = Number(sample[3]);
    if (sample[1] === SHADOW_JUDGED_METRIC) judged += count;
    if (sample[1] !== SHADOW_DIFFERENCES_METRIC) continue;
    const labels = Object.fromEntries(
      [...(sample[2] ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
    );
    const { policy = '', cell = '', from = '', to = '' } = labels;
    differences.push({ policy, cell, from, to, count });
  }
  differences.sort((a, b) => b.count - a.count);
  return { judged, differences };
}
