/**
 * What records need once a day (UTC), done by one of the processes that share a store: an anchor for somebody to keep
 * elsewhere, and an end to what was kept long enough. Keys of pseudonyms end in every round, also where no hit comes that asks for the next.
 */
import { randomBytes } from 'node:crypto';
import type { PolicySet } from '../policy/policy.ts';
import { DAY_MS, formatDay } from '../policy/values.ts';
import type { ConsentStore } from '../store/store.ts';
import { type WrittenAnchor, writeAnchor } from './anchor.ts';
import { retireSubjects } from './retire.ts';

/** How often a process asks whether somebody has done it. */
const ROUND_MS = 10 * 60_000;
/** A process that dies over a task is replaced after this time; so is one that fails. */
const ATTEMPT_MS = 60 * 60_000;

export interface UpkeepParts {
  readonly store: ConsentStore;
  /** Folder of the anchors; null writes none. */
  readonly anchorFolder: string | null;
  /** How long records are kept after their end; null keeps them. */
  readonly retainMs: number | null;
  policies(): PolicySet;
  /** Milliseconds since the epoch. */
  now(): number;
  anchored(anchor: WrittenAnchor): void;
  retired(count: number): void;
  /** Told of a store or a disk that did not do. */
  failed(error: unknown): void;
}

export class Upkeep {
  readonly #parts: UpkeepParts;
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | null = null;

  constructor(parts: UpkeepParts) {
    this.#parts = parts;
  }

  /** Begins with a round at once. */
  start(): void {
    void this.run();
    this.#timer = setInterval(() => void this.run(), ROUND_MS).unref();
  }

  /** Does what nobody has done today. Never rejects. */
  run(): Promise<void> {
    this.#round ??= this.#runAll().finally(() => {
      this.#round = null;
    });
    return this.#round;
  }

  /** Resolves when the store is no longer asked. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping.abort();
    await this.#round;
  }

  async #runAll(): Promise<void> {
    const { store, anchorFolder, retainMs, anchored, retired } = this.#parts;
    const { signal } = this.#stopping;
    await this.#forgetDayKeys();
    // The anchor first: it still vouches for what retention then makes unreadable.
    if (anchorFolder !== null)
      await this.#once('anchor', async (now) => anchored(await writeAnchor(store, anchorFolder, now, signal)));
    if (retainMs !== null)
      await this.#once('retire', async (now) =>
        retired(await retireSubjects(store, this.#parts.policies(), retainMs, now, signal)),
      );
  }

  async #forgetDayKeys(): Promise<void> {
    const { store, now, failed } = this.#parts;
    try {
      await store.forgetDayKeys(formatDay(now() - DAY_MS));
    } catch (error) {
      failed(error);
    }
  }

  async #once(task: string, work: (now: number) => Promise<void>): Promise<void> {
    const { store, now } = this.#parts;
    // Drawn anew, so that what this process has done today is taken for it too.
    const holder = randomBytes(8).toString('hex');
    try {
      const begunAt = now();
      if (this.#stopping.signal.aborted || !(await store.claim(task, holder, begunAt, ATTEMPT_MS))) return;
      await work(begunAt);
      const endedAt = now();
      await store.claim(task, holder, endedAt, Math.max(1, DAY_MS - (begunAt % DAY_MS) - (endedAt - begunAt)));
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#parts.failed(error);
    }
  }
}
