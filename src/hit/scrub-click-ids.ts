/** Click ids in values that stay: in addresses, queries and JSON, and in what those hold. Everything else stays byte for byte. */
import { BY_PATH, rewriteJson, startsLikeJson } from '../privacy/carriers/json.ts';
import { rewritePairs } from '../privacy/carriers/query.ts';
import { isUrl, joinUrl, splitUrl, type UrlParts } from '../privacy/carriers/url.ts';
import { classOfName, isClickIdName, mayNameClickId } from '../privacy/names.ts';
import { decodePercent } from '../privacy/percent.ts';
import { LIMITS, type ScrubContext } from './scrub-context.ts';

/** `=` and `{`, percent-encoded however often. */
const ENCODED_MARK = /%(?:25)*(?:3d|7b)/i;

/** Whether a text may hold names with values, of pairs or of JSON, as they are or percent-encoded; cheap. */
function mayHoldNames(text: string): boolean {
  return text.includes('=') || text.includes('{') || (text.includes('%') && ENCODED_MARK.test(text));
}

/** The text without click ids; null where one may be in it, deeper or among more fields than is looked at. */
export function stripClickIds(ctx: ScrubContext, place: string, text: string, depth = 0): string | null {
  if (!mayHoldNames(text) || !mayNameClickId(text)) return text;
  if (depth > LIMITS.depth) return null;
  if (startsLikeJson(text)) {
    const result = stripJson(ctx, place, text, depth);
    if (result !== undefined) return result;
  }
  if (!text.includes('=')) return stripEncoded(ctx, place, text, depth);
  const parts = splitUrl(text);
  const query = parts.query === null ? null : stripPairs(ctx, place, parts.query, depth);
  const fragment = parts.fragment?.includes('=') ? stripPairs(ctx, `${place}#`, parts.fragment, depth) : parts.fragment;
  if (query === parts.query && fragment === parts.fragment)
    return query === null && !isUrl(text) ? stripPairs(ctx, place, text, depth) : text;
  const stripped: UrlParts = { ...parts, query: query === '' ? null : query, fragment: fragment === '' ? null : fragment };
  return joinUrl(stripped);
}

function stripPairs(ctx: ScrubContext, place: string, pairs: string, depth: number): string {
  return rewritePairs(pairs, '&', (name, value) => {
    if (value === null) return true;
    if (!ctx.countField()) return null;
    const inside = `${place}?${name}`;
    if (isClickIdName(name)) {
      removeClickId(ctx, inside, value);
      return false;
    }
    const stripped = stripClickIds(ctx, inside, value, depth + 1);
    return stripped === value ? true : (stripped ?? false);
  });
}

function removeClickId(ctx: ScrubContext, place: string, value: string): void {
  ctx.note(place, 'click-id', 'stripped');
  ctx.addSecret(place, 'click-id', value, true);
}

/** JSON without members that are click ids; undefined where it is none, null where it is too large or too deep. */
function stripJson(ctx: ScrubContext, place: string, text: string, depth: number): string | null | undefined {
  const result = rewriteJson(
    text,
    {
      ...BY_PATH,
      leaf(path, value, kind) {
        if (kind !== 'string' && kind !== 'number') return true;
        const inside = `${place}.${path}`;
        if (classOfName(path) === 'click-id') {
          removeClickId(ctx, inside, value);
          return false;
        }
        const stripped = stripClickIds(ctx, inside, value, depth + 1);
        return stripped === value ? true : (stripped ?? false);
      },
      open: () => ctx.countField(),
      hidden: () => undefined,
      close: () => true,
      unique: false,
      compact: false,
    },
    LIMITS,
  );
  return result.ok ? result.text : result.reason === 'syntax' ? undefined : null;
}

/** An address or a document that is percent-encoded once more. */
function stripEncoded(ctx: ScrubContext, place: string, text: string, depth: number): string | null {
  const decoded = decodePercent(text);
  if (decoded === text) return text;
  const inner = stripClickIds(ctx, place, decoded, depth + 1);
  return inner === decoded ? text : inner === null ? null : encodeURIComponent(inner);
}
