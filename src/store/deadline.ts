/**
 * Ends a wait that nobody else would end: a hung server closes no connection, and its client reports itself ready. A breaker
 * spares the hits after the first few the waiting, and lets one through now and then to see whether the server is back.
 */
import { StoreUnavailable } from './store.ts';

/** Failures in a row that open the breaker, and how long it then stays open before one call may try. */
const FAILURES_TO_OPEN = 3;
const OPEN_MS = 250;

export interface BreakerEvents {
  /** Called at each change. */
  onBreaker?(isOpen: boolean): void;
}

export class Breaker {
  readonly #events: BreakerEvents;
  #failures = 0;
  #retryAt = 0;
  #isTrying = false;

  constructor(events: BreakerEvents = {}) {
    this.#events = events;
  }

  get isOpen(): boolean {
    return this.#failures >= FAILURES_TO_OPEN;
  }

  /** Whether a call may go now. While open, one at a time may, after a pause. */
  mayCall(): boolean {
    if (!this.isOpen) return true;
    if (this.#isTrying || performance.now() < this.#retryAt) return false;
    this.#isTrying = true;
    return true;
  }

  succeed(): void {
    const wasOpen = this.isOpen;
    this.#failures = 0;
    this.#isTrying = false;
    if (wasOpen) this.#events.onBreaker?.(false);
  }

  fail(): void {
    const wasOpen = this.isOpen;
    this.#failures++;
    this.#isTrying = false;
    if (!this.isOpen) return;
    this.#retryAt = performance.now() + OPEN_MS;
    if (!wasOpen) this.#events.onBreaker?.(true);
  }
}

/** The answer, or StoreUnavailable after `deadlineMs`; what comes later is dropped. */
export function endBy<Answer>(deadlineMs: number, answer: Promise<Answer>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new StoreUnavailable('the store did not answer in time')), deadlineMs);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
