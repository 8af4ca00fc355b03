/** Step 2: which route a hit is for. Compiled at load; finding one costs a look-up per path segment, however many there are. */
import type { PurposeSet } from '../consent/state.ts';
import type { Upstream } from '../upstream/client.ts';
import type { Recipient, VendorProfile } from '../vendors/profile.ts';

/** Where an external subject's id stands in a hit (`subject: query:NAME` and the like). */
export interface FieldRef {
  readonly carrier: 'query' | 'header' | 'path' | 'body';
  readonly name: string;
}

export interface Route {
  /** The pattern as it was written, for logs, metrics and reports. */
  readonly pattern: string;
  /** Canonical path without the `*`. */
  readonly path: string;
  readonly prefix: boolean;
  readonly host: string | null;
  /** A static file to pass without anything personal, not a hit. */
  readonly pass: boolean;
  readonly profile: VendorProfile;
  /** Purposes whose strictest action the hit as a whole gets. */
  readonly gate: PurposeSet;
  readonly recipient: Recipient;
  readonly label: string | null;
  readonly respond: 'upstream' | 'pixel' | 'empty';
  /** Null in-process, where the collector is the next middleware. */
  readonly upstream: Upstream | null;
  /** The collector's path where it is not the hit's own: `base` stands in place of the first `cut` characters. */
  readonly rewrite: { readonly base: string; readonly cut: number } | null;
  /** Host to send; null keeps the visitor's. */
  readonly hostHeader: string | null;
  /** Null for the consent cookie. */
  readonly subject: FieldRef | null;
  readonly sensitive: boolean;
  readonly age: FieldRef | null;
  readonly tcfVendor: number | null;
}

export class RouteTable {
  /** By host (or `*`), then by exact path; prefixes end in `/`. */
  readonly #exact = new Map<string, Route>();
  readonly #prefixes = new Map<string, Route>();
  /** Paths and prefixes of hits, whatever the host. */
  readonly #paths = new Set<string>();
  readonly #pathPrefixes = new Set<string>();
  /** Folded spellings of every guarded path and prefix, to tell a path that some collector takes for a guarded one. */
  readonly #loose = new Set<string>();
  readonly #loosePrefixes = new Set<string>();
  readonly #hasHosts: boolean;
  readonly routes: readonly Route[];

  constructor(routes: readonly Route[]) {
    this.routes = routes;
    this.#hasHosts = routes.some((route) => route.host !== null);
    for (const route of routes) {
      const key = `${route.host ?? '*'} ${route.path}`;
      if (route.prefix) this.#prefixes.set(key, route);
      else this.#exact.set(key, route);
      if (route.pass) continue;
      (route.prefix ? this.#pathPrefixes : this.#paths).add(route.path);
      (route.prefix ? this.#loosePrefixes : this.#loose).add(loosenPath(route.path));
    }
  }

  /** The route of a canonical path, host before no host, exact before prefix, the longest prefix first. */
  find(host: string, path: string): Route | null {
    return (this.#hasHosts ? this.#findFor(host, path) : null) ?? this.#findFor('*', path);
  }

  /**
   * Whether a path that has no route is one that a lenient collector (case-insensitive, blind to trailing slashes, dots or
   * parameters) may take for a guarded one: such a path is refused, never passed on unjudged.
   * @param raw the target as it came: `//name/collect` is a host and `/collect` to whoever reads it as a URL.
   */
  isLookalike(path: string, raw = path): boolean {
    const second = raw.startsWith('//') ? path.indexOf('/', 1) : -1;
    return this.#isLoose(path) || (second !== -1 && this.#isLoose(path.slice(second)));
  }

  /** Whether a path belongs to a route of whatever host. */
  hasPath(path: string): boolean {
    return this.routes.some((route) => (route.prefix ? path.startsWith(route.path) : path === route.path));
  }

  /** Whether a path, as it is written, is one of hits, of whatever host. */
  isGuarded(path: string): boolean {
    if (this.#paths.has(path)) return true;
    if (this.#pathPrefixes.size === 0) return false;
    for (let end = path.lastIndexOf('/'); end >= 0; end = end === 0 ? -1 : path.lastIndexOf('/', end - 1)) {
      if (this.#pathPrefixes.has(path.slice(0, end + 1))) return true;
    }
    return false;
  }

  #isLoose(path: string): boolean {
    const loose = loosenPath(path);
    if (this.#loose.has(loose) || this.#loosePrefixes.has(loose)) return true;
    for (let end = loose.lastIndexOf('/'); end >= 0; end = end === 0 ? -1 : loose.lastIndexOf('/', end - 1)) {
      if (this.#loosePrefixes.has(loose.slice(0, end))) return true;
    }
    return false;
  }

  #findFor(host: string, path: string): Route | null {
    const exact = this.#exact.get(`${host} ${path}`);
    if (exact !== undefined) return exact;
    const semicolon = path.indexOf(';', path.lastIndexOf('/'));
    if (semicolon !== -1) {
      const bare = this.#exact.get(`${host} ${path.slice(0, semicolon)}`);
      if (bare !== undefined && !bare.pass) return bare;
    }
    if (this.#prefixes.size === 0) return null;
    for (let end = path.lastIndexOf('/'); end >= 0; end = end === 0 ? -1 : path.lastIndexOf('/', end - 1)) {
      const found = this.#prefixes.get(`${host} ${path.slice(0, end + 1)}`);
      if (found !== undefined) return found;
    }
    return null;
  }
}

/** Folds what lenient routers and file systems fold: case, trailing slashes, dots and blanks, parameters, encodings, what follows an encoded `?`. */
function loosenPath(path: string): string {
  let text = path;
  for (let round = 0; round < 3 && text.includes('%'); round++) {
    try {
      text = decodeURIComponent(text);
    } catch {
      break;
    }
  }
  return text
    .toLowerCase()
    .replace(/[?#].*$/s, '')
    .replace(/\\/g, '/')
    .replace(/;[^/]*/g, '')
    .replace(/[. ]+(?=\/|$)/g, '')
    .replace(/\/{2,}/g, '/')
    .replace(/\/+$/, '');
}
