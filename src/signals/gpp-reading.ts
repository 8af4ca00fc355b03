/** What the US sections of a hit's GPP strings say: opt-outs, and nothing that could be a yes. */

import type { GppDecoding, GppSection } from './gpp.ts';
import type { FieldValue } from './gpp-sections.ts';
import { OPTIONAL_SET } from './plain-reading.ts';
import { NO_VOTE, type SignalReading, type SignalRule, type Vote } from './signal.ts';

type UsGppSection = Extract<GppSection, { kind: 'us' }>;

/** 1 is an opt-out or a refusal; 3 is illegal and reads as one. In a list any element counts. */
function isOptedOut(value: FieldValue | undefined): boolean {
  if (value === undefined) return false;
  return typeof value === 'number' ? (value & 1) === 1 : value.some((member) => (member & 1) === 1);
}

function isHeard(rule: SignalRule, name: string): boolean {
  return rule.sections === 'any' || rule.sections.includes(name);
}

type Verdict = 'opt-out' | 'unreadable' | 'nothing';

function judgeSection(section: UsGppSection, rule: SignalRule): Verdict {
  // GPC is the browser's own and bound to no state: it counts in whichever section the page's script has put it.
  if (section.refusal === null && section.us?.gpc === true) return 'opt-out';
  if (!isHeard(rule, section.name)) return 'nothing';
  if (section.refusal !== null || section.us === null) return 'unreadable';
  const { fields } = section.us;
  return rule.denyWhen.some((field) => isOptedOut(fields[field])) ? 'opt-out' : 'nothing';
}

function voteOf(verdict: Verdict, rule: SignalRule): Vote {
  if (verdict === 'nothing' || !rule.mayDeny) return NO_VOTE;
  const covered = rule.covers & OPTIONAL_SET;
  return verdict === 'opt-out' ? { ...NO_VOTE, denies: covered } : { ...NO_VOTE, unreadable: covered };
}

const OPT_OUT_FIELDS = ['SaleOptOut', 'SharingOptOut', 'TargetedAdvertisingOptOut'];

/** A section as a class of value: its first opt-out, or that it has none. */
function describeSection(section: UsGppSection): string {
  if (section.refusal !== null || section.us === null) return `${section.name} unreadable: ${section.refusal}`;
  if (section.us.gpc === true) return `${section.name} Gpc=1`;
  const { fields } = section.us;
  const field = OPT_OUT_FIELDS.find((name) => isOptedOut(fields[name]));
  return field === undefined ? `${section.name} no opt-out` : `${section.name} ${field}=1`;
}

/** One GPP string. Null where it holds no US section: what else it holds has readings of its own. */
export function createGppReading(field: string, gpp: GppDecoding): SignalReading | null {
  if (!gpp.ok) return { signal: 'gpp', field, said: `unreadable: ${gpp.reason}`, vote: (rule) => voteOf('unreadable', rule) };
  const sections = gpp.sections.filter((section) => section.kind === 'us');
  // A section id that is not given out yet may be a state's; nobody can say that it holds no opt-out.
  const unknown = gpp.sections.find((section) => section.kind === 'unknown');
  if (sections.length === 0 && unknown === undefined) return null;
  const said = [...sections.map(describeSection), ...(unknown === undefined ? [] : [`section ${unknown.id} unknown`])].join('; ');

  function vote(rule: SignalRule): Vote {
    let worst: Verdict = unknown !== undefined && rule.sections === 'any' ? 'unreadable' : 'nothing';
    for (const section of sections) {
      const verdict = judgeSection(section, rule);
      if (verdict === 'opt-out') return voteOf('opt-out', rule);
      if (verdict === 'unreadable') worst = 'unreadable';
    }
    return voteOf(worst, rule);
  }
  return { signal: 'gpp', field, said, vote };
}

/** `gpp_sid` names US sections that no string of the hit has: an opt-out is announced and not there to be read. */
export function createMissingSectionReading(names: readonly string[]): SignalReading {
  return {
    signal: 'gpp',
    field: 'query:gpp_sid',
    said: `section missing: ${names.join(', ')}`,
    vote: (rule) => voteOf(names.some((name) => isHeard(rule, name)) ? 'unreadable' : 'nothing', rule),
  };
}
