/**
 * The TC string of IAB Europe's Transparency and Consent Framework, version 2 ("Transparency and Consent String with Global
 * Vendor & CMP List Formats"): bits to fields, and nothing else. Whether a string that decodes counts is said in `tcf-validity.ts`.
 */
import { BitReader, isBase64Url, sixBitsAt } from './bits.ts';
import { readRanges, readVendorSet, type VendorSet } from './vendor-set.ts';

/** Longest string that is read: four times the longest that the vendor list of 2026 can fill. */
export const MAX_TC_STRING_CHARS = 8192;
const MAX_SEGMENTS = 8;
const MS_PER_DECISECOND = 100;

/** Why a text is no TC string. */
export type TcRefusal =
  | 'empty'
  | 'too-long'
  | 'not-base64url'
  | 'version-1'
  | 'version'
  | 'truncated'
  | 'out-of-range'
  | 'segment-empty'
  | 'segment-repeated'
  | 'segments';

/** Purposes 1 to 24 as bits, purpose 1 in bit 23: the 24 bits as they stand in the string. Asked with {@link hasPurpose}. */
export type TcPurposes = number;

/** What the publisher restricts: 0 never, 1 consent only, 2 legitimate interest only, 3 undefined. */
export interface PublisherRestriction {
  readonly purposeId: number;
  readonly type: number;
  /** Vendor ids as pairs `first, last`. */
  readonly ranges: readonly number[];
}

/** The publisher's own legal bases (segment 3). Custom purposes: purpose 1 is the first flag. */
export interface PublisherTc {
  readonly consents: TcPurposes;
  readonly legitimateInterests: TcPurposes;
  readonly customConsents: readonly boolean[];
  readonly customLegitimateInterests: readonly boolean[];
}

export interface TcString {
  readonly ok: true;
  readonly createdMs: number;
  readonly lastUpdatedMs: number;
  readonly cmpId: number;
  readonly cmpVersion: number;
  readonly consentScreen: number;
  readonly consentLanguage: string;
  readonly vendorListVersion: number;
  readonly policyVersion: number;
  readonly isServiceSpecific: boolean;
  readonly useNonStandardTexts: boolean;
  /** Twelve bits, special feature 1 in bit 11. */
  readonly specialFeatures: number;
  readonly consents: TcPurposes;
  readonly legitimateInterests: TcPurposes;
  readonly purposeOneTreatment: boolean;
  readonly publisherCountry: string;
  readonly vendorConsents: VendorSet;
  readonly vendorLegitimateInterests: VendorSet;
  readonly restrictions: readonly PublisherRestriction[];
  readonly disclosedVendors: VendorSet | null;
  readonly allowedVendors: VendorSet | null;
  readonly publisher: PublisherTc | null;
}

export type TcDecoding = TcString | { readonly ok: false; readonly reason: TcRefusal };

export function hasPurpose(purposes: TcPurposes, purposeId: number): boolean {
  return purposeId >= 1 && purposeId <= 24 && ((purposes >> (24 - purposeId)) & 1) === 1;
}

export function hasSpecialFeature(tc: TcString, featureId: number): boolean {
  return ((tc.specialFeatures >> (12 - featureId)) & 1) === 1;
}

function refuse(reason: TcRefusal): TcDecoding {
  return { ok: false, reason };
}

function readLetters(reader: BitReader): string {
  return String.fromCharCode(65 + reader.read(6), 65 + reader.read(6));
}

function readRestrictions(reader: BitReader): readonly PublisherRestriction[] {
  const count = reader.read(12);
  const restrictions: PublisherRestriction[] = [];
  for (let i = 0; i < count && !reader.failed; i++) {
    restrictions.push({ purposeId: reader.read(6), type: reader.read(2), ranges: readRanges(reader, 65_535) });
  }
  return restrictions;
}

function readFlags(reader: BitReader, count: number): readonly boolean[] {
  const flags: boolean[] = [];
  for (let i = 0; i < count; i++) flags.push(reader.readFlag());
  return flags;
}

function readPublisherTc(reader: BitReader): PublisherTc {
  const consents = reader.read(24);
  const legitimateInterests = reader.read(24);
  const count = reader.read(6);
  return {
    consents,
    legitimateInterests,
    customConsents: readFlags(reader, count),
    customLegitimateInterests: readFlags(reader, count),
  };
}

/** The segments behind the core, each at most once and in any order. Types that no version of the format knows are passed over. */
interface Segments {
  disclosedVendors: VendorSet | null;
  allowedVendors: VendorSet | null;
  publisher: PublisherTc | null;
}

function readSegment(reader: BitReader, segments: Segments): TcRefusal | null {
  switch (reader.read(3)) {
    case 0:
      return 'segment-repeated';
    case 1:
      if (segments.disclosedVendors !== null) return 'segment-repeated';
      segments.disclosedVendors = readVendorSet(reader);
      break;
    case 2:
      if (segments.allowedVendors !== null) return 'segment-repeated';
      segments.allowedVendors = readVendorSet(reader);
      break;
    case 3:
      if (segments.publisher !== null) return 'segment-repeated';
      segments.publisher = readPublisherTc(reader);
      break;
  }
  return reader.failure;
}

function readSegments(text: string, from: number, segments: Segments): TcRefusal | null {
  let start = from;
  for (let count = 1; start <= text.length; count++) {
    if (count >= MAX_SEGMENTS) return 'segments';
    const dot = text.indexOf('.', start);
    const end = dot === -1 ? text.length : dot;
    if (end === start) return 'segment-empty';
    if (!isBase64Url(text, start, end)) return 'not-base64url';
    const refusal = readSegment(new BitReader(text, start, end), segments);
    if (refusal !== null) return refusal;
    start = end + 1;
  }
  return null;
}

/** Decodes a TC string. Cost and memory are bounded by its length: nothing that it announces is written out. Never throws. */
export function decodeTcString(text: string): TcDecoding {
  if (text === '') return refuse('empty');
  if (text.length > MAX_TC_STRING_CHARS) return refuse('too-long');
  const version = sixBitsAt(text, 0);
  if (version !== 2) return refuse(version < 0 ? 'not-base64url' : version === 1 ? 'version-1' : 'version');
  const dot = text.indexOf('.');
  const coreEnd = dot === -1 ? text.length : dot;
  if (!isBase64Url(text, 0, coreEnd)) return refuse('not-base64url');
  const segments: Segments = { disclosedVendors: null, allowedVendors: null, publisher: null };
  const reader = new BitReader(text, 0, coreEnd);
  reader.skip(6);
  // Object literals are evaluated in the order they are written, which is the order of the fields in the string.
  const core = {
    createdMs: reader.read(36) * MS_PER_DECISECOND,
    lastUpdatedMs: reader.read(36) * MS_PER_DECISECOND,
    cmpId: reader.read(12),
    cmpVersion: reader.read(12),
    consentScreen: reader.read(6),
    consentLanguage: readLetters(reader),
    vendorListVersion: reader.read(12),
    policyVersion: reader.read(6),
    isServiceSpecific: reader.readFlag(),
    useNonStandardTexts: reader.readFlag(),
    specialFeatures: reader.read(12),
    consents: reader.read(24),
    legitimateInterests: reader.read(24),
    purposeOneTreatment: reader.readFlag(),
    publisherCountry: readLetters(reader),
    vendorConsents: readVendorSet(reader),
    vendorLegitimateInterests: readVendorSet(reader),
    restrictions: readRestrictions(reader),
  };
  if (reader.failure !== null) return refuse(reader.failure);
  const refusal = dot === -1 ? null : readSegments(text, dot + 1, segments);
  return refusal === null ? { ok: true, ...core, ...segments } : refuse(refusal);
}
