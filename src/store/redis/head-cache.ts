/**
 * Heads held in this process, so that most hits wait for no network. A held head counts only under a lease: what every
 * master published has to come back on the connection that hears invalidations, at least once a second. Where it does not,
 * hits read from the server again, whatever the connection says about itself.
 */
import { BoundedCache } from '../../consent/bounded-cache.ts';
import type { ConsentHead } from '../../consent/record.ts';

const CAPACITY = 20_000;

/** How long a heard beat vouches for the cache, from the moment that it was sent. */
export const LEASE_MS = 1000;

/** A read under way. An invalidation that overtakes it makes its answer useless for the cache. */
interface Flight {
  readonly head: Promise<ConsentHead | null>;
  isStale: boolean;
}

export class HeadCache {
  readonly #heads = new BoundedCache<{ readonly head: ConsentHead | null }>(CAPACITY);
  readonly #flights = new Map<string, Flight>();
  #leasedUntil = Number.NEGATIVE_INFINITY;

  /** `sentAt`: when the beat that came back was sent, by the monotonic clock. */
  renew(sentAt: number): void {
    this.#leasedUntil = Math.max(this.#leasedUntil, sentAt + LEASE_MS);
  }

  get isLeased(): boolean {
    return performance.now() < this.#leasedUntil;
  }

  /** After a break nobody knows what was missed. */
  distrust(): void {
    this.#leasedUntil = Number.NEGATIVE_INFINITY;
    this.#heads.clear();
    for (const flight of this.#flights.values()) flight.isStale = true;
    this.#flights.clear();
  }

  forget(subject: string): void {
    this.#heads.delete(subject);
    const flight = this.#flights.get(subject);
    if (flight === undefined) return;
    flight.isStale = true;
    this.#flights.delete(subject);
  }

  /** From the cache, from a read that is under way, or by `fetch`. */
  read(subject: string, fetch: () => Promise<ConsentHead | null>): ConsentHead | null | Promise<ConsentHead | null> {
    if (this.isLeased) {
      const held = this.#heads.get(subject);
      if (held !== undefined) return held.head;
    }
    return this.#flights.get(subject)?.head ?? this.#fly(subject, fetch);
  }

  #fly(subject: string, fetch: () => Promise<ConsentHead | null>): Promise<ConsentHead | null> {
    // A head read before the lease began may have been outdated in between, unheard.
    const wasLeased = this.isLeased;
    const flight: Flight = {
      isStale: false,
      head: fetch().then(
        (head) => {
          this.#land(subject, flight);
          if (!flight.isStale && wasLeased) this.#heads.set(subject, { head });
          return head;
        },
        (error: unknown) => {
          this.#land(subject, flight);
          throw error;
        },
      ),
    };
    this.#flights.set(subject, flight);
    return flight.head;
  }

  #land(subject: string, flight: Flight): void {
    if (this.#flights.get(subject) === flight) this.#flights.delete(subject);
  }
}
