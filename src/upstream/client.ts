/** Connections to a collector: one pool for each origin, keep-alive, bounded in number and time. */
import { type Dispatcher, Pool } from 'undici';

export interface UpstreamLimits {
  /** Until the answer's headers are there, and between two parts of its body. */
  readonly timeoutMs: number;
  /** Connections to one origin. */
  readonly connections: number;
}

/** A collector's address, from `upstream:` of the configuration or of a route. */
export interface Upstream {
  readonly origin: string;
  /** `host` or `host:port` as an origin's Host header says it. */
  readonly host: string;
  /** Path of the configured URL, to which hits go instead of the route's own; null where the URL has none. */
  readonly path: string | null;
  readonly pool: Dispatcher;
  /** The whole of an exchange may take so long, in milliseconds. */
  readonly longestMs?: number;
  /** Requests that wait for a connection. */
  countWaiting?(): number;
}

/** An exchange whose collector sends a byte now and then may take so many of its timeouts. */
const LONGEST_TIMEOUTS = 6;

export class UpstreamPools {
  readonly #pools = new Map<string, Pool>();
  readonly #limits: UpstreamLimits;

  constructor(limits: UpstreamLimits) {
    this.#limits = limits;
  }

  /**
   * @param url http or https, without credentials, query and fragment.
   * @throws Error naming what is wrong with it.
   */
  open(url: string): Upstream {
    const parsed = readUpstreamUrl(url);
    const path = parsed.pathname === '/' ? null : parsed.pathname;
    const pool = this.#poolFor(parsed.origin);
    const longestMs = LONGEST_TIMEOUTS * this.#limits.timeoutMs;
    return { origin: parsed.origin, host: parsed.host, path, pool, longestMs, countWaiting: () => pool.stats.queued };
  }

  #poolFor(origin: string): Pool {
    let pool = this.#pools.get(origin);
    if (pool === undefined) {
      pool = new Pool(origin, {
        connections: this.#limits.connections,
        pipelining: 1,
        headersTimeout: this.#limits.timeoutMs,
        bodyTimeout: this.#limits.timeoutMs,
        connectTimeout: this.#limits.timeoutMs,
        keepAliveTimeout: 30_000,
        maxHeaderSize: 16_384,
        strictContentLength: true,
      });
      this.#pools.set(origin, pool);
    }
    return pool;
  }

  /** Destroys what is still under way: call it after draining. */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.#pools.values(), (pool) => pool.destroy()));
  }
}

/** @throws Error with what is wrong, for the configuration's own error to carry. */
export function readUpstreamUrl(url: string): URL {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new Error(`"${url}" is no URL; write it like http://127.0.0.1:9000`);
  }
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')
    throw new Error(`${parsed.protocol} is not spoken; use http: or https:`);
  if (parsed.username !== '' || parsed.password !== '')
    throw new Error('credentials in the URL would end up in logs; leave them out');
  if (parsed.search !== '' || parsed.hash !== '') throw new Error('an upstream has no query and no fragment');
  return parsed;
}
