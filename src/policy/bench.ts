/**
 * The judges of one situation: the rules of every file that is asked about a place, with what age and sensitivity change in
 * their tables. A judge who can never be the stricter one is not seated; a bench is built once and kept.
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
import { SIGNAL_NAMES, type SignalReading, type SignalRule, type Vote } from '../signals/signal.ts';
import type { AnonymizeRules, Judgement, PurposeDecision } from './policy.ts';
import type { Rules } from './rules.ts';
import { describeSofterSignal } from './softer.ts';
import { stricterAnonymize, stricterModel } from './strictness.ts';

const GRANTED = 0;
const UNKNOWN = 1;
const DENIED = 2;
const ALL_OPTIONAL = purposeSet(OPTIONAL_PURPOSES);

export interface Judge {
  readonly rules: Rules;
  readonly policy: string;
  readonly version: string;
  /** Ids of the other files that were asked. */
  readonly others: readonly string[];
  /** As in the rules; judges of a bench whose rules for a signal agree share them. */
  readonly signals: Rules['signals'];
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

/** What the signals of a hit come to under one judge: purposes that are denied, granted, … and the votes, by signal. */
export interface Hearing {
  denies: PurposeSet;
  grants: PurposeSet;
  /** Denied by GPC, which here does not beat an explicit yes. */
  yielding: PurposeSet;
  remember: PurposeSet;
  readonly votes: (Vote | null)[];
}

export const NOTHING_HEARD: Readonly<Hearing> = { denies: 0, grants: 0, yielding: 0, remember: 0, votes: [] };

export interface Bench {
  /** The country's own file first. */
  readonly judges: readonly Judge[];
  readonly model: Model;
  readonly anonymize: AnonymizeRules;
  /** The same without pseudonyms, for hits where anonymizing serves a no. */
  readonly anonymizeDenied: AnonymizeRules;
  /** Judgements without any signal, by what the record says of the five purposes. */
  readonly judgements: Map<number, Judgement>;
  /** The same by what a shared list of signals says. */
  readonly judgementsOn: WeakMap<readonly SignalReading[], Map<number, Judgement>>;
  /** What the record says to each judge about each purpose: laid here while a hit is judged, which nothing interrupts. */
  readonly readings: Uint8Array;
  /** What each judge has heard; likewise. */
  readonly hearings: readonly Hearing[];
}

/** @param age Years, or null where the hit does not tell. */
export function buildBench(candidates: readonly Rules[], age: number | null, sensitive: boolean): Bench {
  const judges: Judge[] = [];
  const shared = new Map<string, SignalRule>();
  const asked = [...new Set(candidates.map((rules) => rules.policy))];
  for (const rules of candidates) {
    const judge = seatJudge(rules, asked, shareRules(rules.signals, shared), age, sensitive);
    // The first of the strictest decides, so whoever comes later and is never stricter has no say.
    if (!judges.some((earlier) => outranks(earlier, judge))) judges.push(judge);
  }
  const anonymize = candidates.map((rules) => rules.anonymize).reduce(stricterAnonymize);
  return {
    judges,
    model: candidates.map((rules) => rules.model).reduce(stricterModel),
    anonymize,
    anonymizeDenied: anonymize.ids === 'drop' ? anonymize : { ...anonymize, ids: 'drop' },
    judgements: new Map(),
    judgementsOn: new WeakMap(),
    readings: new Uint8Array(judges.length * PURPOSES.length),
    hearings: judges.map(() => ({ denies: 0, grants: 0, yielding: 0, remember: 0, votes: [] })),
  };
}

/**
 * Whether a judge is at least as strict as another whatever the hit: its cells are, its rows rise from yes to no (so that the
 * worse column is never the softer cell), no signal is softer with it, and it counts no yes that the other does not count.
 */
function outranks(a: Judge, b: Judge): boolean {
  if (a.ranks.some((rank, cell) => rank < (b.ranks[cell] as number) || (cell % 3 > 0 && rank < (a.ranks[cell - 1] as number))))
    return false;
  if ((b.tooYoung & ~a.tooYoung) !== 0 || !countsFewerYeses(a.rules, b.rules)) return false;
  return SIGNAL_NAMES.every(
    (name) => a.signals[name] === b.signals[name] || describeSofterSignal(b.signals[name], a.signals[name]) === null,
  );
}

function countsFewerYeses(a: Rules, b: Rules): boolean {
  return (
    a.validForMs <= b.validForMs &&
    (a.reaskBelow ?? Number.NEGATIVE_INFINITY) >= (b.reaskBelow ?? Number.NEGATIVE_INFINITY) &&
    (a.proofRequired || !b.proofRequired) &&
    (b.recordMayGrant || !a.recordMayGrant) &&
    (a.model === 'opt-in' || b.model !== 'opt-in') &&
    (a.storeFailure === 'denied' || b.storeFailure === 'unknown')
  );
}

function shareRules(signals: Rules['signals'], shared: Map<string, SignalRule>): Rules['signals'] {
  const entries = Object.entries(signals).map(([name, rule]) => {
    if (rule === null) return [name, null];
    const key = `${name} ${JSON.stringify(rule)}`;
    const kept = shared.get(key) ?? rule;
    shared.set(key, kept);
    return [name, kept];
  });
  return Object.fromEntries(entries) as Rules['signals'];
}

function seatJudge(
  rules: Rules,
  asked: readonly string[],
  signals: Rules['signals'],
  age: number | null,
  sensitive: boolean,
): Judge {
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
    policy: rules.policy,
    version: rules.version,
    others: asked.filter((id) => id !== rules.policy),
    signals,
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
