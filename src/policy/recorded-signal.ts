/**
 * A signal as a decision log keeps it: what it votes, taken apart so far that it can be put together again under any rule.
 * TCF by TCF purpose, GPP by section and field, the others by purpose of ours.
 */
import { z } from 'zod';
import { ALL_PURPOSES, PURPOSES, purposeBit } from '../consent/state.ts';
import { DEFAULT_SIGNAL_RULES } from '../signals/rules.ts';
import { NO_VOTE, SIGNAL_NAMES, type SignalContext, type SignalReading, type SignalRule, type Vote } from '../signals/signal.ts';

const US_SECTIONS =
  'usnat usca usva usco usut usct usfl usmt usor ustx usde usia usne usnh usnj ustn usmn usmd usin usky usri'.split(' ');
const TCF_PURPOSES = 11;
const bits = z.int().min(0).max(ALL_PURPOSES);

export const RecordedSignal = z.object({
  signal: z.enum(SIGNAL_NAMES),
  field: z.string(),
  said: z.string(),
  /** Votes under a rule that covers everything. */
  grants: bits,
  denies: bits,
  unreadable: bits,
  /** TCF: a letter for each TCF purpose from 1: `g` grants, `d` denies, `u` unreadable, `-` neither; with and without the vendor. */
  tcf: z.object({ vendor: z.string().length(TCF_PURPOSES), any: z.string().length(TCF_PURPOSES) }).optional(),
  /** GPP: opt-outs as `section.field`, sections that are there and unreadable, and what every rule hears: GPC, or a string that cannot be read. */
  gpp: z
    .object({
      denies: z.array(z.string()),
      unreadable: z.array(z.string()),
      always: z.enum(['denies', 'unreadable']).nullable(),
      unknown: z.boolean(),
    })
    .optional(),
});
export type RecordedSignal = z.infer<typeof RecordedSignal>;

export function recordSignal(reading: SignalReading, context: SignalContext): RecordedSignal {
  const { signal, field, said } = reading;
  const open: SignalRule = { ...DEFAULT_SIGNAL_RULES[signal], mayGrant: true, mayDeny: true, covers: ALL_PURPOSES };
  const { grants, denies, unreadable } = reading.vote(open, context);
  const recorded = { signal, field, said, grants, denies, unreadable };
  if (signal === 'tcf')
    return { ...recorded, tcf: { vendor: probeTcf(reading, open, true, context), any: probeTcf(reading, open, false, context) } };
  if (signal === 'gpp') return { ...recorded, gpp: probeGpp(reading, open, context) };
  return recorded;
}

export function restoreSignal(recorded: RecordedSignal): SignalReading {
  const { signal, field, said } = recorded;
  return {
    signal,
    field,
    said,
    vote(rule) {
      const vote = voteAs(recorded, rule);
      return {
        grants: rule.mayGrant ? vote.grants & rule.covers : 0,
        denies: rule.mayDeny ? vote.denies & rule.covers : 0,
        unreadable: rule.mayDeny ? vote.unreadable & rule.covers : 0,
      };
    },
  };
}

function voteAs(recorded: RecordedSignal, rule: SignalRule): Vote {
  if (recorded.tcf !== undefined) return voteAsTcf(rule.vendorConsent ? recorded.tcf.vendor : recorded.tcf.any, rule);
  if (recorded.gpp !== undefined) return voteAsGpp(recorded.gpp, rule);
  return recorded;
}

/** What a TC string says of each TCF purpose: asked as if one purpose of ours needed that one alone. */
function probeTcf(reading: SignalReading, open: SignalRule, vendorConsent: boolean, context: SignalContext): string {
  const bit = purposeBit('analytics');
  let letters = '';
  for (let purpose = 1; purpose <= TCF_PURPOSES; purpose++) {
    const vote = reading.vote({ ...open, covers: bit, needs: { analytics: [purpose] }, vendorConsent }, context);
    letters += vote.denies !== 0 ? 'd' : vote.unreadable !== 0 ? 'u' : vote.grants !== 0 ? 'g' : '-';
  }
  return letters;
}

function voteAsTcf(letters: string, rule: SignalRule): Vote {
  let { grants, denies, unreadable } = NO_VOTE;
  for (const purpose of PURPOSES) {
    const needed = (rule.needs[purpose] ?? []).map((id) => letters[id - 1] ?? 'd');
    if (needed.length === 0) continue;
    const bit = purposeBit(purpose);
    if (needed.includes('d')) denies |= bit;
    if (needed.includes('u')) unreadable |= bit;
    if (needed.every((letter) => letter === 'g')) grants |= bit;
  }
  return { grants, denies, unreadable };
}

function probeGpp(reading: SignalReading, open: SignalRule, context: SignalContext): NonNullable<RecordedSignal['gpp']> {
  const ask = (sections: SignalRule['sections'], denyWhen: readonly string[]) =>
    reading.vote({ ...open, sections, denyWhen }, context);
  const anywhere = ask([], []);
  const always = anywhere.denies !== 0 ? 'denies' : anywhere.unreadable !== 0 ? 'unreadable' : null;
  if (always !== null) return { denies: [], unreadable: [], always, unknown: false };
  const fields = DEFAULT_SIGNAL_RULES.gpp.denyWhen;
  const denies = US_SECTIONS.flatMap((section) =>
    fields.filter((field) => ask([section], [field]).denies !== 0).map((field) => `${section}.${field}`),
  );
  const unreadable = US_SECTIONS.filter((section) => ask([section], []).unreadable !== 0);
  const unknown = unreadable.length === 0 && ask('any', []).unreadable !== 0;
  return { denies, unreadable, always, unknown };
}

function voteAsGpp(gpp: NonNullable<RecordedSignal['gpp']>, rule: SignalRule): Vote {
  const isHeard = (section: string) => rule.sections === 'any' || rule.sections.includes(section);
  const denied =
    gpp.always === 'denies' ||
    gpp.denies.some((optOut) => {
      const [section = '', field = ''] = optOut.split('.');
      return isHeard(section) && rule.denyWhen.includes(field);
    });
  if (denied) return { ...NO_VOTE, denies: ALL_PURPOSES };
  const unreadable = gpp.always === 'unreadable' || gpp.unreadable.some(isHeard) || (gpp.unknown && rule.sections === 'any');
  return unreadable ? { ...NO_VOTE, unreadable: ALL_PURPOSES } : NO_VOTE;
}
