/** Sends what waits in the spool: judged again, in order for each subject, marked before so that a crash tells what may be there twice. */
import type { Upstream } from './client.ts';
import type { DeliveryResult, QueueEvents } from './queue.ts';
import type { Send, SendOutcome } from './send.ts';
import type { Spool, SpoolChange, SpoolEntry } from './spool.ts';
import type { WaitingHit } from './spool-seal.ts';

/** Whether the answer of now is the one that the hit was scrubbed by; `later` where nobody can tell at the moment. */
export type Verdict = 'same' | 'changed' | 'later';
/** Never throws and never rejects. */
export type JudgeAgain = (hit: WaitingHit) => Verdict | Promise<Verdict>;

export interface Drain {
  readonly spool: Spool;
  readonly upstream: Upstream;
  readonly send: Send;
  readonly judgeAgain: JudgeAgain;
  readonly events: QueueEvents;
  /** Told how each attempt ended. */
  note(outcome: SendOutcome): void;
  /** False ends the round: the collector is down, or live hits need the room. */
  mayGoOn(): boolean;
  /** Whether only one hit should go, to see whether the collector is back. */
  isTrial(): boolean;
  /** Whether the collector has taken any hit since this was last asked. */
  takeSuccess(): boolean;
  /** Ends of the exchanges under way: calling one leaves its hit in the spool, as possibly sent. */
  readonly underWay: Set<() => void>;
}

const BATCH = 128;
/** Hits on their way at once; those of one subject follow each other. */
const LANES = 8;
/** A hit that so often brought no answer, while others did, is what the collector fails at. */
const MOST_ATTEMPTS = 8;

/** Header line of a hit that the collector may have seen before. */
const REPEATED = ['Consentry-Repeated', 'possible'] as const;

/** One round. @returns whether something is left to be sent later. */
export async function drainSpool(drain: Drain): Promise<boolean> {
  const { spool, upstream } = drain;
  for (let first = true; first || drain.mayGoOn(); first = false) {
    if (spool.entries === 0) return false;
    // The lease first: what another process has marked as sent in the meantime must be read with its mark.
    if (!(await spool.lease(upstream.origin))) return true;
    const oldest = await spool.peek(upstream.origin, BATCH);
    if (oldest.length === 0) return false;
    const entries = drain.isTrial() ? pickTrial(oldest) : oldest;
    const { wanted, unwanted, complete } = await judgeAll(drain, entries);
    await spool.change([
      ...unwanted.map(({ key }): SpoolChange => ({ key, remove: true })),
      ...wanted.map(({ key, attempts }): SpoolChange => ({ key, maybeSent: true, attempts: attempts + 1 })),
    ]);
    const changes = await sendAll(drain, wanted);
    await spool.change(changes);
    if (!complete) return true;
  }
  return true;
}

/** By chance: the oldest one might be what the collector fails at. Never ahead of an earlier hit of its subject. */
function pickTrial(entries: readonly SpoolEntry[]): SpoolEntry[] {
  const { subject } = entries[Math.floor(Math.random() * entries.length)] as SpoolEntry;
  const own = entries.filter((entry) => entry.subject === subject);
  return [own[subject === '' ? Math.floor(Math.random() * own.length) : 0] as SpoolEntry];
}

interface Judged {
  readonly wanted: SpoolEntry[];
  readonly unwanted: SpoolEntry[];
  /** False where the judging ended early: what follows stays in its order. */
  readonly complete: boolean;
}

async function judgeAll(drain: Drain, entries: readonly SpoolEntry[]): Promise<Judged> {
  const wanted: SpoolEntry[] = [];
  const unwanted: SpoolEntry[] = [];
  for (const entry of entries) {
    const verdict: Verdict | DeliveryResult = await judgeEntry(drain, entry);
    if (verdict === 'later') return { wanted, unwanted, complete: false };
    if (verdict === 'same') wanted.push(entry);
    else {
      unwanted.push(entry);
      drain.events.result(drain.upstream.origin, verdict);
    }
  }
  return { wanted, unwanted, complete: true };
}

function judgeEntry(drain: Drain, { hit, attempts }: SpoolEntry): Verdict | DeliveryResult | Promise<Verdict> {
  if (hit === null) return 'lost';
  return attempts >= MOST_ATTEMPTS ? 'given-up' : drain.judgeAgain(hit);
}

/** What becomes of each entry. Lanes keep the order of a subject's hits; a lane ends at the first hit that does not go through. */
async function sendAll(drain: Drain, entries: readonly SpoolEntry[]): Promise<SpoolChange[]> {
  const lanes: SpoolEntry[][] = Array.from({ length: LANES }, () => []);
  for (const [index, entry] of entries.entries()) lanes[laneOf(entry, index)]?.push(entry);
  const changes: SpoolChange[] = [];
  const unsent = ({ key, maybeSent, attempts }: SpoolEntry): void => void changes.push({ key, maybeSent, attempts });
  const unsure: SpoolEntry[] = [];
  let broken = false;
  await Promise.all(
    lanes.map(async (lane) => {
      for (const entry of lane) {
        if (broken) {
          unsent(entry);
          continue;
        }
        const outcome = await sendEntry(drain, entry);
        drain.note(outcome);
        if (outcome.kind === 'taken') {
          drain.events.result(drain.upstream.origin, entry.maybeSent ? 'repeated' : 'taken');
          changes.push({ key: entry.key, remove: true });
          continue;
        }
        broken = true;
        if (outcome.kind === 'not-sent') unsent(entry);
        else unsure.push(entry);
      }
    }),
  );
  // A collector that takes nothing is down, however it says so: that counts against none of them.
  if (!drain.takeSuccess()) for (const { key, attempts } of unsure) changes.push({ key, maybeSent: true, attempts });
  return changes;
}

function laneOf(entry: SpoolEntry, index: number): number {
  return entry.subject === '' ? index % LANES : Number.parseInt(entry.subject.slice(0, 2), 16) % LANES;
}

function sendEntry({ send, upstream, underWay }: Drain, { hit, maybeSent }: SpoolEntry): Promise<SendOutcome> {
  const { request } = hit as WaitingHit;
  const marked = maybeSent ? { ...request, headers: [...request.headers, ...REPEATED] } : request;
  return new Promise((resolve) => {
    const leave = (): void => {
      giveUp();
      resolve({ kind: 'unsure', reason: 'closing' });
    };
    const giveUp = send(upstream, marked, (outcome) => {
      underWay.delete(leave);
      resolve(outcome);
    });
    underWay.add(leave);
  });
}
