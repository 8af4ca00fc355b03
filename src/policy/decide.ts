/**
 * The judge: any denial in force → denied; else any grant in force → granted; else unknown; and the cell of that column.
 * Of several files that are asked, the strictest answer counts, purpose by purpose. Pure and synchronous; where no signal
 * has a say, a look-up.
 */
import type { ConsentHead } from '../consent/record.ts';
import { ACTION_RANK, type Action, PURPOSES, type PurposeSet, type State } from '../consent/state.ts';
import type { SignalContext, SignalReading } from '../signals/signal.ts';
import type { Bench, Judge } from './bench.ts';
import type { Facts, Judgement, PurposeDecision, Reason } from './policy.ts';
import { EXPIRED, isNo, READING_MEANINGS, READINGS, readRecord, STORE_DENIED, STORE_UNKNOWN, YES } from './record-reading.ts';

const GRANTED = 0;
const UNKNOWN = 1;
const DENIED = 2;
const PURPOSE_COUNT = PURPOSES.length;
const MAX_KEPT_JUDGEMENTS = 1_024;

/** What the signals of a hit come to under one judge. */
interface Hearing {
  readonly denies: PurposeSet;
  readonly grants: PurposeSet;
  /** Denied by GPC, which here does not beat an explicit yes. */
  readonly yielding: PurposeSet;
  readonly remember: PurposeSet;
}

const NOTHING_HEARD: Hearing = { denies: 0, grants: 0, yielding: 0, remember: 0 };

export function judge(bench: Bench, facts: Facts, now: number): Judgement {
  const { judges } = bench;
  const head = typeof facts.record === 'object' ? facts.record : null;
  const hearings = facts.signals.length === 0 ? null : hearAll(judges, facts);
  let key = 0;
  let agree = hearings === null || hearings.every((hearing) => hearing === NOTHING_HEARD);
  const readings: number[] = [];
  for (let j = 0; j < judges.length; j++) {
    let own = 0;
    for (let p = 0; p < PURPOSE_COUNT; p++) {
      const reading = readRecord(judges[j] as Judge, facts, choiceOf(head, p), 1 << p, now);
      readings.push(reading);
      own = own * READINGS + reading;
    }
    if (j === 0) key = own;
    else if (own !== key) agree = false;
  }
  if (!agree) return compose(bench, facts, readings, hearings);
  const kept = bench.judgements.get(key);
  if (kept !== undefined) return kept;
  const fresh = compose(bench, facts, readings, null);
  if (bench.judgements.size < MAX_KEPT_JUDGEMENTS) bench.judgements.set(key, fresh);
  return fresh;
}

function choiceOf(head: ConsentHead | null, purpose: number) {
  return head === null ? undefined : head.choices[PURPOSES[purpose] as (typeof PURPOSES)[number]];
}

/** Per purpose the first of the strictest judges decides. */
function compose(bench: Bench, facts: Facts, readings: readonly number[], hearings: readonly Hearing[] | null): Judgement {
  const { judges } = bench;
  const purposes: PurposeDecision[] = [];
  const wins = judges.map(() => 0);
  let remember: PurposeSet = 0;
  let servesNo = false;
  for (let p = 0; p < PURPOSE_COUNT; p++) {
    let best = 0;
    let bestRank = -1;
    for (let j = 0; j < judges.length; j++) {
      const member = judges[j] as Judge;
      const reading = readings[j * PURPOSE_COUNT + p] as number;
      const column = findColumn(member, hearings?.[j] ?? NOTHING_HEARD, reading, p);
      const rank = isStoreDown(reading) ? ACTION_RANK[member.storeDown[p] as Action] : (member.ranks[p * 3 + column] as number);
      if (rank > bestRank) {
        best = j;
        bestRank = rank;
      }
    }
    const decision = explain(
      judges[best] as Judge,
      facts,
      hearings?.[best] ?? NOTHING_HEARD,
      readings[best * PURPOSE_COUNT + p] as number,
      p,
    );
    if (decision.action === 'anonymize' && (decision.state === 'denied' || decision.state === 'withdrawn')) servesNo = true;
    wins[best] = (wins[best] as number) + 1;
    purposes.push(decision);
    for (let j = 0; j < judges.length; j++)
      remember |= remembered(hearings?.[j] ?? NOTHING_HEARD, readings[j * PURPOSE_COUNT + p] as number, 1 << p);
  }
  const decider = judges[wins.indexOf(Math.max(...wins))] as Judge;
  const { policy, version } = decider.rules;
  return {
    purposes,
    policy,
    version,
    also: bench.asked.filter((id) => id !== policy),
    model: bench.model,
    anonymize: servesNo ? bench.anonymizeDenied : bench.anonymize,
    remember,
  };
}

function findColumn(member: Judge, hearing: Hearing, reading: number, p: number): number {
  const bit = 1 << p;
  if (isNo(reading) || (hearing.denies & bit) !== 0) return DENIED;
  if (reading === YES) return GRANTED;
  if ((hearing.yielding & bit) !== 0) return DENIED;
  const granted = (hearing.grants & bit & ~member.tooYoung) !== 0 && reading !== STORE_UNKNOWN;
  return granted ? GRANTED : UNKNOWN;
}

function isStoreDown(reading: number): boolean {
  return reading === STORE_DENIED;
}

/** What GPC denies here and the record does not deny already; not where an explicit yes outweighs it. */
function remembered(hearing: Hearing, reading: number, bit: number): PurposeSet {
  if (isNo(reading) || (reading === YES && (hearing.yielding & bit) !== 0)) return 0;
  return hearing.remember & bit;
}

/** The decision of a judge about a purpose, with its reasons; shared where no signal had a say. */
function explain(member: Judge, facts: Facts, hearing: Hearing, reading: number, p: number): PurposeDecision {
  const bit = 1 << p;
  const heard = ((hearing.denies | hearing.grants | hearing.yielding) & bit) !== 0;
  if (!heard) {
    const slot = p * READINGS + reading;
    member.decisions[slot] ??= describe(member, reading, findColumn(member, hearing, reading, p), p, []);
    return member.decisions[slot];
  }
  const column = findColumn(member, hearing, reading, p);
  return describe(member, reading, column, p, voices(member, facts, bit, column, reading));
}

function describe(member: Judge, reading: number, column: number, p: number, signals: readonly Reason[]): PurposeDecision {
  const meaning = READING_MEANINGS[reading] as (typeof READING_MEANINGS)[number];
  const cell = p * 3 + column;
  const action = isStoreDown(reading) ? (member.storeDown[p] as Action) : (member.actions[cell] as Action);
  const own = column === columnOfReading(reading);
  const reasons: Reason[] = own ? [meaning.reason, ...signals] : [...signals];
  if (!own && reading === EXPIRED) reasons.push(meaning.reason);
  if (member.byAge[cell]) reasons.push({ code: 'minor' });
  if (member.bySensitivity[cell]) reasons.push({ code: 'sensitive' });
  const state: State = own ? meaning.state : column === DENIED ? 'denied' : 'granted';
  return { state, action, policy: member.rules.policy, reasons };
}

function columnOfReading(reading: number): number {
  return isNo(reading) ? DENIED : reading === YES ? GRANTED : UNKNOWN;
}

/** The signals that had a say in a purpose. */
function voices(member: Judge, facts: Facts, bit: number, column: number, reading: number): Reason[] {
  const context = contextOf(facts);
  const reasons: Reason[] = [];
  for (const signal of facts.signals) {
    const rule = member.rules.signals[signal.signal];
    if (rule === null) continue;
    const vote = signal.vote(rule, context);
    const denies = rule.mayDeny && ((vote.denies | (vote.unreadable & member.unreadableDenies)) & bit) !== 0;
    if (column === DENIED && denies) reasons.push({ code: 'signal', reading: signal });
    else if (column === GRANTED && denies) reasons.push(overruled(signal));
    else if (column === GRANTED && reading !== YES && rule.mayGrant && (vote.grants & bit) !== 0)
      reasons.push({ code: 'signal', reading: signal });
  }
  return reasons;
}

function overruled(reading: SignalReading): Reason {
  return { code: 'signal-overruled', reading, detail: 'an explicit yes in the record outweighs it here' };
}

/** Every judge hears the signals by its own rules; rules that judges share are asked once. */
function hearAll(judges: readonly Judge[], facts: Facts): Hearing[] {
  const context = contextOf(facts);
  return judges.map((member) => hear(member, facts.signals, context));
}

function hear(member: Judge, signals: readonly SignalReading[], context: SignalContext): Hearing {
  let denies: PurposeSet = 0;
  let grants: PurposeSet = 0;
  let yielding: PurposeSet = 0;
  let remember: PurposeSet = 0;
  for (const signal of signals) {
    const rule = member.rules.signals[signal.signal];
    if (rule === null) continue;
    const vote = signal.vote(rule, context);
    if (rule.mayGrant) grants |= vote.grants;
    if (!rule.mayDeny) continue;
    const against = vote.denies | (vote.unreadable & member.unreadableDenies);
    if (signal.signal === 'gpc' && !rule.beatsRecord) yielding |= against;
    else denies |= against;
    if (signal.signal === 'gpc' && rule.remember) remember |= vote.denies;
  }
  return (denies | grants | yielding) === 0 ? NOTHING_HEARD : { denies, grants, yielding, remember };
}

const NO_VENDOR: SignalContext = { tcfVendor: null };

function contextOf(facts: Facts): SignalContext {
  return facts.tcfVendor === null ? NO_VENDOR : { tcfVendor: facts.tcfVendor };
}
