/** Cuts and replacements in a JSON text, in the order of their places, with the commas that have to go with a removed value. */
import type { JsonKind } from './json-reader.ts';

/** What JSON writes as it is: printable ASCII without `"` and `\`. */
const PLAIN = /^[ !#-[\]-~]*$/;
const BARE = /^(?:-?(?:0|[1-9]\d{0,17})(?:\.\d{1,9})?|true|false|null)$/;

/** A value in the place of one of that kind. */
export function writeScalar(value: string, kind: JsonKind): string {
  if (kind !== 'string' && BARE.test(value)) return value;
  return PLAIN.test(value) ? `"${value}"` : JSON.stringify(value);
}

export class JsonEdits {
  /** start, end, start, end, … and what stands there instead. */
  private readonly places: number[] = [];
  private readonly texts: string[] = [];
  /** Values removed before any sibling stayed take the comma after them along. */
  private isCommaDue = false;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  put(start: number, end: number, text: string): void {
    const last = this.texts.length - 1;
    // A value that is cut and the comma beside it are one piece.
    if (text === '' && last >= 0 && this.texts[last] === '' && this.places[last * 2 + 1] === start) {
      this.places[last * 2 + 1] = end;
      return;
    }
    this.places.push(start, end);
    this.texts.push(text);
  }

  cut(start: number, end: number): void {
    this.put(start, end, '');
  }

  mark(): number {
    return this.texts.length;
  }

  /** Forgets the edits made since a mark: a container that is removed as a whole. */
  restore(mark: number): void {
    this.texts.length = mark;
    this.places.length = mark * 2;
    this.isCommaDue = false;
  }

  /** Removes a value (with its key) that has `kept` siblings before it. */
  remove(start: number, end: number, kept: number): void {
    if (kept === 0) {
      this.drop(start, end);
      this.isCommaDue = true;
    } else {
      const comma = this.findComma(start);
      this.drop(comma, end);
    }
  }

  /** Like cut, over whatever was edited inside the range before. */
  private drop(start: number, end: number): void {
    while (this.texts.length > 0 && (this.places[this.places.length - 2] as number) >= start) {
      this.places.length -= 2;
      this.texts.pop();
    }
    this.put(start, end, '');
  }

  private findComma(start: number): number {
    let i = start - 1;
    while (this.text.charCodeAt(i) !== 44) i--;
    return i;
  }

  replace(start: number, end: number, value: string, kind: JsonKind): void {
    this.put(start, end, writeScalar(value, kind));
  }

  /** The comma after a value. */
  comma(position: number): void {
    if (this.isCommaDue) this.put(position, position + 1, '');
    this.isCommaDue = false;
  }

  /** The end of a container: a comma that follows is its parent's. */
  close(): void {
    this.isCommaDue = false;
  }

  insert(position: number, members: string, hasSiblings: boolean): void {
    this.put(position, position, hasSiblings ? `,${members}` : members);
  }

  apply(): string {
    if (this.texts.length === 0) return this.text;
    let out = '';
    let from = 0;
    for (let i = 0; i < this.texts.length; i++) {
      out += this.text.slice(from, this.places[i * 2]) + this.texts[i];
      from = this.places[i * 2 + 1] as number;
    }
    return out + this.text.slice(from);
  }
}
