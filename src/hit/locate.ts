/** Step 4: where the visitor is, from what a trusted proxy says and what the operator's database says; otherwise nowhere (`ZZ`). */

import { normalizePlace } from '../policy/place.ts';
import type { Place, Region } from '../policy/policy.ts';
import type { HeaderInfo } from '../upstream/headers.ts';
import type { GeoDatabase } from './geo-database.ts';
import type { Identity, ReceivedHit } from './hit.ts';

/** Headers in which a CDN says the place: country, then subdivision. */
export interface GeoHeaders {
  readonly source: string;
  readonly country: string;
  readonly region: string | null;
}

/** Names as the CDNs document them. */
export const GEO_HEADERS: Readonly<Record<'cloudflare' | 'cloudfront' | 'vercel' | 'fastly', GeoHeaders>> = {
  cloudflare: { source: 'header:cloudflare', country: 'cf-ipcountry', region: 'cf-region-code' },
  cloudfront: { source: 'header:cloudfront', country: 'cloudfront-viewer-country', region: 'cloudfront-viewer-country-region' },
  vercel: { source: 'header:vercel', country: 'x-vercel-ip-country', region: 'x-vercel-ip-country-region' },
  fastly: { source: 'header:fastly', country: 'x-fastly-country-code', region: null },
};

export interface LocateConfig {
  readonly headers: GeoHeaders | null;
  readonly database: GeoDatabase | null;
  /** The place where nothing tells; for machines behind no CDN and without a database. */
  readonly assume: Place | null;
}

/** More spellings of places than there are places; what is longer is none. */
const MOST_SPELLINGS = 8_192;
const LONGEST_SPELLING = 16;

const NOWHERE: Region = { country: 'ZZ', subdivision: null, source: 'none', disagrees: null };

export class Locator {
  readonly #config: LocateConfig;
  readonly #assumed: Region;
  /** What the headers told, by what they said. */
  readonly #told = new Map<string, Region>();

  constructor(config: LocateConfig) {
    this.#config = config;
    this.#assumed = config.assume === null ? NOWHERE : { ...config.assume, source: 'assumed', disagrees: null };
  }

  /** Where a request is that nothing could be read of. */
  get nowhere(): Region {
    return NOWHERE;
  }

  locate(hit: ReceivedHit, identity: Identity): Region {
    const told = identity.peerTrusted ? this.#readHeaders(hit) : null;
    const found = identity.address === null ? null : (this.#config.database?.locate(identity.address) ?? null);
    if (told === null) return found === null ? this.#assumed : { ...found, source: 'database', disagrees: null };
    // A CDN that says "Tor" or "unknown" has told something: no database and no assumption softens it.
    if (told.country === 'ZZ' || found === null) return told;
    if (told.country !== found.country) return { ...told, disagrees: found };
    if (told.subdivision === null) return { ...told, subdivision: found.subdivision };
    return found.subdivision !== null && found.subdivision !== told.subdivision ? { ...told, disagrees: found } : told;
  }

  #readHeaders(hit: ReceivedHit): Region | null {
    const { headers } = this.#config;
    if (headers === null) return null;
    let country: string | null = null;
    let region: string | null = null;
    for (let i = 0; i < hit.lines.length; i++) {
      const { lower, kind } = hit.lines[i] as HeaderInfo;
      if (kind !== 'geo') continue;
      const value = hit.rawHeaders[2 * i + 1] as string;
      // Said twice and differently is not said.
      if (lower === headers.country) country = country === null || country === value ? value : 'XX';
      else if (lower === headers.region) region = region === null || region === value ? value : '';
    }
    return country === null ? null : this.#name(country, region, headers.source);
  }

  /** A place as headers write it, once for each spelling. */
  #name(country: string, region: string | null, source: string): Region {
    const key = region === null ? country : `${country}\n${region}`;
    const known = this.#told.get(key);
    if (known !== undefined) return known;
    const told: Region = { ...normalizePlace(country, region), source, disagrees: null };
    if (this.#told.size < MOST_SPELLINGS && key.length <= LONGEST_SPELLING) this.#told.set(key, told);
    return told;
  }
}
