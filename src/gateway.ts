/** Puts the parts together: a Config becomes a listener, a consent API, an admin application and an end. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import Koa, { type Middleware } from 'koa';
import { createAdminApp } from './admin/api.ts';
import type { Config } from './config.ts';
import { createConsentApi, isConsentPath } from './consent/api.ts';
import { createConsentCookies } from './consent/cookie.ts';
import { lookUpConsent } from './consent/lookup.ts';
import { createSignalMemory } from './consent/remember.ts';
import { answerCheck, isCheckPath } from './gateway/check.ts';
import { mountKoa } from './gateway/koa.ts';
import { buildWhereabouts } from './gateway/place.ts';
import { GatewayProblem } from './gateway/problem.ts';
import { ProxyMounts } from './gateway/proxy.ts';
import { consentApiConfig, cookieConfig, openRecords } from './gateway/records.ts';
import { RulesInForce } from './gateway/rules.ts';
import { openSignalOptions } from './gateway/signals.ts';
import { isPrivateAddress } from './hit/identify.ts';
import { type HitServices, type HitWitness, runHit } from './hit/pipeline.ts';
import { receiveHit } from './hit/receive.ts';
import { describeError, type Logger } from './ops/log.ts';
import { Metrics } from './ops/metrics.ts';
import { type PolicyWatch, watchPolicies } from './policy/watch.ts';
import { UpstreamPools } from './upstream/client.ts';

export interface GatewayOptions {
  readonly log: Logger;
  /** Whether hits go to the next middleware; else to the collectors of the configuration. */
  readonly inProcess: boolean;
  /** Sees every hit as it came and as it left, identifiers included: for the demo, never for production. */
  readonly witness?: HitWitness;
  /** Environment that holds the keys. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly now?: () => number;
}

export interface Gateway {
  /** Listener of the reverse proxy: consent API and hits. */
  handle(req: IncomingMessage, res: ServerResponse): void;
  /** The koa middleware: consent API and hits ahead of a collector's handlers. */
  readonly middleware: Middleware;
  readonly admin: Koa;
  /** Reads policies, vendor profiles and routes anew; the last good set stays where one is bad. */
  reload(): Promise<ReloadOutcome>;
  /** From now on /readyz is red. */
  drain(): void;
  close(): Promise<void>;
}

export type ReloadOutcome =
  | { readonly ok: true; readonly revision: string }
  | { readonly ok: false; readonly problems: readonly string[] };

/** @throws GatewayProblem where the configuration, the policies, the keys or the store do not hold. */
export async function createGateway(config: Config, options: GatewayOptions): Promise<Gateway> {
  const now = options.now ?? Date.now;
  const { log } = options;
  const metrics = new Metrics();
  const pools = options.inProcess ? null : new UpstreamPools({ timeoutMs: config.timeouts.upstream, connections: 256 });
  const rules = new RulesInForce(config, pools);
  await rules.load();
  metrics.reloadSuccess.set(1);

  const { table, identifier, locator } = buildWhereabouts(config);
  const { keyring, store } = await openRecords(config, { environment: options.environment, say: (message) => log.info(message) });
  const cookies = createConsentCookies(cookieConfig(config), keyring, config.site);
  let saidUndeclared = false;

  function fault(error: unknown): void {
    metrics.bugs.inc();
    log.error({ error: describeError(error) }, 'a fault of ours: what it was about did not leave');
  }

  const services: HitServices = {
    table,
    identifier,
    locator,
    limits: { maxBytes: config.limits.body, timeoutMs: config.timeouts.body },
    signalOptions: openSignalOptions(config),
    evidence: metrics,
    rules: () => rules.current,
    lookUp: (hit, _route, _body, at) => lookUpConsent(hit.cookie, cookies, store, at),
    stripCookie: (cookie) => cookies.remove(cookie),
    rememberGpc: createSignalMemory({ store, keyring, site: config.site, fault }),
    pseudonymizer: () => null,
    undeclaredProxy(hit) {
      if (config.trust.proxies.length > 0 || hit.peer === '' || !isPrivateAddress(hit.peer)) return;
      metrics.undeclaredProxy.inc();
      if (saidUndeclared) return;
      saidUndeclared = true;
      log.warn(
        `hits arrive through a proxy that is not declared, so its address counts as every visitor's: add "trust: { proxies: [${hit.peer}/32] }" if it is yours`,
      );
    },
    now,
    fault,
    ...(options.witness !== undefined && { witness: options.witness }),
  };

  const consentConfig = consentApiConfig(config);
  const consent = createConsentApi({
    config: consentConfig,
    store,
    keyring,
    policies: () => rules.current.set,
    whereIs(req) {
      const hit = receiveHit(req, table, { anyMethod: true });
      if (typeof hit === 'string') return { address: null, region: locator.nowhere };
      const identity = identifier.identify(hit);
      return { address: identity.address, region: locator.locate(hit, identity) };
    },
    now,
  });
  const consentApp = new Koa();
  consentApp.use(consent);
  consentApp.on('error', fault);
  const answerConsent = consentApp.callback();
  const proxy = new ProxyMounts({ table, metrics });

  async function reload(): Promise<ReloadOutcome> {
    try {
      await rules.load();
      metrics.reloads.inc({ result: 'success' });
      metrics.reloadSuccess.set(1);
      log.info({ revision: rules.current.set.revision }, 'policies loaded');
      return { ok: true, revision: rules.current.set.revision };
    } catch (error) {
      if (!(error instanceof GatewayProblem)) throw error;
      metrics.reloads.inc({ result: 'failure' });
      metrics.reloadSuccess.set(0);
      log.error(
        { problems: error.problems, revision: rules.current.set.revision },
        'the policies were not loaded: the last good set stays in force',
      );
      return { ok: false, problems: error.problems };
    }
  }
  const watch: PolicyWatch = watchPolicies(rules.folder, () => void reload());

  let draining = false;
  const admin = createAdminApp({
    metrics,
    metricsOpen: config.admin['metrics-open'],
    mayAdminister: () => false,
    isReady: () => !draining,
    policies: () => rules.current.set,
    reload,
    fault,
  });

  return {
    handle(req, res) {
      const path = pathOf(req.url ?? '');
      if (isConsentPath(consentConfig, path)) void answerConsent(req, res);
      else if (isCheckPath(path)) answerCheck(services, req, res);
      else runHit(services, req, proxy.mount(res));
    },
    middleware: async function consentryGuard(ctx, next) {
      if (isConsentPath(consentConfig, ctx.path)) return consent(ctx, next);
      await new Promise<void>((resolve, reject) => {
        let rest: Promise<unknown> | null = null;
        ctx.res.on('close', () => rest ?? resolve());
        const unmatched = config.unmatched ?? 'next';
        const mount = mountKoa(ctx, next, { table, unmatched }, (following) => {
          rest = following;
          following.then(() => resolve(), reject);
        });
        runHit(services, ctx.req, mount);
      });
    },
    admin,
    reload,
    drain() {
      draining = true;
    },
    async close() {
      watch.close();
      await proxy.settle();
      await pools?.close();
      await store.close();
    },
  };
}

function pathOf(url: string): string {
  const mark = url.indexOf('?');
  return mark === -1 ? url : url.slice(0, mark);
}
