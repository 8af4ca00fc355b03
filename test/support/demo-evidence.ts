/** Evidence of a hit as the demo's tests need it: every part may be said otherwise. */
import { PURPOSES, purposeSet, type State } from '../../src/consent/state.ts';
import type { HitEvidence } from '../../src/ops/evidence.ts';
import type { Action, Judgement, Reason } from '../../src/policy/policy.ts';

const ANONYMIZE: Judgement['anonymize'] = {
  ip: 'drop',
  ids: 'drop',
  joinIds: 'drop',
  userAgent: 'family',
  device: 'coarse',
  page: 'path',
  text: 'drop',
  referrer: 'origin',
  undeclared: 'drop',
  time: 'hour',
  geo: 'country',
};

export function judgement(state: State, action: Action, reason: Reason): Judgement {
  return {
    purposes: PURPOSES.map(() => ({ state, action, policy: 'eu', reasons: [reason] })),
    policy: 'eu',
    version: 'eu@2026.11.0#0123456789ab',
    also: [],
    model: 'opt-in',
    anonymize: ANONYMIZE,
    remember: 0,
  };
}

export function evidence(over: Partial<HitEvidence> = {}): HitEvidence {
  return {
    at: Date.UTC(2026, 10, 23),
    route: '/g/collect',
    vendor: 'ga4',
    method: 'GET',
    region: { country: 'DE', subdivision: 'BE', source: 'header:configured', disagrees: null },
    judgement: judgement('unknown', 'drop', { code: 'silence' }),
    facts: null,
    action: 'drop',
    gate: purposeSet(['analytics']),
    outcome: 'dropped',
    fault: null,
    report: [],
    found: null,
    revision: '0123456789abcdef',
    ...over,
  };
}
