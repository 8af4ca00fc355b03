/** A URL as text in parts, without resolving or normalizing anything: what is kept stays as it was written. */

export interface UrlParts {
  /** `https://host:port`, `//host`, or empty for a path alone. */
  readonly head: string;
  readonly path: string;
  /** After `?`, or null. */
  readonly query: string | null;
  /** After `#`, or null. */
  readonly fragment: string | null;
}

const SHAPE = /^((?:[a-zA-Z][a-zA-Z0-9+.-]{0,30}:)?(?:\/\/[^/?#\\]*)?)([^?#]*)(?:\?([^#]*))?(?:#([\s\S]*))?$/;
const ABSOLUTE = /^(?:[a-zA-Z][a-zA-Z0-9+.-]{1,30}:)?\/\/[^/\s]/;

export function splitUrl(text: string): UrlParts | null {
  const match = SHAPE.exec(text);
  if (match === null) return null;
  return { head: match[1] ?? '', path: match[2] ?? '', query: match[3] ?? null, fragment: match[4] ?? null };
}

export function joinUrl(parts: UrlParts): string {
  const query = parts.query === null ? '' : `?${parts.query}`;
  return parts.head + parts.path + query + (parts.fragment === null ? '' : `#${parts.fragment}`);
}

/** Whether a text reads as a URL: with an authority, or a path with a query. */
export function isUrl(text: string): boolean {
  return ABSOLUTE.test(text) || (text.charCodeAt(0) === 47 && text.includes('?'));
}

const WEB_HEAD = /^(https?:)?\/\/(?:[^@]*@)?([a-z0-9\u0080-\uffff._-]{1,253}|\[[0-9a-f:.]{2,45}\])(:\d{1,5})?$/i;

/** Scheme, host and port in lower case, without user and password; null where it is no web address. */
export function readOrigin(parts: UrlParts): string | null {
  const match = WEB_HEAD.exec(parts.head);
  return match === null ? null : `${match[1] ?? ''}//${match[2]}${match[3] ?? ''}`.toLowerCase();
}
