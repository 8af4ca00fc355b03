/**
 * Counts by labels. On the way of a hit labels are shared strings (a route's pattern, a country, a state), so that walking down a tree
 * costs a look-up for each and makes no text, as one long key would.
 */

export interface Count {
  readonly path: readonly string[];
  value: number;
}

type Branch = Map<string, Branch | Count>;

export class LabelTree {
  readonly #root: Branch = new Map();
  readonly #most: number;
  readonly #counts: Count[] = [];

  /** @param most counts that are kept; outside input could multiply them. */
  constructor(most: number) {
    this.#most = most;
  }

  get counts(): readonly Count[] {
    return this.#counts;
  }

  /** The count of these labels, beginning at 0; null where there are too many others. @param path of the same length always. */
  reach(path: readonly string[]): Count | null {
    let branch = this.#root;
    const last = path.length - 1;
    for (let i = 0; i < last; i++) {
      const below = branch.get(path[i] as string) as Branch | undefined;
      if (below === undefined) return this.#grow(path);
      branch = below;
    }
    return (branch.get(path[last] as string) as Count | undefined) ?? this.#grow(path);
  }

  #grow(path: readonly string[]): Count | null {
    if (this.#counts.length >= this.#most) return null;
    let branch = this.#root;
    for (const label of path.slice(0, -1)) {
      const below = (branch.get(label) as Branch | undefined) ?? new Map();
      branch.set(label, below);
      branch = below;
    }
    const count = { path: [...path], value: 0 };
    branch.set(path.at(-1) as string, count);
    this.#counts.push(count);
    return count;
  }
}
