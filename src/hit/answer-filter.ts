/** Filters the collector's answer on its way to the visitor: what it may set, and what it may make the browser remember. */
import { type Action, PURPOSE_INDEX } from '../consent/state.ts';
import type { HeaderTable } from '../upstream/headers.ts';
import { NO_STORE } from '../vendors/prepared-answer.ts';
import { expireCookies } from './expire-cookies.ts';
import type { ReceivedHit } from './hit.ts';
import { strictestAction } from './judge.ts';
import { asksForToken } from './leave.ts';
import type { Delivery } from './mount.ts';
import { TOKEN_NAME } from './token-field.ts';

export interface AnswerRules {
  /** Whether the hit left byte for byte. */
  readonly untouched: boolean;
  /** What the decision says to the cookie of a name. */
  cookieAction(name: string): Action;
  /** Whether a redirect may lead to another host, or a browser be sent there otherwise (advertising reads `forward`). */
  readonly mayRedirect: boolean;
  /** The visitor's Host, without port. */
  readonly host: string;
  /** Lines (name, value, …) of our own that go along. */
  readonly lines: readonly string[];
  /** Whether a preflight asked for Consentry's own token header, of which the collector knows nothing. */
  readonly allowsToken: boolean;
}

/**
 * What a judged hit's answer may do. An undeclared cookie belongs to the strictest purpose that the profile names.
 * @param ownCookie name of Consentry's own, which no collector sets, replaces or deletes
 */
export function rulesForAnswer(
  { received, route, judgement, untouched }: Pick<Delivery, 'received' | 'route' | 'judgement' | 'untouched'>,
  ownCookie: string,
): AnswerRules {
  const undeclared = strictestAction(judgement, route.gate | route.profile.named);
  return {
    untouched,
    cookieAction(name) {
      if (name === ownCookie) return 'drop';
      const purpose = route.profile.cookiePurpose(name);
      return purpose === null ? undeclared : (judgement.purposes[PURPOSE_INDEX[purpose]]?.action ?? 'drop');
    },
    mayRedirect: judgement.purposes[PURPOSE_INDEX.advertising]?.action === 'forward',
    host: received.host,
    lines: expireCookies(received, route, judgement),
    allowsToken: false,
  };
}

/** What the answer to a preflight or a passed file may do: nothing that tells one visitor from another. */
export function rulesForBare(received: ReceivedHit): AnswerRules {
  const allowsToken = received.method === 'OPTIONS' && asksForToken(received);
  return { untouched: false, cookieAction: () => 'drop', mayRedirect: false, host: received.host, lines: [], allowsToken };
}

/** Of an anonymized hit's answer only these come back; others could carry an id that a script keeps. */
const KEPT = new Set(
  `content-type content-length content-encoding content-disposition date vary location allow retry-after server
 access-control-allow-origin access-control-allow-credentials access-control-allow-headers access-control-allow-methods
 access-control-expose-headers access-control-max-age cross-origin-resource-policy timing-allow-origin x-content-type-options p3p`.split(
    /\s+/,
  ),
);

/** Would take the visitor's decision from the browser together with the collector's cookies. */
const CLEARING = 'clear-site-data';

/** Makes a browser ask others, as a redirect does, tell others, or take part in their advertising. */
const ELSEWHERE = new Set(
  `refresh link speculation-rules nel report-to reporting-endpoints observe-browsing-topics attribution-reporting-register-source
 attribution-reporting-register-trigger`.split(/\s+/),
);

/** A validator, or an invitation to send more: never with a hit that was changed. */
const REMEMBERED = new Set(['etag', 'last-modified', 'accept-ch', 'critical-ch', 'accept-ch-lifetime']);

export type FilteredAnswer = { readonly headers: string[] } | { readonly refused: 'redirect' };

/** @param raw name, value, … of the collector's answer. */
export function filterAnswer(status: number, raw: readonly string[], rules: AnswerRules, table: HeaderTable): FilteredAnswer {
  const headers: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    const { lower, kind } = table.describe(name);
    if (lower === 'content-length') {
      // Whoever believed the length of a 204, which has none (RFC 9110 § 8.6), would take the begin of the next answer for its body.
      if (status !== 204) headers.push(name, value);
      continue;
    }
    if (kind === 'hop' || kind === 'own' || lower === 'cache-control' || lower === 'expires' || lower === 'pragma') continue;
    if (lower === CLEARING) continue;
    if (lower === 'set-cookie') {
      if (rules.cookieAction(cookieName(value)) === 'forward') headers.push(name, value);
      continue;
    }
    if (lower === 'location' && status >= 300 && status < 400 && !rules.mayRedirect && !isSameHost(value, rules.host)) {
      return { refused: 'redirect' };
    }
    if (!rules.mayRedirect && ELSEWHERE.has(lower)) continue;
    if (!rules.untouched && (REMEMBERED.has(lower) || !KEPT.has(lower))) continue;
    headers.push(name, value);
  }
  if (rules.allowsToken) allowToken(headers);
  headers.push(...rules.lines);
  headers.push('Cache-Control', NO_STORE);
  return { headers };
}

/** Adds the token header to what the collector allows, where it allows anything (Fetch standard § 3.2.4). */
function allowToken(headers: string[]): void {
  const at = headers.findIndex((part, i) => i % 2 === 0 && part.toLowerCase() === 'access-control-allow-headers');
  if (at !== -1) headers[at + 1] = `${headers[at + 1]}, ${TOKEN_NAME}`;
  else if (headers.some((part, i) => i % 2 === 0 && part.toLowerCase() === 'access-control-allow-origin'))
    headers.push('Access-Control-Allow-Headers', TOKEN_NAME);
}

/**
 * The name that a browser reads, or a server what it sends: attributes have no part in it, and what stands without `=` is a value, as is what
 * stands behind a first `=`, which is sent without (RFC 6265bis §§ 5.6, 5.8.3).
 */
function cookieName(setCookie: string): string {
  const semicolon = setCookie.indexOf(';');
  const pair = (semicolon === -1 ? setCookie : setCookie.slice(0, semicolon)).replace(/^[\s=]+/, '');
  return pair.slice(0, Math.max(0, pair.indexOf('='))).trim();
}

/** A page's URL may have either scheme, and `http:x` is a path to a page of that scheme alone. */
const NOWHERE = 'a.invalid';
const PAGES = [`http://${NOWHERE}/`, `https://${NOWHERE}/`];

/** Whether a browser stays at the visitor's own host: `//host`, `\\host` and even `/`, a tab, `/host` lead elsewhere (WHATWG URL § 4.4). */
function isSameHost(location: string, host: string): boolean {
  return PAGES.every((page) => {
    try {
      const { hostname } = new URL(location, page);
      return hostname === NOWHERE || hostname === host;
    } catch {
      return false;
    }
  });
}
