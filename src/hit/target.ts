/** The request target in the one spelling that routes and collectors see (RFC 9112 § 3.2, RFC 3986 § 6.2.2). */

export interface Target {
  readonly path: string;
  readonly query: string | null;
}

/** Targets that need no change: segments of unreserved and harmless characters, no dot segments, no empty ones. */
const PLAIN_PATH = /^(?:\/(?!\.{1,2}(?:[/;]|$))[A-Za-z0-9\-._~!$&'()*+,;=:@]+)+\/?$|^\/$/;

/**
 * Reads an origin-form target, or an absolute-form one without its authority. Unreserved characters are decoded, other
 * percent-encodings get upper-case digits, dot segments and empty segments go. The query is left as it is.
 * @returns null for a target that servers read differently: encoded slashes, backslashes, NUL and dots, fragments,
 *   control or non-ASCII characters, malformed percent-encodings in the path, `*` and the authority form.
 */
export function readTarget(raw: string): Target | null {
  let target = raw;
  if (target.charCodeAt(0) !== 0x2f) {
    const stripped = stripAuthority(target);
    if (stripped === null) return null;
    target = stripped;
  }
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  const query = mark === -1 ? null : target.slice(mark + 1);
  if (query !== null && FORBIDDEN.test(query)) return null;
  if (PLAIN_PATH.test(path)) return { path, query };
  const canonical = canonicalizePath(path);
  return canonical === null ? null : { path: canonical, query };
}

/** The path and query of `http://authority/path`; the authority never chooses a collector. */
function stripAuthority(target: string): string | null {
  const scheme = /^https?:\/\/[^/?#\s]+/i.exec(target);
  if (scheme === null) return null;
  const rest = target.slice(scheme[0].length);
  return rest === '' || rest.startsWith('?') ? `/${rest}` : rest;
}

/** Anything but the printable ASCII characters without space and `#`. */
const FORBIDDEN = /[^!"$-~]/;

const PERCENT = /%([0-9A-Fa-f]{2})?/g;
const UNRESERVED = /[A-Za-z0-9\-_~]/;
/** A slash, dot, backslash or NUL that appears only where somebody behind us decodes once more. */
const HIDDEN_SEPARATOR = /%(?:25)+(?:2[ef]|5c|00)/i;
/** A parameter's semicolon, encoded however often. */
const PARAMETERS = /(?:;|%(?:25)*3b).*$/i;

function canonicalizePath(path: string): string | null {
  if (FORBIDDEN.test(path) || path.includes('\\') || HIDDEN_SEPARATOR.test(path)) return null;
  let refused = false;
  const decoded = path.replace(PERCENT, (_whole, digits: string | undefined) => {
    if (digits === undefined) {
      refused = true;
      return '';
    }
    const code = Number.parseInt(digits, 16);
    // Encoded slash, backslash, dot, NUL and controls: one server's separator is another's letter.
    if (code < 0x20 || code === 0x2f || code === 0x5c || code === 0x2e || code === 0x7f) refused = true;
    const character = String.fromCharCode(code);
    return UNRESERVED.test(character) ? character : `%${digits.toUpperCase()}`;
  });
  return refused ? null : removeDotSegments(decoded);
}

function removeDotSegments(path: string): string {
  const kept: string[] = [];
  const segments = path.split('/');
  for (let i = 1; i < segments.length; i++) {
    // Servers differ on `..;x`: parameters are no part of the name of a dot segment for some of them.
    const segment = segments[i] as string;
    const name = segment.replace(PARAMETERS, '');
    if (name === '..') kept.pop();
    else if (name !== '.' && segment !== '') kept.push(segment);
  }
  const last = segments.at(-1) as string;
  const open = kept.length > 0 && (last === '' || last === '.' || last === '..');
  return `/${kept.join('/')}${open ? '/' : ''}`;
}
