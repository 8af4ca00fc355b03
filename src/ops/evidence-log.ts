/**
 * The decision log as a sink: decisions wait in memory and are written in batches, so that no hit waits for a disk. Only in the mode
 * `required` it does, because there nothing leaves that is not on the disk first.
 */
import { randomBytes } from 'node:crypto';
import type { EvidenceSink, HitEvidence } from './evidence.ts';
import { CHAIN_START } from './evidence-log-chain.ts';
import { describeDecision } from './evidence-log-line.ts';
import { listLastSegments, retireSegments } from './evidence-log-retain.ts';
import { Sampler } from './evidence-log-sample.ts';
import { type SegmentLimits, SegmentWriter } from './evidence-log-segment.ts';

/** Decisions that wait; more than these are lost (and counted) rather than kept at the cost of the hits. */
const MOST_WAITING = 10_000;
/** Lines in a batch: the time that the event loop spends on one, about 2 ms, is what hits wait for at most. */
const MOST_IN_BATCH = 128;
const BATCH_MS = 200;
const HEAD_MS = 1_000;
const RETRY_MS = 1_000;
const RETAIN_EVERY_MS = 3_600_000;
/** A disk that takes longer than this counts as one that does not answer. */
const ADMIT_MS = 1_000;

export interface EvidenceLogOptions {
  readonly mode: 'sampled' | 'all' | 'required';
  readonly folder: string;
  readonly retainMs: number;
  /** Told of decisions that were not kept because the queue was full. */
  lost(count: number): void;
  /** Told when the log cannot be written (with the system's error) and when it can again (null). */
  failing(error: unknown): void;
  now(): number;
  readonly limits?: SegmentLimits;
  readonly admitWithinMs?: number;
}

interface Waiting {
  describe(): string;
  /** Told whether the line is on the disk; null where nobody waits. */
  settle: ((written: boolean) => void) | null;
  given: boolean;
}

export class EvidenceLog implements EvidenceSink {
  readonly #options: EvidenceLogOptions;
  readonly #writer: SegmentWriter;
  readonly #sampler = new Sampler();
  #waiting: Waiting[] = [];
  #writing: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #headTimer: NodeJS.Timeout | null = null;
  readonly #retainTimer: NodeJS.Timeout;
  #isFailing = false;
  #isHeadOld = false;
  #isHeadDue = false;
  #isClosed = false;

  private constructor(options: EvidenceLogOptions, writer: SegmentWriter) {
    this.#options = options;
    this.#writer = writer;
    this.#retainTimer = setInterval(() => void this.#retain(), RETAIN_EVERY_MS).unref();
  }

  static async open(options: EvidenceLogOptions): Promise<EvidenceLog> {
    const { folder, now, limits } = options;
    const chainId = `${now().toString(36)}-${process.pid.toString(36)}${randomBytes(3).toString('hex')}`;
    const others = await listLastSegments(folder);
    const durable = options.mode === 'required';
    const log = new EvidenceLog(
      options,
      new SegmentWriter({ folder, chainId, durable, now, ...(limits !== undefined && { limits }) }, others),
    );
    await log.#retain();
    await log.#writer.openFolder().catch((error: unknown) => log.#fail(error));
    return log;
  }

  /** Chain up to the last written line: noted elsewhere, it vouches for everything before it. Null before the first. */
  get chain(): string | null {
    return this.#writer.chain === CHAIN_START ? null : this.#writer.chain;
  }

  record(evidence: HitEvidence): void {
    const { mode } = this.#options;
    // What left in this mode was written before it left.
    if (mode === 'required' && (evidence.outcome === 'forwarded' || evidence.outcome === 'anonymized')) return;
    const weight = mode === 'sampled' ? this.#sampler.weigh(evidence) : 1;
    if (weight > 0) this.#queue(evidence, weight, null);
  }

  /** The mode `required`: whether the decision is on the disk. */
  admit(evidence: HitEvidence): boolean | Promise<boolean> {
    if (this.#isFailing || this.#isClosed || this.#waiting.length >= MOST_WAITING) return false;
    return new Promise((resolve) => {
      const item = this.#queue(evidence, 1, (written) => {
        clearTimeout(timer);
        resolve(written);
      });
      const timer = setTimeout(() => {
        item.settle = null;
        item.given = true;
        resolve(false);
      }, this.#options.admitWithinMs ?? ADMIT_MS);
    });
  }

  /** Writes what waits and ends the chain. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#retainTimer);
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#headTimer !== null) clearTimeout(this.#headTimer);
    await this.#writing;
    let going = true;
    while (going && this.#waiting.length > 0) going = await this.#writeBatch();
    if (this.#waiting.length > 0) this.#options.lost(this.#waiting.length);
    await this.#writer.close().catch(this.#options.failing);
  }

  #queue(evidence: HitEvidence, weight: number, settle: Waiting['settle']): Waiting {
    return this.#push(() => JSON.stringify(describeDecision(evidence, weight)), settle);
  }

  #push(describe: () => string, settle: Waiting['settle']): Waiting {
    const item: Waiting = { describe, settle, given: false };
    if (this.#waiting.length >= MOST_WAITING) {
      this.#options.lost(1);
      settle?.(false);
    } else {
      this.#waiting.push(item);
      this.#schedule(settle === null && this.#waiting.length < MOST_IN_BATCH ? BATCH_MS : 0);
    }
    return item;
  }

  #schedule(delayMs: number): void {
    if (this.#isClosed) return;
    if (this.#timer !== null) {
      if (delayMs > 0 || this.#isFailing) return;
      clearTimeout(this.#timer);
    }
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        this.#start();
      },
      this.#isFailing ? RETRY_MS : delayMs,
    ).unref();
  }

  /** One writer at a time: two would write over each other. Whoever comes meanwhile is served when it has ended. */
  #start(): void {
    if (this.#writing !== null || this.#isClosed) return;
    this.#writing = this.#work().then(() => {
      this.#writing = null;
      if (this.#isFailing) this.#schedule(RETRY_MS);
      else if (this.#waiting.length > 0 || this.#isHeadDue) this.#start();
      else if (this.#isHeadOld) this.#headTimer ??= setTimeout(() => this.#noteHead(), HEAD_MS).unref();
    });
  }

  async #work(): Promise<void> {
    let going = true;
    while (going && (this.#waiting.length > 0 || this.#isFailing)) going = await this.#writeBatch();
    if (!this.#isHeadDue) return;
    this.#isHeadDue = false;
    this.#isHeadOld = false;
    await this.#writer.noteHead();
  }

  #noteHead(): void {
    this.#headTimer = null;
    this.#isHeadDue = true;
    this.#start();
  }

  /** An empty batch shows whether the disk is there again. @returns whether the next one may be tried at once. */
  async #writeBatch(): Promise<boolean> {
    const batch = this.#waiting.splice(0, MOST_IN_BATCH).filter((item) => !item.given);
    try {
      await this.#writer.append(batch.map((item) => item.describe()));
      for (const item of batch) item.settle?.(true);
      if (this.#isFailing) this.#options.failing(null);
      this.#isFailing = false;
      this.#isHeadOld = true;
      return true;
    } catch (error) {
      this.#fail(error);
      // Who waits is told; what already happened is tried again.
      for (const item of batch) item.settle?.(false);
      this.#waiting = [...batch.filter((item) => item.settle === null), ...this.#waiting];
      return false;
    }
  }

  #fail(error: unknown): void {
    if (!this.#isFailing) this.#options.failing(error);
    this.#isFailing = true;
    // While a batch is written, whoever started it comes again.
    if (this.#writing === null) this.#schedule(RETRY_MS);
  }

  async #retain(): Promise<void> {
    const { folder, retainMs, now } = this.#options;
    await this.#writer.touch().catch(() => undefined);
    await retireSegments({
      folder,
      retainMs,
      current: this.#writer.current,
      now: now(),
      write: (line) =>
        new Promise((resolve, reject) => {
          this.#push(
            () => JSON.stringify(line),
            (written) => (written ? resolve() : reject(new Error('the decision log cannot be written'))),
          );
        }),
    }).catch(() => undefined);
  }
}
