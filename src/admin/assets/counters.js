/** Counters as tables: reasons, faults, fields, decisions by region, health. */
import { bytes, count, find, make, table } from './dom.js';

/** @typedef {Record<string, {labels: Record<string, string>, value: number}[]>} Metrics */

/** @param {Metrics} metrics */
export function showReasons(metrics) {
  const rows = sorted(metrics.consentry_reasons_total).map(({ labels, value }) => [labels.reason, labels.purpose, value]);
  find('reasons').replaceChildren(table(['reason', 'purpose', 'hits'], rows.slice(0, 20), 'No hit has been judged yet.'));
  const faults = sorted(metrics.consentry_faults_total).map(({ labels, value }) => [
    labels.reason === 'guard' ? make('strong', { 'data-action': 'drop' }, 'guard') : labels.reason,
    labels.route,
    value,
  ]);
  find('faults').replaceChildren(table(['fault', 'route', 'hits'], faults, 'None.'));
  const scrubs = sorted(metrics.consentry_scrubs_total).map(({ labels, value }) => [labels.class, labels.deed, value]);
  find('scrubs').replaceChildren(table(['what it was', 'what was done', 'fields'], scrubs, 'None.'));
}

/** Yes and no of every purpose that was decided about, by region. @param {Metrics} metrics */
export function showConsent(metrics) {
  const regions = new Map();
  for (const { labels, value } of metrics.consentry_consent_choices_total ?? []) {
    const key = `${labels.country} ${labels.purpose}`;
    const row = regions.get(key) ?? { country: labels.country, purpose: labels.purpose, granted: 0, denied: 0 };
    row[labels.choice] += value;
    regions.set(key, row);
  }
  const rows = [...regions.values()]
    .sort((a, b) => a.country.localeCompare(b.country) || a.purpose.localeCompare(b.purpose))
    .map(({ country, purpose, granted, denied }) => {
      const share = granted / (granted + denied);
      const meter = make('meter', { min: 0, max: 1, value: share, 'aria-label': `${purpose} in ${country}: share of yes` });
      return [country, purpose, granted, denied, make('span', { class: 'share' }, meter, ` ${count(Math.round(share * 100))} %`)];
    });
  find('consent').replaceChildren(table(['region', 'purpose', 'yes', 'no', 'share of yes'], rows, 'Nobody has decided yet.'));
}

/** @param {{health: {ready: boolean, storeWritable: boolean}, metrics: Metrics, history: {times: number[], series: Record<string, Record<string, number[]>>}}} overview */
export function showHealth({ health, metrics, history }) {
  const value = (name) => metrics[name]?.reduce((sum, sample) => sum + sample.value, 0) ?? null;
  const sum = (name, label, wanted) =>
    (metrics[name] ?? [])
      .filter(({ labels }) => wanted.includes(labels[label]))
      .reduce((total, sample) => total + sample.value, 0);
  const failures = countRecent(history, 'failure', 300);
  const lost = sum('consentry_deliveries_total', 'result', ['lost', 'given-up']);
  const evidenceLost = value('consentry_evidence_lost_total') ?? 0;
  const undeclared = value('consentry_undeclared_proxy_total') ?? 0;
  const bugs = value('consentry_internal_errors_total') ?? 0;
  const spooled = value('consentry_spool_hits');
  const rows = [
    ['Serving', health.ready, health.ready ? 'yes' : 'draining'],
    [
      'Store',
      health.storeWritable,
      health.storeWritable ? 'takes decisions' : 'does not answer: no decision is stored, and no hit is granted anything',
    ],
    [
      'Policies',
      value('consentry_policy_last_reload_success') === 1,
      value('consentry_policy_last_reload_success') === 1
        ? 'as they stand in the files'
        : 'the last load failed: an older set is in force',
    ],
    [
      'Collector',
      failures === 0,
      failures === 0 ? 'no attempt failed in five minutes' : `${count(failures)} attempts failed in the last five minutes`,
    ],
    [
      'Spool',
      lost === 0,
      spooled === null
        ? 'none'
        : `${count(spooled)} hits on disk (${bytes(value('consentry_spool_bytes') ?? 0)}), ${count(value('consentry_queue_hits') ?? 0)} in memory, ${count(lost)} lost`,
    ],
    [
      'Decision log',
      value('consentry_evidence_failing') !== 1 && evidenceLost === 0,
      value('consentry_evidence_failing') === 1 ? 'cannot be written' : `${count(evidenceLost)} lines lost`,
    ],
    [
      'Load',
      value('consentry_overloaded') !== 1,
      value('consentry_overloaded') === 1
        ? 'new work is turned away'
        : `the event loop is at most ${count((value('consentry_event_loop_lag_seconds') ?? 0) * 1000)} ms late`,
    ],
    [
      'Proxies',
      undeclared === 0,
      undeclared === 0 ? 'declared' : `${count(undeclared)} hits through a proxy that trust.proxies does not name`,
    ],
    ['Own errors', bugs === 0, bugs === 0 ? 'none' : `${count(bugs)}: see the log`],
    ['Memory', true, bytes(value('process_resident_memory_bytes') ?? 0)],
  ];
  find('health').replaceChildren(
    table(
      ['part', 'state', 'what it says'],
      rows.map(([part, isGood, words]) => [
        part,
        make('span', { class: 'lamp', 'data-good': String(isGood) }, isGood ? '✓ good' : '✕ look here'),
        words,
      ]),
      '',
    ),
  );
}

/** Where a second set of policies is judged in the shadow. @param {Metrics} metrics */
export function showShadow(metrics) {
  const judged = (metrics.consentry_policy_shadow_judged_total ?? []).reduce((sum, { value }) => sum + value, 0);
  find('shadow-card').hidden = judged === 0;
  find('shadow-judged').textContent = `${count(judged)} hits were judged by both sets.`;
  const rows = sorted(metrics.consentry_policy_shadow_differences_total).map(({ labels, value }) => [
    `${labels.policy}: ${labels.cell}`,
    labels.from,
    labels.to,
    value,
  ]);
  find('shadow').replaceChildren(table(['cell', 'now', 'next', 'hits'], rows, 'No difference.'));
}

/** What a series counted in the last seconds. */
function countRecent({ times, series }, name, seconds) {
  const from = times.findIndex((at) => at >= (times.at(-1) ?? 0) - seconds);
  if (from === -1) return 0;
  return Object.values(series[name] ?? {}).reduce((sum, values) => sum + values.slice(from).reduce((a, b) => a + b, 0), 0);
}

function sorted(samples = []) {
  return [...samples].filter(({ value }) => value > 0).sort((a, b) => b.value - a.value);
}
