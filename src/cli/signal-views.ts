/** TC and GPP strings as plain objects for people and programs, with vendor ids written out. Not for the way of a hit. */

import type { GppSection } from '../signals/gpp.ts';
import type { UsSection } from '../signals/gpp-sections.ts';
import { hasPurpose, type TcPurposes, type TcString } from '../signals/tcf.ts';
import { type CmpList, DEFAULT_TC_MAX_AGE_MS, findTcVoid } from '../signals/tcf-validity.ts';
import { listRanges, listVendors } from '../signals/vendor-set.ts';

/** Numbers from 1 to `count` for which `has` holds. */
function listNumbers(count: number, has: (number: number) => boolean): number[] {
  return Array.from({ length: count }, (_, index) => index + 1).filter(has);
}

function listPurposes(purposes: TcPurposes): number[] {
  return listNumbers(24, (id) => hasPurpose(purposes, id));
}

function viewPublisher(tc: TcString): Record<string, unknown> {
  if (tc.publisher === null) return {};
  const { consents, legitimateInterests, customConsents, customLegitimateInterests } = tc.publisher;
  return {
    pubPurposesConsent: listPurposes(consents),
    pubPurposesLITransparency: listPurposes(legitimateInterests),
    customPurposesConsent: listNumbers(customConsents.length, (id) => customConsents[id - 1] === true),
    customPurposesLITransparency: listNumbers(
      customLegitimateInterests.length,
      (id) => customLegitimateInterests[id - 1] === true,
    ),
  };
}

const NO_CMPS: CmpList | null = null;

/** The time-bound rules are asked where `now` (epoch milliseconds) is given. */
export function viewTcString(tc: TcString, now: number | null): Record<string, unknown> {
  const reason = findTcVoid(tc, { cmps: NO_CMPS, tcMaxAgeMs: DEFAULT_TC_MAX_AGE_MS }, now);
  const policyReason = reason === 'no-clock' ? null : reason;
  return {
    ok: true,
    decodes: true,
    version: 2,
    created: new Date(tc.createdMs).toISOString(),
    lastUpdated: new Date(tc.lastUpdatedMs).toISOString(),
    cmpId: tc.cmpId,
    cmpVersion: tc.cmpVersion,
    consentScreen: tc.consentScreen,
    consentLanguage: tc.consentLanguage,
    vendorListVersion: tc.vendorListVersion,
    gvlSpecVersion: tc.policyVersion >= 4 ? 3 : 2,
    tcfPolicyVersion: tc.policyVersion,
    isServiceSpecific: tc.isServiceSpecific,
    useNonStandardTexts: tc.useNonStandardTexts,
    specialFeatureOptIns: listNumbers(12, (id) => ((tc.specialFeatures >> (12 - id)) & 1) === 1),
    purposesConsent: listPurposes(tc.consents),
    purposesLITransparency: listPurposes(tc.legitimateInterests),
    purposeOneTreatment: tc.purposeOneTreatment,
    publisherCC: tc.publisherCountry,
    vendorConsents: listVendors(tc.vendorConsents),
    vendorLegitimateInterests: listVendors(tc.vendorLegitimateInterests),
    publisherRestrictions: tc.restrictions.map(({ purposeId, type, ranges }) => ({
      purposeId,
      restrictionType: type,
      vendors: listRanges(ranges),
    })),
    ...(tc.disclosedVendors === null ? {} : { vendorsDisclosed: listVendors(tc.disclosedVendors) }),
    ...(tc.allowedVendors === null ? {} : { vendorsAllowed: listVendors(tc.allowedVendors) }),
    ...viewPublisher(tc),
    policyValid: policyReason === null,
    ...(policyReason === null ? {} : { policyReason }),
  };
}

/** Section 2 inside of `sections`, in the field names that GPP readers of other languages have for it. */
function viewTcSection(view: Record<string, unknown>, tc: TcString): Record<string, unknown> {
  return {
    cmp_id: view.cmpId,
    cmp_version: view.cmpVersion,
    consent_language: view.consentLanguage,
    consent_screen: view.consentScreen,
    is_service_specific: view.isServiceSpecific,
    policy_version: view.tcfPolicyVersion,
    publisher_country_code: view.publisherCC,
    publisher_restrictions: view.publisherRestrictions,
    purpose_consents: view.purposesConsent,
    purpose_legitimate_interests: view.purposesLITransparency,
    purpose_one_treatment: view.purposeOneTreatment,
    special_feature_optins: view.specialFeatureOptIns,
    use_non_standard_stacks: view.useNonStandardTexts,
    vendor_consents: view.vendorConsents,
    vendor_legitimate_interests: view.vendorLegitimateInterests,
    vendor_list_version: view.vendorListVersion,
    created_unix: Math.floor(tc.createdMs / 1000),
    last_updated_unix: Math.floor(tc.lastUpdatedMs / 1000),
  };
}

/** Fields by name. `Gpc` is null where no sub-section tells: absent is not the same as 0. */
export function viewUsSection(section: UsSection): Record<string, unknown> {
  return { Version: section.version, ...section.fields, Gpc: section.gpc };
}

/** What a section adds to the view of the string: an entry of `sections`, or a field at the top. */
export function viewGppSection(
  section: GppSection,
  now: number | null,
): { section?: [string, unknown]; top?: Record<string, unknown>; refusal?: string } {
  switch (section.kind) {
    case 'us':
      if (section.refusal !== null || section.us === null) return { refusal: `${section.name}: ${section.refusal}` };
      return { section: [section.name, viewUsSection(section.us)] };
    case 'usp':
      return section.usp.ok
        ? { section: ['uspv1', section.text], top: { uspv1: section.text } }
        : { refusal: `uspv1: ${section.usp.reason}` };
    case 'tcf': {
      if (!section.tcf.ok) return { refusal: `tcfeuv2: ${section.tcf.reason}` };
      const view = viewTcString(section.tcf, now);
      return { section: ['tcfeuv2', viewTcSection(view, section.tcf)], top: { tcf: view } };
    }
    case 'unread':
      return {};
    case 'unknown':
      return { refusal: `section ${section.id}: unknown-section` };
  }
}
