/**
 * JSON in place: one pass over the text that checks it (RFC 8259, strictly), asks a visitor about every value, and cuts or replaces what
 * the visitor says. What stays is not parsed and rebuilt: large numbers, duplicate keys and spellings survive. No recursion.
 */
import { JsonEdits } from './json-edits.ts';
import { type JsonKind, JsonReader } from './json-reader.ts';
import type { Verdict } from './verdict.ts';

export type { JsonKind };

export interface JsonVisitor {
  /** A value that is no container. `path`: keys joined by `.`, array positions left out. Strings come decoded, others as written. */
  leaf(path: string, value: string, kind: JsonKind): Verdict;
  /** A container at its opening: `false` removes it whole, after {@link hidden} saw what is in it. */
  open(path: string): boolean;
  /** A leaf inside a container that is being removed. */
  hidden(path: string, value: string): void;
  /** A container at its end, with the number of its values that stayed: false removes it, a string is appended as further members. */
  close(path: string, kept: number, isArray: boolean): boolean | string;
  /** Whether a key came before in the same object: asked only where `unique` is set, and then the later one is removed. */
  readonly unique: boolean;
  /** Whether whitespace between values is removed. */
  readonly compact: boolean;
}

export interface JsonLimits {
  readonly depth: number;
  readonly count: number;
}

export type JsonResult =
  | { readonly ok: true; readonly text: string; readonly count: number }
  | { readonly ok: false; readonly reason: 'syntax' | 'depth' | 'count' };

interface Frame {
  readonly isArray: boolean;
  readonly path: string;
  /** Where the member begins that this container is the value of. */
  readonly start: number;
  readonly edits: number;
  /** Inside a container that is being removed. */
  readonly isHidden: boolean;
  readonly keys: Set<string> | null;
  kept: number;
}

function joinPath(parent: string, key: string): string {
  return parent === '' ? key : `${parent}.${key}`;
}

export function rewriteJson(text: string, visitor: JsonVisitor, limits: JsonLimits): JsonResult {
  const reader = new JsonReader(text);
  const edits = new JsonEdits(text);
  const stack: Frame[] = [];
  const skip = (): void => {
    const from = reader.position;
    reader.skipSpace();
    if (visitor.compact && reader.position > from) edits.cut(from, reader.position);
  };
  let frame = null as Frame | null;
  let count = 0;
  skip();
  for (;;) {
    // A value is due, with its key where an object holds it.
    let start = reader.position;
    let path: string = frame === null ? '' : frame.path;
    let isDoubled = false;
    if (frame !== null && !frame.isArray) {
      const key = reader.readString();
      if (key === null) return { ok: false, reason: 'syntax' };
      skip();
      if (!reader.take(58)) return { ok: false, reason: 'syntax' };
      skip();
      path = joinPath(path, key);
      if (frame.keys !== null) {
        isDoubled = frame.keys.has(key);
        frame.keys.add(key);
      }
    }
    if (++count > limits.count) return { ok: false, reason: 'count' };
    const valueStart = reader.position;
    const opener = reader.peek();
    if (opener === 123 || opener === 91) {
      if (stack.length >= limits.depth) return { ok: false, reason: 'depth' };
      reader.position++;
      const isArray = opener === 91;
      const isHidden: boolean = frame?.isHidden === true || isDoubled || !visitor.open(path);
      const keys = visitor.unique && !isArray && !isHidden ? new Set<string>() : null;
      frame = { isArray, path, start, edits: edits.mark(), isHidden, keys, kept: 0 };
      stack.push(frame);
      skip();
      if (reader.peek() !== (isArray ? 93 : 125)) continue;
    } else {
      const value = reader.readScalar();
      if (value === null) return { ok: false, reason: 'syntax' };
      if (frame?.isHidden) {
        visitor.hidden(path, value);
      } else {
        const verdict = isDoubled ? false : visitor.leaf(path, value, reader.kind);
        if (isDoubled) visitor.hidden(path, value);
        if (verdict === false) edits.remove(start, reader.position, frame === null ? 0 : frame.kept);
        else if (verdict !== true) edits.replace(valueStart, reader.position, verdict, reader.kind);
        if (verdict !== false && frame !== null) frame.kept++;
      }
    }
    // A value has ended, and perhaps containers with it.
    for (;;) {
      if (frame === null) {
        skip();
        return reader.isAtEnd() ? { ok: true, text: edits.apply(), count } : { ok: false, reason: 'syntax' };
      }
      skip();
      if (reader.peek() === 44) {
        edits.comma(reader.position);
        reader.position++;
        skip();
        break;
      }
      if (!reader.take(frame.isArray ? 93 : 125)) return { ok: false, reason: 'syntax' };
      edits.close();
      const done: Frame = frame;
      stack.pop();
      frame = stack[stack.length - 1] ?? null;
      if (frame?.isHidden) continue;
      const verdict = done.isHidden ? false : visitor.close(done.path, done.kept, done.isArray);
      start = done.start;
      if (verdict === false) {
        edits.restore(done.edits);
        edits.remove(start, reader.position, frame === null ? 0 : frame.kept);
      } else {
        if (typeof verdict === 'string') edits.insert(reader.position - 1, verdict, done.kept > 0);
        if (frame !== null) frame.kept++;
      }
    }
  }
}
