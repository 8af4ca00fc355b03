/** The hits of the last minutes: pairs what the gateway was sent with what the collector got. Holds identifiers: for the demo only. */
import type { HitWitness } from '../hit/mount.ts';
import type { HitEvidence } from '../ops/evidence.ts';
import { describeHit, type HitView } from './hit-view.ts';
import { keyOf, type SeenRequest } from './request.ts';

/** Older hits are forgotten. */
const MOST_HITS = 200;

interface Entry {
  readonly id: number;
  readonly evidence: HitEvidence;
  readonly sent: SeenRequest;
  /** What the gateway let go; null for a dropped hit. */
  readonly leaving: SeenRequest | null;
}

export interface JournalListener {
  /** A hit that is new, or one that has arrived at the collector since. */
  changed(view: HitView): void;
  cleared(): void;
}

export class HitJournal {
  readonly #entries = new Map<number, HitView>();
  /** Hits on their way, by what tells them apart; equal ones in the order in which they left. */
  readonly #onTheWay = new Map<string, Entry[]>();
  readonly #listeners = new Set<JournalListener>();
  #nextId = 1;
  #received = 0;

  /** For the gateway: sees every hit as it came and as it leaves. */
  readonly witness: HitWitness = (evidence, received, body, outgoing) => {
    const target = received.query === null ? received.path : `${received.path}?${received.query}`;
    const sent: SeenRequest = { method: received.method, target, headers: received.rawHeaders, body };
    const entry: Entry = { id: this.#nextId++, evidence, sent, leaving: outgoing };
    if (entry.leaving !== null) {
      const key = keyOf(entry.leaving);
      const waiting = this.#onTheWay.get(key);
      if (waiting === undefined) this.#onTheWay.set(key, [entry]);
      else waiting.push(entry);
    }
    this.#show(entry, null);
  };

  /** For the collector: a request has reached it. */
  arrive(request: SeenRequest): void {
    this.#received++;
    const key = keyOf(request);
    const waiting = this.#onTheWay.get(key);
    const entry = waiting?.shift();
    if (waiting?.length === 0) this.#onTheWay.delete(key);
    if (entry !== undefined) this.#show(entry, request);
  }

  /** Requests that the collector counted since the start or the last clearing, whoever sent them. */
  get received(): number {
    return this.#received;
  }

  /** The oldest first. */
  list(): readonly HitView[] {
    return [...this.#entries.values()];
  }

  clear(): void {
    this.#entries.clear();
    this.#onTheWay.clear();
    this.#received = 0;
    for (const listener of this.#listeners) listener.cleared();
  }

  /** @returns the end of it. */
  subscribe(listener: JournalListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #show(entry: Entry, arrived: SeenRequest | null): void {
    const view = describeHit(entry.id, entry.evidence, entry.sent, entry.leaving !== null, arrived);
    // A hit that was cleared while it was under way stays forgotten.
    if (arrived !== null && !this.#entries.has(entry.id)) return;
    this.#entries.set(entry.id, view);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MOST_HITS && oldest !== undefined) this.#entries.delete(oldest);
    for (const listener of this.#listeners) listener.changed(view);
  }
}
