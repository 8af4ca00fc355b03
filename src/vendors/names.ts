/** Names of declared fields, compiled for look-ups by name or path. */
import { remember } from '../privacy/remember.ts';

function escapeLiteral(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
}

interface Pattern<T> {
  readonly name: string;
  readonly matches: RegExp;
  readonly head: string;
  readonly value: T;
}

const MAX_REMEMBERED = 4096;
const MAX_NAME = 256;
/** Names above a name that are looked up: as many as JSON may be deep, and some. A name of separators alone would cost its square. */
const MAX_LEVELS = 24;

/** Values by name: literal names first, then names with `*` or `#` in the order of their declaration, then the container above. */
export class NameTable<T extends NonNullable<unknown>> {
  private readonly literals = new Map<string, T>();
  private readonly patterns: Pattern<T>[] = [];
  private readonly parents = new Set<string>(['']);
  /** What `*` stands for; `#` stands for a number of up to three digits. */
  private readonly any: string;

  /** `isPath`: a dot separates, and `*` does not cross it; else names are flat (cookies, headers). */
  constructor(isPath: boolean) {
    this.any = isPath ? '[^.]*' : '.*';
  }

  add(name: string, value: T): void {
    const wild = name.search(/[*#]/);
    if (wild < 0) {
      if (!this.literals.has(name)) this.literals.set(name, value);
    } else {
      const source = escapeLiteral(name).replaceAll('*', this.any).replaceAll('#', '\\d{1,3}');
      this.patterns.push({ name, matches: new RegExp(`^${source}$`), head: name.slice(0, wild), value });
    }
    for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) this.parents.add(name.slice(0, dot));
  }

  /** Whether a name is declared as it is, not by a pattern or a name above it. */
  has(name: string): boolean {
    return this.literals.has(name);
  }

  /** The value of a name itself, or null. */
  readonly find = remember(
    (name): T | null => this.literals.get(name) ?? this.patternOf(name)?.value ?? null,
    MAX_REMEMBERED,
    MAX_NAME,
  );

  /** The value of a name, or of the nearest name above it: `cd[value]` and `cd.value` lie below `cd`. */
  readonly findAbove = remember((name): T | null => this.nearest(name, (part) => this.find(part)), MAX_REMEMBERED, MAX_NAME);

  /** The declared name that a name, or the nearest one above it, goes by: `ep.*`. */
  nameOf(name: string): string | null {
    return this.nearest(name, (part) => (this.literals.has(part) ? part : (this.patternOf(part)?.name ?? null)));
  }

  private patternOf(name: string): Pattern<T> | null {
    return this.patterns.find(({ head, matches }) => name.startsWith(head) && matches.test(name)) ?? null;
  }

  private nearest<Found>(name: string, look: (part: string) => Found | null): Found | null {
    let part = name;
    for (let level = 0; part !== '' && level < MAX_LEVELS; level++) {
      const found = look(part);
      if (found !== null) return found;
      part = part.slice(0, Math.max(0, part.lastIndexOf('.'), part.lastIndexOf('[')));
    }
    return null;
  }

  hasBelow(path: string): boolean {
    if (this.parents.has(path) || this.findAbove(path) !== null) return true;
    return this.patterns.some(
      (pattern) => pattern.head.startsWith(`${path}.`) || (pattern.head !== '' && path.startsWith(pattern.head)),
    );
  }
}
