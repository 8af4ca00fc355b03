/**
 * Whether the process is so busy that new work would only make everybody wait. Measured by how late a timer comes: one look at a
 * field per hit, and nothing else on its way.
 */

export interface LoadShedOptions {
  /** A timer this much late, twice in a row, is overload; one late by less than half of it ends it. Default 500 ms. */
  readonly lagMs?: number;
  /** Time between two looks. Default 100 ms. */
  readonly intervalMs?: number;
  /** Monotonic milliseconds; for tests. */
  readonly clock?: () => number;
}

/** One long pause (a garbage collection, a suspended machine) is no overload; two in a row are. */
const LATE_LOOKS = 2;

export class LoadShed {
  readonly #lagMs: number;
  readonly #intervalMs: number;
  readonly #clock: () => number;
  readonly #timer: NodeJS.Timeout;
  #last: number;
  #late = 0;
  #isOverloaded = false;
  #worstMs = 0;

  constructor({ lagMs = 500, intervalMs = 100, clock = () => performance.now() }: LoadShedOptions = {}) {
    this.#lagMs = lagMs;
    this.#intervalMs = intervalMs;
    this.#clock = clock;
    this.#last = clock();
    this.#timer = setInterval(() => this.#look(), intervalMs).unref();
  }

  get isOverloaded(): boolean {
    return this.#isOverloaded;
  }

  /** Largest lag since the last call, in milliseconds. */
  takeWorstMs(): number {
    const worst = this.#worstMs;
    this.#worstMs = 0;
    return worst;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = this.#clock();
    const lag = Math.max(0, now - this.#last - this.#intervalMs);
    this.#last = now;
    this.#worstMs = Math.max(this.#worstMs, lag);
    this.#late = lag >= this.#lagMs ? this.#late + 1 : 0;
    if (this.#late >= LATE_LOOKS) this.#isOverloaded = true;
    else if (lag < this.#lagMs / 2) this.#isOverloaded = false;
  }
}
