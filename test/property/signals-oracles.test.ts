/** Our readers and the IAB's own libraries agree field by field on strings that the libraries write. */
import {
  PurposeRestriction,
  RestrictionType,
  Segment,
  SegmentEncoder,
  TCModel,
  TCString,
  type Vector,
} from '@iabtechlabtcf/core';
import { describe, expect, it } from 'vitest';
import { decodeSignal } from '../../src/cli/signal.ts';
import { FIRST_US_SECTION, findUsLayout } from '../../src/signals/gpp-layouts.ts';
import { askGppOracle } from '../support/gpp-oracle.ts';
import { createRandom, type Random } from '../support/random.ts';

const ROUNDS = process.env.CONSENTRY_LONG === '1' ? 20_000 : 1_000;

function pickNumbers(random: Random, max: number, share: number): number[] {
  return Array.from({ length: max }, (_, index) => index + 1).filter(() => random.chance(share));
}

/** Ids as they are in the wild: few, many in a row, or scattered. */
function pickVendors(random: Random): number[] {
  const max = random.pick([0, 1, 12, 90, 800, 1400]);
  if (random.chance(0.3)) {
    const first = 1 + random.below(Math.max(1, max));
    return Array.from({ length: random.below(200) }, (_, index) => first + index);
  }
  return pickNumbers(random, max, random.pick([0.01, 0.5, 0.98]));
}

const COUNTRIES = ['DE', 'FR', 'AA', 'ZZ'];
const RESTRICTIONS = [RestrictionType.NOT_ALLOWED, RestrictionType.REQUIRE_CONSENT, RestrictionType.REQUIRE_LI];

function createModel(random: Random): TCModel {
  const model = new TCModel();
  const day = (from: string) => new Date(Date.parse(from) + random.below(100_000) * 3_600_000);
  model.created = day('2020-01-01');
  model.lastUpdated = day('2020-01-01');
  model.cmpId = 2 + random.below(4_094);
  model.cmpVersion = 1 + random.below(4_095);
  model.consentScreen = random.below(64);
  model.consentLanguage = random.pick(['EN', 'DE', 'PT']);
  model.vendorListVersion = random.below(4_096);
  model.policyVersion = random.below(8);
  model.isServiceSpecific = random.chance(0.8);
  model.useNonStandardTexts = random.chance(0.2);
  model.purposeOneTreatment = random.chance(0.2);
  model.publisherCountryCode = random.pick(COUNTRIES);
  model.specialFeatureOptins.set(pickNumbers(random, 12, 0.3));
  model.purposeConsents.set(pickNumbers(random, 24, 0.5));
  model.purposeLegitimateInterests.set(pickNumbers(random, 24, 0.3));
  model.vendorConsents.set(pickVendors(random));
  model.vendorLegitimateInterests.set(pickVendors(random));
  model.vendorsDisclosed.set(pickVendors(random));
  model.vendorsAllowed.set(pickVendors(random));
  model.publisherConsents.set(pickNumbers(random, 24, 0.5));
  model.publisherLegitimateInterests.set(pickNumbers(random, 24, 0.5));
  model.numCustomPurposes = random.below(8);
  model.publisherCustomConsents.set(pickNumbers(random, model.numCustomPurposes, 0.5));
  model.publisherCustomLegitimateInterests.set(pickNumbers(random, model.numCustomPurposes, 0.5));
  for (let count = random.below(4); count > 0; count--) {
    const restriction = new PurposeRestriction(1 + random.below(11), random.pick(RESTRICTIONS));
    for (let vendors = 1 + random.below(6); vendors > 0; vendors--)
      model.publisherRestrictions.add(1 + random.below(900), restriction);
  }
  // The encoder joins ids between which the vendor list knows none; this list knows them all, so that nothing is joined.
  Reflect.set(model.publisherRestrictions, 'gvl_', { vendorIds: { has: () => true } });
  return model;
}

const SEGMENTS = [Segment.VENDORS_DISCLOSED, Segment.VENDORS_ALLOWED, Segment.PUBLISHER_TC];

/** The encoder without the step that takes out what a vendor list does not allow: the readers have to read that too. */
function encodeTc(model: TCModel, random: Random): { text: string; segments: Segment[] } {
  const segments = SEGMENTS.filter(() => random.chance(0.5));
  return { text: [Segment.CORE, ...segments].map((segment) => SegmentEncoder.encode(model, segment)).join('.'), segments };
}

function idsIn(vector: Vector): number[] {
  const ids: number[] = [];
  vector.forEach((isSet, id) => {
    if (isSet) ids.push(id);
  });
  return ids;
}

function restrictionsOf(model: TCModel) {
  return model.publisherRestrictions.getRestrictions().map((restriction) => ({
    purposeId: restriction.purposeId,
    restrictionType: Number(restriction.restrictionType),
    vendors: model.publisherRestrictions.getVendors(restriction),
  }));
}

/** What the library reads out of the string, in our names. */
function viewOracle(text: string, segments: readonly Segment[]): Record<string, unknown> {
  const model = TCString.decode(text);
  const has = (segment: Segment) => segments.includes(segment);
  return {
    version: model.version,
    created: model.created.toISOString(),
    lastUpdated: model.lastUpdated.toISOString(),
    cmpId: model.cmpId,
    cmpVersion: model.cmpVersion,
    consentScreen: model.consentScreen,
    consentLanguage: model.consentLanguage,
    vendorListVersion: model.vendorListVersion,
    tcfPolicyVersion: model.policyVersion,
    isServiceSpecific: model.isServiceSpecific,
    useNonStandardTexts: model.useNonStandardTexts,
    specialFeatureOptIns: idsIn(model.specialFeatureOptins),
    purposesConsent: idsIn(model.purposeConsents),
    purposesLITransparency: idsIn(model.purposeLegitimateInterests),
    purposeOneTreatment: model.purposeOneTreatment,
    publisherCC: model.publisherCountryCode,
    vendorConsents: idsIn(model.vendorConsents),
    vendorLegitimateInterests: idsIn(model.vendorLegitimateInterests),
    publisherRestrictions: restrictionsOf(model),
    vendorsDisclosed: has(Segment.VENDORS_DISCLOSED) ? idsIn(model.vendorsDisclosed) : undefined,
    vendorsAllowed: has(Segment.VENDORS_ALLOWED) ? idsIn(model.vendorsAllowed) : undefined,
    pubPurposesConsent: has(Segment.PUBLISHER_TC) ? idsIn(model.publisherConsents) : undefined,
    pubPurposesLITransparency: has(Segment.PUBLISHER_TC) ? idsIn(model.publisherLegitimateInterests) : undefined,
    customPurposesConsent: has(Segment.PUBLISHER_TC) ? idsIn(model.publisherCustomConsents) : undefined,
    customPurposesLITransparency: has(Segment.PUBLISHER_TC) ? idsIn(model.publisherCustomLegitimateInterests) : undefined,
  };
}

function byPurpose(restrictions: unknown): unknown[] {
  return [...(restrictions as { purposeId: number; restrictionType: number }[])].sort(
    (a, b) => a.purposeId - b.purposeId || a.restrictionType - b.restrictionType,
  );
}

describe('TC strings', () => {
  it(`agree with @iabtechlabtcf/core on ${ROUNDS} strings`, { timeout: 600_000 }, () => {
    const random = createRandom(20_261_101);
    for (let round = 0; round < ROUNDS; round++) {
      const { text, segments } = encodeTc(createModel(random), random);
      const expected = viewOracle(text, segments);
      const decoded: Record<string, unknown> = decodeSignal('tcf', text);
      const ours = Object.fromEntries(Object.keys(expected).map((key) => [key, decoded[key]]));
      ours.publisherRestrictions = byPurpose(ours.publisherRestrictions);
      expected.publisherRestrictions = byPurpose(expected.publisherRestrictions);
      expect(ours, text).toEqual(expected);
    }
  });
});

const US_IDS = Array.from({ length: 21 }, (_, index) => FIRST_US_SECTION + index);

function randomFields(random: Random, id: number): { section: string; fields: Record<string, unknown> } {
  const layout = findUsLayout(id);
  if (layout === undefined) throw new Error(`no layout for ${id}`);
  const fields: Record<string, unknown> = {};
  for (const field of layout.fields) {
    if (typeof field !== 'string') fields[field[0]] = Array.from({ length: field[1] }, () => random.below(3));
    // The library refuses 0 here, which the sections of real sites have all the same.
    else fields[field] = field === 'MspaCoveredTransaction' ? 1 + random.below(2) : random.below(3);
  }
  if (layout.sensitive > 0 && random.chance(0.5)) {
    fields.SensitiveDataProcessing = Array.from({ length: layout.sensitive }, () => random.below(3));
  }
  return { section: layout.name, fields };
}

/** One to four sections in one string, ascending as the header wants them. */
function createSections(random: Random): { id: number; section: string; fields: Record<string, unknown> }[] {
  const ids = new Set(Array.from({ length: 1 + random.below(4) }, () => random.pick(US_IDS)));
  return [...ids]
    .sort((a, b) => a - b)
    .map((id) => {
      const { section, fields } = randomFields(random, id);
      return { id, section, fields: WITH_GPC.has(id) && random.chance(0.4) ? { ...fields, Gpc: random.chance(0.5) } : fields };
    });
}

/** Sections of which the library knows a GPC sub-section. */
const WITH_GPC = new Set([7, 8, 10, 12, ...Array.from({ length: 11 }, (_, index) => 14 + index)]);

/**
 * Where the library and the specification differ, and what is compared instead:
 * - the version field is called `Version` here in every section, `MspaVersion` there in 24 to 27;
 * - a GPC sub-section that is absent is `false` there and null here;
 * - the library's own bookkeeping (`GpcSegmentType` and the like) is no field of the section;
 * - the sub-section of sensitive data that is absent reads as zeros there and is absent here.
 */
function normalizeOracle(section: Record<string, unknown>, ours: Record<string, unknown>): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(section)) {
    if (/^GpcSegment|SegmentIncluded$/.test(name)) continue;
    fields[name === 'MspaVersion' ? 'Version' : name] = value;
  }
  fields.Gpc = fields.Gpc === true ? true : ours.Gpc === true ? 'Gpc is not set there' : ours.Gpc;
  if (!('SensitiveDataProcessing' in ours)) delete fields.SensitiveDataProcessing;
  return fields;
}

describe('GPP strings', () => {
  it(`agree with @iabgpp/cmpapi on ${ROUNDS} US sections`, { timeout: 600_000 }, () => {
    const random = createRandom(7_27);
    const wanted = Array.from({ length: ROUNDS }, () => createSections(random));
    const texts = askGppOracle({ encode: wanted }) as string[];
    const decodings = askGppOracle({ decode: texts }) as Record<string, Record<string, unknown>>[];
    let compared = 0;
    for (const [index, sections] of wanted.entries()) {
      const text = texts[index] as string;
      const decoded = decodeSignal('gpp', text) as { sections: Record<string, Record<string, unknown>> };
      expect(decoded, text).toMatchObject({ ok: true, sectionIds: sections.map(({ id }) => id) });
      for (const { section, fields } of sections) {
        const ours = decoded.sections[section] as Record<string, unknown>;
        expect(ours, text).toEqual(normalizeOracle(decodings[index]?.[section] ?? {}, ours));
        // And with what was asked to be written, so that both readers being wrong in the same way would show.
        expect(ours, text).toMatchObject(fields.Gpc === false ? { ...fields, Gpc: ours.Gpc } : fields);
        compared++;
      }
    }
    expect(compared).toBeGreaterThanOrEqual(ROUNDS);
  });
});
