/** Identifiers of the day for `ids: pseudonymize-daily`: keyed by a secret that every node shares and that is destroyed after two days. */
import type { Route } from '../hit/route.ts';
import { DAY_MS, formatDay } from '../policy/values.ts';
import { createPseudonymizer } from '../privacy/pseudonym.ts';
import { type ConsentStore, StoreUnavailable } from '../store/store.ts';

const dayOf = (at: number): number => Math.floor(at / DAY_MS);

export interface PseudonymParts {
  readonly store: ConsentStore;
  readonly site: string;
  /** Told of an exception, which is a bug of ours. */
  fault(error: unknown): void;
}

type Pseudonymizer = (value: string) => string;

export class DailyPseudonyms {
  readonly #parts: PseudonymParts;
  /** The day of the secret at hand, counted from the epoch. */
  #day = Number.NaN;
  #key: Buffer | null = null;
  #loading = Number.NaN;
  /** Of the secret at hand. */
  #made = new WeakMap<Route, Pseudonymizer>();

  constructor(parts: PseudonymParts) {
    this.#parts = parts;
  }

  /**
   * Replaces identifiers for one collector on the day of `now` (milliseconds since the epoch): the same value gives the same
   * pseudonym on every node, and another one for another site, collector or day. Null where the day's secret is not there
   * (yet): then identifiers are dropped.
   */
  pseudonymizer(route: Route, now: number): Pseudonymizer | null {
    if (dayOf(now) !== this.#day) {
      this.load(now);
      return null;
    }
    if (this.#key === null) return null;
    let made = this.#made.get(route);
    if (made === undefined) {
      made = createPseudonymizer(this.#key, { site: this.#parts.site, collector: route.upstream?.origin ?? route.pattern });
      this.#made.set(route, made);
    }
    return made;
  }

  /** Fetches the secret of the day, and has the ones destroyed that no late hit needs any more. */
  load(now: number): void {
    const day = dayOf(now);
    if (this.#loading === day) return;
    this.#loading = day;
    const { store, fault } = this.#parts;
    store
      .readDayKey(formatDay(now))
      .then(async (key) => {
        this.#hold(key, day);
        // Where no hit asks for the next one, it is not kept in memory either.
        const end = (): void => {
          if (this.#day === day) this.#hold(null, Number.NaN);
        };
        setTimeout(end, DAY_MS - (now % DAY_MS)).unref();
        await store.forgetDayKeys(formatDay(now - DAY_MS));
      })
      .catch((error: unknown) => {
        if (!(error instanceof StoreUnavailable)) fault(error);
      })
      .finally(() => {
        this.#loading = Number.NaN;
      });
  }

  #hold(key: Buffer | null, day: number): void {
    this.#key = key;
    this.#day = day;
    this.#made = new WeakMap();
  }
}
