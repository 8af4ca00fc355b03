/**
 * The judge: any denial in force → denied; else any grant in force → granted; else unknown; and the cell of that column.
 * Of several files that are asked, the strictest answer counts, purpose by purpose. Pure and synchronous; where no signal
 * has a say, a look-up.
 */
import { ACTION_RANK, type Action, PURPOSES, type Purpose, type PurposeSet, type State } from '../consent/state.ts';
import { GPC_SET } from '../signals/gpc.ts';
import type { SignalContext, SignalReading, SignalRule, Vote } from '../signals/signal.ts';
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
  /** By signal of the hit; null where the judge ignores it. */
  readonly votes: readonly (Vote | null)[];
}

const NOTHING_HEARD: Hearing = { denies: 0, grants: 0, yielding: 0, remember: 0, votes: [] };

export function judge(bench: Bench, facts: Facts, now: number): Judgement {
  const { judges, readings } = bench;
  const head = typeof facts.record === 'object' ? facts.record : null;
  // Judges that read the record alike, and hear nothing or GPC alone, have said it all before.
  let agree = facts.signals.length === 0 || (facts.signals.length === 1 && facts.signals[0] === GPC_SET);
  let key = 0;
  for (let j = 0, slot = 0; j < judges.length; j++) {
    const member = judges[j] as Judge;
    let own = 0;
    for (let p = 0; p < PURPOSE_COUNT; p++, slot++) {
      const reading = readRecord(member, facts, head === null ? undefined : head.choices[PURPOSES[p] as Purpose], 1 << p, now);
      readings[slot] = reading;
      own = own * READINGS + reading;
    }
    if (j === 0) key = own;
    else if (own !== key) agree = false;
  }
  if (!agree) return compose(bench, facts, facts.signals.length === 0 ? null : hearAll(judges, facts));
  const kept = facts.signals.length === 0 ? bench.judgements : bench.judgementsOnGpc;
  const known = kept.get(key);
  if (known !== undefined) return known;
  const fresh = compose(bench, facts, facts.signals.length === 0 ? null : hearAll(judges, facts));
  if (kept.size < MAX_KEPT_JUDGEMENTS) kept.set(key, fresh);
  return fresh;
}

/** Per purpose the first of the strictest judges decides. Reads the record from the bench, where it was just laid. */
function compose(bench: Bench, facts: Facts, hearings: readonly Hearing[] | null): Judgement {
  const { judges, readings } = bench;
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
      const hearing = hearings === null ? NOTHING_HEARD : (hearings[j] as Hearing);
      const column = findColumn(member, hearing, reading, bit);
      const rank =
        reading === STORE_DENIED ? ACTION_RANK[member.storeDown[p] as Action] : (member.ranks[p * 3 + column] as number);
      if (rank > bestRank) {
        best = j;
        bestRank = rank;
      }
      if ((hearing.remember & bit) !== 0) remember |= remembered(hearing, reading, bit);
    }
    const hearing = hearings === null ? NOTHING_HEARD : (hearings[best] as Hearing);
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

function describe(member: Judge, reading: number, column: number, p: number, signals: readonly Reason[]): PurposeDecision {
  const meaning = READING_MEANINGS[reading] as (typeof READING_MEANINGS)[number];
  const cell = p * 3 + column;
  const action = reading === STORE_DENIED ? (member.storeDown[p] as Action) : (member.actions[cell] as Action);
  const own = column === columnOfReading(reading);
  const reasons: Reason[] = own ? [meaning.reason, ...signals] : [...signals];
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

/** Every judge hears the signals by its own rules; a rule that neighbouring judges share is asked once. */
function hearAll(judges: readonly Judge[], facts: Facts): Hearing[] {
  const { signals } = facts;
  const context = contextOf(facts);
  const votes = judges.map((): (Vote | null)[] => []);
  for (const signal of signals) {
    let lastRule: SignalRule | null = null;
    let lastVote: Vote | null = null;
    for (let j = 0; j < judges.length; j++) {
      const rule = (judges[j] as Judge).signals[signal.signal];
      if (rule !== lastRule) lastVote = rule === null ? null : signal.vote(rule, context);
      lastRule = rule;
      (votes[j] as (Vote | null)[]).push(lastVote);
    }
  }
  return judges.map((member, j) => hear(member, signals, votes[j] as (Vote | null)[]));
}

function hear(member: Judge, signals: readonly SignalReading[], votes: readonly (Vote | null)[]): Hearing {
  let denies: PurposeSet = 0;
  let grants: PurposeSet = 0;
  let yielding: PurposeSet = 0;
  let remember: PurposeSet = 0;
  for (let i = 0; i < signals.length; i++) {
    const vote = votes[i];
    const signal = signals[i];
    if (!vote || signal === undefined) continue;
    const rule = member.signals[signal.signal] as SignalRule;
    if (rule.mayGrant) grants |= vote.grants;
    if (!rule.mayDeny) continue;
    const against = vote.denies | (vote.unreadable & member.unreadableDenies);
    if (signal.signal === 'gpc' && !rule.beatsRecord) yielding |= against;
    else denies |= against;
    if (signal.signal === 'gpc' && rule.remember) remember |= vote.denies;
  }
  return (denies | grants | yielding) === 0 ? NOTHING_HEARD : { denies, grants, yielding, remember, votes };
}

const NO_VENDOR: SignalContext = { tcfVendor: null };

function contextOf(facts: Facts): SignalContext {
  if (facts.tcfVendor === null && facts.isPublisher !== true) return NO_VENDOR;
  return { tcfVendor: facts.tcfVendor, isPublisher: facts.isPublisher ?? false };
}
