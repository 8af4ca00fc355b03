/** Header lines of a hit: an allowlist where it is anonymized, a list of what tells about the person where it is not. */
import { filterCookies } from '../privacy/carriers/cookies.ts';
import { readOrigin, splitUrl } from '../privacy/carriers/url.ts';
import { coarsenBrands, coarsenLanguage, isPlatform } from '../privacy/coarse.ts';
import { canonicalType } from '../privacy/content-type.ts';
import { findClass, visitIdentifiers } from '../privacy/detect-nested.ts';
import { readIpv4 } from '../privacy/ip-text.ts';
import { decodePercent } from '../privacy/percent.ts';
import { remember } from '../privacy/remember.ts';
import type { CarrierClass } from '../privacy/report.ts';
import { reduceUserAgent } from '../privacy/user-agent.ts';
import type { FieldRule } from '../vendors/profile.ts';
import { addressRule, anonymizeValue, removeValue } from './scrub-anonymize.ts';
import { stripClickIds } from './scrub-click-ids.ts';
import type { ScrubContext } from './scrub-context.ts';
import { type Decide, RecentValues } from './scrub-recent.ts';
import { anonymizeUrl, collectFromUrl, isPersonalOrigin, mayHoldQuery } from './scrub-url.ts';

/** Headers of transport and of the browser that say nothing of their own about a person; kept as they are in a hit that is forwarded in part. */
const TRANSPORT = new Set(
  (
    'accept accept-charset accept-encoding accept-language access-control-request-headers access-control-request-method cache-control ' +
    'content-encoding content-length content-type dnt expect host origin pragma priority save-data sec-gpc sec-purpose sp-anonymous te ' +
    'upgrade-insecure-requests user-agent connection x-requested-with purpose ' +
    // Client hints of before `Sec-CH-`.
    'device-memory downlink dpr ect rtt viewport-height viewport-width width'
  ).split(' '),
);
/** Client hints and Fetch Metadata. Other `Sec-` headers can be what somebody is interested in, or a token (Topics, Private State Tokens). */
const OF_BROWSER = /^sec-(?:ch|fetch)-/;
/** Values that identify by the name of their header alone. */
const IDENTIFYING =
  /^(?:if-none-match|if-modified-since|x-client-data|traceparent|tracestate|baggage|sentry-trace|x-request-id|x-correlation-id|x-amzn-trace-id|x-cloud-trace-context|cf-ray|x-msisdn|x-uidh|x-acr|x-up-calling-line-id|authorization|proxy-authorization|x-forwarded-for|forwarded|true-client-ip|anonymousid|x-umami-cache|via)$|ip$|ip-|-id$|-for$/;

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
    if (ctx.actionOf(rule) === 'forward' && (!ctx.isAnonymized || rule !== null)) {
      const text = ctx.plan.clickIds === 'forward' ? value : stripClickIds(ctx, name, value);
      if (text !== null && ctx.keep(text)) return text === value ? true : text;
    }
    noteCookie(ctx, name, rule, value);
    return false;
  });
  ctx.where = where;
  return kept;
}

/**
 * A page, as shops keep the one that somebody came from or to: its address is in other fields as well, and nobody's by itself. A path begins
 * with a word, as base64 behind a `/` hardly does.
 */
const PAGE = /^(?:https?:\/\/|www\.|\/(?:$|[?#]|[a-z][a-z-]+(?:[/?#.]|$)))/;

function noteCookie(ctx: ScrubContext, name: string, rule: FieldRule | null, value: string): void {
  const carrier = rule?.class ?? 'undeclared';
  ctx.note(name, carrier, 'stripped');
  if (carrier === 'consent' || carrier === 'utility' || value === '') return;
  const hasStructure = /[%@{"=&:/\\]/.test(value);
  // The guard looks for what it says in every encoding, as fields that stay are looked through before.
  const decoded = hasStructure ? decodePercent(value) : value;
  const isPage = rule === null && 'hw/'.includes(decoded.charAt(0)) && PAGE.test(decoded);
  if (!isPage) ctx.addSecret(name, carrier, decoded, rule !== null);
  if (isPage || (hasStructure && mayHoldQuery(decoded))) collectFromUrl(ctx, name, decoded);
  else if (hasStructure && ctx.isNew(decoded)) visitIdentifiers(decoded, (found, text) => ctx.addSecret(name, found, text, true));
}

const MAX_REMEMBERED = 1024;

/** What the name of a header tells, in any case. */
interface HeaderName {
  readonly lower: string;
  readonly isTransport: boolean;
  /** Where it stands among the headers of an anonymized hit; -1 where it is none of them. */
  readonly place: number;
}

const readName = remember(
  (name): HeaderName => {
    const lower = name.toLowerCase();
    return { lower, isTransport: TRANSPORT.has(lower) || OF_BROWSER.test(lower), place: PLACES.get(lower) ?? -1 };
  },
  MAX_REMEMBERED,
  64,
);

/** Versions of browsers look like addresses, and their names and builds like ids. */
const VERSIONS = /(?:[/ ]|v=")\d{1,5}(?:[._]\d{1,6}){1,4}|\b[A-Z]{1,4}\d{1,3}[A-Z]?\.\d{6}\.[\w.]{1,12}/g;
/** Products that number their versions with four numbers, which may read as an address. */
const BROWSERS =
  /(?:Chrom(?:e|ium)|CriOS|Edg[A-Za-z]{0,3}|OPR|OPT|Opera|Firefox|FxiOS|Safari|Version|SamsungBrowser|YaBrowser|Vivaldi|Whale|UCBrowser|DuckDuckGo)$/;

function dropVersion(match: string, offset: number, header: string): string {
  const isAddress = readIpv4(match.replace(/^\D+/, '')) !== null;
  const isVersion = match[0] === 'v' || (match[0] === '/' && BROWSERS.test(header.slice(Math.max(0, offset - 20), offset)));
  return isAddress && !isVersion ? match : '';
}

/** Whether a header of the browser tells who somebody is. */
const tellsIdentity = remember((value) => findClass(value.replace(VERSIONS, dropVersion)) !== null, MAX_REMEMBERED);

function noteHeader(ctx: ScrubContext, { lower, isTransport }: HeaderName, value: string): void {
  if (value === '' || (isTransport && !tellsIdentity(value))) return;
  ctx.note(lower, 'undeclared', 'stripped');
  if (IDENTIFYING.test(lower)) ctx.addSecret(lower, 'online-id', value, true);
  visitIdentifiers(value, (found, text) => ctx.addSecret(lower, found, text, true));
}

type Maker = (ctx: ScrubContext, value: string) => string | null;

const makeAnew: Decide<Maker> = (ctx, make, value) => make(ctx, value) ?? false;

/** What is made of a value that came before is made of it again. */
function remembered(make: Maker): Maker {
  const recent = new RecentValues();
  return (ctx, value) => {
    const verdict = recent.treat(ctx, make, value, makeAnew);
    return typeof verdict === 'string' ? verdict : null;
  };
}

const LANGUAGES =
  /^[a-zA-Z0-9*]{1,8}(?:-[a-zA-Z0-9]{1,8}){0,3}(?:\s*[,;]\s*(?:q=[01](?:\.\d{1,3})?|[a-zA-Z0-9*]{1,8}(?:-[a-zA-Z0-9]{1,8}){0,3})){0,20}$/;
const BRANDS = /^(?:"[\w ();:.?=/-]{1,40}"\s*;\s*v="[\d.]{1,20}"(?:,\s*)?){1,8}$/;

/** As it came, where the policy keeps it and it has its form; else reduced. */
function byDevice(form: RegExp, coarsen: (value: string) => string | null): Maker {
  return (ctx, value) => {
    if (ctx.rules.device === 'drop') return null;
    const isKept =
      ctx.rules.device === 'keep' && value.length < 200 && form.test(value) && !tellsIdentity(value) && ctx.keep(value);
    return isKept ? value : coarsen(value);
  };
}

const exactly =
  (...values: string[]): Maker =>
  (_, value) =>
    values.includes(value) ? value : null;

const unlessDropped =
  (make: Maker): Maker =>
  (ctx, value) =>
    ctx.rules.device === 'drop' ? null : make(ctx, value);

function makeUserAgent(ctx: ScrubContext, value: string): string | null {
  if (ctx.rules.userAgent === 'drop') return null;
  return ctx.rules.userAgent === 'keep' && !tellsIdentity(value) && ctx.keep(value) ? value : reduceUserAgent(value);
}

/** The headers of an anonymized hit in their order, and what stays of each. */
const MAKERS: readonly (readonly [name: string, make: Maker])[] = [
  ['User-Agent', makeUserAgent],
  ['Accept', () => '*/*'],
  ['Accept-Language', remembered(byDevice(LANGUAGES, coarsenLanguage))],
  ['Sec-CH-UA', byDevice(BRANDS, coarsenBrands)],
  ['Sec-CH-UA-Mobile', unlessDropped(exactly('?0', '?1'))],
  ['Sec-CH-UA-Platform', unlessDropped((_, value) => (isPlatform(value) ? value : null))],
  ['Origin', remembered(makeOrigin)],
  ['Referer', remembered(makeReferer)],
  ['DNT', exactly('1', '0')],
  ['SP-Anonymous', exactly('*')],
  ['Content-Type', remembered((_, value) => canonicalType(value))],
  ['Content-Encoding', (_, value) => (/^(?:gzip|x-gzip|deflate|br)$/i.test(value.trim()) ? value.trim().toLowerCase() : null)],
];
const ALLOWED = MAKERS.map(([name, make]) => {
  const carrier: CarrierClass = name === 'Referer' || name === 'Origin' ? 'url' : 'device';
  return { name, lower: name.toLowerCase(), carrier, make };
});
const PLACES = new Map(ALLOWED.map(({ lower }, place) => [lower, place]));

function makeOrigin(ctx: ScrubContext, value: string): string | null {
  if (ctx.rules.page === 'drop') return null;
  const parts = splitUrl(value);
  const origin = readOrigin(parts);
  return origin !== null && !isPersonalOrigin(parts.head) && ctx.keep(origin) ? origin : null;
}

function makeReferer(ctx: ScrubContext, value: string): string | null {
  collectFromUrl(ctx, 'referer', value);
  const url = anonymizeUrl(value, addressRule(ctx, true));
  return url !== null && ctx.keep(url) ? url : null;
}

export function anonymizeHeaders(ctx: ScrubContext): string[] {
  ctx.where = 'header:';
  const incoming = ctx.request.hit.headers;
  const values: (string | undefined)[] = [];
  const others: HeaderName[] = [];
  const otherValues: string[] = [];
  for (let i = 0; i + 1 < incoming.length; i += 2) {
    const name = readName(incoming[i] as string);
    const value = incoming[i + 1] as string;
    if (name.place < 0) {
      others.push(name);
      otherValues.push(value);
    } else if (value !== '') values[name.place] ??= value;
  }
  const out: string[] = [];
  for (let place = 0; place < ALLOWED.length; place++) {
    const value = values[place];
    if (value === undefined) continue;
    const { name, lower, carrier, make } = ALLOWED[place] as (typeof ALLOWED)[number];
    const made = make(ctx, value);
    if (made !== value) ctx.note(lower, carrier, made === null ? 'stripped' : 'coarsened');
    if (made !== null) out.push(name, made);
  }
  for (let i = 0; i < others.length; i++) {
    const name = others[i] as HeaderName;
    const value = otherValues[i] as string;
    const { lower } = name;
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
    } else noteHeader(ctx, name, value);
  }
  return out;
}

/** What stays of a header in a hit that is forwarded in part; null where nothing does. */
function partOfHeader(ctx: ScrubContext, name: HeaderName, value: string): string | null {
  const { lower } = name;
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
    const url = ctx.plan.clickIds === 'forward' ? value : stripClickIds(ctx, lower, value);
    if (url === null) ctx.note(lower, 'url', 'stripped');
    return url !== null && ctx.keep(url) ? url : null;
  }
  if (ctx.plan.strictest === 'forward') return ctx.keep(value) ? value : null;
  if (name.isTransport) return keepTransport(ctx, lower, value);
  noteHeader(ctx, name, value);
  return null;
}

/** A header of the browser that somebody put an identifier into belongs to the strictest purpose, like everything that nobody declares. */
function keepTransport(ctx: ScrubContext, lower: string, value: string): string | null {
  if (!tellsIdentity(value)) return ctx.keep(value) ? value : null;
  ctx.note(lower, 'undeclared', 'stripped');
  visitIdentifiers(value, (found, text) => ctx.addSecret(lower, found, text, true));
  return lower === 'user-agent' ? reduceUserAgent(value) : null;
}

/** The same lines in the same order, less what is forbidden. */
export function stripHeaders(ctx: ScrubContext): readonly string[] {
  ctx.where = 'header:';
  const incoming = ctx.request.hit.headers;
  let out: string[] | null = null;
  for (let i = 0; i + 1 < incoming.length; i += 2) {
    const name = incoming[i] as string;
    const value = incoming[i + 1] as string;
    const kept = partOfHeader(ctx, readName(name), value);
    if (kept !== value) out ??= incoming.slice(0, i);
    if (kept !== null) out?.push(name, kept);
  }
  return out ?? incoming;
}
