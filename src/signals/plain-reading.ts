/** A reading that says the same whatever the rule's details are: only `may` and `covers` of the rule are asked. */
import { ALL_PURPOSES, type PurposeSet, purposeBit } from '../consent/state.ts';
import { NO_VOTE, type SignalName, type SignalReading, type SignalRule, type Vote } from './signal.ts';

/** Every purpose that a signal can speak about. Nothing that a person says takes the necessary away. */
export const OPTIONAL_SET: PurposeSet = ALL_PURPOSES & ~purposeBit('necessary');

/** The part of `said` that a rule lets count. */
export function limitVote(said: Vote, rule: SignalRule): Vote {
  const grants = rule.mayGrant ? said.grants & rule.covers : 0;
  const denies = rule.mayDeny ? said.denies & rule.covers : 0;
  const unreadable = rule.mayDeny ? said.unreadable & rule.covers : 0;
  return grants === 0 && denies === 0 && unreadable === 0 ? NO_VOTE : { grants, denies, unreadable };
}

export function createReading(signal: SignalName, field: string, said: string, saying: Partial<Vote>): SignalReading {
  const whole: Vote = { ...NO_VOTE, ...saying };
  return { signal, field, said, vote: (rule) => limitVote(whole, rule) };
}

/** Denies whatever the rule says that the signal covers. */
export function createDenial(signal: SignalName, field: string, said: string): SignalReading {
  return createReading(signal, field, said, { denies: OPTIONAL_SET });
}

/** Is there and says nothing that can be read. */
export function createUnreadable(signal: SignalName, field: string): SignalReading {
  return createReading(signal, field, 'unreadable', { unreadable: OPTIONAL_SET });
}

/** Is there and is silent, for explanations. */
export function createSilence(signal: SignalName, field: string, said: string): SignalReading {
  return createReading(signal, field, said, {});
}
