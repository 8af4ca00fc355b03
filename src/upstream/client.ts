/** Collectors by their addresses: connections kept alive, bounded in number and time. */
import { TlsTransport } from './tls-transport.ts';
import type { Transport } from './transport.ts';
import { WireTransport } from './wire-transport.ts';

export interface UpstreamLimits {
  /** Until the answer's headers are there, and between two parts of its body. */
  readonly timeoutMs: number;
  /** Connections to one origin for visitors who wait. */
  readonly connections: number;
}

/** A collector's address, from `upstream:` of the configuration or of a route. */
export interface Upstream {
  readonly origin: string;
  /** `host` or `host:port` as an origin's Host header says it. */
  readonly host: string;
  /** Path of the configured URL, to which hits go instead of the route's own; null where the URL has none. */
  readonly path: string | null;
  /** For visitors who wait: one exchange at a time on a connection. */
  readonly transport: Transport;
  /** For hits that are answered already: several may follow each other on a connection. */
  readonly following: Transport;
  /** The whole of an exchange may take so long, in milliseconds. */
  readonly longestMs: number;
}

/** An exchange whose collector sends a byte now and then may take so many of its timeouts. */
const LONGEST_TIMEOUTS = 6;
/** Connections for answered hits, and hits at once on one of them. */
const FOLLOWING = { connections: 128, depth: 16 };

type Transports = Pick<Upstream, 'transport' | 'following'>;

export class UpstreamPools {
  readonly #byOrigin = new Map<string, Transports>();
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
    let transports = this.#byOrigin.get(parsed.origin);
    if (transports === undefined) {
      transports = this.#connect(parsed);
      this.#byOrigin.set(parsed.origin, transports);
    }
    const path = parsed.pathname === '/' ? null : parsed.pathname;
    const longestMs = LONGEST_TIMEOUTS * this.#limits.timeoutMs;
    return { origin: parsed.origin, host: parsed.host, path, longestMs, ...transports };
  }

  #connect({ protocol, origin, hostname, port }: URL): Transports {
    const { timeoutMs, connections } = this.#limits;
    if (protocol === 'https:') {
      const transport = new TlsTransport({ origin, timeoutMs, connections });
      return { transport, following: transport };
    }
    const address = { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 80 : Number(port), timeoutMs };
    return {
      transport: new WireTransport({ ...address, connections, depth: 1 }),
      following: new WireTransport({ ...address, ...FOLLOWING }),
    };
  }

  /** Ends what is still under way: call it after draining. */
  async close(): Promise<void> {
    const all = Array.from(this.#byOrigin.values(), ({ transport, following }) => [transport, following]).flat();
    await Promise.all(all.map((transport) => transport.close()));
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
