/** What is in force and why it decides as it does. */
import type Router from '@koa/router';
import { readJsonBody } from '../consent/body.ts';
import { createBodyReader } from '../consent/body-bytes.ts';
import { checkValue } from '../policy/check-file.ts';
import type { CompiledPolicySet } from '../policy/compile.ts';
import { explainSituation } from '../policy/explain.ts';
import { readGiven } from '../policy/given.ts';
import { buildMatrix } from '../policy/matrix.ts';
import { Given } from '../policy/schema-tests.ts';
import { sendProblem } from './problem.ts';

export interface PolicyAdminParts {
  policies(): CompiledPolicySet;
  reload(): Promise<
    { readonly ok: true; readonly revision: string } | { readonly ok: false; readonly problems: readonly string[] }
  >;
  /** Milliseconds since the epoch. */
  now(): number;
}

const BODY_LIMIT_BYTES = 64 * 1024;

/** Adds the calls to a router that has checked the caller. */
export function addPolicyRoutes(router: Router, parts: PolicyAdminParts): void {
  const readBytes = createBodyReader(BODY_LIMIT_BYTES);

  router.get('/admin/policies', (ctx) => {
    const { revision, policies } = parts.policies();
    ctx.body = { revision, policies };
  });

  router.get('/admin/policies/matrix', (ctx) => {
    const set = parts.policies();
    ctx.body = { revision: set.revision, rows: buildMatrix(set, { now: parts.now(), label: null, sensitive: false }) };
  });

  router.post('/admin/explain', async (ctx) => {
    const bytes = await readBytes(ctx);
    const body = bytes.ok ? readJsonBody(bytes.body) : { ok: false as const };
    if (!body.ok)
      return sendProblem(ctx, 'bad-body', 'send a situation as JSON, like {"country": "US", "region": "CA", "gpc": "1"}');
    const given = checkValue(Given, body.value);
    if (!given.ok) return sendProblem(ctx, 'bad-body', given.message);
    ctx.body = explainSituation(parts.policies(), readGiven(given.value, parts.now()));
  });

  router.post('/admin/reload', async (ctx) => {
    const outcome = await parts.reload();
    if (outcome.ok) ctx.body = { revision: outcome.revision };
    else sendProblem(ctx, 'policies-refused', outcome.problems.join('\n'));
  });
}
