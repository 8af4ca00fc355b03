/** `policies-next`: every live hit is judged by a second set too, after the first has acted; only the differences are counted. */

import type { EvidenceSink, HitEvidence } from '../ops/evidence.ts';
import type { Logger } from '../ops/log.ts';
import type { Metrics } from '../ops/metrics.ts';
import { loadPoliciesAside } from '../policy/load-aside.ts';
import type { PolicySet } from '../policy/policy.ts';
import { formatProblem } from '../policy/problem.ts';
import { compareJudgements } from '../policy/shadow.ts';
import { type PolicyWatch, watchPolicies } from '../policy/watch.ts';

export interface ShadowParts {
  readonly folder: string;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Told of an exception, which is a bug of ours: it never reaches the hit. */
  fault(error: unknown): void;
}

export class ShadowPolicies implements EvidenceSink {
  readonly #parts: ShadowParts;
  readonly #watch: PolicyWatch;
  #set: PolicySet | null = null;

  constructor(parts: ShadowParts) {
    this.#parts = parts;
    this.#watch = watchPolicies(parts.folder, () => void this.load());
  }

  /** A set that does not hold judges nothing: it is being worked on, and the first set serves all the same. */
  async load(): Promise<void> {
    const { folder, log } = this.#parts;
    const loaded = await loadPoliciesAside(folder);
    if (loaded.ok) {
      this.#set = loaded.set;
      log.info({ revision: loaded.set.revision }, 'the next policies are judged in the shadow');
    } else {
      const problems = loaded.errors.map((problem) => formatProblem({ ...problem, file: `${folder}/${problem.file}` }));
      log.error({ problems }, 'the next policies were not loaded: what was judged in the shadow before stays');
    }
  }

  record({ facts, judgement, at }: HitEvidence): void {
    if (this.#set === null || facts === null || judgement === null) return;
    try {
      this.#parts.metrics.countShadow(compareJudgements(judgement, this.#set.decide(facts, at)));
    } catch (error) {
      this.#parts.fault(error);
    }
  }

  close(): void {
    this.#watch.close();
  }
}
