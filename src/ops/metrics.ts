/** Prometheus metrics. Counting a hit is a look-up and an addition; the text is made when somebody asks for it. */
import { type Aggregator, Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { PURPOSES, type PurposeSet, purposesIn } from '../consent/state.ts';
import type { CellDifference } from '../policy/shadow.ts';
import { SHADOW_DIFFERENCES_METRIC, SHADOW_JUDGED_METRIC } from '../policy/shadow-metrics.ts';
import type { EvidenceSink, HitEvidence } from './evidence.ts';
import { LabelTree } from './label-tree.ts';

/** Series per counter that outside input could multiply (countries are bounded by the policies' place codes). */
const MOST_SERIES = 10_000;

/** A counter whose series are found by their labels on the hot path and printed when they are read. */
class LabelledCounter {
  readonly #tree = new LabelTree(MOST_SERIES);

  /** @param labelsOf values of the labels, where they are not the path itself. */
  constructor(
    registry: Registry,
    name: string,
    help: string,
    labelNames: readonly string[],
    labelsOf: (path: readonly string[]) => readonly string[] = (path) => path,
  ) {
    const tree = this.#tree;
    new Counter({
      name,
      help,
      labelNames: [...labelNames],
      registers: [registry],
      collect() {
        this.reset();
        for (const { path, value } of tree.counts) {
          const values = labelsOf(path);
          this.inc(Object.fromEntries(labelNames.map((label, i) => [label, values[i] ?? ''])), value);
        }
      },
    });
  }

  add(path: readonly string[], by = 1): void {
    const count = this.#tree.reach(path);
    if (count !== null) count.value += by;
  }
}

/** `cookie` of `cookie:_ga`. */
function carrierOf(place: string): string {
  return place.split(':', 1)[0] as string;
}

export interface WaitingDeliveries {
  readonly queued: number;
  readonly spooled: number;
  readonly spooledBytes: number;
}

export class Metrics implements EvidenceSink {
  readonly registry = new Registry();
  readonly #hits = new LabelledCounter(this.registry, 'consentry_hits_total', 'Hits by what became of them.', [
    'route',
    'country',
    'outcome',
  ]);
  readonly #shadowJudged = new Counter({
    name: SHADOW_JUDGED_METRIC,
    help: 'Hits that were judged by the next set too (policies-next).',
    registers: [this.registry],
  });
  readonly #shadowDifferences = new LabelledCounter(
    this.registry,
    SHADOW_DIFFERENCES_METRIC,
    'Purposes that the next set would treat otherwise.',
    ['policy', 'cell', 'from', 'to'],
  );
  readonly #faults = new LabelledCounter(
    this.registry,
    'consentry_faults_total',
    'Hits dropped although the policy allowed them or before it was asked.',
    ['route', 'reason'],
  );
  readonly #finds = new LabelledCounter(
    this.registry,
    'consentry_guard_finds_total',
    'Identifiers that scrubbing left and the guard stopped: the carrier that each came in, and the part of the hit that it stood in.',
    ['route', 'carrier', 'part'],
  );
  readonly #purposes = new LabelledCounter(
    this.registry,
    'consentry_purposes_total',
    'Judged purposes of hits: the state and the action it got.',
    ['purpose', 'state', 'action'],
  );
  readonly #reasons = new LabelledCounter(
    this.registry,
    'consentry_reasons_total',
    'Why the purposes of the gate got their state.',
    ['purpose', 'reason'],
    ([purpose = '', code = '', signal = '']) => [purpose, signal === '' ? code : `${code}:${signal}`],
  );
  readonly #scrubs = new LabelledCounter(this.registry, 'consentry_scrubs_total', 'Fields removed or changed, by class.', [
    'class',
    'deed',
  ]);
  readonly #failures = new LabelledCounter(
    this.registry,
    'consentry_upstream_failures_total',
    'Hits that the collector did not answer.',
    ['route', 'reason'],
  );
  readonly #deliveries = new LabelledCounter(
    this.registry,
    'consentry_deliveries_total',
    'Answered hits by what became of them: taken, repeated (taken, and maybe before), spooled, changed (judged differently later), given-up, lost.',
    ['collector', 'result'],
  );
  readonly #decisions = new LabelledCounter(
    this.registry,
    'consentry_consent_decisions_total',
    'Decisions posted to the consent API: written, same (again within ten minutes), refusal (kept in the cookie alone), nothing, unavailable.',
    ['country', 'outcome'],
  );
  readonly #choices = new LabelledCounter(
    this.registry,
    'consentry_consent_choices_total',
    'Purposes granted and denied by decisions that counted.',
    ['country', 'purpose', 'choice'],
  );
  readonly #problems = new LabelledCounter(
    this.registry,
    'consentry_consent_problems_total',
    'Calls of the consent API that were refused, by the last part of the problem type.',
    ['problem'],
  );
  readonly undeclaredProxy = new Counter({
    name: 'consentry_undeclared_proxy_total',
    help: 'Hits through a proxy that trust.proxies does not name.',
    registers: [this.registry],
  });
  readonly reloadSuccess = new Gauge({
    name: 'consentry_policy_last_reload_success',
    help: '1 if the last load of the policies succeeded, 0 if it failed and an older set is in force.',
    aggregator: 'min',
    registers: [this.registry],
  });
  readonly reloads = new Counter({
    name: 'consentry_policy_reloads_total',
    help: 'Loads of the policies.',
    labelNames: ['result'],
    registers: [this.registry],
  });
  readonly evidenceLost = new Counter({
    name: 'consentry_evidence_lost_total',
    help: 'Decisions that the decision log did not take, because too many waited to be written.',
    registers: [this.registry],
  });
  readonly evidenceFailing = new Gauge({
    name: 'consentry_evidence_failing',
    help: '1 while the decision log cannot be written.',
    aggregator: 'max',
    registers: [this.registry],
  });
  readonly #openBreakers = new Gauge({
    name: 'consentry_store_breakers_open',
    help: 'Servers of the store that are not asked for the moment, since they did not answer; reading and writing by themselves.',
    registers: [this.registry],
  });
  readonly bugs = new Counter({
    name: 'consentry_internal_errors_total',
    help: 'Exceptions: bugs of ours.',
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  record(hit: HitEvidence): void {
    const { route, fault, judgement, gate } = hit;
    this.#hits.add([route, hit.region?.country ?? 'ZZ', hit.outcome]);
    if (fault !== null) this.#faults.add([route, fault]);
    if (hit.found !== null) this.#finds.add([route, carrierOf(hit.found.place), hit.found.part]);
    for (const entry of hit.report) this.#scrubs.add([entry.class, entry.deed]);
    if (judgement === null) return;
    for (let i = 0; i < PURPOSES.length; i++) {
      const decided = judgement.purposes[i];
      if (((gate >> i) & 1) === 0 || decided === undefined) continue;
      const purpose = PURPOSES[i] as string;
      this.#purposes.add([purpose, decided.state, decided.action]);
      for (const { code, reading } of decided.reasons) this.#reasons.add([purpose, code, reading?.signal ?? '']);
    }
  }

  countDecision(outcome: string, country: string, choices: { readonly grants: PurposeSet; readonly refusals: PurposeSet }): void {
    this.#decisions.add([country, outcome]);
    if (outcome !== 'written' && outcome !== 'refusal') return;
    for (const choice of ['granted', 'denied'] as const) {
      for (const purpose of purposesIn(choice === 'granted' ? choices.grants : choices.refusals))
        this.#choices.add([country, purpose, choice]);
    }
  }

  countProblem(problem: string): void {
    this.#problems.add([problem]);
  }

  /** A breaker of the store has opened, or closed again. */
  countBreaker(isOpen: boolean): void {
    this.#openBreakers.inc(isOpen ? 1 : -1);
  }

  countDelivery(collector: string, result: string, count = 1): void {
    this.#deliveries.add([collector, result], count);
  }

  /** @param look what waits at the moment, asked when somebody reads the metrics. */
  watchDeliveries(look: () => WaitingDeliveries): void {
    const gauge = (name: string, help: string, value: () => number, aggregator: Aggregator = 'max'): Gauge =>
      new Gauge({
        name,
        help,
        aggregator,
        registers: [this.registry],
        collect() {
          this.set(value());
        },
      });
    gauge('consentry_queue_hits', 'Answered hits in memory, on their way to a collector.', () => look().queued, 'sum');
    gauge('consentry_spool_hits', 'Answered hits on disk, of all workers.', () => look().spooled);
    gauge('consentry_spool_bytes', 'Size of the answered hits on disk, of all workers.', () => look().spooledBytes);
  }

  /** Shows how late the event loop runs, and whether new work is turned away because of it. */
  watchLoad(load: { readonly isOverloaded: boolean; takeWorstMs(): number }): void {
    const registers = [this.registry];
    const worst: { at: number; ms: number }[] = [];
    new Gauge({
      name: 'consentry_event_loop_lag_seconds',
      help: 'Longest lag of the event loop in the last minute.',
      aggregator: 'max',
      registers,
      collect() {
        // Several readers, a scraper and the dashboard, must not take the worst moment from each other.
        const at = performance.now();
        worst.push({ at, ms: load.takeWorstMs() });
        while (worst[0] !== undefined && at - worst[0].at > 60_000) worst.shift();
        this.set(Math.max(...worst.map(({ ms }) => ms)) / 1000);
      },
    });
    new Gauge({
      name: 'consentry_overloaded',
      help: '1 while new work is turned away.',
      aggregator: 'max',
      registers,
      collect() {
        this.set(load.isOverloaded ? 1 : 0);
      },
    });
  }

  /** One hit that the next policies were asked about too, and the cells in which they would have done otherwise. */
  countShadow(differences: readonly CellDifference[]): void {
    this.#shadowJudged.inc();
    for (const { policy, cell, from, to } of differences) this.#shadowDifferences.add([policy, cell, from, to]);
  }

  countFailure(route: string, reason: string): void {
    this.#failures.add([route, reason]);
  }
}
