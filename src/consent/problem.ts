/** Refusals of the consent API on the wire: RFC 9457 problems with a stable `type`, and nothing of what was sent. */
import type { Context } from 'koa';

const PROBLEMS = {
  'bad-body': { status: 400, title: 'The body is not JSON in UTF-8' },
  'not-authorized': { status: 401, title: 'A bearer token of the right scope is needed' },
  'foreign-origin': { status: 403, title: 'This origin may not change a consent; list it under consent.origins' },
  'not-found': { status: 404, title: 'There is nothing at this address' },
  'no-consent': { status: 404, title: 'There is no consent record behind this cookie' },
  'method-not-allowed': { status: 405, title: 'This method is not for this address' },
  'body-too-large': { status: 413, title: 'The body is larger than limits.consent-body' },
  'unsupported-body': {
    status: 415,
    title: 'The body has to be application/json, or text/plain holding JSON, in UTF-8 and not compressed',
  },
  contradiction: { status: 422, title: 'The body decides nothing, or contradicts itself' },
  'unknown-subject': { status: 404, title: 'There is no consent record of this id' },
  'too-many': { status: 429, title: 'Too many decisions from this network; try again in a minute' },
  'store-unavailable': { status: 503, title: 'The decision could not be stored; try again' },
} as const;
export type ProblemCode = keyof typeof PROBLEMS;

export function sendJson(ctx: Context, status: number, value: object): void {
  ctx.status = status;
  ctx.body = JSON.stringify(value);
  ctx.type = 'application/json';
}

/** `detail`: what to do about it, in words that repeat nothing of the request. `extra`: further members. */
export function sendProblem(ctx: Context, code: ProblemCode, detail?: string, extra: object = {}): void {
  const { status, title } = PROBLEMS[code];
  ctx.status = status;
  ctx.body = JSON.stringify({
    type: `urn:consentry:problem:${code}`,
    title,
    status,
    ...(detail === undefined ? {} : { detail }),
    ...extra,
  });
  ctx.type = 'application/problem+json';
  if (status === 503 || status === 429) ctx.set('Retry-After', status === 429 ? '60' : '1');
}
