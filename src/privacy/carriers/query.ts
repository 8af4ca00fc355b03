/**
 * Queries, form bodies and lists of `name=value` in place: what is kept stays as it was written, byte for byte and in its order.
 */
import { decodePercent, encodePercent } from '../percent.ts';
import type { KnownPair, Verdict } from './verdict.ts';

/**
 * Asked for each pair with decoded name and value; a pair without `=` has the value null, and its text may be a value as well as a name:
 * an answer takes its place.
 * The answer null ends the walk: what is left then is not looked at. The pair stands between `start` and `end`.
 */
export type PairVisitor = (name: string, value: string | null, start: number, end: number) => Verdict | null;

/** Asked first for the pair that begins at `start`: one that is known is not taken apart, and not visited. Null where it is none. */
export type PairRecaller = (start: number) => KnownPair | null;

const KNOW_NONE: PairRecaller = () => null;

/**
 * Rewrites pairs joined by `separator`. Empty pairs stay where all others stay. `+` reads as a space in values, so a visitor that
 * needs a literal plus (base64) has to take spaces for it.
 */
export function rewritePairs(text: string, separator: '&' | ';', visit: PairVisitor, recall = KNOW_NONE): string {
  let out = '';
  let changed = false;
  // What stays and is not yet in `out`: from the beginning of its first pair to the end of its last one.
  let from = 0;
  let to = 0;
  let start = 0;
  const length = text.length;
  const percent = createLocator(text, '%');
  const plus = createLocator(text, '+');
  const equal = createLocator(text, '=');
  while (start <= length) {
    const known = recall(start);
    let end = known === null ? text.indexOf(separator, start) : start + known.text.length;
    if (end < 0) end = length;
    let verdict: Verdict | null = true;
    let equals = -1;
    if (known !== null) verdict = known.verdict;
    else if (end > start) {
      equals = locate(equal, start);
      if (equals > end || isPadded(text, start, equals, end)) equals = -1;
      const isEncoded = locate(percent, start) < end || locate(plus, start) < end;
      const rawName = text.slice(start, equals < 0 ? end : equals);
      const name = isEncoded ? decodePercent(rawName, true) : rawName;
      const rawValue = equals < 0 ? null : text.slice(equals + 1, end);
      const value = rawValue !== null && isEncoded ? decodePercent(rawValue, true) : rawValue;
      verdict = visit(name, value, start, end);
      if (verdict === null) return text;
    } else if (changed && (end === length || (from < 0 && out === ''))) verdict = false;
    if (verdict === true) {
      if (from < 0) from = start;
      to = end;
    } else if (end > start) {
      out = join(out, separator, text, from, to);
      from = -1;
      changed = true;
      if (verdict !== false) {
        const pair = known?.written ?? (equals < 0 ? '' : text.slice(start, equals + 1)) + encodePercent(verdict);
        out = out === '' ? pair : out + separator + pair;
      }
    }
    start = end + 1;
  }
  return changed ? join(out, separator, text, from, to) : text;
}

/** How many pairs a text holds, without those that are empty. */
export function countPairs(text: string, separator: '&' | ';'): number {
  let count = 0;
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf(separator, start);
    if (end !== start) count++;
    if (end < 0) break;
    start = end + 1;
  }
  return count;
}

/** Base64 of JSON, an address or gzip, whose own padding is no pair's `=`. */
const PADDED = /^(?:ey|W[1-3s-z]|aHR0c|H4sI)[A-Za-z0-9+/_-]{12,}={1,2}$/;

function isPadded(text: string, start: number, equals: number, end: number): boolean {
  return equals >= end - 2 && equals - start >= 14 && PADDED.test(text.slice(start, end));
}

/** What is there, and behind a separator what stays of the text. */
function join(out: string, separator: string, text: string, from: number, to: number): string {
  if (from < 0 || (from === 0 && to === 0)) return out;
  const kept = text.slice(from, to);
  return out === '' ? kept : out + separator + kept;
}

/** Where a character stands next: asked for places that only grow, so that a text is searched once. */
interface Locator {
  readonly text: string;
  readonly char: string;
  at: number;
}

function createLocator(text: string, char: string): Locator {
  const at = text.indexOf(char);
  return { text, char, at: at < 0 ? Number.POSITIVE_INFINITY : at };
}

function locate(locator: Locator, from: number): number {
  if (locator.at < from) {
    const at = locator.text.indexOf(locator.char, from);
    locator.at = at < 0 ? Number.POSITIVE_INFINITY : at;
  }
  return locator.at;
}
