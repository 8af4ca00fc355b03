/** A Cookie header in place (RFC 6265 § 4.2.1, read as leniently as servers do). */
import type { Verdict } from './verdict.ts';

const SPACE = 32;
const DELETE = 127;

/** Asked for each cookie with its raw value, quotes included; a member without `=` has an empty name. */
export type CookieVisitor = (name: string, value: string) => Verdict;

/** Without spaces around it; most have but the one behind a semicolon. */
function trim(text: string): string {
  const from = text.charCodeAt(0) === SPACE ? 1 : 0;
  const first = text.charCodeAt(from);
  const last = text.charCodeAt(text.length - 1);
  return first > SPACE && first < DELETE && last > SPACE && last < DELETE ? text.slice(from) : text.trim();
}

/** The header with the cookies that stay, as they were written; empty where none does. */
export function filterCookies(header: string, visit: CookieVisitor): string {
  let out = '';
  let start = 0;
  while (start <= header.length) {
    let end = header.indexOf(';', start);
    if (end < 0) end = header.length;
    const member = trim(header.slice(start, end));
    start = end + 1;
    if (member === '') continue;
    const equals = member.indexOf('=');
    const name = equals < 0 ? '' : trim(member.slice(0, equals));
    const value = equals < 0 ? member : trim(member.slice(equals + 1));
    const verdict = visit(name, value);
    if (verdict === false) continue;
    const kept = verdict === true ? member : equals < 0 ? verdict : `${name}=${verdict}`;
    out += out === '' ? kept : `; ${kept}`;
  }
  return out;
}
