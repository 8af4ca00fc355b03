/** Runs every reader over the carriers of a hit. Most hits carry no signal and get the shared empty list. */
import { readAdditionalConsent } from './additional-consent.ts';
import { readBodyConsent } from './body-consent.ts';
import { parseBody } from './body-entries.ts';
import { addBodyParams } from './body-params.ts';
import { addFound, type Carried, cleanValue, type Found, foundOf, type ParamName } from './carried.ts';
import { readCmpCookies } from './cmp-cookies.ts';
import { readConsentMode } from './consent-mode-reading.ts';
import { type FoundCookies, scanCookies } from './cookie-scan.ts';
import { DecodeCache } from './decode-cache.ts';
import { DEVICE_PARAMS, readDeviceTracking } from './device-tracking.ts';
import { readGdprScope, TCF_EU_SECTION } from './gdpr-scope.ts';
import { decodeGppString, type GppDecoding } from './gpp.ts';
import { nameUsSection } from './gpp-layouts.ts';
import { createGppReading, createMissingSectionReading } from './gpp-reading.ts';
import { type GppSid, readGppSid } from './gpp-sid.ts';
import { listHeaderReadings, readHeaders } from './header-signals.ts';
import { pickSpoken, scanQuery } from './query-scan.ts';
import { shareList } from './shared-lists.ts';
import type { SignalReading } from './signal.ts';
import { DEFAULT_SIGNAL_OPTIONS, type SignalOptions } from './signal-options.ts';
import { decodeTcString } from './tcf.ts';
import { createTcfReading, type TcSource } from './tcf-reading.ts';
import { decodeUsp } from './us-privacy.ts';
import { createUspReading, type UspSource } from './us-privacy-reading.ts';
import { readAsc, readDntParam, readLimitedDataUse } from './vendor-flags.ts';

/** The carriers of a hit that may hold a signal. All values as they came: not decoded, not joined. */
export interface SignalSource {
  /** Header lines as Node gives them: name, value, name, value, … in their original case. */
  readonly rawHeaders: readonly string[];
  /** Query without `?`, still percent-encoded; empty where there is none. */
  readonly query: string;
  /** Value of the Cookie header (lines joined with `; `), or empty. */
  readonly cookie: string;
  /** Body, where the route's profile says that consent may stand in it; else null. */
  readonly body: Buffer | null;
}

const CACHE_LIMITS = { maxEntries: 8_192, maxBytes: 32 * 1024 * 1024 };
const tcStrings = new DecodeCache(decodeTcString, CACHE_LIMITS);
const gppStrings = new DecodeCache(decodeGppString, CACHE_LIMITS);

interface GppString {
  readonly carried: Carried;
  readonly gpp: GppDecoding;
}

/** The stand-alone TC strings, those of section 2, and the cookie's. */
function readTcf(found: Found, cookies: FoundCookies | null, gpps: readonly GppString[], sid: GppSid): TcSource[] {
  const sources: TcSource[] = foundOf(found, 'gdpr_consent').map(({ value, field, lowersOnly }) => ({
    field,
    decoding: tcStrings.get(value),
    mayGrant: !lowersOnly,
  }));
  for (const { carried, gpp } of gpps) {
    if (!gpp.ok) continue;
    for (const section of gpp.sections) {
      if (section.kind !== 'tcf') continue;
      const mayGrant = !carried.lowersOnly && sid.agreed.has(TCF_EU_SECTION);
      sources.push({ field: `${carried.field}#tcfeuv2`, decoding: section.tcf, mayGrant });
    }
  }
  for (const value of cookies?.tc ?? []) {
    const clean = cleanValue(value);
    if (clean !== null) sources.push({ field: 'cookie:euconsent-v2', decoding: tcStrings.get(clean), mayGrant: true });
  }
  return sources;
}

function readUsp(found: Found, cookies: FoundCookies | null, gpps: readonly GppString[]): SignalReading | null {
  const sources: UspSource[] = foundOf(found, 'us_privacy').map(({ value, field }) => ({ field, usp: decodeUsp(value) }));
  for (const value of cookies?.usp ?? []) {
    const clean = cleanValue(value);
    if (clean !== null) sources.push({ field: 'cookie:usprivacy', usp: decodeUsp(clean) });
  }
  for (const { carried, gpp } of gpps) {
    if (!gpp.ok) continue;
    for (const section of gpp.sections) {
      if (section.kind === 'usp') sources.push({ field: `${carried.field}#uspv1`, usp: section.usp });
    }
  }
  return createUspReading(sources);
}

/** Names of the US sections that `gpp_sid` announces and no readable string of the hit holds. */
function findMissingSections(gpps: readonly GppString[], sid: GppSid): readonly string[] {
  const missing: string[] = [];
  for (const id of sid.named) {
    const name = nameUsSection(id);
    const isThere = gpps.some(({ gpp }) => !gpp.ok || gpp.sectionIds.includes(id));
    if (name !== null && gpps.length > 0 && !isThere) missing.push(name);
  }
  return missing;
}

function addReading(readings: SignalReading[], reading: SignalReading | null): void {
  if (reading !== null) readings.push(reading);
}

function readStrings(
  readings: SignalReading[],
  found: Found,
  cookies: FoundCookies | null,
  options: SignalOptions,
  now: number | null,
): void {
  const sid = readGppSid(foundOf(found, 'gpp_sid'));
  const gpps = foundOf(found, 'gpp').map((carried) => ({ carried, gpp: gppStrings.get(carried.value) }));
  const tcs = readTcf(found, cookies, gpps, sid);
  if (tcs.length > 0) readings.push(createTcfReading(tcs, readGdprScope(foundOf(found, 'gdpr'), sid), options, now));
  if (gpps.length > 0) {
    for (const { carried, gpp } of gpps) addReading(readings, createGppReading(carried.field, gpp));
    const missing = findMissingSections(gpps, sid);
    if (missing.length > 0) readings.push(createMissingSectionReading(missing));
  }
  addReading(readings, readUsp(found, cookies, gpps));
}

/** Readers of parameters, and the parameters that each of them reads: only those that came are asked. */
const PARAM_READERS: readonly (readonly [(found: Found) => SignalReading | null, readonly ParamName[]])[] = [
  [readConsentMode, ['gcs', 'gcd', 'npa', 'rdp', 'ltd', 'dma']],
  [readAdditionalConsent, ['addtl_consent']],
  [readDeviceTracking, DEVICE_PARAMS],
  [readLimitedDataUse, ['dpo', 'data_processing_options', 'limited_data_use']],
  [readAsc, ['asc']],
  [readDntParam, ['dnt']],
];
const READER_BITS: ReadonlyMap<ParamName, number> = new Map(
  PARAM_READERS.flatMap(([, names], index) => names.map((name) => [name, 1 << index] as const)),
);

function readParams(readings: SignalReading[], found: Found): void {
  let wanted = 0;
  for (const name of found.keys()) wanted |= READER_BITS.get(name) ?? 0;
  for (let index = 0; wanted >> index !== 0; index++) {
    const reader = PARAM_READERS[index];
    if ((wanted >> index) & 1 && reader !== undefined) addReading(readings, reader[0](found));
  }
}

const FIRST_JSON_CHAR = /^\s*[[{]/;
const LINE_END = /\r?\n/;

/** A body as text; null where it is a form, or a query a line, in which nothing speaks. */
function readBodyText(body: Buffer): string | null {
  const text = body.toString('utf8');
  return FIRST_JSON_CHAR.test(text) || text.split(LINE_END).some((line) => pickSpoken(line) !== null) ? text : null;
}

/** Adds what a body carries: JSON, or a form, or a query a line as Google's batches have it. */
function readBody(text: string, readings: SignalReading[], found: Found | null, options: SignalOptions): Found | null {
  if (FIRST_JSON_CHAR.test(text)) {
    const entries = parseBody(text);
    readings.push(...readBodyConsent(text, entries, options.categories));
    if (entries === null) return found;
    const result: Found = found ?? new Map();
    addBodyParams(text, entries, result);
    return result.size === 0 ? null : result;
  }
  const lines = text.split(LINE_END).filter((line) => line !== '');
  let result = found;
  for (const line of lines) result = scanQuery(line, 'body', lines.length > 1, result);
  return result;
}

/** Everything that speaks on a hit; null, 0 and empty where it says nothing. */
interface Spoken {
  readonly headers: number;
  readonly query: string;
  readonly cookies: FoundCookies | null;
  readonly body: string | null;
}

function readSpoken({ headers, query, cookies, body }: Spoken, options: SignalOptions, now: number | null): SignalReading[] {
  const readings = [...listHeaderReadings(headers)];
  const inQuery = query === '' ? null : scanQuery(query, 'query', false, null);
  const inBody = body === null ? inQuery : readBody(body, readings, inQuery, options);
  if (inBody === null && cookies === null) return readings;
  const found: Found = inBody ?? new Map();
  for (const value of cookies?.ac ?? []) {
    const clean = cleanValue(value);
    if (clean !== null) addFound(found, 'addtl_consent', { value: clean, field: 'cookie:addtl_consent', lowersOnly: false });
  }
  readStrings(readings, found, cookies, options, now);
  readParams(readings, found);
  if (cookies !== null && cookies.cmp.length > 0) readings.push(...readCmpCookies(cookies.cmp, options.categories, now));
  return readings;
}

/** Flags as a page's hits repeat them, `gcs=G111&npa=0`, behind what the headers say: read once. */
const flags = new DecodeCache((text: string): readonly SignalReading[] => {
  const end = text.indexOf(' ');
  const spoken = { headers: Number(text.slice(0, end)), query: text.slice(end + 1), cookies: null, body: null };
  return shareList(readSpoken(spoken, DEFAULT_SIGNAL_OPTIONS, null));
}, CACHE_LIMITS);

/**
 * Every signal of a hit. Pure but for the caches of decoded strings, which are bounded and hold nothing but the strings.
 * `now` in epoch milliseconds is the clock for the age of TC strings; without it none of them grants.
 */
export function readSignals(
  source: SignalSource,
  options: SignalOptions = DEFAULT_SIGNAL_OPTIONS,
  now: number | null = null,
): readonly SignalReading[] {
  const headers = readHeaders(source.rawHeaders);
  const spoken = source.query === '' ? null : pickSpoken(source.query);
  const cookies = source.cookie === '' ? null : scanCookies(source.cookie, options.cookieFilter);
  const body = source.body === null ? null : readBodyText(source.body);
  if (cookies === null && body === null) {
    if (spoken === null) return listHeaderReadings(headers);
    if (!spoken.isTimed) return flags.get(`${headers} ${spoken.query}`);
  }
  return readSpoken({ headers, query: spoken?.query ?? '', cookies, body }, options, now);
}
