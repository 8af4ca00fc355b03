/** Consent records of a gateway: the store, the keys, and the configuration of the consent API. */
import type { Config } from '../config.ts';
import type { ConsentApiConfig } from '../consent/api.ts';
import { loadKeyring } from '../consent/key-file.ts';
import type { Keyring } from '../consent/keys.ts';
import { embeddedStoreFolder, openStore } from '../store/open.ts';
import type { ConsentStore } from '../store/store.ts';
import { GatewayProblem } from './problem.ts';

export interface RecordsOptions {
  /** Holds `CONSENTRY_KEYS` or `CONSENTRY_KEYS_FILE`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Hears once what a person should know about keys. */
  say(message: string): void;
  /** Hears when a server of the store is no longer asked, and when it is again. */
  onBreaker?(isOpen: boolean): void;
}

/** @throws GatewayProblem */
export async function openRecords(config: Config, options: RecordsOptions): Promise<{ keyring: Keyring; store: ConsentStore }> {
  const { replicas, timeout: timeoutMs } = config.redis.wait;
  const { say, onBreaker } = options;
  const opened = await openStore(config.store, {
    ...{ wait: { replicas, timeoutMs }, say },
    ...(onBreaker !== undefined && { onBreaker }),
  });
  if (!opened.ok) throw new GatewayProblem([opened.problem]);
  const loaded = loadKeyring({
    keys: options.environment.CONSENTRY_KEYS,
    keysFile: options.environment.CONSENTRY_KEYS_FILE,
    generateIn: embeddedStoreFolder(config.store),
    isTransient: config.store === 'memory:',
    say: options.say,
  });
  if (!loaded.ok) {
    // An open connection would keep a process that has said why it cannot start.
    await opened.store.close();
    throw new GatewayProblem([loaded.problem]);
  }
  return { keyring: loaded.keyring, store: opened.store };
}

export function cookieConfig(config: Config): ConsentApiConfig['cookie'] {
  const { name, domain, secure, 'max-age': maxAgeMs, 'same-site': sameSite } = config.consent.cookie;
  return { name, domain, maxAgeMs, secure, sameSite };
}

/** `workers`: processes that share the port, each of which counts what comes to it. */
export function consentApiConfig(config: Config, workers: number): ConsentApiConfig {
  const { path, origins, notices, categories, gpc, 'public-url': publicUrl } = config.consent;
  return {
    path,
    site: config.site,
    origins,
    publicUrl,
    cookie: cookieConfig(config),
    notices,
    categories,
    gpcLastUpdate: gpc?.['last-update'] ?? null,
    bodyLimitBytes: config.limits['consent-body'],
    ratePerMinute: Math.ceil(config.consent.rate['per-minute'] / workers),
  };
}
