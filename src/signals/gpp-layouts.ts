/**
 * The US sections of a GPP string, 7 to 27, as a table (IAB Tech Lab, GPP "Sections": US National and the states'): which
 * fields of 2 bits stand behind the 6 bits of the version, in which order.
 */

/** A field, or a field that is a list of so many values. */
type Field = string | readonly [string, number];

export interface UsLayout {
  readonly name: string;
  readonly versions: number;
  readonly fields: readonly Field[];
  /** Field of the version: `Version`, in the sections of 2025 `MspaVersion`. */
  readonly versionField: 'Version' | 'MspaVersion';
  /** Values of a second sub-section without a type of its own (SensitiveDataConsent of IN, KY and RI); 0 where there is none. */
  readonly sensitive: number;
}

const MSPA = ['MspaCoveredTransaction', 'MspaOptOutOptionMode', 'MspaServiceProviderMode'] as const;
const OPT_OUTS = ['SaleOptOut', 'TargetedAdvertisingOptOut'] as const;
const NOTICES = ['SaleOptOutNotice', 'TargetedAdvertisingOptOutNotice'] as const;
export const CHILD = 'KnownChildSensitiveDataConsents';
const ADDITIONAL = 'AdditionalDataProcessingConsent';

function list(name: string, count: number): Field {
  return count === 1 ? name : [name, count];
}

function layOut(name: string, fields: readonly Field[]): UsLayout {
  return { name, versions: 1, fields, versionField: 'Version', sensitive: 0 };
}

/** Virginia's pattern: notice of sharing or of processing, two opt-outs, sensitive data, children. */
function layOutState(
  name: string,
  notice: 'SharingNotice' | 'ProcessingNotice',
  sensitive: number,
  child: number,
  rest: Field[],
) {
  const consents = [list('SensitiveDataProcessing', sensitive), list(CHILD, child)];
  return layOut(name, [notice, ...NOTICES, ...OPT_OUTS, ...consents, ...rest, ...MSPA]);
}

/** The pattern of 2025 (MD, IN, KY, RI): the MSPA fields first, sensitive data in a sub-section. */
function layOutLate(name: string, child: boolean, sensitive: number): UsLayout {
  const core: Field[] = ['MspaCoveredTransaction', 'MspaMode', 'ProcessingNotice', ...NOTICES, ...OPT_OUTS];
  return {
    ...layOut(name, child ? [...core, CHILD, ADDITIONAL] : [...core, ADDITIONAL]),
    versionField: 'MspaVersion',
    sensitive,
  };
}

function layOutNational(sensitive: number, child: number): UsLayout {
  const layout = layOut('usnat', [
    ...['SharingNotice', 'SaleOptOutNotice', 'SharingOptOutNotice', 'TargetedAdvertisingOptOutNotice'],
    ...['SensitiveDataProcessingOptOutNotice', 'SensitiveDataLimitUseNotice'],
    ...['SaleOptOut', 'SharingOptOut', 'TargetedAdvertisingOptOut'],
    ['SensitiveDataProcessing', sensitive],
    [CHILD, child],
    'PersonalDataConsents',
    ...MSPA,
  ]);
  return { ...layout, versions: 2 };
}

const CALIFORNIA = layOut('usca', [
  ...['SaleOptOutNotice', 'SharingOptOutNotice', 'SensitiveDataLimitUseNotice', 'SaleOptOut', 'SharingOptOut'],
  ['SensitiveDataProcessing', 9],
  [CHILD, 2],
  'PersonalDataConsents',
  ...MSPA,
]);
const UTAH = layOut('usut', [
  ...['SharingNotice', ...NOTICES, 'SensitiveDataProcessingOptOutNotice', ...OPT_OUTS],
  ['SensitiveDataProcessing', 8],
  CHILD,
  ...MSPA,
]);
const IOWA = layOut('usia', [
  ...['ProcessingNotice', ...NOTICES, 'SensitiveDataOptOutNotice', ...OPT_OUTS],
  ['SensitiveDataProcessing', 8],
  CHILD,
  ...MSPA,
]);

/**
 * The layout of usnat cannot be told by its version: strings of version 1 in the longer layout and of version 2 in the shorter
 * one are about. The length tells it, as for the specification's own library.
 */
export const NATIONAL_SHORT = layOutNational(12, 2);
const NATIONAL_LONG = layOutNational(16, 3);
export const NATIONAL_LONG_CHARS = 12;

export const FIRST_US_SECTION = 7;
const US_LAYOUTS: readonly UsLayout[] = [
  NATIONAL_LONG,
  CALIFORNIA,
  layOutState('usva', 'SharingNotice', 8, 1, []),
  layOutState('usco', 'SharingNotice', 7, 1, []),
  UTAH,
  layOutState('usct', 'SharingNotice', 8, 3, []),
  layOutState('usfl', 'ProcessingNotice', 8, 3, [ADDITIONAL]),
  layOutState('usmt', 'SharingNotice', 8, 3, [ADDITIONAL]),
  layOutState('usor', 'ProcessingNotice', 11, 3, [ADDITIONAL]),
  layOutState('ustx', 'ProcessingNotice', 8, 1, [ADDITIONAL]),
  layOutState('usde', 'ProcessingNotice', 9, 5, [ADDITIONAL]),
  IOWA,
  layOutState('usne', 'ProcessingNotice', 8, 1, [ADDITIONAL]),
  layOutState('usnh', 'ProcessingNotice', 8, 3, [ADDITIONAL]),
  layOutState('usnj', 'ProcessingNotice', 10, 5, [ADDITIONAL]),
  layOutState('ustn', 'ProcessingNotice', 8, 1, [ADDITIONAL]),
  layOutState('usmn', 'ProcessingNotice', 8, 1, [ADDITIONAL]),
  layOutLate('usmd', false, 0),
  layOutLate('usin', true, 8),
  layOutLate('usky', true, 8),
  layOutLate('usri', true, 8),
];

/** Layout of a section, or undefined for an id without one. */
export function findUsLayout(id: number): UsLayout | undefined {
  return US_LAYOUTS[id - FIRST_US_SECTION];
}

/** Name of a section as policies write it, or null for an id without a table of its own. */
export function nameUsSection(id: number): string | null {
  return findUsLayout(id)?.name ?? null;
}
