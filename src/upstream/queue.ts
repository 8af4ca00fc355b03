/**
 * Answered hits on their way to one collector: so many at once, so many waiting in memory, the others in the spool. A
 * collector that is down is left alone but for a trial now and then; what waits in the spool goes out in order behind it.
 */
import type { Upstream } from './client.ts';
import type { Send, SendOutcome } from './send.ts';
import type { Spool } from './spool.ts';
import { drainSpool, type JudgeAgain } from './spool-drain.ts';
import type { UpstreamRequest } from './transport.ts';

/** A scrubbed hit whose visitor has been answered. */
export interface AnsweredHit {
  readonly request: UpstreamRequest;
  /** Null where nobody is known; never logged. */
  readonly subject: string | null;
  /** Its place among those that wait (`Spool.nextOrder`); 0 without a spool. */
  readonly order: number;
  /** Facts for judging it again, made only if it has to wait. */
  describe(): unknown;
}

/** Deliveries by how they ended; `repeated` ones were taken and may have been before. */
export type DeliveryResult = 'taken' | 'repeated' | 'spooled' | 'lost' | 'changed' | 'given-up';

export interface QueueEvents {
  /** Told of each hit once for each step that it takes. */
  result(origin: string, result: DeliveryResult): void;
  /** Told why a hit was not taken. */
  failed(origin: string, reason: string): void;
  /** Told of an exception, which is a bug of ours. */
  fault(error: unknown): void;
}

export interface QueueParts {
  readonly upstream: Upstream;
  readonly send: Send;
  /** Null where nothing may outlive the process: then a hit that finds no room is lost, and counted. */
  readonly spool: Spool | null;
  readonly judgeAgain: JudgeAgain;
  readonly events: QueueEvents;
  readonly limits: QueueLimits;
}

export interface QueueLimits {
  /** Hits on their way at once. */
  readonly concurrent: number;
  /** Hits waiting in memory. */
  readonly waiting: number;
}

/** A hit on its way, and where it stands among the others. */
interface Sending {
  readonly hit: AnsweredHit;
  giveUp: () => void;
  at: number;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;
/** Connections break now and then; so many failures one after another are a collector that is down. */
const FAILURES_BEFORE_DOWN = 5;
const DRAIN_EVERY_MS = 250;

export class CollectorQueue {
  readonly #parts: QueueParts;
  readonly #waiting: AnsweredHit[] = [];
  #next = 0;
  /**
   * No Map: one that is written as often keeps what it held. Its outgrown tables point to the next ones, and once one of them is in
   * the old generation every hit stays in memory until the next full collection.
   */
  readonly #underWay: Sending[] = [];
  readonly #drained = new Set<() => void>();
  #failures = 0;
  #hasTakenAny = false;
  #pauseMs = 0;
  #trialAt = 0;
  #drainTimer: NodeJS.Timeout | null = null;
  #draining: Promise<void> | null = null;
  #stopping = false;
  #idle: (() => void) | null = null;

  constructor(parts: QueueParts) {
    this.#parts = parts;
  }

  /** Hits in memory: on their way and waiting. */
  get length(): number {
    return this.#underWay.length + this.#waiting.length - this.#next;
  }

  get #isDown(): boolean {
    return this.#pauseMs > 0;
  }

  /** Takes a hit. Never throws; what cannot be kept is counted as lost. */
  offer(hit: AnsweredHit): void {
    if (this.#mustWait(hit)) return this.#spoolIt(hit, false);
    if (this.#underWay.length < this.#parts.limits.concurrent) return this.#send(hit);
    if (this.length >= this.#parts.limits.concurrent + this.#parts.limits.waiting) return this.#spoolIt(hit, false);
    this.#waiting.push(hit);
  }

  /** Looks whether something waits in the spool, of this process or of one before it. One look at a time: two would send twice. */
  wake(): void {
    if (this.#stopping || this.#drainTimer !== null || this.#draining !== null) return;
    this.#drainTimer = setTimeout(
      () => {
        this.#drainTimer = null;
        this.#draining = this.#drain().then((isMoreLeft) => {
          this.#draining = null;
          if (isMoreLeft) this.wake();
        });
      },
      this.#isDown ? this.#pauseMs : DRAIN_EVERY_MS,
    );
    this.#drainTimer.unref();
  }

  /**
   * Ends within the time: what waits in memory goes to the spool, and so does what the collector has not answered then,
   * marked as possibly there. Without a spool everything is sent that can be.
   */
  async stop(withinMs: number): Promise<void> {
    this.#stopping = true;
    if (this.#drainTimer !== null) clearTimeout(this.#drainTimer);
    if (this.#parts.spool !== null) {
      for (const hit of this.#takeWaiting()) this.#spoolIt(hit, false);
    }
    const idle = new Promise<void>((resolve) => {
      if (this.length === 0) resolve();
      else this.#idle = resolve;
    });
    await Promise.race([Promise.all([idle, this.#draining]), pause(withinMs)]);
    for (const leave of this.#drained) leave();
    // One by one: with its connection those behind it on the same one fail, and have left by themselves.
    for (let last = this.#underWay.pop(); last !== undefined; last = this.#underWay.pop()) {
      last.giveUp();
      this.#spoolIt(last.hit, true);
    }
    for (const hit of this.#takeWaiting()) this.#spoolIt(hit, false);
    await this.#draining;
  }

  #takeWaiting(): AnsweredHit[] {
    const rest = this.#waiting.slice(this.#next);
    this.#waiting.length = 0;
    this.#next = 0;
    return rest;
  }

  /** Behind its subject's earlier hits, or while the collector is down; one hit now and then tries whether it still is. */
  #mustWait(hit: AnsweredHit): boolean {
    const spool = this.#parts.spool;
    if (spool === null) return false;
    if (this.#stopping) return true;
    if (this.#isDown) {
      if (performance.now() < this.#trialAt) return true;
      this.#trialAt = performance.now() + this.#pauseMs;
    }
    return hit.subject !== null && spool.mayHold && spool.isWaiting(hit.subject);
  }

  #send(hit: AnsweredHit): void {
    const sending: Sending = { hit, giveUp: () => undefined, at: this.#underWay.length };
    // First, since an exchange that cannot begin has ended when `send` returns.
    this.#underWay.push(sending);
    sending.giveUp = this.#parts.send(this.#parts.upstream, hit.request, (outcome) => {
      this.#leave(sending);
      this.#settle(hit, outcome);
      this.#sendNext();
      if (this.#idle !== null && this.length === 0) this.#idle();
    });
  }

  /** The last one takes its place. */
  #leave({ at }: Sending): void {
    const last = this.#underWay.pop() as Sending;
    if (last.at === at) return;
    last.at = at;
    this.#underWay[at] = last;
  }

  #sendNext(): void {
    while (this.#next < this.#waiting.length && this.#underWay.length < this.#parts.limits.concurrent) {
      const hit = this.#waiting[this.#next++] as AnsweredHit;
      if (this.#mustWait(hit)) this.#spoolIt(hit, false);
      else this.#send(hit);
    }
    if (this.#next < this.#waiting.length && this.#next < 1_024) return;
    this.#waiting.splice(0, this.#next);
    this.#next = 0;
  }

  #settle(hit: AnsweredHit, outcome: SendOutcome): void {
    this.note(outcome);
    if (outcome.kind === 'taken') this.#parts.events.result(this.#parts.upstream.origin, 'taken');
    else this.#spoolIt(hit, outcome.kind === 'unsure');
  }

  /** What an attempt tells about the collector, whoever made it. */
  note(outcome: SendOutcome): void {
    if (outcome.kind === 'taken') {
      this.#failures = 0;
      this.#hasTakenAny = true;
      this.#pauseMs = 0;
      return;
    }
    this.#parts.events.failed(this.#parts.upstream.origin, outcome.reason);
    this.#failures++;
    if (outcome.kind === 'unsure' && this.#failures < FAILURES_BEFORE_DOWN && !this.#isDown) return;
    // Failures of the same moment are one: only one after the pause makes the next pause longer.
    const now = performance.now();
    if (this.#isDown && now < this.#trialAt) return;
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, this.#pauseMs * 2));
    this.#trialAt = now + this.#pauseMs;
  }

  #spoolIt(hit: AnsweredHit, maybeSent: boolean): void {
    const { upstream, events } = this.#parts;
    const spool = this.#parts.spool;
    const kept =
      spool?.put(upstream.origin, { request: hit.request, context: hit.describe() }, hit.subject, maybeSent, hit.order) ?? false;
    events.result(upstream.origin, kept ? 'spooled' : 'lost');
    if (kept) this.wake();
  }

  /** One look into the spool. @returns whether another one is due soon. */
  async #drain(): Promise<boolean> {
    const { spool, upstream, send, judgeAgain, events, limits } = this.#parts;
    if (spool === null) return false;
    try {
      const left = await drainSpool({
        spool,
        upstream,
        judgeAgain,
        events,
        send,
        note: (outcome) => this.note(outcome),
        // Live hits go first: the spool has the room that they leave.
        mayGoOn: () => !this.#stopping && !this.#isDown && this.#underWay.length < limits.concurrent,
        isTrial: () => this.#isDown,
        takeSuccess: () => {
          const hasTakenAny = this.#hasTakenAny;
          this.#hasTakenAny = false;
          return hasTakenAny;
        },
        underWay: this.#drained,
      });
      return left || spool.mayHold;
    } catch (error) {
      events.fault(error);
      return true;
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
