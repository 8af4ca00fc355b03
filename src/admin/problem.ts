/** RFC 9457 problems of the admin API; none repeats what was sent. */
import type { Context } from 'koa';

const PROBLEMS = {
  unauthorized: { status: 401, title: 'Send a Bearer token of scope admin: consentry token mint --scope admin' },
  'unknown-subject': { status: 404, title: 'There is no record of this subject' },
  'bad-body': { status: 422, title: 'The body is not what this call takes' },
  'policies-refused': { status: 422, title: 'The policies were not loaded: the last good set stays in force' },
  'store-unavailable': { status: 503, title: 'The store does not answer: try again shortly' },
} as const;

export function sendProblem(ctx: Context, code: keyof typeof PROBLEMS, detail?: string): void {
  const { status, title } = PROBLEMS[code];
  ctx.status = status;
  if (status === 401) ctx.set('WWW-Authenticate', 'Bearer realm="consentry admin"');
  if (status === 503) ctx.set('Retry-After', '1');
  ctx.type = 'application/problem+json';
  ctx.body = JSON.stringify({ type: `urn:consentry:problem:${code}`, title, status, ...(detail !== undefined && { detail }) });
}
