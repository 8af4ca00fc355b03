/** What names in a value tell: of pairs, members of JSON and elements, and those that stand beside values. */
import { BY_PATH, rewriteJson, startsLikeJson } from '../privacy/carriers/json.ts';
import { CLICK_ID_NAMES, NamedValues, type Place, placeAt } from '../privacy/named-values.ts';
import { classOfName } from '../privacy/names.ts';
import { decodePercent } from '../privacy/percent.ts';
import type { CarrierClass } from '../privacy/report.ts';
import { isIdentifying, LIMITS, type ScrubContext } from './scrub-context.ts';

/** The class of the name that a value says: of a click id, where those go, and in an anonymized hit of anybody, or of a place. */
export function classOfSaid(ctx: ScrubContext, name: string): CarrierClass | null {
  if (CLICK_ID_NAMES.test(name)) return ctx.plan.clickIds === 'forward' ? null : 'click-id';
  return ctx.isAnonymized ? classOfSomebody(name) : null;
}

/** The class that a name tells, where that is of somebody or of a place. */
function classOfSomebody(name: string): CarrierClass | null {
  const carrier = classOfName(name);
  return carrier !== null && (isIdentifying(carrier) || carrier === 'geo') ? carrier : null;
}

/** Names in a text: of a pair (`user[mail]=`) or a member of JSON, also one with escapes, of an element of XML; of several words also before `:` and `|`. */
const NAME =
  /([A-Za-z_][\w.[\]-]{1,40})(?:\\*"\s*:|\s?=)|<([A-Za-z_][\w:.-]{1,40})>|(?<![\w-])([A-Za-z]{1,20}(?:[_-][A-Za-z]|[a-z][A-Z])[\w-]{0,30})\s?[:|]/g;
const MAY_NAME = /[=:|>]/;
const MAX_DEPTH = 4;

/** Whether what a field holds goes by names of what identifies somebody: members of JSON, pairs, elements of XML, percent-encoded as well. */
export function namesSomebody(field: string, value: string, depth = 0): boolean {
  if (depth > MAX_DEPTH) return false;
  const inJson = startsLikeJson(value) ? namesSomebodyInJson(field, value, depth) : null;
  if (inJson !== null) return inJson;
  if (MAY_NAME.test(value)) {
    for (const [, pair, element, words] of value.matchAll(NAME)) {
      const carrier = classOfName(pair ?? element ?? words ?? '');
      if (carrier !== null && isIdentifying(carrier)) return true;
    }
  }
  const decoded = value.includes('%') ? decodePercent(value) : value;
  return decoded !== value && namesSomebody(field, decoded, depth + 1);
}

/** Whether a document of JSON in a field does; null where it is none. */
function namesSomebodyInJson(field: string, text: string, depth: number): boolean | null {
  const named = new NamedValues<Place>(classOfSomebody);
  let isFound = false;
  const result = rewriteJson<Place>(
    text,
    {
      root: placeAt(field),
      below: ({ path }, key) => placeAt(BY_PATH.below(path, key)),
      leaf(place, value, kind) {
        const carrier = named.read(place, value, kind) ?? (place.path === field ? null : classOfSomebody(place.path));
        if (carrier !== null) isFound = true;
        else if (kind === 'string' && !isFound) isFound = namesSomebody(place.path, value, depth + 1);
        return true;
      },
      open({ path }) {
        named.open(path);
        return true;
      },
      hidden: () => undefined,
      close({ path }) {
        if (named.close(path) !== null) isFound = true;
        return true;
      },
      unique: false,
      compact: false,
    },
    LIMITS,
  );
  return result.ok ? isFound : null;
}
