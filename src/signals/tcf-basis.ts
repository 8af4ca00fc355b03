/** On what a TC string lets a recipient process for one TCF purpose. */

import type { VendorDeclaration, VendorDeclarations } from './iab-lists.ts';
import { hasPurpose, type TcString } from './tcf.ts';
import { hasInRanges, hasVendor } from './vendor-set.ts';

/**
 * `consent`: the person's yes. `interest`: the vendor's declared legitimate interest that the person did not object to; no
 * yes, and no no either. `none`: nothing.
 */
export type TcBasis = 'consent' | 'interest' | 'none';

/** Whom a TC string is asked for: a vendor by id, else the publisher itself, else nobody in particular. */
export interface TcRecipient {
  readonly vendor: number | null;
  readonly isPublisher: boolean;
  readonly gvl: VendorDeclarations | null;
}

/** Whether a publisher restriction of one of `types` names the vendor for the purpose. */
function isRestricted(tc: TcString, purposeId: number, vendor: number, types: readonly number[]): boolean {
  return tc.restrictions.some(
    (restriction) =>
      restriction.purposeId === purposeId && types.includes(restriction.type) && hasInRanges(restriction.ranges, vendor),
  );
}

/**
 * The basis that a vendor may rest a purpose on. A restriction binds a flexible vendor to the other basis and ends the purpose
 * for an inflexible one. Without a vendor list a vendor is taken to rest on consent, the one basis that needs a yes.
 */
function pickBasis(tc: TcString, purposeId: number, vendor: number, declaration: VendorDeclaration | null): TcBasis {
  // Type 3 is undefined; a restriction that nobody understands restricts.
  if (isRestricted(tc, purposeId, vendor, [0, 3])) return 'none';
  const mustConsent = isRestricted(tc, purposeId, vendor, [1]);
  const mustInterest = isRestricted(tc, purposeId, vendor, [2]);
  if (declaration === null) return mustInterest ? 'none' : 'consent';
  const isFlexible = declaration.flexible.has(purposeId);
  if (declaration.consent.has(purposeId)) {
    if (!mustInterest) return 'consent';
    return isFlexible && !mustConsent ? 'interest' : 'none';
  }
  if (!declaration.legitimateInterest.has(purposeId)) return 'none';
  if (!mustConsent) return 'interest';
  return isFlexible && !mustInterest ? 'consent' : 'none';
}

function findVendorBasis(tc: TcString, purposeId: number, vendor: number, gvl: VendorDeclarations | null): TcBasis {
  // A vendor that the person was not shown, or that the list does not know, has no basis at all.
  if (tc.disclosedVendors !== null && !hasVendor(tc.disclosedVendors, vendor)) return 'none';
  const declaration = gvl === null ? null : gvl.get(vendor);
  if (declaration === undefined) return 'none';
  switch (pickBasis(tc, purposeId, vendor, declaration)) {
    case 'consent':
      return hasPurpose(tc.consents, purposeId) && hasVendor(tc.vendorConsents, vendor) ? 'consent' : 'none';
    case 'interest': {
      const isUnopposed = hasPurpose(tc.legitimateInterests, purposeId) && hasVendor(tc.vendorLegitimateInterests, vendor);
      return isUnopposed && purposeId !== 1 ? 'interest' : 'none';
    }
    case 'none':
      return 'none';
  }
}

export function findBasis(tc: TcString, purposeId: number, recipient: TcRecipient): TcBasis {
  // Purpose 1 was not shown to the person at all, so whatever its bit says, nobody agreed to it.
  if (purposeId === 1 && tc.purposeOneTreatment) return 'none';
  if (recipient.vendor !== null) return findVendorBasis(tc, purposeId, recipient.vendor, recipient.gvl);
  const consents = recipient.isPublisher && tc.publisher !== null ? tc.publisher.consents : tc.consents;
  return hasPurpose(consents, purposeId) ? 'consent' : 'none';
}
