/**
 * Google Consent Mode on the wire: `gcs` and `gcd`. Google documents neither; the forms are those that public decoders agree
 * on and that observed hits have.
 */
import { sixBitsAt } from './bits.ts';

export const CONSENT_TYPES = ['ad_storage', 'analytics_storage', 'ad_user_data', 'ad_personalization'] as const;
export type ConsentType = (typeof CONSENT_TYPES)[number];

/** What a page said about a type; null: unset. Google's tags take unset for granted, Consentry takes it for silence. */
export type ConsentValue = 'granted' | 'denied' | null;

export type GcsDecoding =
  | { readonly ok: true; readonly ad_storage: ConsentValue; readonly analytics_storage: ConsentValue }
  | { readonly ok: false; readonly reason: 'form' };

function valueOfGcs(char: string | undefined): ConsentValue {
  return char === '1' ? 'granted' : char === '0' ? 'denied' : null;
}

/** `G1`, then ad_storage and analytics_storage: `1` granted, `0` denied, `-` unset. */
export function decodeGcs(text: string): GcsDecoding {
  if (!/^G1[01-]{2}$/.test(text)) return { ok: false, reason: 'form' };
  return { ok: true, ad_storage: valueOfGcs(text[2]), analytics_storage: valueOfGcs(text[3]) };
}

export interface GcdType {
  readonly default: ConsentValue;
  readonly update: ConsentValue;
  /** The update, else the default. */
  readonly effective: ConsentValue;
}

export type GcdDecoding =
  | { readonly ok: true; readonly types: Readonly<Record<ConsentType, GcdType>>; readonly gpc: boolean }
  | { readonly ok: false; readonly reason: 'form' };

/** The alphabet of `gcd` is digits, lower case, upper case, `-`, `_`; as a number of six bits. */
function gcdBits(text: string, index: number): number {
  const bits = sixBitsAt(text, index);
  if (bits < 0 || bits >= 62) return bits;
  if (bits >= 52) return bits - 52;
  return bits >= 26 ? bits - 16 : bits + 36;
}

/** Two bits: 1 unset, 2 denied, 3 granted; 0 where the tag has no such value. */
function valueOfGcd(bits: number): ConsentValue {
  return bits === 2 ? 'denied' : bits === 3 ? 'granted' : null;
}

function decodeGcdType(bits: number): GcdType {
  const update = valueOfGcd(bits & 3);
  const initial = valueOfGcd((bits >> 2) & 3);
  // The highest two bits are a declaration of the page. A yes there is nobody's choice; a no stays one.
  const declared = valueOfGcd((bits >> 4) & 3) === 'denied' ? 'denied' : null;
  return { default: initial, update, effective: update ?? initial ?? declared };
}

const GPC_BIT = 8;
/** Four types at the places 2, 4, 6, 8, flags at 9; more may follow. */
const MIN_GCD_CHARS = 10;
const MAX_GCD_CHARS = 64;

/**
 * `1`, then letters by position: 2 ad_storage, 4 analytics_storage, 6 ad_user_data, 8 ad_personalization, 9 flags. What stands
 * between is a separator, mostly a digit but not always, so that nothing may be split there.
 */
export function decodeGcd(text: string): GcdDecoding {
  if (text.length < MIN_GCD_CHARS || text.length > MAX_GCD_CHARS || !/^1[\w-]+$/.test(text)) return { ok: false, reason: 'form' };
  const at = (index: number) => decodeGcdType(gcdBits(text, index));
  return {
    ok: true,
    types: { ad_storage: at(2), analytics_storage: at(4), ad_user_data: at(6), ad_personalization: at(8) },
    gpc: (gcdBits(text, 9) & GPC_BIT) !== 0,
  };
}
