/** Hits whose visitors have been answered: a queue for each collector, one spool for all of them, judged again before it sends. */
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Config } from '../config.ts';
import type { Keyring } from '../consent/keys.ts';
import type { ConsentHead } from '../consent/record.ts';
import { describeWaiting, judgeAgain, type WaitingFacts } from '../hit/judge-again.ts';
import type { Delivery, Rules } from '../hit/mount.ts';
import type { Metrics } from '../ops/metrics.ts';
import { embeddedStoreFolder } from '../store/open.ts';
import type { ConsentStore } from '../store/store.ts';
import type { Upstream } from '../upstream/client.ts';
import { CollectorQueue } from '../upstream/queue.ts';
import { sendAnswered } from '../upstream/send.ts';
import { Spool } from '../upstream/spool.ts';
import type { Verdict } from '../upstream/spool-drain.ts';
import type { WaitingHit } from '../upstream/spool-seal.ts';
import type { UpstreamRequest } from '../upstream/transport.ts';
import { GatewayProblem } from './problem.ts';

/** On their way at once to one collector, and waiting behind them in memory, in each process. */
const QUEUE_LIMITS = { concurrent: 128, waiting: 2_048 };
/** How often queues look for what an earlier process left behind, and the spool for what is too old. */
const LOOK_EVERY_MS = 5_000;

export interface AnsweredParts {
  readonly store: ConsentStore;
  readonly spool: Spool | null;
  readonly metrics: Metrics;
  rules(): Rules;
  now(): number;
  fault(error: unknown): void;
}

/** Beside the embedded store, else beside the decision log; null with a store in memory, whose keys end with it. */
export function spoolFolder(config: Config): string | null {
  if (config.store === 'memory:') return null;
  return join(embeddedStoreFolder(config.store) ?? dirname(config.evidence.dir), 'spool');
}

export function openSpool(config: Config, keyring: Keyring, metrics: Metrics, now: () => number): Spool | null {
  const folder = spoolFolder(config);
  if (folder === null) return null;
  try {
    return new Spool({
      folder,
      keyring,
      maxBytes: config.spool['max-bytes'],
      maxAgeMs: config.spool['max-age'],
      now,
      owner: `${process.pid}.${randomBytes(4).toString('hex')}`,
      lost: (count, origin = '') => metrics.countDelivery(origin, 'lost', count),
    });
  } catch (error) {
    throw new GatewayProblem([`the spool ${folder} cannot be opened: ${(error as Error).message}`]);
  }
}

/** From now on an erasure in the store also deletes what waits of the erased. */
export function forgetWithStore(store: ConsentStore, spool: Spool | null): void {
  if (spool === null) return;
  const erase = store.erase.bind(store);
  store.erase = async (subject, at) => {
    const erased = await erase(subject, at);
    await spool.forget(subject);
    return erased;
  };
}

export class AnsweredHits {
  readonly #parts: AnsweredParts;
  readonly #queues = new Map<string, CollectorQueue>();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: AnsweredParts) {
    this.#parts = parts;
    parts.metrics.watchDeliveries(() => ({
      queued: Array.from(this.#queues.values(), (queue) => queue.length).reduce((sum, length) => sum + length, 0),
      spooled: parts.spool?.entries ?? 0,
      spooledBytes: parts.spool?.bytes ?? 0,
    }));
  }

  take(delivery: Delivery, request: UpstreamRequest, upstream: Upstream): void {
    this.#queueFor(upstream).offer({
      request,
      subject: delivery.subject,
      order: this.#parts.spool?.nextOrder() ?? 0,
      describe: () => describeWaiting(delivery, this.#parts.rules()),
    });
  }

  /** Sends what an earlier process left behind, as soon as its collectors are known, and looks after the spool from now on. */
  resume(): void {
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
    for (const { upstream } of this.#parts.rules().routes.routes) if (upstream !== null) this.#queueFor(upstream).wake();
  }

  async stop(withinMs: number): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(Array.from(this.#queues.values(), (queue) => queue.stop(withinMs)));
    await this.#parts.spool?.close();
  }

  #queueFor(upstream: Upstream): CollectorQueue {
    const known = this.#queues.get(upstream.origin);
    if (known !== undefined) return known;
    const { metrics, spool, fault } = this.#parts;
    const queue = new CollectorQueue({
      upstream,
      send: sendAnswered,
      spool,
      judgeAgain: (hit) => this.#judgeAgain(hit),
      events: {
        result: (origin, result) => metrics.countDelivery(origin, result),
        failed: (origin, reason) => metrics.countFailure(origin, reason),
        fault,
      },
      limits: QUEUE_LIMITS,
    });
    this.#queues.set(upstream.origin, queue);
    return queue;
  }

  #look(): void {
    this.#parts.spool?.sweep().catch((error: unknown) => this.#parts.fault(error));
    for (const queue of this.#queues.values()) queue.wake();
  }

  async #judgeAgain(hit: WaitingHit): Promise<Verdict> {
    const waiting = hit.context as WaitingFacts;
    let record: ConsentHead | null;
    try {
      record = waiting.subject === null ? null : await this.#parts.store.readHead(waiting.subject);
    } catch {
      return 'later';
    }
    return judgeAgain(waiting, record, this.#parts.rules(), this.#parts.now()) === waiting.answer ? 'same' : 'changed';
  }
}
