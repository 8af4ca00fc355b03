/**
 * The judges of one situation: the rules of every file that is asked about a place, with what age and sensitivity change in
 * their tables. Judges that would always say the same are one judge; a bench is built once and kept.
 */
import type { Model } from '../consent/record.ts';
import {
  ACTION_RANK,
  type Action,
  OPTIONAL_PURPOSES,
  PURPOSES,
  type PurposeSet,
  purposeSet,
  stricterAction,
} from '../consent/state.ts';
import type { AnonymizeRules, Judgement, PurposeDecision } from './policy.ts';
import type { Rules } from './rules.ts';
import { stricterAnonymize, stricterModel } from './strictness.ts';

const GRANTED = 0;
const UNKNOWN = 1;
const DENIED = 2;
const ALL_OPTIONAL = purposeSet(OPTIONAL_PURPOSES);

export interface Judge {
  readonly rules: Rules;
  /** Actions by cell, `purpose * 3 + column`, with age and sensitivity laid over. */
  readonly actions: readonly Action[];
  readonly ranks: Uint8Array;
  /** What a store that does not answer comes to, by purpose: never softer than unknown. */
  readonly storeDown: readonly Action[];
  /** Purposes for which no yes counts at this age. */
  readonly tooYoung: PurposeSet;
  /** Purposes where an unreadable opt-out is a no, since silence would be softer. */
  readonly unreadableDenies: PurposeSet;
  /** Whether age, or sensitivity, made a cell stricter. */
  readonly byAge: readonly boolean[];
  readonly bySensitivity: readonly boolean[];
  /** Decisions in which no signal had a say, by purpose and reading of the record; filled as they occur. */
  readonly decisions: (PurposeDecision | undefined)[];
}

export interface Bench {
  /** The country's own file first. */
  readonly judges: readonly Judge[];
  /** Ids of all files asked, the country's own first. */
  readonly asked: readonly string[];
  readonly model: Model;
  readonly anonymize: AnonymizeRules;
  /** The same without pseudonyms, for hits where anonymizing serves a no. */
  readonly anonymizeDenied: AnonymizeRules;
  /** Judgements in which no signal had a say, by readings of the record. */
  readonly judgements: Map<number, Judgement>;
}

/** @param age Years, or null where the hit does not tell. */
export function buildBench(candidates: readonly Rules[], age: number | null, sensitive: boolean): Bench {
  const judges: Judge[] = [];
  const seen = new Set<string>();
  for (const rules of candidates) {
    const judge = seatJudge(rules, age, sensitive);
    const key = describeJudge(judge);
    if (!seen.has(key)) judges.push(judge);
    seen.add(key);
  }
  const anonymize = candidates.map((rules) => rules.anonymize).reduce(stricterAnonymize);
  return {
    judges,
    asked: [...new Set(candidates.map((rules) => rules.policy))],
    model: candidates.map((rules) => rules.model).reduce(stricterModel),
    anonymize,
    anonymizeDenied: anonymize.ids === 'drop' ? anonymize : { ...anonymize, ids: 'drop' },
    judgements: new Map(),
  };
}

function seatJudge(rules: Rules, age: number | null, sensitive: boolean): Judge {
  const actions = [...rules.actions];
  const byAge = actions.map(() => false);
  const bySensitivity = actions.map(() => false);
  const tighten = (cell: number, action: Action, marks: boolean[]) => {
    if (ACTION_RANK[action] <= ACTION_RANK[actions[cell] as Action]) return;
    actions[cell] = action;
    marks[cell] = true;
  };
  if (sensitive) {
    rules.sensitive.forEach((action, cell) => {
      if (action !== null) tighten(cell, action, bySensitivity);
    });
  }
  let tooYoung: PurposeSet = age !== null && age < rules.adultFrom ? ALL_OPTIONAL : 0;
  for (const row of rules.minors) {
    if (age === null || age >= row.under) continue;
    tooYoung |= row.parent;
    PURPOSES.forEach((_, p) => {
      if ((row.optIn >> p) & 1) tighten(p * 3 + UNKNOWN, 'drop', byAge);
      if ((row.ban >> p) & 1) for (const column of [GRANTED, UNKNOWN, DENIED]) tighten(p * 3 + column, 'drop', byAge);
    });
  }
  // Where age or sensitivity made silence stricter, a no must not be softer than silence.
  PURPOSES.forEach((_, p) => {
    const unknown = p * 3 + UNKNOWN;
    if (byAge[unknown]) tighten(p * 3 + DENIED, actions[unknown] as Action, byAge);
    if (bySensitivity[unknown]) tighten(p * 3 + DENIED, actions[unknown] as Action, bySensitivity);
  });
  return {
    rules,
    actions,
    ranks: Uint8Array.from(actions, (action) => ACTION_RANK[action]),
    storeDown: PURPOSES.map((_, p) => stricterAction(actions[p * 3 + UNKNOWN] as Action, actions[p * 3 + DENIED] as Action)),
    tooYoung,
    unreadableDenies: purposeSet(
      PURPOSES.filter((_, p) => ACTION_RANK[actions[p * 3 + UNKNOWN] as Action] < ACTION_RANK[actions[p * 3 + DENIED] as Action]),
    ),
    byAge,
    bySensitivity,
    decisions: [],
  };
}

/** Everything of a judge that a decision can depend on, but for its name: of two that agree, the first speaks. */
function describeJudge({ rules, actions, tooYoung }: Judge): string {
  const { signals, recordMayGrant, validForMs, reaskBelow, proofRequired, storeFailure, model } = rules;
  return JSON.stringify([actions, tooYoung, signals, recordMayGrant, validForMs, reaskBelow, proofRequired, storeFailure, model]);
}
