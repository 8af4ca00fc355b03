/** Puts the parts together: a Config becomes a listener, a consent API, an admin application and an end. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import Koa, { type Middleware } from 'koa';
import { createAdminApp } from './admin/api.ts';
import type { Config } from './config.ts';
import { createConsentApi, isConsentPath } from './consent/api.ts';
import { createBearerTokens } from './consent/bearer.ts';
import { createConsentCookies } from './consent/cookie.ts';
import { createSignalMemory } from './consent/remember.ts';
import { createSiteTokens } from './consent/site-token.ts';
import type { RefusalCode } from './errors.ts';
import { AnsweredHits, forgetWithStore, openSpool } from './gateway/answered.ts';
import { answerCheck, isCheckPath } from './gateway/check.ts';
import { openEvidence } from './gateway/evidence.ts';
import { mountKoa } from './gateway/koa.ts';
import { createLookUp } from './gateway/lookup.ts';
import { buildWhereabouts } from './gateway/place.ts';
import { GatewayProblem } from './gateway/problem.ts';
import { ProxyMounts } from './gateway/proxy.ts';
import { DailyPseudonyms } from './gateway/pseudonyms.ts';
import { consentApiConfig, cookieConfig, openRecords } from './gateway/records.ts';
import { RulesInForce } from './gateway/rules.ts';
import { ShadowPolicies } from './gateway/shadow.ts';
import { openSignalOptions } from './gateway/signals.ts';
import { answerRefusal } from './hit/answer.ts';
import { isPrivateAddress } from './hit/identify.ts';
import { type HitServices, type HitWitness, runHit } from './hit/pipeline.ts';
import { receiveHit } from './hit/receive.ts';
import { History } from './ops/history.ts';
import { LoadShed } from './ops/load-shed.ts';
import { describeError, type Logger } from './ops/log.ts';
import { Metrics } from './ops/metrics.ts';
import { RecentDecisions } from './ops/recent-decisions.ts';
import type { Fleet, ReloadOutcome } from './ops/workers.ts';
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
  /** Tells when to turn new work away; by the lag of the event loop where none is given. */
  readonly shed?: Pick<LoadShed, 'isOverloaded' | 'takeWorstMs' | 'close'>;
  /** Steps of the dashboard's time series; 5 seconds. */
  readonly historyStepMs?: number;
  /** The processes that serve the hits where this one only administers them: reload, readiness, metrics and decisions are theirs. */
  readonly fleet?: Pick<Fleet, 'isReady' | 'reload' | 'readMetrics' | 'readDecisions'>;
}

export interface Gateway {
  /** Listener of the reverse proxy: consent API and hits. */
  handle(req: IncomingMessage, res: ServerResponse): void;
  /** The koa middleware: consent API and hits ahead of a collector's handlers. */
  readonly middleware: Middleware;
  readonly admin: Koa;
  /** Reads policies, vendor profiles and routes anew; the last good set stays where one is bad. */
  reload(): Promise<ReloadOutcome>;
  readonly registry: Metrics['registry'];
  readonly decisions: RecentDecisions;
  /** From now on /readyz is red. */
  drain(): void;
  close(): Promise<void>;
}

/** @throws GatewayProblem where the configuration, the policies, the keys or the store do not hold. */
export async function createGateway(config: Config, options: GatewayOptions): Promise<Gateway> {
  const now = options.now ?? Date.now;
  const { log } = options;
  const metrics = new Metrics();
  const pools = options.inProcess ? null : new UpstreamPools({ timeoutMs: config.timeouts.upstream, connections: 256 });
  const rules = new RulesInForce(config, pools);

  const { table, identifier, locator } = buildWhereabouts(config);
  // Watched from before the first load, so that no edit falls between the two.
  const watch: PolicyWatch = watchPolicies(rules.folder, () => void reload());
  await watch.ready;
  const say = (message: string): void => log.info(message);
  const { keyring, store } = await rules
    .load()
    .then(() => openRecords(config, { environment: options.environment, say }))
    .catch((error: unknown) => {
      watch.close();
      throw error;
    });
  metrics.reloadSuccess.set(1);
  const cookies = createConsentCookies(cookieConfig(config), keyring, config.site);
  const tokens = createSiteTokens(cookieConfig(config).maxAgeMs, keyring, config.site);
  const bearers = createBearerTokens(keyring, config.site);
  const evidence = await openEvidence(config, { metrics, log, now });
  const decisions = new RecentDecisions();
  const shed = options.shed ?? new LoadShed();
  metrics.watchLoad(shed);
  let saidUndeclared = false;

  function fault(error: unknown): void {
    metrics.bugs.inc();
    log.error({ error: describeError(error) }, 'a fault of ours: what it was about did not leave');
  }

  const next = config['policies-next'];
  const shadow = next === null ? null : new ShadowPolicies({ folder: next, metrics, log, fault });
  await shadow?.load();
  const pseudonyms = new DailyPseudonyms({ store, site: config.site, fault });
  pseudonyms.load(now());

  const services: HitServices = {
    table,
    identifier,
    locator,
    limits: { maxBytes: config.limits.body, timeoutMs: config.timeouts.body },
    signalOptions: openSignalOptions(config),
    evidence: {
      record(hit) {
        evidence.sink.record(hit);
        decisions.record(hit);
        shadow?.record(hit);
      },
    },
    ...(evidence.admit !== undefined && { admit: evidence.admit }),
    isOverloaded: () => shed.isOverloaded,
    rules: () => rules.current,
    lookUp: createLookUp({ cookies, tokens, keyring, store }),
    stripCookie: (cookie) => cookies.remove(cookie),
    rememberGpc: createSignalMemory({ store, keyring, site: config.site, fault }),
    pseudonymizer: (route, at) => pseudonyms.pseudonymizer(route, at),
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
    metrics,
  });
  /** What servers read differently is no call of the API either; and where everybody waits, nobody is served by waiting longer. */
  function refuseConsent(req: IncomingMessage): RefusalCode | null {
    if (shed.isOverloaded) return 'overloaded';
    const hit = receiveHit(req, table, { anyMethod: true });
    return typeof hit === 'string' ? hit : null;
  }
  const consentApp = new Koa();
  consentApp.use(consent);
  consentApp.on('error', fault);
  const answerConsent = consentApp.callback();
  const spool = options.inProcess ? null : openSpool(config, keyring, metrics, now);
  forgetWithStore(store, spool);
  const answered = new AnsweredHits({ store, spool, metrics, rules: () => rules.current, now, fault });
  const { fleet } = options;
  if (fleet === undefined) answered.resume();
  const proxy = new ProxyMounts({ table, metrics, answered });

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
  /** The processes that serve first: what this one says of the policies has to be true of them. */
  async function reloadAll(): Promise<ReloadOutcome> {
    const outcome = fleet === undefined ? null : await fleet.reload();
    const own = await reload();
    return outcome?.ok === false ? outcome : own;
  }
  let draining = false;
  const { contentType } = metrics.registry;
  const readMetrics = () => (fleet === undefined ? metrics.registry.metrics() : fleet.readMetrics());
  const history = new History(readMetrics, options.historyStepMs);
  const admin = createAdminApp({
    metrics: { registry: { contentType, metrics: readMetrics } },
    history,
    metricsOpen: config.admin['metrics-open'],
    mayAdminister: (authorization) => bearers.allows(authorization, 'admin', now()),
    isReady: () => !draining && (fleet?.isReady() ?? true),
    policies: () => rules.current.set,
    reload: reloadAll,
    decisions: fleet === undefined ? decisions : { list: (limit) => fleet.readDecisions(limit) },
    store,
    keyring,
    site: config.site,
    now,
    fault,
  });

  return {
    handle(req, res) {
      const path = pathOf(req.url ?? '');
      if (isConsentPath(consentConfig, path)) {
        const refusal = refuseConsent(req);
        if (refusal === null) void answerConsent(req, res);
        else answerRefusal(res, refusal);
      } else if (isCheckPath(path)) answerCheck(services, req, res);
      else runHit(services, req, proxy.mount(res));
    },
    middleware: async function consentryGuard(ctx, next) {
      if (isConsentPath(consentConfig, ctx.path)) {
        const refusal = refuseConsent(ctx.req);
        if (refusal === null) return consent(ctx, next);
        ctx.respond = false;
        return answerRefusal(ctx.res, refusal);
      }
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
    reload: reloadAll,
    registry: metrics.registry,
    decisions,
    drain() {
      draining = true;
    },
    async close() {
      watch.close();
      shadow?.close();
      history.close();
      await answered.stop(config.timeouts.drain);
      await pools?.close();
      shed.close();
      await evidence.close();
      await store.close();
    },
  };
}

function pathOf(url: string): string {
  const mark = url.indexOf('?');
  return mark === -1 ? url : url.slice(0, mark);
}
