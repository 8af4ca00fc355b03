/**
 * Queries, form bodies and lists of `name=value` in place: what is kept stays as it was written, byte for byte and in its order.
 */
import { decodePercent, encodePercent } from '../percent.ts';
import type { Verdict } from './verdict.ts';

/**
 * Asked for each pair with decoded name and value; a pair without `=` has the value null, and its text may be a value as well as a name.
 * The answer null ends the walk: what is left then is not looked at.
 */
export type PairVisitor = (name: string, value: string | null) => Verdict | null;

/**
 * Rewrites pairs joined by `separator`. Empty pairs stay where all others stay. `+` reads as a space in values, so a visitor that
 * needs a literal plus (base64) has to take spaces for it.
 */
export function rewritePairs(text: string, separator: '&' | ';', visit: PairVisitor): string {
  let out = '';
  let kept = 0;
  let changed = false;
  let start = 0;
  const length = text.length;
  const percent = createLocator(text, '%');
  const plus = createLocator(text, '+');
  while (start <= length) {
    let end = text.indexOf(separator, start);
    if (end < 0) end = length;
    if (end > start) {
      let equals = text.indexOf('=', start);
      if (equals > end) equals = -1;
      const isEncoded = locate(percent, start) < end || locate(plus, start) < end;
      const rawName = text.slice(start, equals < 0 ? end : equals);
      const name = isEncoded ? decodePercent(rawName, true) : rawName;
      const rawValue = equals < 0 ? null : text.slice(equals + 1, end);
      const value = rawValue !== null && isEncoded ? decodePercent(rawValue, true) : rawValue;
      const verdict = visit(name, value);
      if (verdict === null) return text;
      if (verdict === false) {
        if (!changed) {
          changed = true;
          out = start === 0 ? '' : text.slice(0, start - 1);
        }
      } else if (verdict === true) {
        if (changed) out += kept === 0 && out === '' ? text.slice(start, end) : separator + text.slice(start, end);
        kept++;
      } else {
        if (!changed) {
          changed = true;
          out = start === 0 ? '' : text.slice(0, start - 1);
        }
        const pair = `${equals < 0 ? encodePercent(name) : text.slice(start, equals)}=${encodePercent(verdict)}`;
        out += kept === 0 && out === '' ? pair : separator + pair;
        kept++;
      }
    } else if (changed && end < length && out !== '') {
      out += separator;
    }
    start = end + 1;
  }
  return changed ? out : text;
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
