/** The operator's own geo database: MaxMind's record layout or the flat one of ip-location-db. Ships none. */
import { readFileSync, statSync } from 'node:fs';
import { Reader } from 'mmdb-lib';
import { normalizePlace } from '../policy/place.ts';
import type { Place } from '../policy/policy.ts';
import { subdivisionByName } from './subdivision-names.ts';

interface GeoRecord {
  readonly country?: { readonly iso_code?: unknown };
  readonly registered_country?: { readonly iso_code?: unknown };
  readonly subdivisions?: readonly { readonly iso_code?: unknown }[];
  readonly country_code?: unknown;
  readonly state1?: unknown;
}

/** Places by address, so that a visitor's second hit costs a look-up. */
const MOST_PLACES = 20_000;

export class GeoDatabase {
  readonly #reader: Reader<Record<string, unknown>>;
  readonly #places = new Map<string, Place | null>();
  /** When the database was built, in milliseconds since the epoch: `doctor` warns of old ones. */
  readonly builtAt: number;

  private constructor(reader: Reader<Record<string, unknown>>) {
    this.#reader = reader;
    this.builtAt = reader.metadata.buildEpoch.getTime();
  }

  /** @throws Error where the file is missing, empty or no MaxMind DB; the message names the file and the remedy. */
  static open(path: string): GeoDatabase {
    try {
      if (statSync(path).size === 0) throw new Error('the file is empty');
      const database = new GeoDatabase(new Reader(readFileSync(path)));
      database.locate('192.0.2.1');
      return database;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`geo.database ${path}: ${why}; give the path of an .mmdb file (GeoLite2, GeoIP2, DB-IP or ip-location-db)`);
    }
  }

  /** Country and subdivision of an address, or null where the database does not know it or its record is broken. */
  locate(address: string): Place | null {
    const known = this.#places.get(address);
    if (known !== undefined) return known;
    const place = this.#read(address);
    if (this.#places.size >= MOST_PLACES) this.#places.clear();
    this.#places.set(address, place);
    return place;
  }

  #read(address: string): Place | null {
    let record: GeoRecord | null;
    try {
      record = this.#reader.get(address) as GeoRecord | null;
    } catch {
      // A broken record of a sound file, or an IPv6 address asked of an IPv4 database: nothing is known.
      return null;
    }
    if (record === null) return null;
    const country = record.country?.iso_code ?? record.country_code;
    if (typeof country !== 'string') return null;
    const code = record.subdivisions?.[0]?.iso_code;
    const subdivision = typeof code === 'string' ? code : subdivisionByName(country, record.state1);
    const place = normalizePlace(country, subdivision);
    return place.country === 'ZZ' ? null : place;
  }
}
