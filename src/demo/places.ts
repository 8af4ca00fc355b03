/** Places that the page lets a visitor stand in, each with an address that belongs to nobody (RFC 5737, RFC 3849). */

export interface DemoPlace {
  /** Value of the page's cookie. */
  readonly id: string;
  readonly label: string;
  /** What the content delivery network in front says: `XX` where it does not know. */
  readonly country: string;
  readonly region: string | null;
  readonly address: string;
}

const GERMANY: DemoPlace = { id: 'DE', label: 'Germany', country: 'DE', region: 'BE', address: '203.0.113.7' };

export const DEMO_PLACES: readonly DemoPlace[] = [
  GERMANY,
  { id: 'FR', label: 'France', country: 'FR', region: 'IDF', address: '198.51.100.23' },
  { id: 'GB', label: 'United Kingdom', country: 'GB', region: 'ENG', address: '192.0.2.44' },
  { id: 'US-CA', label: 'California, USA', country: 'US', region: 'CA', address: '203.0.113.188' },
  { id: 'US-NY', label: 'New York, USA', country: 'US', region: 'NY', address: '2001:db8:85a3:8d3:1319:8a2e:370:7348' },
  { id: 'BR', label: 'Brazil', country: 'BR', region: 'SP', address: '198.51.100.140' },
  { id: 'XX', label: 'an unknown place', country: 'XX', region: null, address: '192.0.2.200' },
];

/** The place of a cookie's value; Germany where the value is none of ours. */
export function findPlace(id: string | null): DemoPlace {
  return DEMO_PLACES.find((place) => place.id === id) ?? GERMANY;
}

const COUNTRY_NAMES = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'code' });

/** A place as a sentence names it: `Germany`, `California, USA`, `an unknown place`. */
export function namePlace(country: string, subdivision: string | null): string {
  if (country === 'ZZ') return 'an unknown place';
  const known = DEMO_PLACES.find((place) => place.country === country && place.region === subdivision);
  if (known !== undefined) return known.label;
  const name = COUNTRY_NAMES.of(country) ?? country;
  return subdivision === null ? name : `${name} (${country}-${subdivision})`;
}
