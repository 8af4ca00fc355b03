/** Signals of a situation in a test: as strings, which the readers read, or in decoded form, which readers are built from. */
import type { GppSection } from '../signals/gpp.ts';
import { createGppReading } from '../signals/gpp-reading.ts';
import { readSignals } from '../signals/read.ts';
import type { SignalReading } from '../signals/signal.ts';
import { DEFAULT_SIGNAL_OPTIONS } from '../signals/signal-options.ts';
import type { TcString } from '../signals/tcf.ts';
import { createTcfReading } from '../signals/tcf-reading.ts';
import type { Given } from './schema-tests.ts';

export function readGivenSignals(given: Given, vendor: number | null, now: number): readonly SignalReading[] {
  const { gpp, tcf } = given;
  const readings = [...readStrings(given, now)];
  if (typeof gpp === 'object') {
    const reading = createGppReading('query:gpp', { ok: true, sectionIds: [], sections: Object.entries(gpp).map(buildSection) });
    if (reading !== null) readings.push(reading);
  }
  if (typeof tcf === 'object') {
    const decoding = buildTcString(tcf, vendor, now);
    readings.push(
      createTcfReading([{ field: 'query:gdpr_consent', decoding, mayGrant: true }], 'applies', DEFAULT_SIGNAL_OPTIONS, now),
    );
  }
  return readings;
}

/** What a hit with these values would be read as: the same readers, over the carriers where such strings stand. */
function readStrings(given: Given, now: number): readonly SignalReading[] {
  const rawHeaders: string[] = [];
  if (given.gpc !== undefined) rawHeaders.push('Sec-GPC', printFlag(given.gpc));
  if (given.dnt !== undefined) rawHeaders.push('DNT', printFlag(given.dnt));
  const query: string[] = [];
  const add = (name: string, value: string) => query.push(`${name}=${encodeURIComponent(value)}`);
  if (given['us-privacy'] !== undefined) add('us_privacy', given['us-privacy']);
  if (typeof given.gpp === 'string') add('gpp', given.gpp);
  if (typeof given.tcf === 'string') {
    add('gdpr', '1');
    add('gdpr_consent', given.tcf);
  }
  if (rawHeaders.length === 0 && query.length === 0) return [];
  return readSignals({ rawHeaders, query: query.join('&'), cookie: '', body: null }, DEFAULT_SIGNAL_OPTIONS, now);
}

function printFlag(value: string | number | boolean): string {
  return typeof value === 'boolean' ? String(Number(value)) : String(value);
}

/** A section of the names and values of the specification; `Gpc` is its sub-section. */
function buildSection([name, values]: [string, Record<string, number | boolean>]): GppSection {
  const { Gpc: gpc, ...rest } = values;
  const fields = Object.fromEntries(Object.entries(rest).map(([field, value]) => [field, Number(value)]));
  return { kind: 'us', id: 0, name, refusal: null, us: { version: 1, fields, gpc: gpc === undefined ? null : Boolean(gpc) } };
}

/** A string as a CMP would have written it that day, with these consents. */
function buildTcString(
  tcf: { purposes?: number[] | undefined; vendor?: boolean | undefined },
  vendor: number | null,
  now: number,
): TcString {
  const all = { kind: 'ranges', ranges: [1, 65_535] } as const;
  const none = { kind: 'ranges', ranges: [] } as const;
  return {
    ok: true,
    createdMs: now,
    lastUpdatedMs: now,
    cmpId: 2,
    cmpVersion: 1,
    consentScreen: 1,
    consentLanguage: 'EN',
    vendorListVersion: 1,
    policyVersion: 5,
    isServiceSpecific: true,
    useNonStandardTexts: false,
    specialFeatures: 0,
    consents: (tcf.purposes ?? []).reduce((bits, purpose) => bits | (1 << (24 - purpose)), 0),
    legitimateInterests: 0,
    purposeOneTreatment: false,
    publisherCountry: 'AA',
    vendorConsents: tcf.vendor === true && vendor !== null ? { kind: 'ranges', ranges: [vendor, vendor] } : none,
    vendorLegitimateInterests: none,
    restrictions: [],
    disclosedVendors: all,
    allowedVendors: null,
    publisher: null,
  };
}
