/**
 * Decoded strings by exact text, bounded in entries and bytes: a visitor's hits repeat the same string. Two generations: what
 * was asked for since the last turn survives it, so that a hit costs one look-up and no list has to be kept in order.
 */

/** What an entry costs, as an estimate: the decoded object and the map's own room, and per character the text and its ranges. */
const ENTRY_BYTES = 1_024;
const BYTES_PER_CHAR = 8;

export interface CacheLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

export class DecodeCache<Decoded> {
  readonly #decode: (text: string) => Decoded;
  readonly #limits: CacheLimits;
  #young = new Map<string, Decoded>();
  #old = new Map<string, Decoded>();
  #youngBytes = 0;

  constructor(decode: (text: string) => Decoded, limits: CacheLimits) {
    this.#decode = decode;
    this.#limits = limits;
  }

  get(text: string): Decoded {
    return this.#young.get(text) ?? this.#getOld(text);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  #getOld(text: string): Decoded {
    const old = this.#old.get(text);
    if (old !== undefined) {
      this.#old.delete(text);
      this.#keep(text, old);
      return old;
    }
    // A substring would keep the whole query that it was cut from in memory, with whatever else stood there.
    const copy = Buffer.from(text, 'utf8').toString('utf8');
    const decoded = this.#decode(copy);
    this.#keep(copy, decoded);
    return decoded;
  }

  #keep(text: string, decoded: Decoded): void {
    const bytes = ENTRY_BYTES + BYTES_PER_CHAR * text.length;
    const isFull = this.#young.size * 2 >= this.#limits.maxEntries || (this.#youngBytes + bytes) * 2 > this.#limits.maxBytes;
    if (isFull) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngBytes = 0;
    }
    this.#young.set(text, decoded);
    this.#youngBytes += bytes;
  }
}
