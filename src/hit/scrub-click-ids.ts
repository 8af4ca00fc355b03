/** Click ids in values that stay: in addresses, queries and JSON, and in what those hold. Everything else stays byte for byte. */
import { readBase64, readText } from '../privacy/carriers/base64.ts';
import { inflate, isGzip, isZlib } from '../privacy/carriers/compression.ts';
import { BY_PATH, rewriteJson, startsLikeJson } from '../privacy/carriers/json.ts';
import { rewritePairs } from '../privacy/carriers/query.ts';
import { isUrl, joinUrl, splitUrl, type UrlParts } from '../privacy/carriers/url.ts';
import type { Verdict } from '../privacy/carriers/verdict.ts';
import { CLICK_ID_NAMES, NamedValues, type Place, placeAt } from '../privacy/named-values.ts';
import { classOfName, isClickIdName } from '../privacy/names.ts';
import { decodePercent } from '../privacy/percent.ts';
import { isRandomToken } from '../privacy/random-token.ts';
import { beginsAsText, endOfRun, hasRun, mayHoldText, RUN } from '../privacy/shape.ts';
import { ENCODED_MARK, MIN_HIDDEN, mayHoldId, mayHoldNames, mayTell } from './click-id-hints.ts';
import { LIMITS, type ScrubContext } from './scrub-context.ts';

/** What Meta's and Google's scripts keep a click id, or a browser's id, in: version, time and id, parted by dots. */
const ADVERTISING_VALUE = /^(?:fb\.\d\.\d{10,13}|GCL\.\d{10})\./;
const [LETTER_F, LETTER_G, PERCENT_SIGN] = [102, 71, 37];
const MIN_BASE64 = 16;
/** Names that sites give to other things, too: those count with a value as long as such ids are. */
const AMBIGUOUS = /^(?:ad_?id|ifa|maid|aaid|track_?id|muid|scid|auid)$/i;
const MIN_ID = 16;
/** So many in a row are no words, where digits and capitals are among them. */
const LETTERS_AND_DIGITS = /[A-Za-z0-9]{16}/;
/**
 * A click id in a text: behind its name and what may stand between them (`gclid: …`, `/gclid/…`, percent-encoded as well, but not a pair's bare `=`),
 * or one that its form tells.
 */
const TOLD =
  /(?:(?:clid|clkid|click[ _-]?id|braid|li_fat_id|epik|rdt_cid|sccid|fb[cp]|_gcl_[a-z]{2})(?:[\s:;|,~/"'()[\]→>]|[=-]>|=(?=\s)|\bis\b|%(?:25){0,3}(?:20|22|2c|2f|3a|7c|7e)|\\u00(?:20|22|3a|3d)){1,6}|click id ?=|(?<![\w.])(?=(?:fb\.\d\.\d{10,13}|GCL\.\d{10})\.))([\w.-]{15,}[\w-])/gi;

/** The text without click ids; null where one may be in it, deeper or among more fields than is looked at. */
export function stripClickIds(ctx: ScrubContext, place: string, text: string, depth = 0): string | null {
  const { identifiers } = ctx;
  const stripped = strip(ctx, place, text, depth);
  // What was opened, and closed again around nothing that went, may be written otherwise.
  return stripped === null || ctx.identifiers > identifiers ? stripped : text;
}

function strip(ctx: ScrubContext, place: string, text: string, depth: number): string | null {
  const first = text.charCodeAt(0);
  if ((first === LETTER_F || first === LETTER_G) && ADVERTISING_VALUE.test(text)) {
    ctx.addSecret(place, 'click-id', text, true);
    return null;
  }
  if (text.length >= MIN_BASE64 && beginsAsText(text)) {
    const result = stripBase64(ctx, place, text, depth);
    if (result !== undefined) return result;
  }
  const hasNames = mayHoldNames(text);
  if ((!hasNames && !mayHoldId(text)) || !mayTell(text)) return text;
  if (!hasNames) return stripTold(ctx, place, text, depth);
  if (depth > LIMITS.depth) return null;
  const result = startsLikeJson(text)
    ? stripJson(ctx, place, text, depth)
    : text.startsWith('"')
      ? stripJsonText(ctx, place, text, depth)
      : undefined;
  if (result !== undefined) return result;
  const rest = stripTold(ctx, place, text, depth);
  if (/\s/.test(rest)) return stripWords(ctx, place, rest, depth);
  if (!rest.includes('=')) return stripEncoded(ctx, place, rest, depth);
  return stripUrl(ctx, place, rest, depth);
}

/** The text without ids that stand behind their names in it, other than in pairs and JSON. */
function stripTold(ctx: ScrubContext, place: string, text: string, depth: number): string {
  const item = text.includes('~k') ? stripItem(ctx, place, text) : text;
  // What is percent-encoded may cut a stretch in two: it is looked at again where it is decoded.
  const mayHide = hasRun(item, MIN_HIDDEN) && !ENCODED_MARK.test(item);
  const rest = mayHide ? stripRuns(ctx, place, item, depth) : item;
  return rest.replace(TOLD, (told: string, id: string) => {
    if (!isRandomToken(id) && !(LETTERS_AND_DIGITS.test(id) && /\d/.test(id) && /[A-Z]/.test(id))) return told;
    removeClickId(ctx, place, id);
    return told.slice(0, -id.length);
  });
}

/** The text without what stretches of base64 in it tell, as in `v1:eyJnY2xpZCI6…` and in the middle of a JSON Web Token. */
function stripRuns(ctx: ScrubContext, place: string, text: string, depth: number): string {
  let out = '';
  let from = 0;
  for (let start = 0; start < text.length; start++) {
    // The digits of an escape, which may be encoded more than once, are none of it.
    if (text.charCodeAt(start - 1) === PERCENT_SIGN) {
      while (text.startsWith('25', start)) start += 2;
      start += 2;
    }
    const end = endOfRun(text, start, RUN);
    if (end - start >= MIN_HIDDEN && mayHoldText(text, start, end)) {
      const run = text.slice(start, end);
      const stripped = stripRun(ctx, place, run, depth);
      if (stripped !== run) {
        out += text.slice(from, start) + stripped;
        from = end;
      }
    }
    start = end;
  }
  return out + text.slice(from);
}

/** Base64 without what it tells, or nothing of it where it is compressed and tells something. */
function stripRun(ctx: ScrubContext, place: string, run: string, depth: number): string {
  const base64 = readBase64(run);
  if (base64 === null || depth > LIMITS.depth) return run;
  const coding = isGzip(base64.bytes) ? 'gzip' : isZlib(base64.bytes) ? 'zlib' : null;
  const inflated = coding === null ? null : inflate(base64.bytes, coding, LIMITS.bytes);
  const inner = readText(inflated?.ok ? inflated.bytes : base64.bytes);
  const stripped = inner === null ? inner : strip(ctx, place, inner, depth + 1);
  if (stripped === inner) return run;
  return stripped === null || coding !== null ? '' : base64.encode(Buffer.from(stripped, 'utf8'));
}

/** An item of Google Analytics 4 without parameters of the site's own that are click ids: `idSKU1~k0gclid~v0Cj0K…`. */
function stripItem(ctx: ScrubContext, place: string, text: string): string {
  const parts = text.split('~');
  const values = new Set<string>();
  for (const part of parts) {
    const [, digit, name = ''] = /^k([0-9a-z])(.+)$/s.exec(part) ?? [];
    if (digit !== undefined && isClickIdName(name)) values.add(digit);
  }
  const isOne = (part: string): boolean => /^[kv][0-9a-z]/.test(part) && values.has(part[1] as string);
  const ids = parts.filter((part) => part.startsWith('v') && isOne(part));
  if (ids.length === 0) return text;
  for (const id of ids) removeClickId(ctx, `${place}.${id.slice(0, 2)}`, id.slice(2));
  return parts.filter((part) => !isOne(part)).join('~');
}

/** Words of a text by themselves: an address in it ends where the next word begins. */
function stripWords(ctx: ScrubContext, place: string, text: string, depth: number): string | null {
  const words: string[] = [];
  for (const word of text.split(/(\s+)/)) {
    const stripped = strip(ctx, place, word, depth + 1);
    if (stripped === null) return null;
    words.push(stripped);
  }
  return words.join('');
}

function stripUrl(ctx: ScrubContext, place: string, text: string, depth: number): string | null {
  const parts = splitUrl(text);
  const isAddress = parts.head !== '' || text.startsWith('/');
  const path = isAddress && /[;=]/.test(parts.path) ? stripMatrix(ctx, place, parts.path, depth) : parts.path;
  const query = parts.query === null ? null : stripPairs(ctx, place, parts.query, depth);
  const { fragment } = parts;
  const after = fragment?.includes('=') ? strip(ctx, `${place}#`, fragment, depth + 1) : fragment;
  if (path === parts.path && query === parts.query && after === fragment)
    return query === null && !isUrl(text) ? stripPairs(ctx, place, text, depth) : text;
  const stripped: UrlParts = {
    head: parts.head,
    path,
    query: query === '' ? null : query,
    fragment: after === '' ? null : after,
  };
  return joinUrl(stripped);
}

/** Parameters of path segments, `/tea;gclid=1;a=2` (RFC 3986 § 3.3), and segments that are pairs, `/gclid=1/tea`. */
function stripMatrix(ctx: ScrubContext, place: string, path: string, depth: number): string {
  const rest = path.replace(/\/([^/;=]+)=([^/;]*)/g, (segment, name: string, value: string) => {
    if (!isClickIdName(name) || !isIdOf(name, value)) return segment;
    removeClickId(ctx, `${place}?${name}`, value);
    return '/';
  });
  return rest.replace(/;[^/]*/g, (parameters) => {
    const { identifiers } = ctx;
    const kept = stripPairs(ctx, place, parameters.slice(1), depth);
    return ctx.identifiers === identifiers ? parameters : kept === '' ? '' : `;${kept}`;
  });
}

/** Pairs parted by `&`, or, as in cookies, by `;`. */
function stripPairs(ctx: ScrubContext, place: string, pairs: string, depth: number): string {
  return rewritePairs(pairs, pairs.includes(';') && !pairs.includes('&') ? ';' : '&', (name, value) => {
    if (value === null) return true;
    if (!ctx.countField()) return null;
    const inside = `${place}?${name}`;
    if (isClickIdName(name) && isIdOf(name, value)) {
      removeClickId(ctx, inside, value);
      return false;
    }
    return stripValue(ctx, inside, value, depth + 1);
  });
}

/** What stays of a field's value: nothing where a click id may be deeper in it than is looked. */
function stripValue(ctx: ScrubContext, place: string, value: string, depth: number): Verdict {
  const stripped = strip(ctx, place, value, depth);
  if (stripped !== null) return stripped === value || stripped;
  ctx.note(place, 'undeclared', 'stripped');
  ctx.identifiers++;
  return false;
}

function isIdOf(name: string, value: string): boolean {
  return value.length >= MIN_ID || !AMBIGUOUS.test(name);
}

function removeClickId(ctx: ScrubContext, place: string, value: string): void {
  ctx.note(place, 'click-id', 'stripped');
  ctx.addSecret(place, 'click-id', value, true);
}

/** JSON without members that are click ids; undefined where it is none, null where it is too large or too deep. */
function stripJson(ctx: ScrubContext, place: string, text: string, depth: number): string | null | undefined {
  const named = new NamedValues<Place>((name) => (CLICK_ID_NAMES.test(name) ? 'click-id' : null));
  const result = rewriteJson<Place>(
    text,
    {
      root: placeAt(''),
      below: ({ path }, key) => placeAt(BY_PATH.below(path, key)),
      leaf(member, value, kind) {
        const { path } = member;
        const isNamed = named.read(member, value, kind) !== null;
        if (kind !== 'string' && kind !== 'number') return true;
        const inside = `${place}.${path}`;
        if (isNamed || (classOfName(path) === 'click-id' && isIdOf(path.slice(path.lastIndexOf('.') + 1), value))) {
          removeClickId(ctx, inside, value);
          return false;
        }
        return stripValue(ctx, inside, value, depth + 1);
      },
      open({ path }) {
        named.open(path);
        return ctx.countField();
      },
      hidden: () => undefined,
      close({ path }) {
        const early = named.close(path);
        if (early !== null) removeClickId(ctx, `${place}.${path}`, early.value);
        return early === null;
      },
      unique: false,
      compact: false,
    },
    LIMITS,
  );
  return result.ok ? result.text : result.reason === 'syntax' ? undefined : null;
}

/** A text of JSON in a text of JSON; undefined where it is none. */
function stripJsonText(ctx: ScrubContext, place: string, text: string, depth: number): string | null | undefined {
  try {
    const inner: unknown = JSON.parse(text);
    if (typeof inner !== 'string') return undefined;
    const stripped = strip(ctx, place, inner, depth + 1);
    return stripped === inner ? text : stripped === null ? null : JSON.stringify(stripped);
  } catch {
    return undefined;
  }
}

/** Base64 of a text, encoded as it was; undefined where it is none. */
function stripBase64(ctx: ScrubContext, place: string, text: string, depth: number): string | null | undefined {
  const end = endOfRun(text, 0, RUN);
  if (end < text.length - 2 || !mayHoldText(text, 0, end)) return undefined;
  const base64 = readBase64(text);
  const inner = base64 === null ? null : readText(base64.bytes);
  if (base64 === null || inner === null) return undefined;
  if (depth > LIMITS.depth) return null;
  const stripped = strip(ctx, place, inner, depth + 1);
  return stripped === inner ? text : stripped === null ? null : base64.encode(Buffer.from(stripped, 'utf8'));
}

/** An address or a document that is percent-encoded once more. */
function stripEncoded(ctx: ScrubContext, place: string, text: string, depth: number): string | null {
  const decoded = decodePercent(text);
  if (decoded === text) return text;
  const inner = strip(ctx, place, decoded, depth + 1);
  return inner === decoded ? text : inner === null ? null : encodeURIComponent(inner);
}
