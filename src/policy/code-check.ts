/** Codes as policy files have to spell them: no aliases, no lower case, a subdivision always with its country. */
import { isCountryCode, isSubdivisionCode, ownCountryCode } from './codes.ts';

const REWRITES: Readonly<Record<string, string>> = { UK: 'GB', EL: 'GR', XX: 'ZZ', T1: 'ZZ', A1: 'ZZ', A2: 'ZZ', AP: 'ZZ' };

/** Codes that are a country alone and a state after `US-`. */
const COUNTRY_OR_STATE: Readonly<Record<string, readonly [country: string, state: string]>> = {
  AL: ['Albania', 'Alabama'],
  AR: ['Argentina', 'Arkansas'],
  AZ: ['Azerbaijan', 'Arizona'],
  CA: ['Canada', 'California'],
  CO: ['Colombia', 'Colorado'],
  DE: ['Germany', 'Delaware'],
  GA: ['Gabon', 'Georgia'],
  ID: ['Indonesia', 'Idaho'],
  IL: ['Israel', 'Illinois'],
  IN: ['India', 'Indiana'],
  KY: ['the Cayman Islands', 'Kentucky'],
  LA: ['Laos', 'Louisiana'],
  MA: ['Morocco', 'Massachusetts'],
  MD: ['Moldova', 'Maryland'],
  ME: ['Montenegro', 'Maine'],
  MN: ['Mongolia', 'Minnesota'],
  MO: ['Macao', 'Missouri'],
  MS: ['Montserrat', 'Mississippi'],
  MT: ['Malta', 'Montana'],
  NC: ['New Caledonia', 'North Carolina'],
  NE: ['Niger', 'Nebraska'],
  PA: ['Panama', 'Pennsylvania'],
  SC: ['Seychelles', 'South Carolina'],
  SD: ['Sudan', 'South Dakota'],
  TN: ['Tunisia', 'Tennessee'],
  VA: ['the Holy See', 'Virginia'],
};

/** What is wrong with a code of `match` and what to write instead, or null. */
export function explainCode(code: string): string | null {
  if (code === '*' || code === 'ZZ' || isCountryCode(code)) return null;
  const upper = code.toUpperCase();
  const rewrite = Object.hasOwn(REWRITES, upper) ? REWRITES[upper] : undefined;
  if (rewrite !== undefined) return `"${code}" is written "${rewrite}" in policies: write "${rewrite}"`;
  if (upper !== code && explainCode(upper) === null) return `codes are written in capitals: write "${upper}"`;
  const parts = /^([A-Z]{2})-([A-Z0-9]{1,3})$/.exec(code);
  if (parts === null || !isCountryCode(parts[1] as string)) {
    return `"${code.slice(0, 40)}" is no place: write an ISO code such as "DE" or "US-CA", "ZZ" for an unknown place, or "*"`;
  }
  const [, country, subdivision] = parts as unknown as [string, string, string];
  const own = ownCountryCode(country, subdivision);
  if (own !== null) return `"${code}" has a country code of its own: write "${own}"`;
  if (isSubdivisionCode(country, subdivision)) return null;
  return `${country} has no subdivision "${subdivision}": write its ISO 3166-2 code, such as "US-CA"`;
}

/** For a country code that is also a state's: what it is, and how to write the state. Else null. */
export function explainStateMistake(code: string): string | null {
  const names = Object.hasOwn(COUNTRY_OR_STATE, code) ? COUNTRY_OR_STATE[code] : undefined;
  return names === undefined ? null : `"${code}" is ${names[0]}: for ${names[1]} write "US-${code}"`;
}
