/** Who sent a request and from where, as the configuration's `trust` and `geo` say. */
import type { Config } from '../config.ts';
import { GeoDatabase } from '../hit/geo-database.ts';
import { ClientIdentifier } from '../hit/identify.ts';
import { GEO_HEADERS, type GeoHeaders, Locator } from '../hit/locate.ts';
import { normalizePlace } from '../policy/place.ts';
import type { Place } from '../policy/policy.ts';
import { HeaderTable } from '../upstream/headers.ts';
import { GatewayProblem } from './problem.ts';

export interface Whereabouts {
  readonly table: HeaderTable;
  readonly identifier: ClientIdentifier;
  readonly locator: Locator;
}

/** @throws GatewayProblem */
export function buildWhereabouts(config: Config): Whereabouts {
  const headers = readGeoHeaders(config.trust.geo);
  const table = new HeaderTable(headers === null ? [] : [headers.country, ...(headers.region === null ? [] : [headers.region])]);
  const database = openGeo(config.geo.database);
  const locator = new Locator({ headers, database, assume: readAssumed(config.geo.assume) });
  return { table, identifier: buildIdentifier(config), locator };
}

function buildIdentifier(config: Config): ClientIdentifier {
  try {
    return new ClientIdentifier(config.trust);
  } catch {
    throw new GatewayProblem([
      `${config.origin}: trust.proxies: an entry is no CIDR; write addresses like 10.0.0.0/8 or 192.0.2.7/32`,
    ]);
  }
}

function readGeoHeaders(geo: Config['trust']['geo']): GeoHeaders | null {
  if (geo === 'none') return null;
  if (typeof geo === 'string') return GEO_HEADERS[geo];
  return { source: 'header:configured', country: geo.country.toLowerCase(), region: geo.region?.toLowerCase() ?? null };
}

function openGeo(path: string | null): GeoDatabase | null {
  try {
    return path === null ? null : GeoDatabase.open(path);
  } catch (error) {
    throw new GatewayProblem([(error as Error).message]);
  }
}

/** `DE` or `US-CA`. */
function readAssumed(text: string | null): Place | null {
  if (text === null) return null;
  const [country, subdivision] = text.split('-', 2);
  const place = normalizePlace(country ?? null, subdivision ?? null);
  if (place.country === 'ZZ')
    throw new GatewayProblem([`geo.assume: "${text}" is no place; write an ISO 3166 code like "DE" or "US-CA"`]);
  return place;
}
