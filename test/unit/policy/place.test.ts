import { describe, expect, it } from 'vitest';
import { COUNTRY_CODES } from '../../../src/policy/codes.ts';
import { normalizePlace } from '../../../src/policy/place.ts';

describe('normalizePlace', () => {
  it.each([
    ['de', null, 'DE', null],
    ['DE', 'BE', 'DE', 'BE'],
    ['UK', null, 'GB', null],
    ['el', '', 'GR', null],
    ['US', 'CA', 'US', 'CA'],
    ['US', 'US-CA', 'US', 'CA'],
    ['us', 'us-ca', 'US', 'CA'],
    [' US ', ' ca ', 'US', 'CA'],
    ['CA', 'QC', 'CA', 'QC'],
    ['EU', null, 'EU', null],
    ['UK', 'UK-ENG', 'GB', 'ENG'],
  ])('reads %s %s as %s %s', (country, region, expectedCountry, expectedSubdivision) => {
    expect(normalizePlace(country, region)).toEqual({ country: expectedCountry, subdivision: expectedSubdivision });
  });

  it.each([
    null,
    undefined,
    '',
    'XX',
    'T1',
    'A1',
    'A2',
    'AP',
    'ZZ',
    'QQ',
    'AN',
    'USA',
    '*',
    'Germany',
    '__proto__',
    'constructor',
  ])('knows no place called %s', (country) => {
    expect(normalizePlace(country, 'CA')).toEqual({ country: 'ZZ', subdivision: null });
  });

  it.each(['XX', 'ZZ', 'QC', 'DE-BE', 'CA-QC', 'California', '-', 'US-', '??'])(
    'takes %s for no subdivision of the US, so that the strictest one answers',
    (region) => {
      expect(normalizePlace('US', region)).toEqual({ country: 'US', subdivision: null });
    },
  );

  it('gives a place with two codes the spelling that policies use', () => {
    expect(normalizePlace('US', 'PR')).toEqual({ country: 'PR', subdivision: null });
    expect(normalizePlace('FR', 'FR-974')).toEqual({ country: 'RE', subdivision: null });
    expect(normalizePlace('NO', '21')).toEqual({ country: 'SJ', subdivision: null });
  });

  it('lists every country once', () => {
    expect(new Set(COUNTRY_CODES).size).toBe(COUNTRY_CODES.length);
    expect(COUNTRY_CODES).toHaveLength(251);
  });
});
