/** Routes and judgements for tests of single steps. */

import type { Action } from '../../src/consent/state.ts';
import { PURPOSES, type Purpose, purposeSet, type State } from '../../src/consent/state.ts';
import type { Route } from '../../src/hit/route.ts';
import type { AnonymizeRules, Judgement } from '../../src/policy/policy.ts';
import type { VendorProfile } from '../../src/vendors/profile.ts';

export function fakeRoute(route: Partial<Route> & { path: string }): Route {
  const profile = {
    name: 'generic',
    purposes: [],
    named: purposeSet(['analytics']),
    recipient: 'own',
    dropped: null,
    consentInBody: false,
    isEndpoint: () => false,
    cookie: () => null,
    cookiePurpose: (name: string): Purpose | null => (name === '_ga' ? 'analytics' : name === '_fbp' ? 'advertising' : null),
  } as unknown as VendorProfile;
  return {
    pattern: route.prefix ? `${route.path}*` : route.path,
    prefix: false,
    host: null,
    pass: false,
    profile,
    gate: purposeSet(['analytics']),
    recipient: 'own',
    label: null,
    respond: 'upstream',
    upstream: null,
    rewrite: null,
    hostHeader: null,
    subject: null,
    sensitive: false,
    age: null,
    tcfVendor: null,
    ...route,
  };
}

export const KEEP_LITTLE: AnonymizeRules = {
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

export function fakeJudgement(
  actions: Partial<Record<Purpose, Action>>,
  states: Partial<Record<Purpose, State>> = {},
): Judgement {
  return {
    purposes: PURPOSES.map((purpose) => ({
      state: states[purpose] ?? (actions[purpose] === 'forward' ? 'granted' : 'unknown'),
      action: actions[purpose] ?? 'drop',
      policy: 'eu',
      reasons: [],
    })),
    policy: 'eu',
    version: 'eu@2026.11.0#0123456789abcdef',
    also: [],
    model: 'opt-in',
    anonymize: KEEP_LITTLE,
    remember: 0,
  };
}
