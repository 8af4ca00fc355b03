/** The admin API, on its own listener: health and metrics are open, everything else wants a Bearer token of scope `admin`. */
import { readFileSync } from 'node:fs';
import Router from '@koa/router';
import Koa, { type Context } from 'koa';
import { buildOpenApi } from '../openapi/document.ts';
import { reportFaults } from '../ops/app-faults.ts';
import type { History } from '../ops/history.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { RecentDecisions } from '../ops/recent-decisions.ts';
import { addDashboardRoutes } from './dashboard.ts';
import { addOverviewRoute } from './overview.ts';
import { addPolicyRoutes, type PolicyAdminParts } from './policies.ts';
import { sendProblem } from './problem.ts';
import { addSubjectRoutes, type SubjectParts } from './subjects.ts';

export interface AdminParts extends PolicyAdminParts, SubjectParts {
  /** Its own metrics, or the sums of several processes. */
  readonly metrics: { readonly registry: Pick<Metrics['registry'], 'contentType' | 'metrics'> };
  /** The last hour of the metrics; it begins with the first request. */
  readonly history: History;
  /** Whether `/metrics` is answered without a token. */
  readonly metricsOpen: boolean;
  readonly decisions: { list(limit: number): RecentList | Promise<RecentList> };
  /** Whether an Authorization header carries a good token of scope `admin`. */
  mayAdminister(authorization: string): boolean;
  /** Whether hits are served: false while draining. */
  isReady(): boolean;
  /** Told of an exception, which is a bug of ours. */
  fault(error: unknown): void;
}

type RecentList = ReturnType<RecentDecisions['list']>;

const MOST_DECISIONS = 500;

/** Beside `src` and beside `dist`. */
function readVersion(): string {
  return (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version;
}

export function createAdminApp(parts: AdminParts): Koa {
  const app = new Koa();
  reportFaults(app, parts.fault);

  const open = new Router({ sensitive: true, strict: true });
  open.get('/livez', (ctx) => {
    ctx.body = { status: 'ok' };
  });
  open.get('/readyz', async (ctx) => {
    const status = !parts.isReady() ? 'draining' : (await parts.store.isWritable()) ? 'ok' : 'store-unavailable';
    ctx.status = status === 'ok' ? 200 : 503;
    ctx.body = { status, revision: parts.policies().revision };
  });
  open.get('/metrics', async (ctx) => {
    if (!parts.metricsOpen && !isAdmin(ctx)) return sendProblem(ctx, 'unauthorized');
    ctx.type = parts.metrics.registry.contentType;
    ctx.body = await parts.metrics.registry.metrics();
  });

  addDashboardRoutes(open);
  open.get('/openapi.json', (ctx) => {
    ctx.body = buildOpenApi(readVersion());
  });

  const guarded = new Router({ sensitive: true, strict: true });
  guarded.use(async function demandToken(ctx, next) {
    if (isAdmin(ctx)) await next();
    else sendProblem(ctx, 'unauthorized');
  });
  addPolicyRoutes(guarded, parts);
  addSubjectRoutes(guarded, parts);
  addOverviewRoute(guarded, parts);
  guarded.get('/admin/decisions', async (ctx) => {
    const limit = Number(ctx.query.limit ?? 100);
    const most = Number.isInteger(limit) && limit > 0 ? Math.min(limit, MOST_DECISIONS) : 100;
    ctx.body = { decisions: await parts.decisions.list(most) };
  });

  function isAdmin(ctx: Context): boolean {
    return parts.mayAdminister(ctx.get('Authorization'));
  }

  app.use(async function secureHeaders(ctx, next) {
    parts.history.start();
    ctx.set('Cache-Control', 'no-store');
    ctx.set('X-Content-Type-Options', 'nosniff');
    await next();
  });
  app.use(open.routes());
  app.use(guarded.routes());
  return app;
}
