/**
 * Takes out of a hit what the decision forbids. An anonymized hit is built anew from what the policy and the profile allow; of a hit that is
 * forwarded in part only the forbidden is removed, and everything else stays byte for byte. The guard looks at the result, and again after a second
 * pass where there is one: no hit comes out of here that it has not passed.
 */
import { remember } from '../privacy/remember.ts';
import type { GuardFind } from '../privacy/report.ts';
import { searcherFor } from '../privacy/search.ts';
import { guardHit } from './guard.ts';
import type { Guard, OutgoingHit, ScrubOutcome, ScrubRefusal, ScrubRequest, Secret } from './outgoing.ts';
import { scrubBody } from './scrub-body.ts';
import { type FoundSecret, LIMITS, ScrubContext } from './scrub-context.ts';
import { anonymizeHeaders, readHeader, stripHeaders } from './scrub-headers.ts';
import { collectFromUrl } from './scrub-url.ts';
import { treatPairs } from './scrub-value.ts';

const NONE: ReadonlySet<number> = new Set();

const isPlainPath = remember((path) => !/[^A-Za-z0-9/._-]|[0-9a-f]{16}|\d{6}/.test(path), 1024);

/** The route's own path; below a route with `*`, the part of the path that the profile names as an endpoint. */
function anonymizedPath(request: ScrubRequest, path: string): string {
  const { routePath, profile } = request;
  if (!routePath.endsWith('*')) return routePath;
  return isPlainPath(path) && profile.isEndpoint(path) ? path : routePath.slice(0, -1);
}

function scrubTarget(ctx: ScrubContext, path: string, query: string | null): string {
  const matrix = path.indexOf(';');
  const bare = matrix < 0 ? path : path.slice(0, matrix);
  ctx.where = 'path:';
  // Identifiers in a path that the anonymized hit does not keep.
  if (ctx.isAnonymized && bare !== ctx.request.routePath) collectFromUrl(ctx, '', bare);
  const pairs = matrix < 0 ? '' : treatPairs(ctx, path.slice(matrix + 1), '', ';');
  const kept = ctx.isAnonymized ? anonymizedPath(ctx.request, bare) : bare;
  const target = pairs === '' || kept !== bare ? kept : `${kept};${pairs}`;
  if (query === null) return target;
  ctx.where = 'query:';
  const treated = treatPairs(ctx, query, '');
  const isGone = treated === '' && (query !== '' || ctx.isAnonymized);
  return isGone ? target : `${target}?${treated}`;
}

function scrubOnce(ctx: ScrubContext): OutgoingHit | null {
  const { hit } = ctx.request;
  if (hit.target.length > LIMITS.bytes) {
    ctx.refuse('body-limits');
    return null;
  }
  const question = hit.target.indexOf('?');
  const path = question < 0 ? hit.target : hit.target.slice(0, question);
  if (ctx.isAnonymized && ctx.profile.isOpaque(path)) {
    ctx.refuse('opaque');
    return null;
  }
  const target = scrubTarget(ctx, path, question < 0 ? null : hit.target.slice(question + 1));
  const headers = ctx.isAnonymized ? anonymizeHeaders(ctx) : stripHeaders(ctx);
  let body = hit.body;
  if (body !== null && ctx.refusal === null) {
    const outcome = scrubBody(ctx, body, readHeader(hit.headers, 'content-type'), readHeader(hit.headers, 'content-encoding'));
    if (outcome.ok) body = outcome.body;
    else ctx.refuse(outcome.reason);
  }
  if (ctx.isAnonymized && ctx.profile.isAnyRequired && !ctx.hasRequired) ctx.refuse('nothing-left');
  return ctx.refusal === null ? { method: hit.method, target, headers, body } : null;
}

/** Secrets that stand in values that stay, by position. */
function findKept(ctx: ScrubContext): ReadonlySet<number> {
  if (ctx.secrets.length === 0) return NONE;
  // No encoding is shorter than what it stands for, but compression, which the guard opens.
  let shortest = Number.POSITIVE_INFINITY;
  for (const { value } of ctx.secrets) if (value.length < shortest) shortest = value.length;
  let text = '';
  for (const value of ctx.kept) if (value.length >= shortest) text += `${value}\n`;
  return text === '' ? NONE : searcherFor(ctx.secrets).findAll(text);
}

/** Whether a secret may stand so deep in what is written that the guard does not read it. Nobody encodes the client address alone. */
function mayHide(ctx: ScrubContext): boolean {
  return ctx.isWrapped && (ctx.secrets.length > 1 || ctx.secrets[0]?.class !== 'ip');
}

/**
 * A value that stays may hold an identifier that was removed elsewhere. In an anonymized hit, and for click ids always, it goes in a second
 * pass; in a forwarded one it stays, because the purpose that keeps it is allowed to know it.
 */
function isBanned(ctx: ScrubContext, secret: FoundSecret): boolean {
  return ctx.isAnonymized || secret.class === 'click-id';
}

function refuse(ctx: ScrubContext, reason: ScrubRefusal, find?: GuardFind): ScrubOutcome {
  return { ok: false, reason, report: ctx.report, ...(find && { find }) };
}

/**
 * Scrubs a hit whose action is `anonymize`, or `forward` with a named purpose that is not forwarded, and has `guard` look through what is about to
 * leave. Nearly always it finds nothing: only where it does, values that stay are searched for what was removed elsewhere.
 */
export function scrubHit(request: ScrubRequest, guard: Guard = guardHit): ScrubOutcome {
  let ctx = new ScrubContext(request, null);
  let hit = scrubOnce(ctx);
  let forbidden: readonly Secret[] = ctx.secrets;
  let verdict = hit === null || mayHide(ctx) ? null : guard(hit, forbidden);
  if (hit !== null && verdict?.ok !== true) {
    let kept = findKept(ctx);
    const banned = ctx.secrets.filter((secret, i) => kept.has(i) && isBanned(ctx, secret));
    if (banned.length > 0) {
      ctx = new ScrubContext(request, searcherFor(banned));
      hit = scrubOnce(ctx);
      kept = ctx.isAnonymized ? NONE : findKept(ctx);
    }
    forbidden = kept.size === 0 ? ctx.secrets : ctx.secrets.filter((_, i) => !kept.has(i));
    if (hit !== null) verdict = guard(hit, forbidden);
  }
  if (hit === null || verdict === null) return refuse(ctx, ctx.refusal ?? 'body-not-understood');
  if (!verdict.ok) return refuse(ctx, 'guard', verdict.find);
  return { ok: true, hit, address: ctx.address, report: ctx.report, forbidden };
}
