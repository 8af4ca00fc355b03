/** What a Redis URL of the configuration names. */

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

export interface RedisTarget {
  readonly kind: 'single' | 'sentinel' | 'cluster';
  /** The server; the sentinels; some nodes of the cluster. */
  readonly addresses: readonly RedisAddress[];
  readonly isTls: boolean;
  /** ACL user, or null for the default one. */
  readonly username: string | null;
  readonly password: string | null;
  readonly database: number;
  /** Name of the master that the sentinels watch; empty for the other kinds. */
  readonly master: string;
  readonly sentinelPassword: string | null;
}

const URL_FORM =
  /^(redis|rediss)(-cluster|-sentinel)?:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^/?@]+)(?:\/([^?]*))?(?:\?sentinel-password=([^&]*))?$/;
const DEFAULT_PORTS = { single: 6379, cluster: 6379, sentinel: 26_379 } as const;

/**
 * `redis://[user:password@]host[:port][/database]`, `redis-cluster://host[:port],host[:port]`,
 * `redis-sentinel://host[:port],…/master[?sentinel-password=…]`; `rediss…` for TLS. User and password percent-encoded.
 * Null for anything else.
 */
export function parseRedisUrl(url: string): RedisTarget | null {
  const [match, scheme, suffix = '', username, password, hosts = '', path = '', sentinelPassword] = URL_FORM.exec(url) ?? [];
  if (match === undefined) return null;
  const kind = suffix === '-cluster' ? 'cluster' : suffix === '-sentinel' ? 'sentinel' : 'single';
  const addresses = hosts.split(',').map((host) => parseAddress(host, DEFAULT_PORTS[kind]));
  if (!addresses.every((address) => address !== null)) return null;
  if (kind === 'single' && addresses.length !== 1) return null;
  if (kind === 'sentinel' ? path === '' : !/^\d{0,3}$/.test(path)) return null;
  try {
    return {
      kind,
      addresses,
      isTls: scheme === 'rediss',
      username: decode(username),
      password: decode(password),
      database: kind === 'sentinel' ? 0 : Number(path),
      master: kind === 'sentinel' ? decodeURIComponent(path) : '',
      sentinelPassword: decode(sentinelPassword),
    };
  } catch {
    return null;
  }
}

function parseAddress(text: string, defaultPort: number): RedisAddress | null {
  const [match, bracketed, plain, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (match === undefined) return null;
  return { host: bracketed ?? plain ?? '', port: port === undefined ? defaultPort : Number(port) };
}

function decode(part: string | undefined): string | null {
  return part === undefined || part === '' ? null : decodeURIComponent(part);
}
