/** The consent API over HTTP: what a banner calls. */
import type { IncomingMessage } from 'node:http';
import Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import type { PolicySet, Region } from '../policy/policy.ts';
import type { ConsentStore } from '../store/store.ts';
import { readJsonBody } from './body.ts';
import { createBodyReader } from './body-bytes.ts';
import { type ConsentCookieConfig, createConsentCookies } from './cookie.ts';
import type { Keyring } from './keys.ts';
import { type Caller, identifyCaller, mayChange } from './origin.ts';
import { type ProblemCode, sendProblem } from './problem.ts';
import { type RegisteredNotice, readConsentRequest } from './request.ts';
import { createConsentService, type DecidedConsent } from './service.ts';
import type { Purpose } from './state.ts';
import type { ConsentView, Visit } from './view.ts';

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
}

/** Counts what happened; labels are of a fixed set. */
export interface ConsentMetrics {
  countDecision(outcome: 'written' | 'same' | 'refusal' | 'nothing' | 'unavailable'): void;
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
  const originRules = { origins: config.origins, publicUrl: config.publicUrl === null ? null : new URL(config.publicUrl).origin };
  const cookies = createConsentCookies(config.cookie, parts.keyring, config.site);
  const service = createConsentService({ ...parts, cookies, site: config.site, notices: config.notices });
  const router = new Router({ sensitive: true, strict: true, exclusive: true });
  const readBytes = createBodyReader(config.bodyLimitBytes);
  const jwks = JSON.stringify({ keys: parts.keyring.receiptJwks });

  function refuse(ctx: Context, code: ProblemCode, detail?: string): void {
    metrics?.countProblem(code);
    sendProblem(ctx, code, detail);
  }

  router.get(config.path, async (ctx) => {
    const { view, setCookie } = await service.show(describeVisit(parts, ctx));
    sendJson(ctx, 200, describeView(view));
    if (setCookie !== null) ctx.set('Set-Cookie', setCookie);
  });

  router.post(config.path, async (ctx) => {
    const bytes = await readBytes(ctx);
    if (!bytes.ok) return refuse(ctx, bytes.problem);
    const body = readJsonBody(bytes.body);
    if (!body.ok) return refuse(ctx, body.problem === 'empty' || body.problem === 'too-deep' ? 'contradiction' : 'bad-body');
    const read = readConsentRequest(body.value, config);
    if (!read.ok) return refuse(ctx, 'contradiction', read.detail);
    const visit = describeVisit(parts, ctx);
    const decided = await service.decide(visit, read.request);
    sendDecision(ctx, decided, decided.ok && decided.kind === 'nothing' ? 200 : 201);
  });

  router.delete(config.path, async (ctx) => {
    sendDecision(ctx, await service.withdraw(describeVisit(parts, ctx)), 200);
  });

  router.get(`${config.path}/jwks.json`, (ctx) => {
    ctx.type = 'application/jwk-set+json';
    ctx.body = jwks;
  });

  if (config.gpcLastUpdate !== null) {
    const gpc = { gpc: true, lastUpdate: config.gpcLastUpdate };
    router.get(GPC_PATH, (ctx) => sendJson(ctx, 200, gpc));
  }

  function sendDecision(ctx: Context, decided: DecidedConsent, status: number): void {
    if (decided.setCookie !== null) ctx.set('Set-Cookie', decided.setCookie);
    metrics?.countDecision(decided.ok ? decided.kind : 'unavailable');
    if (!decided.ok) {
      refuse(ctx, 'store-unavailable');
      return;
    }
    const { view, expiresAt, receipt } = decided;
    sendJson(ctx, status, {
      state: view.state,
      policy: view.policy,
      expires: expiresAt === null ? null : new Date(expiresAt).toISOString(),
      receipt,
    });
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
    await routes(ctx as Parameters<typeof routes>[0], async () =>
      refuse(ctx, ctx.path === config.path ? 'method-not-allowed' : 'not-found'),
    );
  };
}

/** Whether a canonical path is one of the API's: such a path is never a hit. */
export function isConsentPath(config: Pick<ConsentApiConfig, 'path' | 'gpcLastUpdate'>, path: string): boolean {
  return path === config.path || path.startsWith(`${config.path}/`) || (config.gpcLastUpdate !== null && path === GPC_PATH);
}

function describeVisit(parts: ConsentApiParts, ctx: Context): Visit {
  const { region } = parts.whereIs(ctx.req);
  return { rawHeaders: ctx.req.rawHeaders, cookie: ctx.get('Cookie'), region, now: parts.now(), policies: parts.policies() };
}

function describeView(view: ConsentView): object {
  const { state, region, policy, model, gpc, gpcHonored, ask } = view;
  return { state, region, policy, model, gpc, gpcHonored, ask };
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

function sendJson(ctx: Context, status: number, value: object): void {
  ctx.status = status;
  ctx.body = JSON.stringify(value);
  ctx.type = 'application/json';
}
