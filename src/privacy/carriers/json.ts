/**
 * JSON in place: one pass over the text that checks it (RFC 8259, strictly), asks a visitor about every value, and cuts or replaces what
 * the visitor says. What stays is not parsed and rebuilt: large numbers, duplicate keys and spellings survive. No recursion.
 */
import { TextList } from '../text-list.ts';
import { JsonEdits } from './json-edits.ts';
import { type JsonKind, JsonReader } from './json-reader.ts';
import type { KnownPair, Verdict } from './verdict.ts';

export type { JsonKind };

/** `Place`: what the visitor knows of a value by where it stands. Values of an array stand where the array does. */
export interface JsonVisitor<Place> {
  /** Place of the outermost value. */
  readonly root: Place;
  /** Place of a member. */
  below(parent: Place, key: string): Place;
  /** A value that is no container. Strings come decoded, others as written. It stands, with its key, between `start` and `end`. */
  leaf(place: Place, value: string, kind: JsonKind, start: number, end: number): Verdict;
  /** Asked first for the member of an object that begins at `start`: one that is known is not taken apart. Null where it is none. */
  recall?(object: Place, start: number): KnownMember | null;
  /** In place of {@link leaf}, for the member that {@link recall} told just before. */
  repeat?(known: KnownMember): void;
  /** A container at its opening: `false` removes it whole, after {@link hidden} saw what is in it. */
  open(place: Place): boolean;
  /** A leaf inside a container that is being removed. */
  hidden(place: Place, value: string): void;
  /** A container at its end, with the number of its values that stayed: false removes it, a string is appended as further members. */
  close(place: Place, kept: number, isArray: boolean): boolean | string;
  /** Whether a key came before in the same object: asked only where `unique` is set, and then the later one is removed. */
  readonly unique: boolean;
  /** Whether whitespace between values is removed. */
  readonly compact: boolean;
}

/** A member without spaces, and not before anything but a comma or the end of its object. */
export interface KnownMember extends KnownPair {
  readonly name: string;
}

export interface JsonLimits {
  readonly depth: number;
  readonly count: number;
}

export type JsonResult =
  | { readonly ok: true; readonly text: string; readonly count: number }
  | { readonly ok: false; readonly reason: 'syntax' | 'depth' | 'count' };

interface Frame<Place> {
  readonly isArray: boolean;
  readonly place: Place;
  /** Where the member begins that this container is the value of. */
  readonly start: number;
  readonly edits: number;
  /** Inside a container that is being removed. */
  readonly isHidden: boolean;
  readonly keys: TextList | null;
  kept: number;
}

/** Whether a text begins as an object or a list does. */
export function startsLikeJson(text: string): boolean {
  const first = text.trimStart().charCodeAt(0);
  return first === 123 || first === 91;
}

/** Places as keys joined by `.`. */
export const BY_PATH = {
  root: '',
  below: (parent: string, key: string): string => (parent === '' ? key : `${parent}.${key}`),
};

/** To the next character that is no space; those before it are cut. */
function skip(reader: JsonReader, cuts: JsonEdits | null): void {
  // Most values have no space around them.
  if (reader.peek() > 32) return;
  const from = reader.position;
  reader.skipSpace();
  if (reader.position > from) cuts?.cut(from, reader.position);
}

/** The member of an object that begins at `start`, where it is known, and its key did not come before. */
function recall<Place>(visitor: JsonVisitor<Place>, object: Frame<Place>, start: number): KnownMember | null {
  const known = object.isHidden ? undefined : visitor.recall?.(object.place, start);
  if (known === undefined || known === null || object.keys?.has(known.name)) return null;
  object.keys?.add(known.name);
  visitor.repeat?.(known);
  return known;
}

/** Commas outside of strings: there is a value before and behind each. Told before any is looked at, which costs far more. */
function countCommas(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 44) count++;
    else if (code === 34) {
      i = text.indexOf('"', i + 1);
      // One behind an odd number of backslashes ends no string.
      while (i > 0 && isEscaped(text, i)) i = text.indexOf('"', i + 1);
      if (i < 0) return count;
    }
  }
  return count;
}

function isEscaped(text: string, at: number): boolean {
  let start = at;
  while (text.charCodeAt(start - 1) === 92) start--;
  return (at - start) % 2 === 1;
}

export function rewriteJson<Place>(text: string, visitor: JsonVisitor<Place>, limits: JsonLimits): JsonResult {
  if (text.length > 2 * limits.count && countCommas(text) >= limits.count) return { ok: false, reason: 'count' };
  const reader = new JsonReader(text);
  const edits = new JsonEdits(text);
  const stack: Frame<Place>[] = [];
  const cuts = visitor.compact ? edits : null;
  let frame = null as Frame<Place> | null;
  let count = 0;
  skip(reader, cuts);
  for (;;) {
    // A value is due, with its key where an object holds it.
    let start = reader.position;
    let place: Place = frame === null ? visitor.root : frame.place;
    let isDoubled = false;
    const known = frame === null || frame.isArray ? null : recall(visitor, frame, start);
    if (frame !== null && !frame.isArray && known === null) {
      const key = reader.readString();
      if (key === null) return { ok: false, reason: 'syntax' };
      skip(reader, cuts);
      if (!reader.take(58)) return { ok: false, reason: 'syntax' };
      skip(reader, cuts);
      place = visitor.below(place, key);
      if (frame.keys !== null) {
        isDoubled = frame.keys.has(key);
        if (!isDoubled) frame.keys.add(key);
      }
    }
    if (++count > limits.count) return { ok: false, reason: 'count' };
    const valueStart = reader.position;
    const opener = reader.peek();
    if (known !== null && frame !== null) {
      const { verdict, written } = known;
      reader.position += known.text.length;
      if (verdict === false) edits.remove(start, reader.position, frame.kept);
      else frame.kept++;
      if (typeof verdict === 'string') edits.put(start, reader.position, written);
    } else if (opener === 123 || opener === 91) {
      if (stack.length >= limits.depth) return { ok: false, reason: 'depth' };
      reader.position++;
      const isArray = opener === 91;
      const isHidden: boolean = frame?.isHidden === true || isDoubled || !visitor.open(place);
      const keys = visitor.unique && !isArray && !isHidden ? new TextList() : null;
      frame = { isArray, place, start, edits: edits.mark(), isHidden, keys, kept: 0 };
      stack.push(frame);
      skip(reader, cuts);
      if (reader.peek() !== (isArray ? 93 : 125)) continue;
    } else {
      const value = reader.readScalar();
      if (value === null) return { ok: false, reason: 'syntax' };
      if (frame?.isHidden) {
        visitor.hidden(place, value);
      } else {
        const verdict = isDoubled ? false : visitor.leaf(place, value, reader.kind, start, reader.position);
        if (isDoubled) visitor.hidden(place, value);
        if (verdict === false) edits.remove(start, reader.position, frame === null ? 0 : frame.kept);
        else if (verdict !== true) edits.replace(valueStart, reader.position, verdict, reader.kind);
        if (verdict !== false && frame !== null) frame.kept++;
      }
    }
    // A value has ended, and perhaps containers with it.
    for (;;) {
      if (frame === null) {
        skip(reader, cuts);
        return reader.isAtEnd() ? { ok: true, text: edits.apply(), count } : { ok: false, reason: 'syntax' };
      }
      skip(reader, cuts);
      if (reader.peek() === 44) {
        edits.comma(reader.position);
        reader.position++;
        skip(reader, cuts);
        break;
      }
      if (!reader.take(frame.isArray ? 93 : 125)) return { ok: false, reason: 'syntax' };
      edits.close();
      const done: Frame<Place> = frame;
      stack.pop();
      frame = stack[stack.length - 1] ?? null;
      if (frame?.isHidden) continue;
      const verdict = done.isHidden ? false : visitor.close(done.place, done.kept, done.isArray);
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
