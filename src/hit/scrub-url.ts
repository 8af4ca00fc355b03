/** Page addresses, referrers and other URLs in fields and headers. */
import { rewritePairs } from '../privacy/carriers/query.ts';
import { isUrl, readOrigin, splitUrl, type UrlParts } from '../privacy/carriers/url.ts';
import { findClass, visitIdentifiers } from '../privacy/detect-nested.ts';
import { classOfName } from '../privacy/names.ts';
import { decodePercent } from '../privacy/percent.ts';
import { remember } from '../privacy/remember.ts';
import { dropNumbers } from '../vendors/value-words.ts';
import { LIMITS, type ScrubContext } from './scrub-context.ts';
import { namesSomebody } from './scrub-named.ts';

export type AddressRule = 'keep' | 'path' | 'origin' | 'drop';

const ENCODED_EQUALS = /%(?:25)*3d/i;

/** Whether a value may hold pairs of names and values, as they are or percent-encoded. */
function mayHoldPairs(text: string): boolean {
  return text.includes('=') || (text.includes('%') && ENCODED_EQUALS.test(text));
}

/** Whether a value may hold a URL with a query, also a relative or an encoded one. */
export function mayHoldQuery(text: string): boolean {
  return mayHoldPairs(text) && /[?#&]|%(?:25)*3/.test(text);
}

/** Remembers the identifiers that stand in a URL: by the names of its fields, by their looks, to any depth. */
export function collectFromUrl(ctx: ScrubContext, place: string, whole: string, depth = 0): void {
  const text = whole.slice(0, LIMITS.valueLength);
  const parts = splitUrl(text);
  if (depth > LIMITS.depth || !ctx.isNew(text)) return;
  // Inside another address a query may stand without its `?`, and a whole one percent-encoded once more.
  const isBare = depth > 0 && parts.query === null;
  for (const pairs of [isBare && parts.path.includes('=') ? parts.path : parts.query, parts.fragment]) {
    if (pairs === null || pairs === '') continue;
    rewritePairs(pairs, '&', (name, value) => {
      if (value === null || value === '') return true;
      if (!ctx.countField()) return null;
      const carrier = classOfName(name);
      if (carrier !== null && ctx.isIdentifying(carrier))
        ctx.addSecret(`${place}?${name}`, carrier, value, carrier === 'click-id');
      if (isUrl(value) || mayHoldQuery(value)) collectFromUrl(ctx, `${place}?${name}`, value, depth + 1);
      return true;
    });
  }
  if (isBare && !text.includes('=') && mayHoldPairs(text)) collectFromUrl(ctx, place, decodePercent(text), depth + 1);
  if (depth > 0) return;
  // A fragment may be none, but the `#` of a character in HTML (`anna&#64;example.com`): then all is one text.
  const isPage = parts.query !== null && pageOf(text, parts).isClean;
  const before = isPage ? parts.head.length + parts.path.length : 0;
  visitIdentifiers(text.slice(before), (carrier, value) => ctx.addSecret(place, carrier, value, true));
}

/** Digits, signs and letters without which no segment of a path looks like somebody. */
const MAY_NAME = /\d{3}|[@%;&=[({\\]|[^\x20-\x7e]|[A-Za-z0-9_-]{12}/;

/** So many that it is an id rather than words: six, or four where letters are, those of days and counts aside. */
function hasManyDigits(segment: string): boolean {
  const least = /[A-Za-z]/.test(segment) ? 4 : 6;
  return countDigits(segment) >= least && countDigits(dropNumbers(segment)) >= least;
}

function countDigits(text: string): number {
  return text.match(/\d/g)?.length ?? 0;
}

/** A path without segments that look like somebody: e-mail addresses, `@anna`, random ids, words with many digits, `sid=abc`. */
export function cleanPath(path: string): string {
  if (!MAY_NAME.test(path)) return path;
  return path
    .split('/')
    .map((segment) => {
      const text = decodePercent(segment.split(';')[0] as string);
      if (hasManyDigits(text) || text.startsWith('@') || findClass(text) !== null || namesSomebody('', text)) return '-';
      return segment.split(';')[0] as string;
    })
    .join('/');
}

/** A host of somebody's own: an address, or a label that is an id. */
export const isPersonalOrigin = remember((head) => {
  const labels = head.replace(/:\d{1,5}$/, '').split('.');
  return findClass(head) !== null || labels.some((label) => countDigits(label) >= 6);
}, 1024);

/** An address up to its query: the same few pages come with every hit. */
interface Page {
  /** Whether no identifier stands in it. */
  readonly isClean: boolean;
  readonly origin: string | null;
  /** What an anonymized hit may tell of it, or null. */
  readonly kept: string | null;
}

const readPage = remember((text): Page => {
  const parts = splitUrl(text);
  const origin = readOrigin(parts);
  const isClean = findClass(text) === null;
  if (origin !== null && !isPersonalOrigin(parts.head)) return { isClean, origin, kept: origin + cleanPath(parts.path) };
  const isPath = parts.head === '' && parts.path.startsWith('/');
  return { isClean, origin: null, kept: isPath ? cleanPath(parts.path) : null };
}, 1024);

function pageOf(text: string, { head, path }: UrlParts): Page {
  return readPage(text.slice(0, head.length + path.length));
}

function keepQuery(query: string): string | null {
  const seen = new Set<string>();
  const kept = rewritePairs(query, '&', (name, value) => {
    if (seen.has(name) || value === null || classOfName(name) !== null || findClass(name) !== null) return false;
    seen.add(name);
    return value.length <= 100 && findClass(value) === null && !mayHoldQuery(value) && !namesSomebody(name, value);
  });
  return kept === '' ? null : kept;
}

/** The address as an anonymized hit may tell it, or null where nothing of it stays. */
export function anonymizeUrl(text: string, rule: AddressRule): string | null {
  if (rule === 'drop' || text.length > LIMITS.valueLength) return null;
  const parts = splitUrl(text);
  const { origin, kept } = pageOf(text, parts);
  if (rule === 'origin') return origin === null ? null : `${origin}/`;
  const query = rule === 'keep' && origin !== null && parts.query !== null ? keepQuery(parts.query) : null;
  return query === null ? kept : `${kept}?${query}`;
}
