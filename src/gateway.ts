/** Puts the parts together: a Config becomes a listener, a consent API, an admin application and an end. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type Koa from 'koa';
import type { Middleware } from 'koa';
import { createAdminApp } from './admin/api.ts';
import type { Config, LoadedConfig } from './config.ts';
import { createBearerTokens } from './consent/bearer.ts';
import { createConsentCookies } from './consent/cookie.ts';
import { createSiteTokens } from './consent/site-token.ts';
import { AnsweredHits, forgetWithStore, openSpool } from './gateway/answered.ts';
import { answerCheck, CHECK_PATH, isCheckPath } from './gateway/check.ts';
import { Closing } from './gateway/closing.ts';
import { createConsentFront } from './gateway/consent.ts';
import { openEvidence } from './gateway/evidence.ts';
import { guardRequest } from './gateway/koa.ts';
import { createKoaListener, JudgedRequest } from './gateway/koa-front.ts';
import { connectionLimits } from './gateway/limits.ts';
import { buildWhereabouts } from './gateway/place.ts';
import { ProxyMounts } from './gateway/proxy.ts';
import { cookieConfig, openRecords } from './gateway/records.ts';
import { Reloading } from './gateway/reloading.ts';
import { RulesInForce } from './gateway/rules.ts';
import { buildServices } from './gateway/services.ts';
import { ShadowPolicies } from './gateway/shadow.ts';
import { openSignalOptions } from './gateway/signals.ts';
import { buildUpkeep } from './gateway/upkeep.ts';
import type { HitWitness } from './hit/mount.ts';
import { runHit } from './hit/pipeline.ts';
import { attachListener } from './ops/attach.ts';
import type { DirectListener } from './ops/direct-listener.ts';
import { History } from './ops/history.ts';
import { LoadShed } from './ops/load-shed.ts';
import { describeError, type Logger } from './ops/log.ts';
import { Metrics } from './ops/metrics.ts';
import { RecentDecisions } from './ops/recent-decisions.ts';
import type { VisitorRequest, VisitorResponse } from './ops/visitor.ts';
import type { Fleet, ReloadOutcome } from './ops/workers.ts';
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
  /** Reads the configuration anew at every reload of the policies, for its routes; without it they stay. */
  readonly readConfig?: () => LoadedConfig;
  /** Of how many processes on one port this is one: limits are shared out among them, and a primary does what the records need once a day. */
  readonly workers?: number;
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
  /** The hits among its requests, without node:http between. */
  readonly direct: DirectListener;
  /** The koa middleware: consent API and hits ahead of a collector's handlers. */
  readonly middleware: Middleware;
  /**
   * Reads the connections of the server that {@link handle} or the koa application with {@link middleware} listens on.
   * @throws TypeError for what is no server of node:http, and where a guard is attached already
   */
  attach(server: Server): void;
  readonly admin: Koa;
  /** The configuration in force: that of the start, with the routes of the last good load. */
  readonly config: Config;
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
  const closing = new Closing();
  try {
    return await openGateway(config, options, closing);
  } catch (error) {
    await closing.run();
    throw error;
  }
}

async function openGateway(config: Config, options: GatewayOptions, closing: Closing): Promise<Gateway> {
  const { log, fleet, now = Date.now } = options;
  const metrics = new Metrics();
  function fault(error: unknown): void {
    metrics.bugs.inc();
    log.error({ error: describeError(error) }, 'a fault of ours: what it was about did not leave');
  }

  const whereabouts = buildWhereabouts(config);
  const signalOptions = openSignalOptions(config);
  const pools = options.inProcess ? null : new UpstreamPools({ timeoutMs: config.timeouts.upstream, connections: 256 });
  const rules = new RulesInForce(config, options.readConfig ?? (() => ({ ok: true, config })), pools);
  const reloading = new Reloading(rules, metrics, log);
  closing.add(() => reloading.close());
  await reloading.start();
  const policies = () => rules.current.set;

  const { keyring, store } = await openRecords(config, {
    environment: options.environment,
    say: (message) => log.info(message),
    onBreaker: (isOpen) => metrics.countBreaker(isOpen),
  });
  closing.add(() => store.close());
  const evidence = await openEvidence(config, { metrics, log, now });
  closing.add(() => evidence.close());
  const shed = options.shed ?? new LoadShed();
  closing.add(() => shed.close());
  metrics.watchLoad(shed);
  const isOverloaded = () => shed.isOverloaded;
  const next = config['policies-next'];
  const shadow = next === null ? null : new ShadowPolicies({ folder: next, metrics, log, fault });
  closing.add(() => shadow?.close());
  await shadow?.load();
  closing.add(() => pools?.close());
  const spool = options.inProcess ? null : openSpool(config, keyring, metrics, now);
  forgetWithStore(store, spool);
  const answered = new AnsweredHits({ store, spool, metrics, rules: () => rules.current, now, fault });
  closing.add(() => answered.stop(config.timeouts.drain));
  if (fleet === undefined) answered.resume();
  const upkeep = buildUpkeep({ config, store, log, policies, now });
  closing.add(() => upkeep.stop());
  if (options.workers === undefined) upkeep.start();

  const decisions = new RecentDecisions();
  const cookies = createConsentCookies(cookieConfig(config), keyring, config.site);
  const tokens = createSiteTokens(cookieConfig(config).maxAgeMs, keyring, config.site);
  const services = buildServices({
    ...{ config, whereabouts, store, keyring, cookies, tokens, signalOptions, metrics, log, isOverloaded, now, fault },
    sinks: [evidence.sink, decisions, ...(shadow === null ? [] : [shadow])],
    admit: evidence.admit,
    witness: options.witness,
    rules: () => rules.current,
  });
  const consent = createConsentFront({
    ...{ config, whereabouts, store, keyring, metrics, policies, isOverloaded, now, fault },
    workers: options.workers ?? 1,
  });
  const { table } = whereabouts;
  const ownCookie = cookies.name;
  const proxy = new ProxyMounts({ table, ownCookie, metrics, answered });

  /** This one first: a worker that is started from now on gets the new routes from it. */
  async function reload(): Promise<ReloadOutcome> {
    const own = await reloading.reload();
    const served = await fleet?.reload();
    return served?.ok === false ? served : own;
  }

  let draining = false;
  const { contentType } = metrics.registry;
  const readMetrics = () => (fleet === undefined ? metrics.registry.metrics() : fleet.readMetrics());
  const history = new History(readMetrics, options.historyStepMs);
  closing.add(() => history.close());
  const bearers = createBearerTokens(keyring, config.site);
  const admin = createAdminApp({
    metrics: { registry: { contentType, metrics: readMetrics } },
    history,
    metricsOpen: config.admin['metrics-open'],
    mayAdminister: (authorization) => bearers.allows(authorization, 'admin', now()),
    isReady: () => !draining && (fleet?.isReady() ?? true),
    policies,
    reload,
    decisions: fleet === undefined ? decisions : { list: (limit) => fleet.readDecisions(limit) },
    store,
    keyring,
    site: config.site,
    now,
    fault,
  });

  const isForConsent = (url: string): boolean => consent.isConsentPath(pathOf(url));
  function guard(req: VisitorRequest, res: VisitorResponse): void {
    const url = req.url ?? '';
    // Cutting the path out of each hit would cost more than the question.
    if (url.startsWith(CHECK_PATH) && isCheckPath(pathOf(url))) answerCheck(services, req, res);
    else runHit(services, req, proxy.mount(res));
  }

  const direct: DirectListener = { takes: ({ url }) => !isForConsent(url), isOverloaded, handle: guard };
  const mayBeHit = (url: string): boolean => !isForConsent(url) && rules.current.routes.isGuarded(pathOf(url));
  return {
    handle(req, res) {
      if (isForConsent(req.url ?? '')) consent.handle(req, res);
      else guard(req, res);
    },
    direct,
    middleware(ctx, next) {
      if (ctx.req instanceof JudgedRequest && ctx.req.wasJudgedBy(services)) {
        ctx.req.tell(ctx);
        return next();
      }
      if (consent.isConsentPath(ctx.path)) return consent.middleware(ctx, next);
      return guardRequest(services, ctx, next, { table, ownCookie, unmatched: config.unmatched ?? 'next' });
    },
    attach(server) {
      const listener = options.inProcess ? createKoaListener(services, server, { table, ownCookie, mayBeHit }) : direct;
      attachListener(server, listener, connectionLimits(config));
    },
    admin,
    get config() {
      return rules.current.config;
    },
    reload,
    registry: metrics.registry,
    decisions,
    drain() {
      draining = true;
    },
    close: () => closing.run(),
  };
}

function pathOf(url: string): string {
  const mark = url.indexOf('?');
  return mark === -1 ? url : url.slice(0, mark);
}
