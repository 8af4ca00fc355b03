/** A URL as text in parts, without resolving or normalizing anything: what is kept stays as it was written. */
import { remember } from '../remember.ts';

export interface UrlParts {
  /** `https://host:port`, `//host`, or empty for a path alone. */
  readonly head: string;
  readonly path: string;
  /** After `?`, or null. */
  readonly query: string | null;
  /** After `#`, or null. */
  readonly fragment: string | null;
}

const SLASH = 47;
const BACKSLASH = 92;
const HEAD = /^(?:[a-zA-Z][a-zA-Z0-9+.-]{0,30}:)?(?:\/\/[^/?#\\]*)?/;
const ABSOLUTE = /^(?:[a-zA-Z][a-zA-Z0-9+.-]{1,30}:)?\/\/[^/\s]/;

export function splitUrl(text: string): UrlParts {
  const hash = text.indexOf('#');
  const end = hash < 0 ? text.length : hash;
  const mark = text.indexOf('?');
  const question = mark < 0 || mark > end ? -1 : mark;
  const pathEnd = question < 0 ? end : question;
  const colon = text.indexOf(':');
  // Most addresses that are no web addresses are paths.
  const isPath = text.charCodeAt(0) === 47 ? text.charCodeAt(1) !== 47 : colon < 0 || colon > pathEnd;
  const head = isPath ? '' : text.slice(0, endOfHead(text, pathEnd));
  return {
    head,
    path: text.slice(head.length, pathEnd),
    query: question < 0 ? null : text.slice(question + 1, end),
    fragment: hash < 0 ? null : text.slice(hash + 1),
  };
}

/** Where the path begins; most addresses are web addresses. */
function endOfHead(text: string, pathEnd: number): number {
  if (!text.startsWith('https://') && !text.startsWith('http://')) return HEAD.exec(text)?.[0].length ?? 0;
  let end = text.indexOf('//') + 2;
  for (; end < pathEnd; end++) {
    const code = text.charCodeAt(end);
    if (code === SLASH || code === BACKSLASH) break;
  }
  return end;
}

export function joinUrl(parts: UrlParts): string {
  const query = parts.query === null ? '' : `?${parts.query}`;
  return parts.head + parts.path + query + (parts.fragment === null ? '' : `#${parts.fragment}`);
}

/** Whether a text reads as a URL: with an authority, or a path with a query. */
export function isUrl(text: string): boolean {
  return (text.charCodeAt(0) === 47 && text.includes('?')) || (text.includes('//') && ABSOLUTE.test(text));
}

const WEB_HEAD = /^(https?:)?\/\/(?:[^@]*@)?([a-z0-9\u0080-\uffff._-]{1,253}|\[[0-9a-f:.]{2,45}\])(:\d{1,5})?$/i;

const originOfHead = remember((head): string | null => {
  const match = WEB_HEAD.exec(head);
  return match === null ? null : `${match[1] ?? ''}//${match[2]}${match[3] ?? ''}`.toLowerCase();
}, 1024);

/** Scheme, host and port in lower case, without user and password; null where it is no web address. */
export function readOrigin({ head }: UrlParts): string | null {
  return head === '' ? null : originOfHead(head);
}
