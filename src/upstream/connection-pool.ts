/** Connections to one collector, so many at once; what finds none free waits in line. */
import type { RefusalCode } from '../errors.ts';
import { Connection, type ConnectionOptions, type ConnectionOwner, type Exchange } from './connection.ts';

/** `depth` is 1 wherever a visitor waits: an answer that went to the wrong visitor would be a breach. */
export interface PoolOptions extends ConnectionOptions {
  readonly connections: number;
}

/**
 * A collector that answers faster than this loses nothing by getting hits one behind the other; a slower one gets them side by side. Also
 * behind a POST: whoever sends can tell which were not answered, and marks them where they are sent again (RFC 9112 § 9.3.2).
 */
const FAST_MS = 20;
/** Weight of the newest time in the moving mean. */
const NEWEST = 0.05;

/** An exchange and where it stands. */
interface Place extends Exchange {
  connection: Connection<Place> | null;
  isGivenUp: boolean;
}

export class ConnectionPool implements ConnectionOwner<Place> {
  readonly #options: PoolOptions;
  readonly #all = new Set<Connection<Place>>();
  readonly #opening = new Set<Connection<Place>>();
  /** Connections without an exchange, the last used one last. */
  readonly #idle: Connection<Place>[] = [];
  #line: Place[] = [];
  /** The connection that gets one exchange behind the other, where they may. */
  #dense: Connection<Place> | null = null;
  /** Moving mean of the time from one answer to the next. */
  #meanMs = 0;
  #isClosed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Exchanges that wait for a connection. */
  get waiting(): number {
    return this.#line.length;
  }

  /** @returns a function that gives the exchange up, with its connection; its events are not called any more then. */
  send({ method, bytes, events }: Exchange): () => void {
    const place: Place = { method, bytes, events, connection: null, isGivenUp: false };
    this.#take(place);
    return () => {
      place.isGivenUp = true;
      place.connection?.end('closing');
    };
  }

  unprocessed(places: readonly Place[]): void {
    // Side by side for a while: of a collector that closes often most would be sent in vain.
    this.#meanMs = Math.max(this.#meanMs, 2 * FAST_MS);
    for (const place of places) this.#take(place);
  }

  answered(ms: number): void {
    this.#meanMs += NEWEST * (ms - this.#meanMs);
  }

  free(connection: Connection<Place>): void {
    this.#opening.delete(connection);
    const next = this.#takeFirst();
    if (next !== null) this.#give(next, connection);
    else if (connection.load === 0) this.#idle.push(connection);
  }

  gone(connection: Connection<Place>, code: RefusalCode | null): void {
    this.#all.delete(connection);
    this.#opening.delete(connection);
    if (this.#dense === connection) this.#dense = null;
    const at = this.#idle.indexOf(connection);
    if (at !== -1) this.#idle.splice(at, 1);
    // A connection that never came to be is the failure of whoever waited longest.
    if (code !== null) this.#failFirst(code);
    if (!this.#isClosed) this.#openMore();
  }

  close(): void {
    this.#isClosed = true;
    for (const connection of [...this.#all]) connection.end('closing');
    while (this.#line.length > 0) this.#failFirst('closing');
  }

  #take(place: Place): void {
    const connection = this.#isClosed ? null : this.#findFree();
    if (connection !== null) return this.#give(place, connection);
    place.connection = null;
    this.#line.push(place);
    if (this.#isClosed) queueMicrotask(() => this.#failFirst('closing'));
    else this.#openMore();
  }

  #findFree(): Connection<Place> | null {
    const now = performance.now();
    const mayFollow = this.#options.depth > 1 && this.#meanMs < FAST_MS;
    const dense = this.#dense;
    if (mayFollow && dense !== null && dense.load > 0 && dense.load < this.#options.depth && dense.isUsable(now)) return dense;
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop()) {
      if (!connection.isUsable(now)) connection.end('upstream-unreachable');
      else {
        this.#dense = mayFollow ? connection : this.#dense === connection ? null : this.#dense;
        return connection;
      }
    }
    return null;
  }

  #give(place: Place, connection: Connection<Place>): void {
    place.connection = connection;
    connection.send(place);
  }

  #openMore(): void {
    const { connections } = this.#options;
    while (this.#line.length > this.#opening.size && this.#all.size < connections) {
      const connection = new Connection<Place>(this.#options, this);
      this.#all.add(connection);
      this.#opening.add(connection);
    }
  }

  #takeFirst(): Place | null {
    for (let place = this.#line.shift(); place !== undefined; place = this.#line.shift()) if (!place.isGivenUp) return place;
    return null;
  }

  #failFirst(code: RefusalCode): void {
    this.#takeFirst()?.events.failed(code);
  }
}
