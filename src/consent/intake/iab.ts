import { decodeGppString, type GppSection } from '../../signals/gpp.ts';
import { decodeTcString, hasPurpose } from '../../signals/tcf.ts';
import { NO_PURPOSES, type Purpose, type PurposeSet, purposeBit } from '../state.ts';
import { type BannerReader, isObject, type Told, UNDECIDED } from './told.ts';

/** TCF purposes that must all carry consent for one of ours: the policy language's own table. */
const NEEDS: readonly (readonly [Purpose, readonly number[]])[] = [
  ['functional', [1]],
  ['analytics', [1, 8]],
  ['personalization', [1, 5, 6]],
  ['advertising', [1, 3, 4, 7]],
];

const OPT_OUTS = ['SaleOptOut', 'SharingOptOut', 'TargetedAdvertisingOptOut'];
const ADVERTISING = purposeBit('advertising');

function decideByTcf(hasConsent: (purpose: number) => boolean): NonNullable<Told['decided']> {
  let [grants, refusals]: [PurposeSet, PurposeSet] = [NO_PURPOSES, NO_PURPOSES];
  for (const [purpose, needs] of NEEDS) {
    if (needs.every(hasConsent)) grants |= purposeBit(purpose);
    else refusals |= purposeBit(purpose);
  }
  return { grants, refusals };
}

/** `tcData` of `__tcfapi('addEventListener')`: its string decides, the parsed form beside it is not believed over it. */
export const readTcData: BannerReader = (body) => {
  const { tcString, eventStatus, gdprApplies } = body;
  if (typeof tcString !== 'string' || isObject(body.purposes)) return null;
  if (gdprApplies === false || (eventStatus !== undefined && eventStatus !== 'useractioncomplete' && eventStatus !== 'tcloaded'))
    return UNDECIDED;
  const tc = decodeTcString(tcString);
  if (!tc.ok) return null;
  return { decided: decideByTcf((purpose) => hasPurpose(tc.consents, purpose)), action: 'save', tcString };
};

/**
 * `pingData` of `__gpp('addEventListener')`. An opt-out of a US section refuses advertising. That there is none is a yes only
 * where the page says that somebody pressed save (`action: save`): the same string stands there before anybody was asked.
 */
export const readGppData: BannerReader = (body) => {
  const { gppString, action, signalStatus } = body;
  if (typeof gppString !== 'string' || isObject(body.purposes)) return null;
  if (signalStatus === 'not ready') return UNDECIDED;
  const gpp = decodeGppString(gppString);
  if (!gpp.ok) return null;
  const isSaved = action === 'save';
  const told = gpp.sections.map((section) => decideBySection(section, isSaved)).filter((decided) => decided !== null);
  if (told.length === 0) return UNDECIDED;
  const refusals = told.reduce((all, decided) => all | decided.refusals, NO_PURPOSES);
  const grants = told.reduce((all, decided) => all | decided.grants, NO_PURPOSES) & ~refusals;
  return { decided: grants === NO_PURPOSES && refusals === NO_PURPOSES ? null : { grants, refusals }, action: 'save', gppString };
};

function decideBySection(section: GppSection, isSaved: boolean): Told['decided'] {
  if (section.kind === 'tcf') {
    const { tcf } = section;
    return tcf.ok ? decideByTcf((purpose) => hasPurpose(tcf.consents, purpose)) : null;
  }
  if (section.kind !== 'us' || section.refusal !== null || section.us === null) return null;
  const { fields, gpc } = section.us;
  const values = OPT_OUTS.map((field) => fields[field]).filter((value) => value !== undefined);
  const flat = values.map((value) => (typeof value === 'number' ? value : (value[0] ?? 0)));
  // 1 is an opt-out, 2 is none, 0 says that the question does not arise (and 3 is illegal and reads as 1).
  if (gpc === true || flat.some((value) => value & 1)) return { grants: NO_PURPOSES, refusals: ADVERTISING };
  return { grants: isSaved && flat.includes(2) ? ADVERTISING : NO_PURPOSES, refusals: NO_PURPOSES };
}
