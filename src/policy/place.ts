/** Spellings of a place from outside: headers, databases, requests. Policy files themselves are held to the one right spelling. */
import { isCountryCode, isSubdivisionCode, ownCountryCode } from './codes.ts';
import type { Place } from './policy.ts';

/** The place of a visitor of whom nothing is known. */
export const UNKNOWN_PLACE: Place = { country: 'ZZ', subdivision: null };

/** Codes that others write for a country of ISO 3166-1. */
const COUNTRY_ALIASES: Readonly<Record<string, string>> = { UK: 'GB', EL: 'GR' };

/**
 * Brings a country and a subdivision to the spelling of policies. Any case; `UK` is GB and `EL` is GR; the subdivision alone
 * (`CA`) or with its country (`US-CA`). Nothing, `XX`, `T1` (Tor), `A1`, `A2` (anonymous proxy, satellite), `AP` and whatever
 * ISO 3166-1 does not know is `ZZ`. A subdivision that cannot be one of the country is null, for which the strictest
 * of the country and all its subdivisions answers.
 */
export function normalizePlace(country: string | null | undefined, region: string | null | undefined = null): Place {
  const code = normalizeCountry(country);
  if (code === 'ZZ') return UNKNOWN_PLACE;
  const subdivision = region ? normalizeSubdivision(code, region.trim().toUpperCase()) : null;
  if (subdivision === null) return { country: code, subdivision: null };
  const own = ownCountryCode(code, subdivision);
  if (own !== null) return { country: own, subdivision: null };
  return { country: code, subdivision: isSubdivisionCode(code, subdivision) ? subdivision : null };
}

function normalizeCountry(country: string | null | undefined): string {
  if (!country) return 'ZZ';
  const upper = country.trim().toUpperCase();
  const code = Object.hasOwn(COUNTRY_ALIASES, upper) ? (COUNTRY_ALIASES[upper] as string) : upper;
  return isCountryCode(code) ? code : 'ZZ';
}

function normalizeSubdivision(country: string, region: string): string | null {
  const hyphen = region.indexOf('-');
  if (hyphen < 0) return region === '' ? null : region;
  // A subdivision of another country contradicts the country: it is not known.
  return normalizeCountry(region.slice(0, hyphen)) === country ? region.slice(hyphen + 1) : null;
}
