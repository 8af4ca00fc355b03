/** Tokens of JSON by RFC 8259, strictly: what this reader takes, every conforming parser takes. */

export type JsonKind = 'string' | 'number' | 'boolean' | 'null';

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPED = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/g;
const PLAIN: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

function decodeEscape(sequence: string): string {
  const code = sequence[1] as string;
  return code === 'u' ? String.fromCharCode(Number.parseInt(sequence.slice(2), 16)) : (PLAIN[code] ?? code);
}

export class JsonReader {
  position = 0;
  /** Kind of the scalar read last. */
  kind: JsonKind = 'null';
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  peek(): number {
    return this.text.charCodeAt(this.position);
  }

  isAtEnd(): boolean {
    return this.position >= this.text.length;
  }

  skipSpace(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.position);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
      this.position++;
    }
  }

  take(code: number): boolean {
    if (this.text.charCodeAt(this.position) !== code) return false;
    this.position++;
    return true;
  }

  /** A string at the position, decoded; null where there is none or it is malformed. */
  readString(): string | null {
    const text = this.text;
    if (text.charCodeAt(this.position) !== 34) return null;
    const start = this.position + 1;
    let i = start;
    let hasEscapes = false;
    for (;;) {
      const code = text.charCodeAt(i);
      if (code === 34) break;
      if (code === 92) {
        hasEscapes = true;
        i += 2;
      } else if (code >= 32) {
        i++;
      } else {
        // A control character, or NaN at the end of the text.
        return null;
      }
    }
    this.position = i + 1;
    const raw = text.slice(start, i);
    if (!hasEscapes) return raw;
    ESCAPED.lastIndex = 0;
    if (raw.replace(ESCAPED, '').includes('\\')) return null;
    return raw.replace(ESCAPED, decodeEscape);
  }

  private readWord(word: string, kind: JsonKind): string | null {
    if (!this.text.startsWith(word, this.position)) return null;
    this.position += word.length;
    this.kind = kind;
    return word;
  }

  /** A string, number, boolean or null at the position; null where there is none. */
  readScalar(): string | null {
    switch (this.peek()) {
      case 34:
        this.kind = 'string';
        return this.readString();
      case 116:
        return this.readWord('true', 'boolean');
      case 102:
        return this.readWord('false', 'boolean');
      case 110:
        return this.readWord('null', 'null');
      default: {
        NUMBER.lastIndex = this.position;
        const match = NUMBER.exec(this.text);
        if (match === null) return null;
        this.position += match[0].length;
        this.kind = 'number';
        return match[0];
      }
    }
  }
}
