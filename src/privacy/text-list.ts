/** So many are compared one by one; a table that grows with the first of them costs more. */
const FEW = 48;

/** Different texts, found by what they are. Of a hit they are mostly few. */
export class TextList {
  readonly #few: string[] = [];
  /** All of them, where they are more. */
  #many: Set<string> | null = null;

  has(text: string): boolean {
    if (this.#many !== null) return this.#many.has(text);
    const few = this.#few;
    for (let i = 0; i < few.length; i++) if (few[i] === text) return true;
    return false;
  }

  /** Adds a text that is not in it. */
  add(text: string): void {
    if (this.#many !== null) this.#many.add(text);
    else if (this.#few.push(text) > FEW) this.#many = new Set(this.#few);
  }
}
