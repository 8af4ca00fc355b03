/** Requests to scrub, made from recorded hits. */
import { type Action, purposeSet, type State } from '../../src/consent/state.ts';
import type { ScrubRequest } from '../../src/hit/outgoing.ts';
import type { AnonymizeRules, Judgement } from '../../src/policy/policy.ts';
import type { VendorProfile } from '../../src/vendors/profile.ts';
import { bodyOf, type CorpusHit, pathOf } from './corpus-hits.ts';

export const STRICT: AnonymizeRules = {
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

export const LENIENT: AnonymizeRules = {
  ip: { v4: 24, v6: 48 },
  ids: 'drop',
  joinIds: 'keep',
  userAgent: 'family',
  device: 'coarse',
  page: 'keep',
  text: 'keep',
  referrer: 'keep',
  undeclared: 'scan',
  time: 'exact',
  geo: 'region',
};

/** One action per purpose, in the order of `PURPOSES`. */
export type Actions = readonly [Action, Action, Action, Action, Action];
export const ANONYMIZE_ALL: Actions = ['anonymize', 'anonymize', 'anonymize', 'anonymize', 'anonymize'];
export const NO_ADVERTISING: Actions = ['forward', 'forward', 'forward', 'drop', 'drop'];

const STATE_OF: Readonly<Record<Action, State>> = { forward: 'granted', anonymize: 'unknown', drop: 'denied' };

export function judge(actions: Actions, rules: AnonymizeRules): Judgement {
  const purposes = actions.map((action) => ({ state: STATE_OF[action], action, policy: 'test', reasons: [] }));
  return { purposes, policy: 'test', version: 'test@1', also: [], model: 'opt-in', anonymize: rules, remember: 0 };
}

export interface RequestOptions {
  readonly actions?: Actions;
  readonly rules?: AnonymizeRules;
  readonly action?: Action;
  readonly routePath?: string;
  readonly pseudonymize?: (value: string) => string;
  readonly country?: string;
  readonly subdivision?: string;
}

export interface PlainHit {
  readonly method?: string;
  readonly target: string;
  readonly headers?: readonly string[];
  readonly body?: Buffer | string | null;
}

export function scrubRequest(profile: VendorProfile, hit: PlainHit, options: RequestOptions = {}): ScrubRequest {
  const actions = options.actions ?? ANONYMIZE_ALL;
  const rules = options.rules ?? STRICT;
  const body = typeof hit.body === 'string' ? Buffer.from(hit.body, 'utf8') : (hit.body ?? null);
  return {
    hit: { method: hit.method ?? 'GET', target: hit.target, headers: hit.headers ?? [], body },
    profile,
    routePath: options.routePath ?? (hit.target.split(/[?;]/, 1)[0] as string),
    action: options.action ?? (actions === ANONYMIZE_ALL ? 'anonymize' : 'forward'),
    gate: profile.purposes.length === 0 ? purposeSet(['analytics']) : purposeSet(profile.purposes),
    judgement: judge(actions, rules),
    anonymize: rules,
    clientAddress: '203.0.113.77',
    country: options.country ?? 'DE',
    subdivision: options.subdivision ?? null,
    pseudonymize: options.pseudonymize ?? null,
  };
}

export function corpusRequest(profile: VendorProfile, hit: CorpusHit, options: RequestOptions = {}): ScrubRequest {
  const target = hit.url.replace(/^https?:\/\/[^/?]+/, '').replace(/#.*$/, '');
  const headers = Object.entries(hit.headers).flat();
  const routePath = pathOf(hit).split(';', 1)[0] as string;
  return scrubRequest(profile, { method: hit.method, target, headers, body: bodyOf(hit) }, { routePath, ...options });
}
