/** The admin API, on its own listener: health and metrics are open, everything else wants a Bearer token of scope `admin`. */
import Router from '@koa/router';
import Koa, { type Context } from 'koa';
import type { Metrics } from '../ops/metrics.ts';
import type { PolicySet } from '../policy/policy.ts';

export interface AdminParts {
  readonly metrics: Metrics;
  /** Whether `/metrics` is answered without a token. */
  readonly metricsOpen: boolean;
  /** Whether an Authorization header carries a good token of scope `admin`. */
  mayAdminister(authorization: string): boolean;
  /** Whether hits are served: false while draining and before the rules are loaded. */
  isReady(): boolean;
  policies(): PolicySet;
  reload(): Promise<
    { readonly ok: true; readonly revision: string } | { readonly ok: false; readonly problems: readonly string[] }
  >;
  /** Told of an exception, which is a bug of ours. */
  fault(error: unknown): void;
}

export function createAdminApp(parts: AdminParts): Koa {
  const app = new Koa();
  app.on('error', (error) => parts.fault(error));
  const router = new Router({ sensitive: true, strict: true });

  router.get('/livez', (ctx) => {
    ctx.body = { status: 'ok' };
  });
  router.get('/readyz', (ctx) => {
    const ready = parts.isReady();
    ctx.status = ready ? 200 : 503;
    ctx.body = { status: ready ? 'ok' : 'draining', revision: parts.policies().revision };
  });
  router.get('/metrics', async (ctx) => {
    if (!parts.metricsOpen && !isAdmin(ctx)) return refuse(ctx);
    ctx.type = parts.metrics.registry.contentType;
    ctx.body = await parts.metrics.registry.metrics();
  });
  router.get('/admin/policies', (ctx) => {
    if (!isAdmin(ctx)) return refuse(ctx);
    ctx.body = { revision: parts.policies().revision };
  });
  router.post('/admin/reload', async (ctx) => {
    if (!isAdmin(ctx)) return refuse(ctx);
    const outcome = await parts.reload();
    ctx.status = outcome.ok ? 200 : 422;
    ctx.body = outcome.ok ? { revision: outcome.revision } : problem(422, 'policies-refused', outcome.problems.join('\n'));
    if (!outcome.ok) ctx.type = 'application/problem+json';
  });

  function isAdmin(ctx: Context): boolean {
    return parts.mayAdminister(ctx.get('Authorization'));
  }

  app.use(async function secureHeaders(ctx, next) {
    ctx.set('Cache-Control', 'no-store');
    ctx.set('X-Content-Type-Options', 'nosniff');
    await next();
  });
  app.use(router.routes());
  return app;
}

function refuse(ctx: Context): void {
  ctx.status = 401;
  ctx.set('WWW-Authenticate', 'Bearer realm="consentry admin"');
  ctx.type = 'application/problem+json';
  ctx.body = problem(401, 'unauthorized', 'send a Bearer token of scope admin: consentry token mint --scope admin');
}

function problem(status: number, code: string, detail: string): string {
  return JSON.stringify({ type: `urn:consentry:problem:${code}`, title: code, status, detail });
}
