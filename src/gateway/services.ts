/** The parts that a hit meets on its way, put together. */
import type { Config } from '../config.ts';
import type { ConsentCookies } from '../consent/cookie.ts';
import type { Keyring } from '../consent/keys.ts';
import { createSignalMemory } from '../consent/remember.ts';
import type { SiteTokens } from '../consent/site-token.ts';
import { isPrivateAddress } from '../hit/identify.ts';
import type { HitServices, HitWitness, Rules } from '../hit/mount.ts';
import type { Admission, EvidenceSink } from '../ops/evidence.ts';
import type { Logger } from '../ops/log.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { SignalOptions } from '../signals/signal-options.ts';
import type { ConsentStore } from '../store/store.ts';
import { createLookUp } from './lookup.ts';
import type { Whereabouts } from './place.ts';
import { DailyPseudonyms } from './pseudonyms.ts';

export interface ServiceParts {
  readonly config: Config;
  readonly whereabouts: Whereabouts;
  readonly store: ConsentStore;
  readonly keyring: Keyring;
  readonly cookies: ConsentCookies;
  readonly tokens: SiteTokens;
  readonly signalOptions: SignalOptions;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** All of them are told of every hit. */
  readonly sinks: readonly EvidenceSink[];
  readonly admit: Admission | undefined;
  readonly witness: HitWitness | undefined;
  rules(): Rules;
  isOverloaded(): boolean;
  now(): number;
  fault(error: unknown): void;
}

export function buildServices(parts: ServiceParts): HitServices {
  const { config, whereabouts, store, keyring, cookies, tokens, fault } = parts;
  const pseudonyms = new DailyPseudonyms({ store, site: config.site, fault });
  pseudonyms.load(parts.now());
  const { sinks } = parts;
  return {
    ...whereabouts,
    limits: { maxBytes: config.limits.body, timeoutMs: config.timeouts.body },
    signalOptions: parts.signalOptions,
    evidence: {
      record(hit) {
        for (const sink of sinks) sink.record(hit);
      },
    },
    ...(parts.admit !== undefined && { admit: parts.admit }),
    isOverloaded: parts.isOverloaded,
    rules: parts.rules,
    lookUp: createLookUp({ cookies, tokens, keyring, store }),
    stripCookie: (cookie) => cookies.remove(cookie),
    rememberGpc: createSignalMemory({ store, keyring, site: config.site, fault }),
    pseudonymizer: (route, at) => pseudonyms.pseudonymizer(route, at),
    undeclaredProxy: watchForProxies(parts),
    now: parts.now,
    fault,
    ...(parts.witness !== undefined && { witness: parts.witness }),
  };
}

/** Says once which line to add where hits come through a proxy that nobody declared; counts every one of them. */
function watchForProxies({ config, metrics, log }: ServiceParts): HitServices['undeclaredProxy'] {
  let said = false;
  return (hit) => {
    if (config.trust.proxies.length > 0 || hit.peer === '' || !isPrivateAddress(hit.peer)) return;
    metrics.undeclaredProxy.inc();
    if (said) return;
    said = true;
    log.warn(
      `hits arrive through a proxy that is not declared, so its address counts as every visitor's: add "trust: { proxies: [${hit.peer}/32] }" if it is yours`,
    );
  };
}
