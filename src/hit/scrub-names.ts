/**
 * The names of the pairs of one query, each with the value that came first. In tables that are kept from one hit to the next: one that grows
 * with each query costs more than all look-ups in it.
 */
import { LIMITS } from './scrub-context.ts';

/** A power of two, and how many names it is to hold. */
const SLOTS = 256;
const MOST = 96;
const MASK = SLOTS - 1;
/** Longer names are declared by nobody, and stay in no anonymized hit. */
const MAX_NAME = 256;

function slotOf(name: string): number {
  const { length } = name;
  if (length === 0) return 0;
  return (length * 29 + name.charCodeAt(0) * 7 + name.charCodeAt(length >> 1) * 11 + name.charCodeAt(length - 1) * 5) & MASK;
}

export class PairNames {
  readonly #names: string[] = new Array(SLOTS).fill('');
  /** Which query a slot was filled for, and where its value is among those of the query. */
  readonly #queries = new Int32Array(SLOTS);
  readonly #places = new Int32Array(SLOTS);
  #query = 0;
  #values: string[] = [];
  /** All of them, where they are too many. */
  #many: Map<string, string> | null = null;

  /** Empty, for the next query. */
  begin(): this {
    this.#query = (this.#query + 1) | 0;
    this.end();
    return this;
  }

  /** The slot of a name, or the one that it is to be put in. */
  #find(name: string): number {
    let slot = slotOf(name);
    while (this.#queries[slot] === this.#query && this.#names[slot] !== name) slot = (slot + 1) & MASK;
    return slot;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** The value that came first. */
  get(name: string): string | undefined {
    if (this.#many !== null) return this.#many.get(name);
    const slot = this.#find(name);
    return this.#queries[slot] === this.#query ? this.#values[this.#places[slot] as number] : undefined;
  }

  /** Forgets what the query holds. */
  end(): void {
    this.#values = [];
    this.#many = null;
  }

  /** Adds a name, unless it is so long that nobody asks for it. @returns whether it was not there */
  add(name: string, value: string): boolean {
    if (name.length > MAX_NAME) return true;
    if (this.#many !== null) {
      if (this.#many.has(name)) return false;
      this.#many.set(name, value);
      return true;
    }
    const slot = this.#find(name);
    if (this.#queries[slot] === this.#query) return false;
    this.#names[slot] = name;
    this.#queries[slot] = this.#query;
    this.#places[slot] = this.#values.push(value) - 1;
    if (this.#values.length > MOST) this.#spread();
    return true;
  }

  #spread(): void {
    const many = new Map<string, string>();
    for (let slot = 0; slot < SLOTS; slot++) {
      if (this.#queries[slot] === this.#query)
        many.set(this.#names[slot] as string, this.#values[this.#places[slot] as number] as string);
    }
    this.#many = many;
  }
}

/** One for each depth: a query within another is treated before the other goes on. */
const tables = Array.from({ length: LIMITS.depth + 1 }, () => new PairNames());

export function namesAt(depth: number): PairNames {
  return (tables[depth] as PairNames).begin();
}
