/** Hits per second over time: a chart by the chart library, and the same as numbers. */
import { count, find, make, table } from './dom.js';

/** Lines that fit beside each other; the others are one line together. */
const MOST_LINES = 7;
/** Points that a chart of this width can tell apart. */
const MOST_POINTS = 180;

let chart = null;
let shown = '';

/** @param {{times: number[], stepMs: number, series: Record<string, Record<string, number[]>>}} history @param {string} by @param {number} seconds */
export function showTraffic(history, by, seconds) {
  const { times, lines } = condense(history, by, seconds);
  const isEmpty = lines.length === 0 || times.length < 2;
  find('traffic').hidden = isEmpty;
  find('traffic-empty').hidden = !isEmpty;
  find('traffic-numbers').replaceChildren(listNumbers(history, by, seconds));
  if (isEmpty) return;
  const names = lines.map(({ name }) => name);
  const data = [times, ...lines.map(({ values }) => values)];
  const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
  const key = `${by} ${names.join(' ')} ${isDark}`;
  if (chart !== null && key === shown) {
    chart.setData(data);
    chart.setScale('x', { min: times[0], max: times.at(-1) });
    return;
  }
  chart?.destroy();
  shown = key;
  chart = new globalThis.uPlot(describeChart(names, by), data, find('traffic'));
}

addEventListener('resize', () => chart?.setSize(size()));

function size() {
  return { width: find('traffic').clientWidth || 600, height: 260 };
}

/** Per second, in so many points as fit: the largest lines, and the others in one. */
function condense({ times, series }, by, seconds) {
  const from = times.findIndex((at) => at >= (times.at(-1) ?? 0) - seconds);
  const kept = from === -1 ? [] : times.slice(from);
  const each = Math.max(1, Math.ceil(kept.length / MOST_POINTS));
  const groups = [];
  for (let i = 0; i < kept.length; i += each) groups.push([from + i, Math.min(from + i + each, times.length)]);
  const sums = Object.entries(series[by] ?? {})
    .map(([name, values]) => ({ name, values, total: values.slice(Math.max(0, from)).reduce((a, b) => a + b, 0) }))
    .filter(({ total }) => total > 0)
    .sort((a, b) => b.total - a.total);
  const rest = sums.splice(MOST_LINES);
  if (rest.length > 0)
    sums.push({
      name: `${rest.length} others`,
      values: times.map((_, i) => rest.reduce((sum, { values }) => sum + values[i], 0)),
    });
  const span = ([begin, end]) => times[end - 1] - (times[begin - 1] ?? times[begin] - 5);
  const rate = (values, group) => values.slice(...group).reduce((a, b) => a + b, 0) / span(group);
  return {
    times: groups.map(([, end]) => times[end - 1]),
    lines: sums.map(({ name, values }) => ({ name, values: groups.map((group) => rate(values, group)) })),
  };
}

function listNumbers({ times, series }, by, seconds) {
  const from = Math.max(
    0,
    times.findIndex((at) => at >= (times.at(-1) ?? 0) - seconds),
  );
  const sums = Object.entries(series[by] ?? {})
    .map(([name, values]) => [name, values.slice(from)])
    .map(([name, values]) => [name, values.reduce((a, b) => a + b, 0), values.at(-1) ?? 0])
    .sort((a, b) => b[1] - a[1]);
  return table([by, 'in this span', 'in the last step'], sums, 'Nothing has been counted.');
}

const OUTCOMES = { forwarded: '--forward', anonymized: '--anonymize', dropped: '--drop', 'dropped-by-fault': '--fault' };

/** @param {number} at seconds since the epoch */
function clock(at) {
  return new Date(at * 1000).toISOString().slice(11, 19);
}

function describeChart(names, by) {
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(name).trim();
  const grid = { stroke: color('--line'), width: 1 };
  const axis = { stroke: color('--muted'), grid, ticks: grid, font: '12px system-ui, sans-serif' };
  return {
    ...size(),
    cursor: { y: false },
    legend: { live: true },
    scales: { y: { range: (_chart, _min, max) => [0, Math.max(max * 1.1, 0.1)] } },
    axes: [
      { ...axis, space: 80, values: (_chart, ticks) => ticks.map(clock) },
      { ...axis, size: 56, values: (_chart, ticks) => ticks.map((tick) => count(tick)) },
    ],
    series: [
      { label: 'UTC', value: (_chart, at) => (at == null ? '–' : clock(at)) },
      ...names.map((name, i) => ({
        label: name,
        stroke: color(by === 'outcome' ? (OUTCOMES[name] ?? '--line-1') : `--line-${(i % 8) + 1}`),
        width: 2,
        dash: i > 3 && by !== 'outcome' ? [6, 4] : undefined,
        points: { show: false },
        value: (_chart, value) => (value == null ? '–' : `${count(value)}/s`),
      })),
    ],
  };
}

/** @param {Record<string, {labels: Record<string, string>, value: number}[]>} metrics */
export function showTiles(metrics) {
  const sum = (name, wanted = {}) =>
    (metrics[name] ?? [])
      .filter(({ labels }) => Object.entries(wanted).every(([label, value]) => labels[label] === value))
      .reduce((total, { value }) => total + value, 0);
  const hits = sum('consentry_hits_total');
  const share = (outcome) => {
    const value = sum('consentry_hits_total', { outcome });
    return [value, hits === 0 ? '' : `${Math.round((100 * value) / hits)} % of the hits`];
  };
  const guard = sum('consentry_faults_total', { reason: 'guard' });
  const tiles = [
    ['Hits', hits, 'since the start', ''],
    ['Forwarded', ...share('forwarded'), 'forward'],
    ['Anonymized', ...share('anonymized'), 'anonymize'],
    ['Dropped', ...share('dropped'), 'drop'],
    ['Dropped by a fault', ...share('dropped-by-fault'), 'fault'],
    [
      'Guard alarms',
      guard,
      guard === 0 ? 'nothing slipped through scrubbing' : 'an identifier was left after scrubbing',
      guard === 0 ? '' : 'drop',
    ],
    ['Decisions of visitors', sum('consentry_consent_decisions_total'), 'posted to the consent API', ''],
  ];
  find('tiles').replaceChildren(
    ...tiles.map(([title, value, note, tone]) =>
      make(
        'li',
        { class: 'tile', 'data-action': tone || null },
        make('span', { class: 'title' }, title),
        make('strong', {}, value),
        make('small', {}, note),
      ),
    ),
  );
}
