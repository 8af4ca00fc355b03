/** Routes of the configuration, checked and compiled against the vendor profiles. */
import type { Config } from '../config.ts';
import type { ParsedRoute } from '../config-schema.ts';
import { ALL_PURPOSES, purposeSet } from '../consent/state.ts';
import { type FieldRef, type Route, RouteTable } from '../hit/route.ts';
import { readTarget } from '../hit/target.ts';
import { findNearest } from '../policy/suggest.ts';
import { readUpstreamUrl, type Upstream, type UpstreamPools } from '../upstream/client.ts';
import type { VendorProfile } from '../vendors/profile.ts';

export type CompiledRoutes =
  | { readonly ok: true; readonly table: RouteTable }
  | { readonly ok: false; readonly problems: readonly string[] };

/** @param pools null in-process, where the collector is the next middleware and no route has an upstream. */
export function compileRoutes(
  config: Config,
  profiles: ReadonlyMap<string, VendorProfile>,
  pools: UpstreamPools | null,
): CompiledRoutes {
  const problems: string[] = [];
  const routes: Route[] = [];
  const taken = new Set<string>();
  for (const [index, route] of config.routes.entries()) {
    const where = `routes.${index} (${route.path})`;
    const compiled = compileRoute(config, route, profiles, pools);
    if (typeof compiled === 'string') {
      problems.push(`${where}: ${compiled}`);
      continue;
    }
    const key = `${compiled.host ?? '*'} ${compiled.path} ${compiled.prefix}`;
    if (taken.has(key)) problems.push(`${where}: another route has this path already; the first would shadow this one`);
    taken.add(key);
    routes.push(compiled);
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, table: new RouteTable(routes) };
}

function compileRoute(
  config: Config,
  route: ParsedRoute,
  profiles: ReadonlyMap<string, VendorProfile>,
  pools: UpstreamPools | null,
): Route | string {
  const prefix = route.path.endsWith('/*');
  const path = prefix ? route.path.slice(0, -1) : route.path;
  if (path.includes('*')) return 'a * may only stand at the end, as in /prefix/*';
  if (readTarget(path)?.path !== path)
    return `the path is not in its canonical form; write ${readTarget(path)?.path ?? 'a plain path'}`;
  const profile = profiles.get(route.vendor ?? 'generic');
  if (profile === undefined) {
    const nearest = findNearest(route.vendor ?? '', [...profiles.keys()]);
    return `there is no profile "${route.vendor}" in policies/vendors${nearest === null ? '' : `; did you mean "${nearest}"?`}`;
  }
  const purposes = route.purposes ?? profile.purposes;
  if (route.pass) {
    const guarded = [...profiles.values()].find((other) => other.isEndpoint(path));
    if (guarded !== undefined)
      return `${path} is an endpoint of ${guarded.name}, which is a hit and never passed; give it a vendor instead`;
    if (route.vendor !== undefined || route.purposes !== undefined)
      return 'a passed file is no hit: leave out vendor and purposes';
  } else if (purposes.length === 0) {
    return 'neither the route nor its vendor names a purpose; add purposes: [analytics] or the like';
  }
  const recipient = route.recipient ?? (route.vendor === undefined ? 'own' : profile.recipient);
  if (recipient === 'third-party' && (route.label !== undefined || purposes.includes('necessary'))) {
    return 'a third party is neither necessary nor exempt: set recipient to own or processor, or leave out the label and the purpose';
  }
  let upstream: Upstream | null = null;
  let rewrite: Route['rewrite'] = null;
  try {
    if (pools === null) {
      if (route.upstream !== undefined) return 'in-process the collector is the next middleware; leave out upstream';
    } else {
      const url = route.upstream ?? config.upstream;
      if (url === null) return 'there is no upstream; write upstream: http://127.0.0.1:9000 here or at the top';
      upstream = pools.open(url);
      rewrite = rewriteFor(readUpstreamUrl(url).pathname, path, prefix, route.upstream !== undefined);
    }
  } catch (error) {
    return `upstream: ${(error as Error).message}`;
  }
  const gate = route.pass ? ALL_PURPOSES : purposeSet(purposes);
  return {
    pattern: route.path,
    path,
    prefix,
    host: route.host?.toLowerCase() ?? null,
    pass: route.pass,
    profile,
    gate,
    recipient,
    label: route.label ?? null,
    respond: route.respond,
    upstream,
    rewrite,
    hostHeader: route['host-header'] === 'keep' ? null : route['host-header'],
    subject: route.subject === 'cookie' ? null : readFieldRef(route.subject),
    sensitive: route.sensitive,
    age: route.age === undefined ? null : readFieldRef(route.age),
    tcfVendor: route['tcf-vendor'],
  };
}

/**
 * An upstream without a path gets the hit's own. A route's upstream with a path stands in for the route's path; the common
 * one's path stands in front.
 */
function rewriteFor(there: string, path: string, prefix: boolean, own: boolean): Route['rewrite'] {
  if (there === '/') return null;
  if (!own) return { base: there.replace(/\/$/, ''), cut: 0 };
  return { base: prefix ? there.replace(/\/?$/, '/') : there, cut: path.length };
}

/** `query:NAME` and the like, whose form the schema has checked. */
function readFieldRef(text: string): FieldRef {
  const colon = text.indexOf(':');
  const carrier = text.slice(0, colon) as FieldRef['carrier'];
  const name = text.slice(colon + 1);
  return { carrier, name: carrier === 'header' ? name.toLowerCase() : name };
}
