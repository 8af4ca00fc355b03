/** Finds the cookies that carry signals in a Cookie header's value, in one pass. */

import type { CmpKind } from './cmp/cookie-names.ts';
import type { CmpCookie } from './cmp-cookies.ts';
import { compileNameFilter, mayBeName, type NameFilter } from './name-filter.ts';

/** Cookies beside those of consent tools that hold a signal in its own format; names are convention (the TCF leaves them to the tool). */
const TC_COOKIE = 'euconsent-v2';
const USP_COOKIE = 'usprivacy';
const AC_COOKIE = 'addtl_consent';

export interface FoundCookies {
  readonly tc: string[];
  readonly usp: string[];
  readonly ac: string[];
  readonly cmp: CmpCookie[];
}

/** A value without the quotes that some frameworks put around it. */
function unquote(value: string): string {
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}

function addCookie(found: FoundCookies | null, name: string, rawValue: string, kind: CmpKind | undefined): FoundCookies | null {
  const value = unquote(rawValue.trim());
  if (value === '') return found;
  const result = found ?? { tc: [], usp: [], ac: [], cmp: [] };
  if (kind !== undefined) result.cmp.push({ kind, name, value });
  else if (name === TC_COOKIE) result.tc.push(value);
  else if (name === USP_COOKIE) result.usp.push(value);
  else if (name === AC_COOKIE) result.ac.push(value);
  else return found;
  return result;
}

export interface CookieFilter {
  readonly kinds: ReadonlyMap<string, CmpKind>;
  readonly names: NameFilter;
}

export function compileCookieFilter(kinds: ReadonlyMap<string, CmpKind>): CookieFilter {
  return { kinds, names: compileNameFilter([...kinds.keys(), TC_COOKIE, USP_COOKIE, AC_COOKIE]) };
}

const SPACE = 32;

export function scanCookies(cookie: string, filter: CookieFilter): FoundCookies | null {
  let found: FoundCookies | null = null;
  for (let start = 0; start < cookie.length; ) {
    const next = cookie.indexOf(';', start);
    const end = next === -1 ? cookie.length : next;
    while (cookie.charCodeAt(start) === SPACE) start++;
    if (mayBeName(filter.names, cookie, start)) {
      const equals = cookie.indexOf('=', start);
      if (equals !== -1 && equals < end) {
        const name = cookie.slice(start, equals).trimEnd();
        found = addCookie(found, name, cookie.slice(equals + 1, end), filter.kinds.get(name));
      }
    }
    start = end + 1;
  }
  return found;
}
