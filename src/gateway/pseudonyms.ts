/** Identifiers of the day for `ids: pseudonymize-daily`: keyed by a secret that every node shares and that is destroyed after two days. */
import type { Route } from '../hit/route.ts';
import { DAY_MS, formatDay } from '../policy/values.ts';
import { createPseudonymizer } from '../privacy/pseudonym.ts';
import { type ConsentStore, StoreUnavailable } from '../store/store.ts';

export interface PseudonymParts {
  readonly store: ConsentStore;
  readonly site: string;
  /** Told of an exception, which is a bug of ours. */
  fault(error: unknown): void;
}

export class DailyPseudonyms {
  readonly #parts: PseudonymParts;
  #day = '';
  #key: Buffer | null = null;
  #loading = '';

  constructor(parts: PseudonymParts) {
    this.#parts = parts;
  }

  /**
   * Replaces identifiers for one collector on the day of `now` (milliseconds since the epoch): the same value gives the same
   * pseudonym on every node, and another one for another site, collector or day. Null where the day's secret is not there
   * (yet): then identifiers are dropped.
   */
  pseudonymizer(route: Route, now: number): ((value: string) => string) | null {
    const day = formatDay(now);
    if (day !== this.#day) this.load(now);
    const key = this.#day === day ? this.#key : null;
    if (key === null) return null;
    return createPseudonymizer(key, { site: this.#parts.site, collector: route.upstream?.origin ?? route.pattern });
  }

  /** Fetches the secret of the day, and has the ones destroyed that no late hit needs any more. */
  load(now: number): void {
    const day = formatDay(now);
    if (this.#loading === day) return;
    this.#loading = day;
    const { store, fault } = this.#parts;
    store
      .readDayKey(day)
      .then(async (key) => {
        this.#key = key;
        this.#day = day;
        await store.forgetDayKeys(formatDay(now - DAY_MS));
      })
      .catch((error: unknown) => {
        if (!(error instanceof StoreUnavailable)) fault(error);
      })
      .finally(() => {
        this.#loading = '';
      });
  }
}
