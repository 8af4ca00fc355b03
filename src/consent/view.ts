/** What a banner needs to know: the state of each purpose here and now, and which of them to ask about. */

import type { ConsentRules, Judgement, PolicySet, Region } from '../policy/policy.ts';
import { readGpc } from '../signals/gpc.ts';
import { readSignals } from '../signals/read.ts';
import type { ConsentLookup } from './lookup.ts';
import type { Model } from './record.ts';
import { OPTIONAL_PURPOSES, PURPOSE_INDEX, type Purpose, purposeBit, type State } from './state.ts';

export interface ConsentView {
  readonly state: { readonly [P in Purpose]?: State };
  readonly region: { readonly country: string; readonly subdivision: string | null };
  /** `id@version#hash`. */
  readonly policy: string;
  readonly model: Model;
  /** Whether Sec-GPC: 1 came with the request, and the purposes that it denies here. */
  readonly gpc: boolean;
  readonly gpcHonored: readonly Purpose[];
  /** Purposes that a banner should ask about: an answer would change something, and it is not too early to ask again. */
  readonly ask: readonly Purpose[];
}

/** A call of the consent API as the policy sees it. */
export interface Visit {
  readonly rawHeaders: readonly string[];
  /** Value of the Cookie header, or empty. */
  readonly cookie: string;
  /** Values of the Consentry-Token header. */
  readonly tokens: readonly string[];
  /** Origin of a page on another site, which gets a token; null for everybody else. */
  readonly crossSiteOrigin: string | null;
  /** Parsed address of the client, or null. Never kept. */
  readonly address: string | null;
  readonly userAgent: string;
  /** Value of the Idempotency-Key header, or null. */
  readonly idempotencyKey: string | null;
  readonly region: Region;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly policies: PolicySet;
}

/** `deniedAt`: when the cookie that denies was issued; null without one. */
export function viewConsent(
  visit: Visit,
  lookup: Pick<ConsentLookup, 'record' | 'denied'>,
  deniedAt: number | null,
): ConsentView {
  const { region, policies, now } = visit;
  const signals = readSignals({ rawHeaders: visit.rawHeaders, query: '', cookie: visit.cookie, body: null });
  const { record, denied } = lookup;
  const facts = { region, record, denied, signals, label: null, sensitive: false, age: null, tcfVendor: null };
  const judgement = policies.decide(facts, now);
  const rules = policies.consentRules(region, now);
  const honored = OPTIONAL_PURPOSES.filter((purpose) => isDeniedByGpc(judgement, purpose));
  return {
    state: statesOf(judgement),
    region: { country: region.country, subdivision: region.subdivision },
    policy: judgement.version,
    model: judgement.model,
    gpc: readGpc(visit.rawHeaders) !== null,
    gpcHonored: honored,
    ask: OPTIONAL_PURPOSES.filter(
      (purpose) => !honored.includes(purpose) && isWorthAsking(purpose, judgement, rules, lookup, deniedAt, now),
    ),
  };
}

/** States of a record at a place, without anything that a request says beside it. */
export function viewRecord(
  policies: PolicySet,
  region: Region,
  { record, denied }: Pick<ConsentLookup, 'record' | 'denied'>,
  now: number,
): Pick<ConsentView, 'state' | 'policy'> {
  const facts = { region, record, denied, signals: [], label: null, sensitive: false, age: null, tcfVendor: null };
  const judgement = policies.decide(facts, now);
  return { state: statesOf(judgement), policy: judgement.version };
}

function statesOf(judgement: Judgement): ConsentView['state'] {
  return Object.fromEntries(OPTIONAL_PURPOSES.map((purpose) => [purpose, decided(judgement, purpose).state]));
}

function decided(judgement: Judgement, purpose: Purpose) {
  const decision = judgement.purposes[PURPOSE_INDEX[purpose]];
  if (decision === undefined) throw new RangeError(`the policy set decided nothing about ${purpose}`);
  return decision;
}

function isDeniedByGpc(judgement: Judgement, purpose: Purpose): boolean {
  const { state, reasons } = decided(judgement, purpose);
  return state === 'denied' && reasons.some((reason) => reason.reading?.signal === 'gpc');
}

function isWorthAsking(
  purpose: Purpose,
  judgement: Judgement,
  rules: ConsentRules,
  lookup: Pick<ConsentLookup, 'record' | 'denied'>,
  deniedAt: number | null,
  now: number,
): boolean {
  const { state, action } = decided(judgement, purpose);
  if (state === 'granted' || action === 'forward') return false;
  if (state === 'unknown' || state === 'expired') return true;
  const { record, denied } = lookup;
  // Nobody knows when a cookie that cannot be believed said no.
  if (record === 'invalid') return true;
  if (record === 'unavailable') return false;
  const choice = record?.choices[purpose];
  // The record tells when the no was said; the cookie is renewed at every visit, and counts only where it says no alone.
  const recordedAt = choice === undefined || choice.state === 'granted' ? null : choice.at;
  const cookieAt = (denied & purposeBit(purpose)) === 0 ? null : deniedAt;
  const saidAt = recordedAt ?? cookieAt ?? 0;
  return saidAt !== 0 && now - saidAt >= rules.reaskAfterNoMs;
}
