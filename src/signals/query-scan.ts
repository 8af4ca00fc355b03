/** Finds the parameters of signals in a query or a form: in one pass, and taking apart only what speaks. */
import { addFound, cleanValue, type Found, PARAM_NAMES, type ParamName } from './carried.ts';
import { addWildcard, compileNameFilter, mayBeName } from './name-filter.ts';

const BY_NAME: ReadonlyMap<string, ParamName> = new Map(PARAM_NAMES.map((name) => [name, name]));

/** A percent sign may stand for any character of a name. */
const FILTER = compileNameFilter(PARAM_NAMES);
addWildcard(FILTER, '%');

function decodeName(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    return raw;
  }
}

/** Our name for a field's name as it stands in the query: `us%5Fprivacy`, `dpo[]` and `gpp[0]` are read as servers read them. */
function nameOf(raw: string): ParamName | undefined {
  const plain = BY_NAME.get(raw);
  if (plain !== undefined) return plain;
  const decoded = raw.includes('%') ? decodeName(raw) : raw;
  const bracket = decoded.indexOf('[');
  return BY_NAME.get(bracket === -1 ? decoded : decoded.slice(0, bracket));
}

/** The pairs of a query that carry signals. */
export interface SpokenQuery {
  /** As they stood, joined. */
  readonly query: string;
  /** Whether what they say depends on the clock: strings with a date in them. */
  readonly isTimed: boolean;
}

const TIMED: ReadonlySet<ParamName> = new Set(['gdpr_consent', 'gpp']);

/** Cuts a query down to what speaks; null where nothing does, as in most hits. */
export function pickSpoken(query: string): SpokenQuery | null {
  let picked = '';
  let isTimed = false;
  for (let start = 0; start < query.length; ) {
    const next = query.indexOf('&', start);
    const end = next === -1 ? query.length : next;
    if (mayBeName(FILTER, query, start)) {
      const equals = query.indexOf('=', start);
      const nameEnd = equals === -1 || equals > end ? end : equals;
      const name = nameOf(query.slice(start, nameEnd));
      if (name !== undefined) {
        const pair = query.slice(start, end);
        picked = picked === '' ? pair : `${picked}&${pair}`;
        isTimed ||= TIMED.has(name);
      }
    }
    start = end + 1;
  }
  return picked === '' ? null : { query: picked, isTimed };
}

/**
 * Adds what `query` carries to `found`, which is made at the first find: most hits carry nothing.
 * `carrier` is `query` or `body`; see `Carried` for `lowersOnly`.
 */
export function scanQuery(query: string, carrier: string, lowersOnly: boolean, found: Found | null): Found | null {
  const spoken = pickSpoken(query);
  if (spoken === null) return found;
  let result = found;
  for (const pair of spoken.query.split('&')) {
    const equals = pair.indexOf('=');
    const name = equals === -1 ? undefined : nameOf(pair.slice(0, equals));
    const value = name === undefined ? null : cleanValue(pair.slice(equals + 1));
    if (name === undefined || value === null) continue;
    result ??= new Map();
    addFound(result, name, { value, field: `${carrier}:${name}`, lowersOnly });
  }
  return result;
}
