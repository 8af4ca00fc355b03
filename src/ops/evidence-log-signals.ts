/**
 * A signal of a hit as the decision log keeps it: not the string, but what it says to whatever rule a policy may have, so that a
 * recorded decision can be judged again under other rules. Found out by asking the reading, rule by rule.
 */
import { ALL_PURPOSES, OPTIONAL_PURPOSES, type Purpose, purposeBit, purposeSet, purposesIn } from '../consent/state.ts';
import { nameUsSection } from '../signals/gpp-layouts.ts';
import { OPTIONAL_SET } from '../signals/plain-reading.ts';
import type { SignalContext, SignalName, SignalReading, SignalRule, Vote } from '../signals/signal.ts';

/** What a TC string says of the TCF's purposes 1 to 11; those in neither list rest on legitimate interest, which is no yes and no no. */
interface TcfWord {
  readonly consents: readonly number[];
  readonly refuses: readonly number[];
  readonly unreadable: boolean;
}

export interface RecordedSignal {
  readonly signal: SignalName;
  /** `header`, `query`, `cookie` or `body`. */
  readonly carrier: string;
  /** As a class of value: `1`, `opt-out`, `usca SaleOptOut=1`, `void: too old`. */
  readonly said: string;
  /** Purposes, for every signal but the next two. */
  readonly grants?: readonly Purpose[];
  readonly denies?: readonly Purpose[];
  readonly unreadable?: readonly Purpose[];
  /** For `tcf`; `vendor` is what it says where the bits of the route's vendor count too. */
  readonly tcf?: TcfWord;
  readonly vendor?: TcfWord;
  readonly forbids?: SignalReading['forbids'];
  /** For `gpp`: fields that are an opt-out, by section. */
  readonly optOuts?: { readonly [section: string]: readonly string[] };
  /** For `gpp`: the browser's GPC in some section, which counts whatever sections are heard. */
  readonly gpc?: boolean;
  /** For `gpp`: sections that cannot be read, or `any`. */
  readonly unreadableSections?: readonly string[] | 'any';
}

const TCF_PURPOSES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
const SECTIONS = Array.from({ length: 21 }, (_, i) => nameUsSection(i + 7)).filter((name) => name !== null);
/** Fields that `deny-when` can sensibly name. */
const FIELDS = `SaleOptOut SharingOptOut TargetedAdvertisingOptOut SensitiveDataProcessing KnownChildSensitiveDataConsents
 PersonalDataConsents`.split(/\s+/);
/** A section that does not exist, to hear what is said to every section. */
const NO_SECTION = 'none';

const WIDEST: SignalRule = {
  mayGrant: true,
  mayDeny: true,
  covers: ALL_PURPOSES,
  needs: {},
  vendorConsent: false,
  sections: 'any',
  denyWhen: [],
  beatsRecord: true,
  remember: false,
};

export function describeSignal(reading: SignalReading, context: SignalContext): RecordedSignal {
  const { signal, said, forbids } = reading;
  const head = { signal, carrier: /^\w+/.exec(reading.field)?.[0] ?? 'unknown', said, ...(forbids !== undefined && { forbids }) };
  if (signal === 'gpp') return { ...head, ...hearGpp(reading, context) };
  if (signal !== 'tcf') return { ...head, ...hearPlain(reading.vote(WIDEST, context)) };
  const tcf = hearTcf(reading, context, false);
  return context.tcfVendor === null ? { ...head, tcf } : { ...head, tcf, vendor: hearTcf(reading, context, true) };
}

function hearPlain(vote: Vote): Partial<RecordedSignal> {
  const { grants, denies, unreadable } = vote;
  return {
    ...(grants !== 0 && { grants: purposesIn(grants) }),
    ...(denies !== 0 && { denies: purposesIn(denies) }),
    ...(unreadable !== 0 && { unreadable: purposesIn(unreadable) }),
  };
}

function hearTcf(reading: SignalReading, context: SignalContext, vendorConsent: boolean): TcfWord {
  const consents: number[] = [];
  const refuses: number[] = [];
  let unreadable = false;
  for (const purpose of TCF_PURPOSES) {
    const vote = reading.vote({ ...WIDEST, needs: { analytics: [purpose] }, vendorConsent }, context);
    if (vote.grants !== 0) consents.push(purpose);
    if (vote.denies !== 0) refuses.push(purpose);
    unreadable ||= vote.unreadable !== 0;
  }
  return { consents, refuses, unreadable };
}

function hearGpp(reading: SignalReading, context: SignalContext): Partial<RecordedSignal> {
  const ask = (sections: SignalRule['sections'], denyWhen: readonly string[]): Vote =>
    reading.vote({ ...WIDEST, sections, denyWhen }, context);
  if (ask([NO_SECTION], []).denies !== 0) return { gpc: true };
  if (ask([NO_SECTION], []).unreadable !== 0) return { unreadableSections: 'any' };
  const optOuts: Record<string, string[]> = {};
  const unreadable: string[] = [];
  for (const section of SECTIONS) {
    if (ask([section], []).unreadable !== 0) unreadable.push(section);
    const fields = ask([section], FIELDS).denies === 0 ? [] : FIELDS.filter((field) => ask([section], [field]).denies !== 0);
    if (fields.length > 0) optOuts[section] = fields;
  }
  // A section whose number nobody knows yet counts only where every section is heard.
  const unknown = ask('any', []).unreadable !== 0 && unreadable.length === 0;
  return {
    ...(Object.keys(optOuts).length > 0 && { optOuts }),
    ...((unknown || unreadable.length > 0) && { unreadableSections: unknown ? ['unknown'] : unreadable }),
  };
}

/** The reading that a recorded signal stands for: it votes as the original did. */
export function readRecordedSignal(recorded: RecordedSignal): SignalReading {
  const { signal, carrier, said, forbids } = recorded;
  const vote = recorded.tcf !== undefined ? voteTcf(recorded) : signal === 'gpp' ? voteGpp(recorded) : votePlain(recorded);
  return { signal, field: carrier, said, vote, ...(forbids !== undefined && { forbids }) };
}

function votePlain({ grants = [], denies = [], unreadable = [] }: RecordedSignal): SignalReading['vote'] {
  const sets = { grants: purposeSet(grants), denies: purposeSet(denies), unreadable: purposeSet(unreadable) };
  return (rule) => limit(sets, rule);
}

function voteTcf({ tcf, vendor }: RecordedSignal): SignalReading['vote'] {
  return (rule) => {
    const word = rule.vendorConsent ? (vendor ?? tcf) : tcf;
    let grants = 0;
    let denies = 0;
    let heard = 0;
    for (const purpose of OPTIONAL_PURPOSES) {
      const needs = rule.needs[purpose] ?? [];
      if (word === undefined || needs.length === 0) continue;
      const bit = purposeBit(purpose);
      heard |= bit;
      if (needs.every((need) => word.consents.includes(need))) grants |= bit;
      if (needs.some((need) => word.refuses.includes(need))) denies |= bit;
    }
    const unreadable = word?.unreadable ? heard & rule.covers : 0;
    return { ...limit({ grants, denies, unreadable: 0 }, rule), unreadable };
  };
}

function voteGpp({ optOuts = {}, gpc, unreadableSections = [] }: RecordedSignal): SignalReading['vote'] {
  return (rule) => {
    const hears = (section: string): boolean => rule.sections === 'any' || rule.sections.includes(section);
    const denied = Object.entries(optOuts).some(
      ([section, fields]) => hears(section) && fields.some((field) => rule.denyWhen.includes(field)),
    );
    const unreadable = unreadableSections === 'any' || unreadableSections.some(hears);
    return limit(
      gpc === true || denied
        ? { grants: 0, denies: OPTIONAL_SET, unreadable: 0 }
        : { grants: 0, denies: 0, unreadable: unreadable ? OPTIONAL_SET : 0 },
      rule,
    );
  };
}

function limit(sets: Vote, rule: SignalRule): Vote {
  return {
    grants: rule.mayGrant ? sets.grants & rule.covers : 0,
    denies: rule.mayDeny ? sets.denies & rule.covers : 0,
    unreadable: rule.mayDeny ? sets.unreadable & rule.covers : 0,
  };
}
