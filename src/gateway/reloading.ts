/** Policies, profiles and routes read anew: on a change of the folder, on a signal, on request. The last good set stays. */
import type { Logger } from '../ops/log.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { ReloadOutcome } from '../ops/workers.ts';
import { type PolicyWatch, watchPolicies } from '../policy/watch.ts';
import { GatewayProblem } from './problem.ts';
import type { RulesInForce } from './rules.ts';

export class Reloading {
  readonly #rules: RulesInForce;
  readonly #metrics: Metrics;
  readonly #log: Logger;
  #watch: PolicyWatch | null = null;

  constructor(rules: RulesInForce, metrics: Metrics, log: Logger) {
    this.#rules = rules;
    this.#metrics = metrics;
    this.#log = log;
  }

  /** The first load, watched from before it begins, so that no edit falls between. @throws GatewayProblem */
  async start(): Promise<void> {
    this.#watch = watchPolicies(this.#rules.folder, () => void this.reload());
    await this.#watch.ready;
    await this.#rules.load();
    this.#metrics.reloadSuccess.set(1);
  }

  async reload(): Promise<ReloadOutcome> {
    try {
      await this.#rules.load();
    } catch (error) {
      if (!(error instanceof GatewayProblem)) throw error;
      return this.#refuse(error.problems);
    }
    const { revision } = this.#rules.current.set;
    this.#metrics.reloads.inc({ result: 'success' });
    this.#metrics.reloadSuccess.set(1);
    this.#log.info({ revision }, 'policies loaded');
    return { ok: true, revision };
  }

  #refuse(problems: readonly string[]): ReloadOutcome {
    this.#metrics.reloads.inc({ result: 'failure' });
    this.#metrics.reloadSuccess.set(0);
    const { revision } = this.#rules.current.set;
    this.#log.error({ problems, revision }, 'the policies were not loaded: the last good set stays in force');
    return { ok: false, problems };
  }

  close(): void {
    this.#watch?.close();
  }
}
