/** What each KIND of `consentry signal decode` makes of its input. Pure. */
import { decodeAdditionalConsent } from '../signals/additional-consent.ts';
import { BitReader } from '../signals/bits.ts';
import { readRudderObject, readSegmentObject } from '../signals/body-consent.ts';
import { childOf, isJsonObject } from '../signals/body-entries.ts';
import type { Carried } from '../signals/carried.ts';
import { decodeGcd, decodeGcs } from '../signals/consent-mode.ts';
import { deriveLmt } from '../signals/device-tracking.ts';
import { readFibonacci, readFibonacciRanges } from '../signals/fibonacci.ts';
import { readGdprParam, readGdprScope, TCF_EU_SECTION } from '../signals/gdpr-scope.ts';
import { isGpcSet } from '../signals/gpc.ts';
import { decodeGppHeader, decodeGppString } from '../signals/gpp.ts';
import { decodeUsSection, readGpcSubsections } from '../signals/gpp-sections.ts';
import { readGppSid } from '../signals/gpp-sid.ts';
import { isDntSet } from '../signals/header-signals.ts';
import { decodeTcString } from '../signals/tcf.ts';
import { decodeUsp } from '../signals/us-privacy.ts';
import { decodeAsc, decodeMetaLdu } from '../signals/vendor-flags.ts';
import { listRanges, readRanges } from '../signals/vendor-set.ts';
import { COOKIE_VIEWS } from './signal-cookies.ts';
import { viewGppSection, viewTcString, viewUsSection } from './signal-views.ts';

type View = Record<string, unknown>;
type Decoder = (input: unknown, now: number | null) => View;

const refuse = (reason: string): View => ({ ok: false, reason });

/** A decoder of text; anything else is refused. */
function ofText(decode: (text: string, now: number | null) => View): Decoder {
  return (input, now) => (typeof input === 'string' ? decode(input, now) : refuse('expected a string'));
}

function ofObject(decode: (object: Readonly<Record<string, unknown>>) => View): Decoder {
  return (input) => (isJsonObject(input) ? decode(input) : refuse('expected an object'));
}

function viewTc(text: string, now: number | null): View {
  const tc = decodeTcString(text);
  return tc.ok ? viewTcString(tc, now) : { ...tc };
}

function viewGpp(text: string, now: number | null): View {
  const gpp = decodeGppString(text);
  if (!gpp.ok) return { ...gpp };
  const views = gpp.sections.map((section) => viewGppSection(section, now));
  const refusals = views.flatMap((view) => view.refusal ?? []);
  const sections = Object.fromEntries(views.flatMap((view) => (view.section === undefined ? [] : [view.section])));
  const top = Object.assign({}, ...views.map((view) => view.top ?? {}));
  const verdict = refusals.length === 0 ? { ok: true } : { ok: false, reason: refusals.join('; ') };
  return { ...verdict, type: 3, version: 1, sectionIds: gpp.sectionIds, sections, ...top };
}

function viewSection(object: Readonly<Record<string, unknown>>): View {
  const { sectionId, value } = object;
  if (typeof sectionId !== 'number' || typeof value !== 'string') return refuse('expected sectionId and value');
  const decoding = decodeUsSection(sectionId, value);
  // What was read beside a refusal is shown, for whoever looks for the fault; nothing relies on it.
  const read = decoding.section === null ? {} : { bits: true, fields: viewUsSection(decoding.section) };
  return decoding.ok ? { ok: true, ...read } : { ok: false, reason: decoding.reason, ...read };
}

function viewGpcSubsections(text: string): View {
  const { gpc, refused } = readGpcSubsections(text.split('.'));
  return refused ? refuse('subsection') : { ok: true, Gpc: gpc === true };
}

function viewUsp(text: string): View {
  const usp = decodeUsp(text);
  if (!usp.ok) return { ...usp };
  const { notice, optOutSale, lspa, ccpaApplies } = usp;
  return { ok: true, notice, optOutSaleChar: optOutSale, optOutSale: optOutSale === 'Y', lspa, ccpaApplies };
}

function viewGcd(text: string): View {
  const gcd = decodeGcd(text);
  return gcd.ok ? { ok: true, ...gcd.types, gpc: gcd.gpc } : { ...gcd };
}

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Text of `0` and `1` as the base64url text that the reader reads; zeros fill the last character. */
function packBits(bits: string): string {
  return bits.replace(/[01]{1,6}/g, (six) => BASE64URL.charAt(Number.parseInt(six.padEnd(6, '0'), 2)));
}

const MAX_BITS = 65_536;

function ofBits(decode: (reader: BitReader, length: number) => View): Decoder {
  return ofText((text) => {
    const hex = /^0x([0-9a-f]+)$/i.exec(text)?.[1];
    const bits =
      hex === undefined ? text : [...hex].map((digit) => Number.parseInt(digit, 16).toString(2).padStart(4, '0')).join('');
    if (bits.length > MAX_BITS || !/^[01]+$/.test(bits)) return refuse('expected bits, or 0x and hex digits');
    return decode(new BitReader(packBits(bits)), bits.length);
  });
}

const viewFibonacci = ofBits((reader, length) => {
  const value = readFibonacci(reader, Number.MAX_SAFE_INTEGER);
  if (reader.failed) return refuse(reader.failure ?? '');
  return reader.at === length ? { ok: true, value } : refuse('trailing bits');
});

const viewFibonacciRanges = ofBits((reader) => {
  const ranges = readFibonacciRanges(reader, 65_535);
  return reader.failed ? refuse(reader.failure ?? '') : { ok: true, ranges };
});

const viewIntRanges = ofBits((reader) => {
  const ranges = readRanges(reader, 65_535);
  return reader.failed ? refuse(reader.failure ?? '') : { ok: true, ids: listRanges(ranges) };
});

function readGpcHeader(input: unknown): View {
  const lines = typeof input === 'string' ? [input] : input;
  if (!Array.isArray(lines) || !lines.every((line) => typeof line === 'string')) return refuse('expected header values');
  return { ok: true, gpc: lines.some(isGpcSet) };
}

function viewGpcWellKnown(text: string): View {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return refuse('not-json');
  }
  if (!isJsonObject(document)) return refuse('form');
  return { ok: true, support: document.gpc === true, lastUpdate: document.lastUpdate ?? null };
}

/** The value of a header in an object of headers, whatever the case of its name. */
function headerOf(headers: Readonly<Record<string, unknown>>, name: string): string | null {
  const key = Object.keys(headers).find((candidate) => candidate.toLowerCase() === name);
  return key === undefined ? null : String(headers[key]);
}

function parametersOf(object: Readonly<Record<string, unknown>>, name: string): readonly Carried[] {
  const value = object[name];
  return value === undefined || value === '' ? [] : [{ value: String(value), field: name, lowersOnly: false }];
}

function viewGdprScope(object: Readonly<Record<string, unknown>>): View {
  const sid = readGppSid(parametersOf(object, 'gpp_sid'));
  const scope = readGdprScope(parametersOf(object, 'gdpr'), sid);
  const applies = scope === 'contradictory' ? sid.named.has(TCF_EU_SECTION) || null : scope === 'applies' || null;
  return { ok: true, gdprApplies: scope === 'denied' ? false : applies, scope };
}

/** The US Privacy string in force: the parameter, else section 6 where `gpp_sid` names it. A hit's reader hears both. */
function viewUspInForce(object: Readonly<Record<string, unknown>>): View {
  if (typeof object.us_privacy === 'string' && object.us_privacy !== '') return { ok: true, usp: object.us_privacy };
  const isNamed = readGppSid(parametersOf(object, 'gpp_sid')).named.has(6);
  const gpp = decodeGppString(String(object.gpp ?? ''));
  const section = gpp.ok && isNamed ? gpp.sections.find((candidate) => candidate.kind === 'usp') : undefined;
  return { ok: true, usp: section?.kind === 'usp' ? section.text : null };
}

function viewSegment(object: Readonly<Record<string, unknown>>): View {
  const choice = readSegmentObject(childOf(childOf(object, 'context'), 'consent') ?? {});
  if (choice === null || choice === 'unreadable') return refuse(choice ?? 'no consent object');
  return { ok: true, consents: Object.fromEntries(choice.categories) };
}

function viewRudder(object: Readonly<Record<string, unknown>>): View {
  const management = childOf(childOf(object, 'context'), 'consentManagement');
  const choice = management === undefined ? null : readRudderObject(management);
  if (choice === 'unreadable') return refuse('unreadable');
  if (choice === null) return refuse('no consent object');
  const idsWhere = (wanted: boolean) => [...choice.categories].filter(([, isAllowed]) => isAllowed === wanted).map(([id]) => id);
  return { ok: true, allowed: idsWhere(true), denied: idsWhere(false), provider: management?.provider ?? null };
}

const KINDS: Readonly<Record<string, Decoder>> = {
  tcf: ofText(viewTc),
  'tcf-policy': ofText(viewTc),
  gpp: ofText(viewGpp),
  'gpp-header': ofText((text) => ({ ...decodeGppHeader(text) })),
  'gpp-section': ofObject(viewSection),
  'gpp-gpc-subsection': ofText(viewGpcSubsections),
  usp: ofText(viewUsp),
  gcs: ofText((text) => ({ ...decodeGcs(text) })),
  gcd: ofText(viewGcd),
  ac: ofText((text) => ({ ...decodeAdditionalConsent(text) })),
  'gdpr-param': ofText((text) => ({ ok: true, signal: readGdprParam(text) })),
  'gpc-header': readGpcHeader,
  'gpc-wellknown': ofText(viewGpcWellKnown),
  'dnt-header': ofObject((headers) => ({
    ok: true,
    dnt: isDntSet(headerOf(headers, 'dnt') ?? headerOf(headers, 'x-do-not-track') ?? ''),
  })),
  'sp-anonymous': ofObject((headers) => ({ ok: true, anonymous: headerOf(headers, 'sp-anonymous') !== null })),
  'ios-lmt': ofObject((device) => ({ ok: true, lmt: deriveLmt(device) })),
  'meta-ldu': ofText((text) => {
    const query = new URLSearchParams(text);
    return { ok: true, ...decodeMetaLdu(query.get('dpo') ?? '', query.get('dpoco') ?? '', query.get('dpost') ?? '') };
  }),
  'uet-asc': ofText((text) => {
    const adStorage = decodeAsc(text.startsWith('asc=') ? text.slice(4) : text);
    return adStorage === null ? refuse('form') : { ok: true, adStorage };
  }),
  'precedence-gdpr': ofObject(viewGdprScope),
  'precedence-usp': ofObject(viewUspInForce),
  'segment-consent': ofObject(viewSegment),
  'rudder-consent': ofObject(viewRudder),
  fibonacci: viewFibonacci,
  'fibonacci-range': viewFibonacciRanges,
  'int-range': viewIntRanges,
  ...Object.fromEntries(Object.entries(COOKIE_VIEWS).map(([kind, view]) => [kind, ofText(view)])),
};

export const SIGNAL_KINDS: readonly string[] = Object.keys(KINDS);

/**
 * What a consent signal says: an object with `ok`, and with `reason` where it must be refused. `now` (epoch milliseconds) is
 * for the age of TC strings; without it age is not asked. Never throws.
 */
export function decodeSignal(kind: string, value: unknown, now: number | null = null): View {
  const decode = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  return decode === undefined ? refuse('unknown-kind') : decode(value, now);
}
