/** Puts the parts together: a Config becomes a listener, a consent API, an admin application and an end. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import Koa, { type Middleware } from 'koa';
import { createAdminApp } from './admin/api.ts';
import type { Config } from './config.ts';
import { type ConsentApiConfig, createConsentApi, isConsentPath } from './consent/api.ts';
import { createConsentCookies } from './consent/cookie.ts';
import { loadKeyring } from './consent/key-file.ts';
import type { Keyring } from './consent/keys.ts';
import { lookUpConsent } from './consent/lookup.ts';
import { mountKoa } from './gateway-koa.ts';
import { ProxyMounts } from './gateway-proxy.ts';
import { compileRoutes } from './gateway-routes.ts';
import { GeoDatabase } from './hit/geo-database.ts';
import { ClientIdentifier, isPrivateAddress } from './hit/identify.ts';
import { GEO_HEADERS, type GeoHeaders, Locator } from './hit/locate.ts';
import { type HitServices, type HitWitness, type Rules, runHit } from './hit/pipeline.ts';
import { receiveHit } from './hit/receive.ts';
import { describeError, type Logger } from './ops/log.ts';
import { Metrics } from './ops/metrics.ts';
import { loadPolicies } from './policy/load.ts';
import { normalizePlace } from './policy/place.ts';
import { formatProblem, type PolicyProblem } from './policy/problem.ts';
import { type PolicyWatch, watchPolicies } from './policy/watch.ts';
import { openStore } from './store/open.ts';
import type { ConsentStore } from './store/store.ts';
import { UpstreamPools } from './upstream/client.ts';
import { HeaderTable } from './upstream/headers.ts';
import { loadProfiles } from './vendors/load.ts';

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

/** The gateway cannot start: `problems` are lines for a person, each with what to write instead. */
export class GatewayProblem extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'GatewayProblem';
    this.problems = problems;
  }
}

/** @throws GatewayProblem where the configuration, the policies, the keys or the store do not hold. */
export async function createGateway(config: Config, options: GatewayOptions): Promise<Gateway> {
  const now = options.now ?? Date.now;
  const { log } = options;
  const metrics = new Metrics();
  const pools = options.inProcess ? null : new UpstreamPools({ timeoutMs: config.timeouts.upstream, connections: 256 });
  const rules = new RulesInForce(config, pools);
  await rules.load();
  metrics.reloadSuccess.set(1);

  const { keyring, store } = await openRecords(config, options);
  const cookies = createConsentCookies(cookieConfig(config), keyring, config.site);
  const geoHeaders = readGeoHeaders(config.trust.geo);
  const table = new HeaderTable(
    geoHeaders === null ? [] : [geoHeaders.country, ...(geoHeaders.region === null ? [] : [geoHeaders.region])],
  );
  const identifier = buildIdentifier(config);
  const locator = new Locator(
    { headers: geoHeaders, database: openGeo(config.geo.database), assume: readAssumed(config.geo.assume) },
    table,
  );
  let saidUndeclared = false;

  const services: HitServices = {
    table,
    identifier,
    locator,
    limits: { maxBytes: config.limits.body, timeoutMs: config.timeouts.body },
    evidence: metrics,
    rules: () => rules.current,
    lookUp: (hit, _route, _body, at) => lookUpConsent(hit.cookie, cookies, store, at),
    stripCookie: (cookie) => cookies.remove(cookie),
    rememberGpc: () => {},
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
    fault(error) {
      metrics.bugs.inc();
      log.error({ error: describeError(error) }, 'a hit was dropped because of a fault of ours');
    },
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
  consentApp.on('error', (error) => log.error({ error: describeError(error) }, 'the consent API failed'));
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
    fault: services.fault,
  });

  return {
    handle(req, res) {
      if (isConsentPath(consentConfig, pathOf(req.url ?? ''))) void answerConsent(req, res);
      else runHit(services, req, res, proxy.mount(res));
    },
    middleware: async function consentryGuard(ctx, next) {
      if (isConsentPath(consentConfig, ctx.path)) return consent(ctx, next);
      await new Promise<unknown>((resolve, reject) => {
        ctx.res.on('close', resolve);
        const unmatched = config.unmatched ?? 'next';
        runHit(
          services,
          ctx.req,
          ctx.res,
          mountKoa(ctx, next, { table, unmatched }, (rest) => rest.then(resolve, reject)),
        );
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

/** Policies, profiles and routes of one revision, swapped together. */
class RulesInForce {
  readonly #config: Config;
  readonly #pools: UpstreamPools | null;
  #current: Rules | null = null;

  constructor(config: Config, pools: UpstreamPools | null) {
    this.#config = config;
    this.#pools = pools;
  }

  get folder(): string {
    return this.#config.policies;
  }

  get current(): Rules {
    if (this.#current === null) throw new Error('no rules are loaded');
    return this.#current;
  }

  /** @throws GatewayProblem; what was in force stays so. */
  async load(): Promise<void> {
    const [policies, profiles] = await Promise.all([loadPolicies(this.folder), loadProfiles(`${this.folder}/vendors`)]);
    if (!policies.ok) throw new GatewayProblem(inFolder(this.folder, policies.errors));
    if (!profiles.ok) throw new GatewayProblem(inFolder(`${this.folder}/vendors`, profiles.errors));
    const routes = compileRoutes(this.#config, profiles.profiles, this.#pools);
    if (!routes.ok) throw new GatewayProblem(routes.problems.map((problem) => `${this.#config.origin}: ${problem}`));
    this.#current = { set: policies.set, routes: routes.table };
  }
}

function inFolder(folder: string, problems: readonly PolicyProblem[]): string[] {
  return problems.map((problem) => formatProblem({ ...problem, file: `${folder}/${problem.file}` }));
}

async function openRecords(config: Config, options: GatewayOptions): Promise<{ keyring: Keyring; store: ConsentStore }> {
  const opened = await openStore(config.store);
  if (!opened.ok) throw new GatewayProblem([opened.problem]);
  const embedded = config.store.startsWith('lmdb:') ? config.store.slice('lmdb:'.length) : null;
  const keys =
    options.environment.CONSENTRY_KEYS ??
    (config.store === 'memory:' ? `memory:${randomBytes(32).toString('base64url')}` : undefined);
  const loaded = loadKeyring({
    keys,
    keysFile: options.environment.CONSENTRY_KEYS_FILE,
    generateIn: embedded,
    say: (message) => options.log.info(message),
  });
  if (!loaded.ok) throw new GatewayProblem([loaded.problem]);
  return { keyring: loaded.keyring, store: opened.store };
}

function cookieConfig(config: Config): ConsentApiConfig['cookie'] {
  const { name, domain, secure, 'max-age': maxAgeMs, 'same-site': sameSite } = config.consent.cookie;
  return { name, domain, maxAgeMs, secure, sameSite };
}

function consentApiConfig(config: Config): ConsentApiConfig {
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
  };
}

function buildIdentifier(config: Config): ClientIdentifier {
  try {
    return new ClientIdentifier(config.trust);
  } catch {
    throw new GatewayProblem([
      `${config.origin}: trust.proxies: an entry is no CIDR; write addresses like 10.0.0.0/8 or 192.0.2.7/32`,
    ]);
  }
}

function readGeoHeaders(geo: Config['trust']['geo']): GeoHeaders | null {
  if (geo === 'none') return null;
  if (typeof geo === 'string') return GEO_HEADERS[geo];
  return { source: 'header:configured', country: geo.country.toLowerCase(), region: geo.region?.toLowerCase() ?? null };
}

function openGeo(path: string | null): GeoDatabase | null {
  try {
    return path === null ? null : GeoDatabase.open(path);
  } catch (error) {
    throw new GatewayProblem([(error as Error).message]);
  }
}

/** `DE` or `US-CA`. */
function readAssumed(text: string | null): ReturnType<typeof normalizePlace> | null {
  if (text === null) return null;
  const [country, subdivision] = text.split('-', 2);
  const place = normalizePlace(country ?? null, subdivision ?? null);
  if (place.country === 'ZZ')
    throw new GatewayProblem([`geo.assume: "${text}" is no place; write an ISO 3166 code like "DE" or "US-CA"`]);
  return place;
}
