/** A small policy set of the shape that the policy room compiles: an opt-in and an opt-out place, told by the country. */
import type { Choice, ConsentHead } from '../../src/consent/record.ts';
import {
  type Action,
  columnOf,
  PURPOSES,
  type Purpose,
  type PurposeSet,
  purposeBit,
  type State,
} from '../../src/consent/state.ts';
import type { ConsentRules, Facts, PolicySet, PurposeDecision, Reason, Region } from '../../src/policy/policy.ts';

export const DAY_MS = 86_400_000;

export interface FakeRules {
  readonly recordRefusals?: boolean;
  readonly validForMs?: number;
  readonly reaskAfterNoMs?: number;
  /** Purposes that Sec-GPC denies in the opt-out place. */
  readonly gpcDenies?: PurposeSet;
}

export function placeOf(country: string, subdivision: string | null = null): Region {
  return { country, subdivision, source: 'header:test', disagrees: null };
}

/** `US` answers opt-out, everything else opt-in. */
export function fakePolicies(rules: FakeRules = {}): PolicySet {
  const {
    recordRefusals = true,
    validForMs = 180 * DAY_MS,
    reaskAfterNoMs = 180 * DAY_MS,
    gpcDenies = purposeBit('advertising'),
  } = rules;
  const modelOf = (region: Region) => (region.country === 'US' ? 'opt-out' : 'opt-in');
  const consentRules = (region: Region): ConsentRules => {
    const policy = region.country === 'US' ? 'us' : 'eu';
    return {
      validForMs,
      reaskAfterNoMs,
      reaskBelow: null,
      proofRequired: false,
      recordRefusals,
      model: modelOf(region),
      policy,
      version: `${policy}@1.0.0#0123456789abcdef`,
    };
  };
  const decidePurpose = (facts: Facts, purpose: Purpose, now: number): PurposeDecision => {
    const rule = consentRules(facts.region);
    const honored = rule.model === 'opt-out' ? gpcDenies : 0;
    const gpc = facts.signals.find((reading) => reading.signal === 'gpc');
    const isGpcDenied = gpc !== undefined && (honored & purposeBit(purpose)) !== 0;
    const state: State = isGpcDenied ? 'denied' : stateOf(facts, purpose, now, rule);
    const softest: Action = rule.model === 'opt-out' ? 'forward' : 'drop';
    const action = { granted: 'forward', unknown: softest, denied: 'drop' }[columnOf(state)] as Action;
    const reasons: Reason[] = isGpcDenied ? [{ code: 'signal', reading: gpc }] : [{ code: 'record' }];
    return { state, action: purpose === 'necessary' ? 'forward' : action, policy: rule.policy, reasons };
  };
  return {
    revision: '0123456789abcdef',
    consentRules,
    decide(facts, now) {
      const rule = consentRules(facts.region);
      const { policy, version, model } = rule;
      const purposes = PURPOSES.map((purpose) => decidePurpose(facts, purpose, now));
      return { purposes, policy, version, also: [], model, anonymize: ANONYMIZE, remember: 0 };
    },
    mayContinueWithoutEvidence: () => false,
  };
}

function stateOf(facts: Facts, purpose: Purpose, now: number, rules: ConsentRules): State {
  if (facts.record === 'invalid' || facts.record === 'unavailable') return 'denied';
  const choice: Choice | undefined = (facts.record as ConsentHead | null)?.choices[purpose];
  if (choice !== undefined && choice.state !== 'granted') return choice.state;
  if ((facts.denied & purposeBit(purpose)) !== 0) return 'denied';
  if (choice === undefined) return 'unknown';
  return now - choice.at >= rules.validForMs ? 'expired' : 'granted';
}

const ANONYMIZE = {
  ip: 'drop',
  ids: 'drop',
  joinIds: 'drop',
  userAgent: 'drop',
  device: 'drop',
  page: 'drop',
  text: 'drop',
  referrer: 'drop',
  undeclared: 'drop',
  time: 'hour',
  geo: 'none',
} as const;
