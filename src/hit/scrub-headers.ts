/** Header lines of a hit: an allowlist where it is anonymized, a list of what tells about the person where it is not. */
import { filterCookies } from '../privacy/carriers/cookies.ts';
import { readOrigin, splitUrl } from '../privacy/carriers/url.ts';
import { coarsenBrands, coarsenLanguage, isPlatform } from '../privacy/coarse.ts';
import { visitIdentifiers } from '../privacy/detect-nested.ts';
import { mayNameClickId } from '../privacy/names.ts';
import { decodePercent } from '../privacy/percent.ts';
import { reduceUserAgent } from '../privacy/user-agent.ts';
import type { FieldRule } from '../vendors/profile.ts';
import { addressRule, anonymizeValue, removeValue } from './scrub-anonymize.ts';
import type { ScrubContext } from './scrub-context.ts';
import { anonymizeUrl, collectFromUrl, stripClickIds } from './scrub-url.ts';

/** Headers of transport and of the browser that say nothing of their own about a person; kept as they are in a hit that is forwarded in part. */
const TRANSPORT = new Set(
  (
    'accept accept-charset accept-encoding accept-language access-control-request-headers access-control-request-method cache-control ' +
    'content-encoding content-length content-type dnt expect host origin pragma priority save-data sec-gpc sp-anonymous te upgrade-insecure-requests ' +
    'user-agent connection'
  ).split(' '),
);
/** Values that identify by the name of their header alone. */
const IDENTIFYING =
  /^(?:if-none-match|if-modified-since|x-client-data|traceparent|tracestate|baggage|sentry-trace|x-request-id|x-correlation-id|x-amzn-trace-id|x-cloud-trace-context|cf-ray|x-msisdn|x-uidh|x-acr|x-up-calling-line-id|authorization|proxy-authorization|x-forwarded-for|forwarded|true-client-ip|anonymousid|x-umami-cache|via)$|ip$|ip-|-id$|-for$/;

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  'application/json': 'application/json',
  'text/json': 'application/json',
  'text/plain': 'text/plain',
  'application/x-www-form-urlencoded': 'application/x-www-form-urlencoded',
  'application/x-ndjson': 'application/x-ndjson',
  'application/x-sentry-envelope': 'application/x-sentry-envelope',
  'application/octet-stream': 'application/octet-stream',
  'application/gzip': 'application/gzip',
  'application/x-gzip': 'application/gzip',
  'application/reports+json': 'application/reports+json',
};

/** First value of a header by lower-case name, or empty. */
export function readHeader(headers: readonly string[], name: string): string {
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const line = headers[i] as string;
    if (line.length === name.length && line.toLowerCase() === name) return headers[i + 1] as string;
  }
  return '';
}

/** Cookies by purpose; the value of each that goes is remembered. */
function scrubCookies(ctx: ScrubContext, header: string): string {
  const where = ctx.where;
  ctx.where = 'cookie:';
  const kept = filterCookies(header, (name, value) => {
    if (!ctx.countField()) return false;
    const rule = ctx.profile.cookie(name);
    if (ctx.actionOf(rule) === 'forward' && (!ctx.isAnonymized || rule !== null) && ctx.keep(value)) return true;
    noteCookie(ctx, name, rule, value);
    return false;
  });
  ctx.where = where;
  return kept;
}

function noteCookie(ctx: ScrubContext, name: string, rule: FieldRule | null, value: string): void {
  const carrier = rule?.class ?? 'undeclared';
  ctx.note(name, carrier, 'stripped');
  if (carrier === 'consent' || carrier === 'utility' || value === '') return;
  ctx.addSecret(name, carrier, value, rule !== null);
  if (!/[%@{"=&:/\\]/.test(value) || !ctx.isNew(value)) return;
  const decoded = decodePercent(value);
  if (decoded !== value && decoded.length < 200) ctx.addSecret(name, carrier, decoded, rule !== null);
  visitIdentifiers(decoded, (found, text) => ctx.addSecret(name, found, text, true));
  if (mayNameClickId(decoded)) collectFromUrl(ctx, name, decoded);
}

function noteHeader(ctx: ScrubContext, name: string, value: string): void {
  if (TRANSPORT.has(name) || name.startsWith('sec-') || value === '') return;
  ctx.note(name, 'undeclared', 'stripped');
  if (IDENTIFYING.test(name)) ctx.addSecret(name, 'online-id', value, true);
  visitIdentifiers(value, (found, text) => ctx.addSecret(name, found, text, true));
}

function canonicalType(value: string): string | null {
  const [essence, ...parameters] = value.toLowerCase().split(';');
  const type = CONTENT_TYPES[(essence as string).trim()];
  if (type === undefined) return null;
  return parameters.some((parameter) => /^\s*charset\s*=\s*"?utf-?8"?\s*$/.test(parameter)) ? `${type};charset=UTF-8` : type;
}

type Maker = (ctx: ScrubContext, value: string) => string | null;

function byDevice(coarsen: (value: string) => string | null): Maker {
  return (ctx, value) => {
    if (ctx.rules.device === 'drop') return null;
    return ctx.rules.device === 'keep' && value.length < 200 && ctx.keep(value) ? value : coarsen(value);
  };
}

const exactly =
  (...values: string[]): Maker =>
  (_, value) =>
    values.includes(value) ? value : null;

/** The headers of an anonymized hit in their order, and what stays of each. */
const ALLOWED: readonly (readonly [name: string, lower: string, make: Maker])[] = [
  [
    'User-Agent',
    'user-agent',
    (ctx, value) =>
      ctx.rules.userAgent === 'drop' ? null : ctx.rules.userAgent === 'keep' && ctx.keep(value) ? value : reduceUserAgent(value),
  ],
  ['Accept', 'accept', () => '*/*'],
  ['Accept-Language', 'accept-language', byDevice(coarsenLanguage)],
  ['Sec-CH-UA', 'sec-ch-ua', byDevice(coarsenBrands)],
  [
    'Sec-CH-UA-Mobile',
    'sec-ch-ua-mobile',
    (ctx, value) => (ctx.rules.device === 'drop' ? null : exactly('?0', '?1')(ctx, value)),
  ],
  ['Sec-CH-UA-Platform', 'sec-ch-ua-platform', (ctx, value) => (ctx.rules.device !== 'drop' && isPlatform(value) ? value : null)],
  ['Origin', 'origin', makeOrigin],
  ['Referer', 'referer', makeReferer],
  ['DNT', 'dnt', exactly('1', '0')],
  ['SP-Anonymous', 'sp-anonymous', exactly('*')],
  ['Content-Type', 'content-type', (_, value) => canonicalType(value)],
  [
    'Content-Encoding',
    'content-encoding',
    (_, value) => (/^(?:gzip|x-gzip|deflate|br)$/i.test(value.trim()) ? value.trim().toLowerCase() : null),
  ],
];
const ALLOWED_NAMES = new Set(ALLOWED.map(([, lower]) => lower));

function makeOrigin(ctx: ScrubContext, value: string): string | null {
  if (ctx.rules.page === 'drop') return null;
  const parts = splitUrl(value);
  const origin = parts === null ? null : readOrigin(parts);
  return origin !== null && ctx.keep(origin) ? origin : null;
}

function makeReferer(ctx: ScrubContext, value: string): string | null {
  collectFromUrl(ctx, 'referer', value);
  const url = anonymizeUrl(value, addressRule(ctx, true));
  return url !== null && ctx.keep(url) ? url : null;
}

export function anonymizeHeaders(ctx: ScrubContext): string[] {
  ctx.where = 'header:';
  const incoming = ctx.request.hit.headers;
  const out: string[] = [];
  for (const [name, lower, make] of ALLOWED) {
    const value = readHeader(incoming, lower);
    if (value === '') continue;
    const made = make(ctx, value);
    if (made !== value)
      ctx.note(lower, lower === 'referer' || lower === 'origin' ? 'url' : 'device', made === null ? 'stripped' : 'coarsened');
    if (made !== null) out.push(name, made);
  }
  for (let i = 0; i + 1 < incoming.length; i += 2) {
    const lower = (incoming[i] as string).toLowerCase();
    const value = incoming[i + 1] as string;
    if (ALLOWED_NAMES.has(lower)) continue;
    const rule = ctx.profile.header(lower);
    if (lower === 'cookie') {
      const kept = scrubCookies(ctx, value);
      if (kept !== '') out.push('Cookie', kept);
    } else if (rule !== null) {
      const verdict =
        ctx.actionOf(rule) === 'drop'
          ? removeValue(ctx, lower, null, rule.class, value)
          : anonymizeValue(ctx, lower, rule, value);
      if (verdict !== false && readHeader(out, lower) === '') out.push(lower, verdict === true ? value : verdict);
    } else noteHeader(ctx, lower, value);
  }
  return out;
}

function partOfHeader(ctx: ScrubContext, lower: string, value: string): string | null {
  if (lower === 'cookie') {
    const kept = scrubCookies(ctx, value);
    return kept === '' ? null : kept;
  }
  const rule = ctx.profile.header(lower);
  if (rule !== null) {
    const action = ctx.actionOf(rule);
    if (action === 'forward') return ctx.keep(value) ? value : null;
    const verdict =
      action === 'drop' ? removeValue(ctx, lower, null, rule.class, value) : anonymizeValue(ctx, lower, rule, value);
    return verdict === true ? value : verdict === false ? null : verdict;
  }
  if (lower === 'referer') {
    const url = ctx.clickIdAction() !== 'forward' && mayNameClickId(value) ? stripClickIds(ctx, lower, value) : value;
    return ctx.keep(url) ? url : null;
  }
  if (TRANSPORT.has(lower) || lower.startsWith('sec-') || ctx.strictest === 'forward') return ctx.keep(value) ? value : null;
  noteHeader(ctx, lower, value);
  return null;
}

/** The same lines in the same order, less what is forbidden. */
export function stripHeaders(ctx: ScrubContext): readonly string[] {
  ctx.where = 'header:';
  const incoming = ctx.request.hit.headers;
  const out: string[] = [];
  for (let i = 0; i + 1 < incoming.length; i += 2) {
    const name = incoming[i] as string;
    const value = partOfHeader(ctx, name.toLowerCase(), incoming[i + 1] as string);
    if (value !== null) out.push(name, value);
  }
  return out;
}
