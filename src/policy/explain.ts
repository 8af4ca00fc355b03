/** A decision in words and as data: place → file and version → which signal said what → which cell. Pure. */
import { columnOf, PURPOSES, type Purpose } from '../consent/state.ts';
import type { CompiledPolicySet } from './compile.ts';
import type { Situation } from './given.ts';
import type { Judgement, Place, PurposeDecision, Reason } from './policy.ts';
import { formatDay } from './values.ts';

export interface ExplainedReason {
  readonly code: string;
  readonly signal?: string;
  readonly field?: string;
  readonly said?: string;
  readonly detail?: string;
}

/** The form that `explain --json` prints. */
export interface Explanation {
  readonly policy: string;
  readonly also: readonly string[];
  /** `id@version#hash`. */
  readonly version: string;
  readonly model: string;
  readonly place: { readonly country: string; readonly subdivision: string | null; readonly source: string };
  readonly at: string;
  readonly revision: string;
  readonly purposes: {
    readonly [P in Purpose]?: {
      readonly state: string;
      readonly action: string;
      readonly policy: string;
      /** Cell of the table, such as `advertising.denied`. */
      readonly cell: string;
      readonly reasons: readonly ExplainedReason[];
    };
  };
}

export function explainSituation(set: CompiledPolicySet, situation: Situation, only: Purpose | null = null): Explanation {
  const { facts, now } = situation;
  const judgement = set.decide(facts, now);
  const { country, subdivision, source } = facts.region;
  const purposes = Object.fromEntries(
    PURPOSES.filter((purpose) => only === null || purpose === only).map((purpose) => {
      const decision = decisionOf(judgement, purpose);
      const { state, action, policy } = decision;
      return [purpose, { state, action, policy, cell: `${purpose}.${columnOf(state)}`, reasons: decision.reasons.map(toData) }];
    }),
  );
  const { policy, also, version, model } = judgement;
  return {
    policy,
    also,
    version,
    model,
    place: { country, subdivision, source },
    at: formatDay(now),
    revision: set.revision,
    purposes,
  };
}

/** A line for the place and the file, then one for each purpose. */
export function printExplanation(explanation: Explanation, title: string): string {
  const { place, at, version, also } = explanation;
  const others = also.length === 0 ? '' : `; also asked: ${also.join(', ')}`;
  const lines = [`${formatPlace(place)} (${place.source}) on ${at} → ${version}, ${title}${others}`];
  for (const [purpose, { state, action, policy, cell, reasons }] of Object.entries(explanation.purposes)) {
    const why = reasons.map(printReason).join('; ');
    lines.push(`  ${purpose.padEnd(16)}${action.padEnd(10)}${why} → ${state} → ${policy} ${cell}`);
  }
  return lines.join('\n');
}

export function formatPlace(place: Place): string {
  return place.subdivision === null ? place.country : `${place.country}-${place.subdivision}`;
}

function printReason(reason: ExplainedReason): string {
  const { code, signal, field, said, detail } = reason;
  const words = signal === undefined ? code : `${code === 'signal' ? '' : `${code}: `}${signal} says ${said} (${field})`;
  return detail === undefined ? words : `${words}, ${detail}`;
}

function toData({ code, reading, detail }: Reason): ExplainedReason {
  return {
    code,
    ...(reading === undefined ? {} : { signal: reading.signal, field: reading.field, said: reading.said }),
    ...(detail === undefined ? {} : { detail }),
  };
}

function decisionOf(judgement: Judgement, purpose: Purpose): PurposeDecision {
  return judgement.purposes[PURPOSES.indexOf(purpose)] as PurposeDecision;
}
