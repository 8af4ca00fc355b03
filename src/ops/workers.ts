/** Several processes on one port: started, restarted with back-off, reloaded and drained together, their metrics summed. */
import cluster, { type Worker } from 'node:cluster';
import { AggregatorRegistry, Counter, Gauge, type MetricObjectWithValues, type MetricValue, Registry } from 'prom-client';
import type { Logger } from './log.ts';
import type { RecentDecisions } from './recent-decisions.ts';

export type ReloadOutcome =
  | { readonly ok: true; readonly revision: string }
  | { readonly ok: false; readonly problems: readonly string[] };

type Decisions = ReturnType<RecentDecisions['list']>;
type MetricsJson = MetricObjectWithValues<MetricValue<string>>[];

/** What the primary asks, and what a worker answers under the same number. */
type Question = { readonly id: number; readonly ask: 'reload' | 'metrics' | 'decisions' | 'life' | 'drain' };
type Answer =
  /** It begins, and waits for its {@link SetUp}: what is sent before it listens is lost. */
  | { readonly begins: true }
  | { readonly ready: number }
  /** It cannot start, and said why: the exit code. */
  | { readonly failed: number }
  | { readonly id: number; readonly life: true }
  | { readonly id: number; readonly reload: ReloadOutcome }
  | { readonly id: number; readonly metrics: MetricsJson }
  | { readonly id: number; readonly decisions: Decisions };

/** What a worker begins with: its own look into a file might find another one than its siblings found. */
type SetUp = { readonly setUp: unknown };

export interface FleetOptions {
  readonly count: number;
  readonly log: Logger;
  /** How long workers may take to drain, before they are killed. */
  readonly drainMs: number;
}

/**
 * Of V8's two halves for young objects. Node's 16 take 16 MiB more of every worker, and spare 1 to 3 % of the hits a second.
 */
const YOUNG_HALF_MIB = 8;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;
/** A worker that served so long did not die of how it was started. */
const HEALTHY_AFTER_MS = 10_000;
/** In the environment of a worker. */
const MARK = 'CONSENTRY_WORKER';
/** A worker that does not answer in this time is left out of an answer. */
const ANSWER_WITHIN_MS = 5_000;
const RELOAD_WITHIN_MS = 60_000;
const LIFE_EVERY_MS = 10_000;
/** So many questions in a row, a minute of them: it hangs, and visitors would wait for it. */
const MOST_MISSED = 6;
/** As many as one answer of the admin API holds. */
const MOST_DECISIONS = 500;
const KILL_AFTER_DRAIN_MS = 5_000;

/** The primary's own, and a smaller young generation where nobody has chosen one. */
export function workerArguments(own: readonly string[], nodeOptions = ''): string[] {
  const isChosen = /--max[-_]semi[-_]space[-_]size\b/.test([...own, nodeOptions].join(' '));
  return isChosen ? [...own] : [`--max-semi-space-size=${YOUNG_HALF_MIB}`, ...own];
}

/** Primary's side. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #ready = new Set<Worker>();
  readonly #pending = new Map<number, (answer: Answer) => void>();
  /** Questions that a worker has not answered in time since its last answer. */
  readonly #missed = new Map<Worker, number>();
  readonly #registry = new Registry();
  readonly #restarts = new Counter({
    name: 'consentry_worker_restarts_total',
    help: 'Workers that ended by themselves and were started again.',
    registers: [this.#registry],
  });
  #lastId = 0;
  #pauseMs = 0;
  #wereAllReady = false;
  #stopping = false;
  #setUp: () => unknown = () => null;

  constructor(options: FleetOptions) {
    this.#options = options;
    const ready = this.#ready;
    new Gauge({
      name: 'consentry_workers',
      help: 'Workers that listen.',
      registers: [this.#registry],
      collect() {
        this.set(ready.size);
      },
    });
  }

  /**
   * @param setUp what workers that begin now get ({@link takeSetUp}); another value than before where they have to reload to get it
   * @returns the port when all workers listen; or the exit code of one that cannot start, after it said why.
   */
  async start(setUp: () => unknown): Promise<{ readonly port: number } | { readonly exitCode: number }> {
    this.#setUp = setUp;
    cluster.setupPrimary({ execArgv: workerArguments(process.execArgv, process.env.NODE_OPTIONS) });
    const started = Array.from({ length: this.#options.count }, () => this.#fork());
    const results = await firstFailureOrAll(started);
    const failed = results.find((result) => 'exitCode' in result);
    if (failed !== undefined) {
      this.#stopping = true;
      // None of them serves anybody yet: there is nothing to drain.
      this.kill();
      return failed;
    }
    this.#wereAllReady = true;
    setInterval(() => {
      for (const worker of this.#ready) void this.#ask(worker, 'life', ANSWER_WITHIN_MS);
    }, LIFE_EVERY_MS).unref();
    return results[0] ?? { exitCode: 1 };
  }

  /** Red until all workers listen, and later while none does. */
  isReady(): boolean {
    return !this.#stopping && this.#wereAllReady && this.#ready.size > 0;
  }

  /** Every worker reads the policies anew; one that cannot is the answer for all. */
  async reload(): Promise<ReloadOutcome> {
    const answers = await Promise.all(Array.from(this.#ready, (worker) => this.#ask(worker, 'reload', RELOAD_WITHIN_MS)));
    const outcomes = answers.map(
      (answer): ReloadOutcome =>
        answer !== null && 'reload' in answer ? answer.reload : { ok: false, problems: ['a worker did not answer in time'] },
    );
    return outcomes.find((outcome) => !outcome.ok) ?? outcomes[0] ?? { ok: false, problems: ['no worker is there'] };
  }

  async readMetrics(): Promise<string> {
    const answers = await Promise.all(Array.from(this.#ready, (worker) => this.#ask(worker, 'metrics', ANSWER_WITHIN_MS)));
    const all = answers.flatMap((answer) => (answer !== null && 'metrics' in answer ? [answer.metrics] : []));
    return `${await AggregatorRegistry.aggregate(all).metrics()}${await this.#registry.metrics()}`;
  }

  /** The newest decisions of all workers, the newest first. */
  async readDecisions(limit: number): Promise<Decisions> {
    const answers = await Promise.all(Array.from(this.#ready, (worker) => this.#ask(worker, 'decisions', ANSWER_WITHIN_MS)));
    const all = answers.flatMap((answer) => (answer !== null && 'decisions' in answer ? answer.decisions : []));
    return all.sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0)).slice(0, limit);
  }

  /** Drains all workers and ends those that take too long. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
    await Promise.all(
      workers.map(async (worker) => {
        const ended = new Promise((resolve) => worker.once('exit', resolve));
        if (worker.isDead()) return;
        if (this.#ready.has(worker)) drain(worker);
        const timer = setTimeout(() => worker.process.kill('SIGKILL'), this.#options.drainMs + KILL_AFTER_DRAIN_MS);
        await ended;
        clearTimeout(timer);
      }),
    );
  }

  /** Ends all workers at once. */
  kill(): void {
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGKILL');
  }

  #fork(): Promise<{ readonly port: number } | { readonly exitCode: number }> {
    const worker = cluster.fork({ [MARK]: '1' });
    let setUp: unknown;
    let readyAt = Number.POSITIVE_INFINITY;
    let failedWith: number | null = null;
    return new Promise((resolve) => {
      worker.on('message', (answer: Answer) => {
        if ('id' in answer) return this.#pending.get(answer.id)?.(answer);
        if ('begins' in answer) {
          setUp = this.#setUp();
          return worker.send({ setUp } satisfies SetUp);
        }
        if ('failed' in answer) {
          failedWith = answer.failed;
          resolve({ exitCode: answer.failed });
          // Its channel to us would keep it, and nobody would take its place.
          return worker.process.kill('SIGKILL');
        }
        readyAt = performance.now();
        this.#ready.add(worker);
        // What was said while it started, it did not hear.
        if (this.#stopping) drain(worker);
        else if (setUp !== this.#setUp()) void this.#ask(worker, 'reload', RELOAD_WITHIN_MS);
        resolve({ port: answer.ready });
      });
      worker.on('exit', (code, signal) => {
        this.#ready.delete(worker);
        this.#missed.delete(worker);
        // One that ends before all were there has said why; starting it again would say it again.
        if (!this.#wereAllReady) return resolve({ exitCode: code || 1 });
        if (!this.#stopping) this.#restart(performance.now() - readyAt, failedWith ?? signal ?? code);
      });
    });
  }

  #restart(servedMs: number, reason: string | number): void {
    this.#pauseMs = servedMs > HEALTHY_AFTER_MS ? 0 : Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, this.#pauseMs * 2));
    this.#restarts.inc();
    this.#options.log.error({ reason, pauseMs: this.#pauseMs }, 'a worker ended by itself: it is started again');
    setTimeout(() => {
      if (!this.#stopping) void this.#fork();
    }, this.#pauseMs);
  }

  #ask(worker: Worker, ask: Question['ask'], withinMs: number): Promise<Answer | null> {
    const id = ++this.#lastId;
    const missed = this.#missed.get(worker) ?? 0;
    return new Promise((resolve) => {
      const settle = (answer: Answer | null): void => {
        clearTimeout(timer);
        this.#pending.delete(id);
        resolve(answer);
      };
      const timer = setTimeout(() => {
        settle(null);
        this.#miss(worker, missed + 1);
      }, withinMs);
      this.#pending.set(id, (answer) => {
        this.#missed.delete(worker);
        settle(answer);
      });
      if (worker.isConnected()) worker.send({ id, ask } satisfies Question);
      else settle(null);
    });
  }

  /** Questions that were under way together count as one. */
  #miss(worker: Worker, missed: number): void {
    if (!this.#ready.has(worker)) return;
    this.#missed.set(worker, missed);
    if (missed < MOST_MISSED) return;
    this.#options.log.error({ missed }, 'a worker does not answer: it is ended');
    worker.process.kill('SIGKILL');
  }
}

/** A worker that listens; another one hears nothing. */
function drain(worker: Worker): void {
  if (worker.isConnected()) worker.send({ id: 0, ask: 'drain' } satisfies Question);
}

export interface WorkerDuties {
  reload(): Promise<ReloadOutcome>;
  readonly registry: Registry;
  readonly decisions: RecentDecisions;
  /** Drains and ends the process. */
  drain(): void;
}

/** Whether this process is one of a {@link Fleet}: process managers start theirs by node:cluster, too. */
export function isWorker(): boolean {
  return cluster.isWorker && process.env[MARK] === '1';
}

/** Worker's side: what the primary gave it to begin with. */
export function takeSetUp(): Promise<unknown> {
  return new Promise((resolve) => {
    process.once('message', ({ setUp }: SetUp) => resolve(setUp));
    process.send?.({ begins: true } satisfies Answer);
  });
}

/** Worker's side: tells the primary that it cannot start, which then ends it. */
export function failStart(exitCode: number): void {
  process.send?.({ failed: exitCode } satisfies Answer);
}

/** All results, or the first that is a failure, as soon as there is one: the others may never come. */
function firstFailureOrAll<R extends object>(started: readonly Promise<R>[]): Promise<R[]> {
  return new Promise((resolve) => {
    for (const one of started) void one.then((result) => 'exitCode' in result && resolve([result]));
    void Promise.all(started).then(resolve);
  });
}

/** Worker's side: tells the primary that it listens, and answers it. A worker whose primary is gone drains. */
export function joinFleet(port: number, duties: WorkerDuties): void {
  const send = (answer: Answer): void => void process.send?.(answer);
  process.on('message', ({ id, ask }: Question) => {
    if (ask === 'drain') duties.drain();
    else if (ask === 'life') send({ id, life: true });
    else if (ask === 'decisions') send({ id, decisions: duties.decisions.list(MOST_DECISIONS) });
    else if (ask === 'reload') void duties.reload().then((reload) => send({ id, reload }));
    else void duties.registry.getMetricsAsJSON().then((metrics) => send({ id, metrics: metrics as MetricsJson }));
  });
  // Without this Node ends a worker at once, with all that is under way, when its primary is gone.
  if (cluster.worker !== undefined) cluster.worker.exitedAfterDisconnect = true;
  process.on('disconnect', () => duties.drain());
  send({ ready: port });
}
