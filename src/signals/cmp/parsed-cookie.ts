/** What a parser of a consent tool's cookie yields, and what several of them need. */
import type { CategoryChoice } from '../categories.ts';

export type ParsedCookie =
  | {
      readonly ok: true;
      /** Null where the tool wrote the cookie before the person chose anything: that is no choice. */
      readonly choice: CategoryChoice | null;
      /** Epoch milliseconds from which the tool itself takes the yes for expired; null where it does not say. */
      readonly expiresMs: number | null;
      /** Category → accepted, as the cookie has it, choice or not. */
      readonly categories: ReadonlyMap<string, boolean>;
    }
  | { readonly ok: false };

export const UNREADABLE_COOKIE: ParsedCookie = { ok: false };

/** Longest cookie that is read; browsers store 4 KB. */
const MAX_COOKIE_CHARS = 16_384;

export function createParsed(
  categories: ReadonlyMap<string, boolean>,
  about: { readonly isChosen: boolean; readonly isComplete?: boolean; readonly expiresMs?: number | null },
): ParsedCookie {
  const choice = about.isChosen ? { categories, isComplete: about.isComplete === true } : null;
  return { ok: true, choice, expiresMs: about.expiresMs ?? null, categories };
}

/** Percent-decoded once; null where the encoding is broken or the text too long. */
export function decodeCookieValue(value: string): string | null {
  if (value.length > MAX_COOKIE_CHARS) return null;
  if (!value.includes('%')) return value;
  try {
    return decodeURIComponent(value);
  } catch {
    return null;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object that a JSON text holds, or null. */
export function parseJsonObject(text: string | null): Record<string, unknown> | null {
  if (text === null || !text.startsWith('{')) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** Pairs of a text like `a:1,b:2`; a part without the colon has an empty value. */
export function splitPairs(text: string, between: string, within: string): Map<string, string> {
  const pairs = new Map<string, string>();
  for (const part of text.split(between)) {
    const at = part.indexOf(within);
    if (at === -1) pairs.set(part.trim(), '');
    else pairs.set(part.slice(0, at).trim(), part.slice(at + within.length).trim());
  }
  return pairs;
}
