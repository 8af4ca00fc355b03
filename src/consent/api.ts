/** The consent API over HTTP: what a banner calls. */
import type { IncomingMessage } from 'node:http';
import Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import type { PolicySet, Region } from '../policy/policy.ts';
import { type ConsentStore, StoreUnavailable } from '../store/store.ts';
import { addExternalRoutes } from './api-external.ts';
import { readJsonBody } from './body.ts';
import { createBodyReader } from './body-bytes.ts';
import { CLIENT_SCRIPT } from './client-script.ts';
import { type ConsentCookieConfig, createConsentCookies } from './cookie.ts';
import { isIdempotencyKey } from './idempotency.ts';
import type { Keyring } from './keys.ts';
import { type Caller, identifyCaller, mayChange } from './origin.ts';
import { linesOf } from './page-origin.ts';
import { type ProblemCode, sendJson, sendProblem } from './problem.ts';
import { createRateLimit } from './rate.ts';
import { type ConsentRequest, type RegisteredNotice, readConsentRequest } from './request.ts';
import { createConsentService, type DecidedConsent } from './service.ts';
import { createSiteTokens } from './site-token.ts';
import { NO_PURPOSES, OPTIONAL_PURPOSES, type Purpose, purposeSet } from './state.ts';
import type { Visit } from './view.ts';

/** The `consent` part of the configuration, resolved. */
export interface ConsentApiConfig {
  /** `/consent` by default. */
  readonly path: string;
  /** Audience of every token. */
  readonly site: string;
  readonly origins: readonly string[];
  readonly publicUrl: string | null;
  readonly cookie: ConsentCookieConfig;
  readonly notices: Readonly<Record<string, RegisteredNotice>>;
  readonly categories: Readonly<Record<string, Purpose>>;
  /** Day of `lastUpdate` in `/.well-known/gpc.json`; null serves no such file. */
  readonly gpcLastUpdate: string | null;
  readonly bodyLimitBytes: number;
  /** Yeses that a masked address may post in a minute. */
  readonly ratePerMinute: number;
}

/** Counts what happened; labels are of a fixed set. */
export interface ConsentMetrics {
  countDecision(
    outcome: 'written' | 'same' | 'refusal' | 'nothing' | 'unavailable',
    country: string,
    choices: Pick<ConsentRequest, 'grants' | 'refusals'>,
  ): void;
  countProblem(code: ProblemCode): void;
}

export interface ConsentApiParts {
  readonly config: ConsentApiConfig;
  readonly store: ConsentStore;
  readonly keyring: Keyring;
  /** The policy set in force. */
  readonly policies: () => PolicySet;
  /** Client address and place of a request. */
  readonly whereIs: (request: IncomingMessage) => { readonly address: string | null; readonly region: Region };
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly metrics?: ConsentMetrics;
}

const GPC_PATH = '/.well-known/gpc.json';
const PREFLIGHT_MAX_AGE_S = '600';

/** Answers the paths of the consent API, and passes everything else on. */
export function createConsentApi(parts: ConsentApiParts): Middleware {
  const { config, metrics } = parts;
  const publicUrl = config.publicUrl === null ? null : new URL(config.publicUrl).origin;
  const originRules = { origins: config.origins, publicUrl };
  const cookies = createConsentCookies(config.cookie, parts.keyring, config.site);
  const tokens = createSiteTokens(config.cookie.maxAgeMs, parts.keyring, config.site);
  const service = createConsentService({ ...parts, cookies, tokens, site: config.site, notices: config.notices });
  const rate = createRateLimit(config.ratePerMinute);
  const router = new Router({ sensitive: true, strict: true, exclusive: true });
  const readBytes = createBodyReader(config.bodyLimitBytes);
  const jwks = JSON.stringify({ keys: parts.keyring.receiptJwks });

  function refuse(ctx: Context, code: ProblemCode, detail?: string, extra?: object): void {
    metrics?.countProblem(code);
    sendProblem(ctx, code, detail, extra);
  }

  function describeVisit(ctx: Context): Visit {
    const { address, region } = parts.whereIs(ctx.req);
    const caller = identifyCaller(ctx.headers, originRules);
    const key = ctx.get('Idempotency-Key');
    return {
      rawHeaders: ctx.req.rawHeaders,
      cookie: ctx.get('Cookie'),
      tokens: linesOf(ctx.req.rawHeaders, 'consentry-token'),
      crossSiteOrigin: caller.kind === 'listed' && caller.isCrossSite ? caller.origin : null,
      address,
      userAgent: ctx.get('User-Agent'),
      idempotencyKey: key === '' ? null : key,
      region,
      now: parts.now(),
      policies: parts.policies(),
    };
  }

  router.get(config.path, async (ctx) => {
    const { view, setCookie, token } = await service.show(describeVisit(ctx));
    const { state, region, policy, model, gpc, gpcHonored, ask } = view;
    sendJson(ctx, 200, { state, region, policy, model, gpc, gpcHonored, ask, ...(token === null ? {} : { token }) });
    if (setCookie !== null) ctx.set('Set-Cookie', setCookie);
  });

  router.post(config.path, async (ctx) => {
    const bytes = await readBytes(ctx);
    if (!bytes.ok) return refuse(ctx, bytes.problem);
    const body = readJsonBody(bytes.body);
    if (!body.ok) return refuse(ctx, body.problem === 'empty' || body.problem === 'too-deep' ? 'contradiction' : 'bad-body');
    const read = readConsentRequest(body.value, config, parts.now());
    if (!read.ok) return refuse(ctx, 'contradiction', read.detail);
    const visit = describeVisit(ctx);
    if (visit.idempotencyKey !== null && !isIdempotencyKey(visit.idempotencyKey)) {
      return refuse(ctx, 'contradiction', 'an Idempotency-Key has 16 to 128 visible characters, another for each decision');
    }
    if (read.request.grants !== NO_PURPOSES && !rate.take(visit.address, visit.now)) return refuse(ctx, 'too-many');
    const decided = await service.decide(visit, read.request);
    sendDecision(ctx, decided, decided.ok && decided.kind === 'nothing' ? 200 : 201);
    countDecision(decided, visit.region, read.request);
  });

  router.delete(config.path, async (ctx) => {
    const visit = describeVisit(ctx);
    const decided = await service.withdraw(visit);
    sendDecision(ctx, decided, 200);
    countDecision(decided, visit.region, { grants: NO_PURPOSES, refusals: purposeSet(OPTIONAL_PURPOSES) });
  });

  router.get(`${config.path}/export`, async (ctx) => {
    if (!mayChange(identifyCaller(ctx.headers, originRules))) return refuse(ctx, 'foreign-origin');
    // By cookie alone: a script that has come by a token must not read the records behind it.
    const bundle = await service.exportProof({ ...describeVisit(ctx), tokens: [] });
    if (bundle === null) return refuse(ctx, 'no-consent');
    sendJson(ctx, 200, bundle);
  });

  router.get(`${config.path}/jwks.json`, (ctx) => {
    ctx.type = 'application/jwk-set+json';
    ctx.body = jwks;
  });

  router.get(`${config.path}/client.js`, (ctx) => {
    // The script is for pages of other sites too, those that are isolated included.
    ctx.set('Cross-Origin-Resource-Policy', 'cross-origin');
    ctx.type = 'text/javascript; charset=utf-8';
    ctx.body = CLIENT_SCRIPT;
  });

  addExternalRoutes(router, { ...parts, readBytes, refuse });

  if (config.gpcLastUpdate !== null) {
    const gpc = { gpc: true, lastUpdate: config.gpcLastUpdate };
    router.get(GPC_PATH, (ctx) => sendJson(ctx, 200, gpc));
  }

  function countDecision(
    decided: DecidedConsent,
    { country }: Region,
    choices: Pick<ConsentRequest, 'grants' | 'refusals'>,
  ): void {
    metrics?.countDecision(decided.ok ? decided.kind : 'unavailable', country, choices);
  }

  function sendDecision(ctx: Context, decided: DecidedConsent, status: number): void {
    const token = decided.token === null ? {} : { token: decided.token };
    if (decided.setCookie !== null) ctx.set('Set-Cookie', decided.setCookie);
    if (!decided.ok) {
      refuse(ctx, 'store-unavailable', undefined, token);
      return;
    }
    const { view, expiresAt, receipt } = decided;
    const expires = expiresAt === null ? null : new Date(expiresAt).toISOString();
    sendJson(ctx, status, { state: view.state, policy: view.policy, expires, receipt, ...token });
  }

  const routes = router.routes();
  return async function consentApi(ctx, next) {
    if (!isConsentPath(config, ctx.path)) return next();
    ctx.set('Cache-Control', 'private, no-store');
    ctx.set('X-Content-Type-Options', 'nosniff');
    ctx.vary('Origin');
    const caller = identifyCaller(ctx.headers, originRules);
    allowOrigin(ctx, caller);
    if (ctx.method === 'OPTIONS' && caller.kind !== 'foreign') return answerPreflight(ctx);
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD' && !mayChange(caller)) return refuse(ctx, 'foreign-origin');
    try {
      await routes(ctx as Parameters<typeof routes>[0], async () => {
        const methods = router.stack.filter(({ path }) => path === ctx.path).flatMap(({ methods }) => methods);
        if (methods.length === 0) return refuse(ctx, 'not-found');
        ctx.set('Allow', [...methods, 'OPTIONS'].join(', '));
        refuse(ctx, 'method-not-allowed');
      });
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      refuse(ctx, 'store-unavailable');
    }
  };
}

/** Whether a canonical path is one of the API's: such a path is never a hit. */
export function isConsentPath(config: Pick<ConsentApiConfig, 'path' | 'gpcLastUpdate'>, path: string): boolean {
  return path === config.path || path.startsWith(`${config.path}/`) || (config.gpcLastUpdate !== null && path === GPC_PATH);
}

/** Credentials are for named origins only, never for `*` (Fetch Standard § 3.3.5). */
function allowOrigin(ctx: Context, caller: Caller): void {
  if (caller.kind !== 'listed' && caller.kind !== 'same-origin') return;
  if (caller.origin === null) return;
  ctx.set('Access-Control-Allow-Origin', caller.origin);
  ctx.set('Access-Control-Allow-Credentials', 'true');
}

function answerPreflight(ctx: Context): void {
  ctx.set('Access-Control-Allow-Methods', 'GET, POST, DELETE');
  ctx.set('Access-Control-Allow-Headers', 'Content-Type, Consentry-Token, Idempotency-Key');
  ctx.set('Access-Control-Max-Age', PREFLIGHT_MAX_AGE_S);
  ctx.vary('Access-Control-Request-Method');
  ctx.status = 204;
}
