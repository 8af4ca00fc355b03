import { describe, expect, it } from 'vitest';
import { GeoDatabase } from '../../../src/hit/geo-database.ts';
import { GEO_HEADERS, type LocateConfig, Locator } from '../../../src/hit/locate.ts';
import { HeaderTable } from '../../../src/upstream/headers.ts';
import { corpusPath } from '../../support/corpus.ts';
import { received } from '../../support/hits.ts';

/** A database that knows one address. */
function knowing(address: string, country: string, subdivision: string | null): GeoDatabase {
  return {
    locate: (asked: string) => (asked === address ? { country, subdivision } : null),
    builtAt: 0,
  } as unknown as GeoDatabase;
}

const VISITOR = '203.0.113.9';

function locate(config: Partial<LocateConfig>, headers: readonly (readonly [string, string])[], peerTrusted = true): unknown {
  const locator = new Locator({ headers: GEO_HEADERS.cloudflare, database: null, assume: null, ...config });
  return locator.locate(received({ headers }), { address: VISITOR, peerTrusted });
}

describe('Locator', () => {
  it('believes a trusted proxy', () => {
    expect(
      locate({}, [
        ['CF-IPCountry', 'US'],
        ['cf-region-code', 'CA'],
      ]),
    ).toEqual({
      country: 'US',
      subdivision: 'CA',
      source: 'header:cloudflare',
      disagrees: null,
    });
  });

  it('believes nobody else', () => {
    expect(locate({}, [['CF-IPCountry', 'US']], false)).toMatchObject({ country: 'ZZ', source: 'none' });
  });

  it.each(['XX', 'T1', '', 'Germany'])('takes %j for an unknown place, which no assumption softens', (country) => {
    expect(locate({ assume: { country: 'US', subdivision: null } }, [['CF-IPCountry', country]])).toMatchObject({
      country: 'ZZ',
    });
  });

  it('takes a header that is said twice and differently for an unknown place', () => {
    expect(
      locate({}, [
        ['CF-IPCountry', 'US'],
        ['CF-IPCountry', 'DE'],
      ]),
    ).toMatchObject({ country: 'ZZ' });
  });

  it('asks the database where nobody tells', () => {
    expect(locate({ database: knowing(VISITOR, 'FR', null) }, [])).toMatchObject({
      country: 'FR',
      source: 'database',
      disagrees: null,
    });
  });

  it('takes the subdivision of the database only where it agrees on the country', () => {
    expect(locate({ database: knowing(VISITOR, 'US', 'CA') }, [['CF-IPCountry', 'US']])).toMatchObject({
      country: 'US',
      subdivision: 'CA',
      disagrees: null,
    });
    expect(locate({ database: knowing(VISITOR, 'CA', 'QC') }, [['CF-IPCountry', 'US']])).toMatchObject({
      country: 'US',
      subdivision: null,
      disagrees: { country: 'CA', subdivision: 'QC' },
    });
  });

  it('names both places where header and database disagree on the subdivision', () => {
    expect(
      locate({ database: knowing(VISITOR, 'US', 'NV') }, [
        ['CF-IPCountry', 'US'],
        ['CF-Region-Code', 'CA'],
      ]),
    ).toMatchObject({
      subdivision: 'CA',
      disagrees: { country: 'US', subdivision: 'NV' },
    });
  });

  it('assumes a place only where nothing tells', () => {
    const assume = { country: 'DE', subdivision: null };
    expect(locate({ assume }, [])).toMatchObject({ country: 'DE', source: 'assumed' });
    expect(locate({ assume, database: knowing(VISITOR, 'FR', null) }, [])).toMatchObject({ country: 'FR' });
  });

  it('reads the headers that an operator names', () => {
    const headers = { source: 'header:configured', country: 'x-my-country', region: 'x-my-region' };
    const locator = new Locator({ headers, database: null, assume: null });
    const lines = [
      ['X-My-Country', 'us'],
      ['X-My-Region', 'US-CA'],
    ] as const;
    const hit = received({ headers: lines }, new HeaderTable(['x-my-country', 'x-my-region']));
    expect(locator.locate(hit, { address: null, peerTrusted: true })).toMatchObject({ country: 'US', subdivision: 'CA' });
  });
});

describe('GeoDatabase', () => {
  const city = corpusPath('geo/GeoIP2-City-Test.mmdb');
  const country = corpusPath('geo/GeoLite2-Country-Test.mmdb');
  const broken = corpusPath('geo/GeoIP2-City-Test-Broken-Double-Format.mmdb');
  const invalid = corpusPath('geo/GeoIP2-City-Test-Invalid-Node-Count.mmdb');

  it.skipIf(city === null)('reads country and subdivision of MaxMind records', () => {
    const database = GeoDatabase.open(city ?? '');
    expect(database.locate('81.2.69.160')).toEqual({ country: 'GB', subdivision: 'ENG' });
    expect(database.locate('216.160.83.56')).toEqual({ country: 'US', subdivision: 'WA' });
    expect(database.locate('10.0.0.1')).toBeNull();
    expect(database.locate('2001:480:10::1')).toMatchObject({ country: 'US' });
  });

  it.skipIf(country === null)('reads a database that knows countries only', () => {
    expect(GeoDatabase.open(country ?? '').locate('81.2.69.160')).toEqual({ country: 'GB', subdivision: null });
  });

  it.skipIf(broken === null || invalid === null)('knows nothing where a database is broken, and never throws at a hit', () => {
    for (const path of [broken ?? '', invalid ?? '']) {
      let database: GeoDatabase;
      try {
        database = GeoDatabase.open(path);
      } catch (error) {
        expect((error as Error).message).toContain('give the path of an .mmdb file');
        continue;
      }
      for (const address of ['81.2.69.160', '2001:218::1', '1.2.3.4']) expect(() => database.locate(address)).not.toThrow();
    }
  });

  it('says what to do about a file that is none', () => {
    expect(() => GeoDatabase.open('/nowhere.mmdb')).toThrow(/geo\.database \/nowhere\.mmdb: .*give the path of an \.mmdb file/);
  });
});
