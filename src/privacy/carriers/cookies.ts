/** A Cookie header in place (RFC 6265 § 4.2.1, read as leniently as servers do). */
import type { Verdict } from './verdict.ts';

/** Asked for each cookie with its raw value, quotes included; a member without `=` has an empty name. */
export type CookieVisitor = (name: string, value: string) => Verdict;

/** The header with the cookies that stay, as they were written; empty where none does. */
export function filterCookies(header: string, visit: CookieVisitor): string {
  let out = '';
  let start = 0;
  while (start <= header.length) {
    let end = header.indexOf(';', start);
    if (end < 0) end = header.length;
    const member = header.slice(start, end).trim();
    start = end + 1;
    if (member === '') continue;
    const equals = member.indexOf('=');
    const name = equals < 0 ? '' : member.slice(0, equals).trim();
    const value = equals < 0 ? member : member.slice(equals + 1).trim();
    const verdict = visit(name, value);
    if (verdict === false) continue;
    const kept = verdict === true ? member : equals < 0 ? verdict : `${name}=${verdict}`;
    out += out === '' ? kept : `; ${kept}`;
  }
  return out;
}
