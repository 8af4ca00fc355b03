/**
 * The judge: any denial in force → denied; else any grant in force → granted; else unknown; and the cell of that column.
 * Of several files that are asked, the strictest answer counts, purpose by purpose. Pure and synchronous; where no signal
 * has a say, a look-up.
 */
import type { ConsentHead } from '../consent/record.ts';
import { ACTION_RANK, type Action, PURPOSES, type Purpose, type PurposeSet, type State } from '../consent/state.ts';
import { isSharedList } from '../signals/shared-lists.ts';
import type { SignalContext, SignalReading, SignalRule, Vote } from '../signals/signal.ts';
import { type Bench, type Hearing, type Judge, NOTHING_HEARD } from './bench.ts';
import type { Facts, Judgement, PurposeDecision, Reason } from './policy.ts';
import { EXPIRED, isNo, READING_MEANINGS, READINGS, readRecord, STORE_DENIED, STORE_UNKNOWN, YES } from './record-reading.ts';

const GRANTED = 0;
const UNKNOWN = 1;
const DENIED = 2;
const PURPOSE_COUNT = PURPOSES.length;
const MAX_KEPT_JUDGEMENTS = 1_024;

export function judge(bench: Bench, facts: Facts, now: number): Judgement {
  const { signals } = facts;
  const key = readRecords(bench, facts, now);
  // Judges that read the record alike, and hear what they have heard before or nothing, have said it all before.
  const isShared = signals.length > 0 && isSharedList(signals);
  const heard = signals.length > 0 && (key === NO_KEY || !isShared) && hearAll(bench, facts);
  if (key === NO_KEY || heard) return compose(bench, facts, heard);
  const kept = isShared ? keptOn(bench, signals) : bench.judgements;
  const known = kept.get(key);
  if (known !== undefined) return known;
  const fresh = compose(bench, facts, isShared && hearAll(bench, facts));
  if (kept.size < MAX_KEPT_JUDGEMENTS) kept.set(key, fresh);
  return fresh;
}

function keptOn({ judgementsOn }: Bench, signals: readonly SignalReading[]): Map<number, Judgement> {
  let kept = judgementsOn.get(signals);
  if (kept === undefined) {
    kept = new Map();
    judgementsOn.set(signals, kept);
  }
  return kept;
}

const NO_KEY = -1;

/** Lays what the record says to each judge on the bench; answers a key of it, or that the judges differ. */
function readRecords(bench: Bench, facts: Facts, now: number): number {
  const { judges, readings } = bench;
  const choices = typeof facts.record === 'object' && facts.record !== null ? facts.record.choices : NO_CHOICES;
  let key = 0;
  for (let j = 0, slot = 0; j < judges.length; j++) {
    const member = judges[j] as Judge;
    let own = 0;
    for (let p = 0; p < PURPOSE_COUNT; p++, slot++) {
      const reading = readRecord(member, facts, choices[PURPOSES[p] as Purpose], 1 << p, now);
      readings[slot] = reading;
      own = own * READINGS + reading;
    }
    if (j === 0) key = own;
    else if (own !== key) key = NO_KEY;
  }
  return key;
}

const NO_CHOICES: ConsentHead['choices'] = {};

/**
 * Lays on the bench what the signals come to under each judge's own rules; a rule that neighbours share is asked once.
 * Answers whether any judge heard anything.
 */
function hearAll(bench: Bench, facts: Facts): boolean {
  const { judges, hearings } = bench;
  const { signals } = facts;
  const context = contextOf(facts);
  let heard = 0;
  for (const hearing of hearings) {
    hearing.denies = 0;
    hearing.grants = 0;
    hearing.yielding = 0;
    hearing.remember = 0;
  }
  for (let i = 0; i < signals.length; i++) {
    const signal = signals[i] as SignalReading;
    let lastRule: SignalRule | null = null;
    let vote: Vote | null = null;
    for (let j = 0; j < judges.length; j++) {
      const member = judges[j] as Judge;
      const hearing = hearings[j] as Hearing;
      const rule = member.signals[signal.signal];
      if (rule !== lastRule) vote = rule === null ? null : signal.vote(rule, context);
      lastRule = rule;
      hearing.votes[i] = vote;
      if (rule !== null && vote !== null) heard |= count(member, hearing, signal, rule, vote);
    }
  }
  return heard !== 0;
}

/** Adds a vote to what a judge has heard; answers the purposes that it is about. */
function count(member: Judge, hearing: Hearing, signal: SignalReading, rule: SignalRule, vote: Vote): PurposeSet {
  if (rule.mayGrant) hearing.grants |= vote.grants;
  if (rule.mayDeny) {
    const against = vote.denies | (vote.unreadable & member.unreadableDenies);
    if (signal.signal === 'gpc') {
      if (rule.beatsRecord) hearing.denies |= against;
      else hearing.yielding |= against;
      if (rule.remember) hearing.remember |= vote.denies;
    } else hearing.denies |= against;
  }
  return hearing.grants | hearing.denies | hearing.yielding;
}

/** Per purpose the first of the strictest judges decides. Reads from the bench what was just laid there. */
function compose(bench: Bench, facts: Facts, heard: boolean): Judgement {
  const { judges, readings, hearings } = bench;
  const purposes: PurposeDecision[] = [];
  const decidedBy: number[] = [];
  let remember: PurposeSet = 0;
  let servesNo = false;
  for (let p = 0; p < PURPOSE_COUNT; p++) {
    const bit = 1 << p;
    let best = 0;
    let bestRank = -1;
    for (let j = 0; j < judges.length; j++) {
      const member = judges[j] as Judge;
      const reading = readings[j * PURPOSE_COUNT + p] as number;
      const hearing = heard ? (hearings[j] as Hearing) : NOTHING_HEARD;
      const column = findColumn(member, hearing, reading, bit);
      const rank =
        reading === STORE_DENIED ? ACTION_RANK[member.storeDown[p] as Action] : (member.ranks[p * 3 + column] as number);
      if (rank > bestRank) {
        best = j;
        bestRank = rank;
      }
      if ((hearing.remember & bit) !== 0) remember |= remembered(hearing, reading, bit);
    }
    const hearing = heard ? (hearings[best] as Hearing) : NOTHING_HEARD;
    const decision = explain(judges[best] as Judge, facts, hearing, readings[best * PURPOSE_COUNT + p] as number, p);
    if (decision.action === 'anonymize' && (decision.state === 'denied' || decision.state === 'withdrawn')) servesNo = true;
    decidedBy.push(best);
    purposes.push(decision);
  }
  const { policy, version, others } = judges[judges.length === 1 ? 0 : findDecider(decidedBy, judges.length)] as Judge;
  return {
    purposes,
    policy,
    version,
    also: others,
    model: bench.model,
    anonymize: servesNo ? bench.anonymizeDenied : bench.anonymize,
    remember,
  };
}

/** The judge who decided most purposes; of equals the first. */
function findDecider(decidedBy: readonly number[], judges: number): number {
  let decider = 0;
  let most = 0;
  for (let j = 0; j < judges; j++) {
    let wins = 0;
    for (const best of decidedBy) if (best === j) wins++;
    if (wins > most) {
      decider = j;
      most = wins;
    }
  }
  return decider;
}

function findColumn(member: Judge, hearing: Hearing, reading: number, bit: number): number {
  if (isNo(reading) || (hearing.denies & bit) !== 0) return DENIED;
  if (reading === YES) return GRANTED;
  if ((hearing.yielding & bit) !== 0) return DENIED;
  const granted = (hearing.grants & bit & ~member.tooYoung) !== 0 && reading !== STORE_UNKNOWN;
  return granted ? GRANTED : UNKNOWN;
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
    member.decisions[slot] ??= describe(member, reading, findColumn(member, hearing, reading, bit), p, []);
    return member.decisions[slot];
  }
  const column = findColumn(member, hearing, reading, bit);
  return describe(member, reading, column, p, voices(member, facts, hearing, bit, column, reading));
}

function describe(member: Judge, reading: number, column: number, p: number, signals: Reason[]): PurposeDecision {
  const meaning = READING_MEANINGS[reading] as (typeof READING_MEANINGS)[number];
  const cell = p * 3 + column;
  const action = reading === STORE_DENIED ? (member.storeDown[p] as Action) : (member.actions[cell] as Action);
  const own = column === columnOfReading(reading);
  const reasons = own ? [meaning.reason, ...signals] : signals;
  if (!own && reading === EXPIRED) reasons.push(meaning.reason);
  if (member.byAge[cell] && meaning.reason.code !== 'minor') reasons.push({ code: 'minor' });
  if (member.bySensitivity[cell]) reasons.push({ code: 'sensitive' });
  const state: State = own ? meaning.state : column === DENIED ? 'denied' : 'granted';
  return { state, action, policy: member.policy, reasons };
}

function columnOfReading(reading: number): number {
  return isNo(reading) ? DENIED : reading === YES ? GRANTED : UNKNOWN;
}

/** The signals that had a say in a purpose. */
function voices(member: Judge, facts: Facts, hearing: Hearing, bit: number, column: number, reading: number): Reason[] {
  const reasons: Reason[] = [];
  for (let i = 0; i < facts.signals.length; i++) {
    const vote = hearing.votes[i];
    const signal = facts.signals[i];
    if (!vote || signal === undefined) continue;
    const rule = member.signals[signal.signal] as SignalRule;
    const denies = rule.mayDeny && ((vote.denies | (vote.unreadable & member.unreadableDenies)) & bit) !== 0;
    const grants = rule.mayGrant && reading !== YES && (vote.grants & bit) !== 0;
    if (denies) reasons.push(column === DENIED ? { code: 'signal', reading: signal } : overruled(signal));
    else if (grants && column === GRANTED) reasons.push({ code: 'signal', reading: signal });
  }
  return reasons;
}

function overruled(reading: SignalReading): Reason {
  return { code: 'signal-overruled', reading, detail: 'an explicit yes in the record outweighs it here' };
}

const NO_VENDOR: SignalContext = { tcfVendor: null };

function contextOf(facts: Facts): SignalContext {
  if (facts.tcfVendor === null && facts.isPublisher !== true) return NO_VENDOR;
  return { tcfVendor: facts.tcfVendor, isPublisher: facts.isPublisher ?? false };
}
