/** The last decisions, without identifiers, for the admin API and the dashboard. */
import type { EvidenceSink, HitEvidence } from './evidence.ts';
import { type DecisionLine, describeDecision } from './evidence-log-line.ts';

/** Enough to see what happens now; the decision log holds the rest. */
const KEPT = 500;

/** Keeps what is needed to describe a decision, and describes it when somebody asks. */
export class RecentDecisions implements EvidenceSink {
  readonly #ring: HitEvidence[] = [];
  #next = 0;

  record(evidence: HitEvidence): void {
    this.#ring[this.#next] = evidence;
    this.#next = (this.#next + 1) % KEPT;
  }

  /** The newest first. */
  list(limit: number): DecisionLine[] {
    const ordered = [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)].reverse();
    return ordered.slice(0, limit).map((evidence) => describeDecision(evidence, 1));
  }
}
