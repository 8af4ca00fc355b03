/** Writes TC and GPP strings for tests, bit by bit as their specifications lay them out and apart from the code under test. */

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

function number(value: number, bits: number): string {
  return value.toString(2).padStart(bits, '0');
}

export function packBits(bits: string): string {
  return (bits.match(/.{1,6}/g) ?? []).map((six) => BASE64URL.charAt(Number.parseInt(six.padEnd(6, '0'), 2))).join('');
}

function flags(numbers: readonly number[], count: number): string {
  return Array.from({ length: count }, (_, index) => (numbers.includes(index + 1) ? '1' : '0')).join('');
}

function letters(text: string): string {
  return [...text].map((letter) => number(letter.charCodeAt(0) - 65, 6)).join('');
}

function vendorBits(vendors: readonly number[]): string {
  const max = Math.max(0, ...vendors);
  return `${number(max, 16)}0${flags(vendors, max)}`;
}

function rangeBits(ranges: readonly (readonly [number, number])[]): string {
  const entries = ranges.map(([first, last]) =>
    first === last ? `0${number(first, 16)}` : `1${number(first, 16)}${number(last, 16)}`,
  );
  return number(ranges.length, 12) + entries.join('');
}

export interface TcParts {
  readonly lastUpdated?: string;
  readonly created?: string;
  readonly cmpId?: number;
  readonly policyVersion?: number;
  readonly isServiceSpecific?: boolean;
  readonly specialFeatures?: readonly number[];
  readonly purposes?: readonly number[];
  readonly interests?: readonly number[];
  readonly purposeOneTreatment?: boolean;
  readonly vendors?: readonly number[];
  readonly vendorInterests?: readonly number[];
  readonly restrictions?: readonly {
    readonly purpose: number;
    readonly type: number;
    readonly vendors: readonly (readonly [number, number])[];
  }[];
  /** Null: no such segment. */
  readonly disclosed?: readonly number[] | null;
  readonly publisher?: readonly number[];
}

/** Noon of the day on which the strings of tests are made, unless they say otherwise. */
export const TC_DAY = '2026-11-01';

/** A TC string that is valid on {@link TC_DAY}, with what `parts` change. Every vendor of `vendors` is disclosed. */
export function writeTcString(parts: TcParts = {}): string {
  const deciseconds = (day: string) => number(Date.parse(day) / 100, 36);
  const updated = parts.lastUpdated ?? TC_DAY;
  const vendors = parts.vendors ?? [];
  const restrictions = parts.restrictions ?? [];
  const core = [
    number(2, 6),
    deciseconds(parts.created ?? updated),
    deciseconds(updated),
    number(parts.cmpId ?? 31, 12),
    number(1, 12) + number(1, 6) + letters('EN') + number(100, 12),
    number(parts.policyVersion ?? 5, 6),
    (parts.isServiceSpecific ?? true) ? '10' : '00',
    flags(parts.specialFeatures ?? [], 12),
    flags(parts.purposes ?? [], 24),
    flags(parts.interests ?? [], 24),
    parts.purposeOneTreatment === true ? '1' : '0',
    letters('DE'),
    vendorBits(vendors),
    vendorBits(parts.vendorInterests ?? []),
    number(restrictions.length, 12),
    ...restrictions.map(({ purpose, type, vendors: ranges }) => number(purpose, 6) + number(type, 2) + rangeBits(ranges)),
  ];
  const segments = [packBits(core.join(''))];
  const disclosed = parts.disclosed === undefined ? [...vendors, ...(parts.vendorInterests ?? [])] : parts.disclosed;
  if (disclosed !== null) segments.push(packBits(`001${vendorBits(disclosed)}`));
  if (parts.publisher !== undefined) segments.push(packBits(`011${flags(parts.publisher, 24)}${flags([], 24)}${number(0, 6)}`));
  return segments.join('.');
}

/** A TC string of about `chars` characters whose vendor range entries all span every id. */
export function writeTcBomb(chars: number): string {
  const core = writeTcString({ disclosed: null });
  const entries = Math.min(4095, Math.floor((chars * 6 - 230) / 33));
  const bits = [...core]
    .slice(0, 38)
    .map((char) => number(BASE64URL.indexOf(char), 6))
    .join('');
  const fixed = bits.slice(0, 213);
  const bomb = `${number(65_535, 16)}1${rangeBits(Array.from({ length: entries }, () => [1, 65_535] as const))}`;
  return packBits(`${fixed}${bomb}${number(0, 17)}${number(0, 12)}`);
}

function fibonacci(value: number): string {
  const weights = [1, 2];
  while ((weights.at(-1) as number) <= value) weights.push((weights.at(-1) as number) + (weights.at(-2) as number));
  let rest = value;
  let bits = '';
  for (const weight of weights.slice(0, -1).reverse()) {
    if (rest >= weight) {
      rest -= weight;
      bits = `1${bits}`;
    } else if (bits !== '') bits = `0${bits}`;
  }
  return `${bits}1`;
}

/** A GPP string of sections by id, ascending. */
export function writeGppString(sections: Readonly<Record<number, string>>): string {
  const ids = Object.keys(sections).map(Number);
  const items = ids.map((id, index) => `0${fibonacci(id - (ids[index - 1] ?? 0))}`);
  const header = packBits(number(3, 6) + number(1, 6) + number(ids.length, 12) + items.join(''));
  return [header, ...ids.map((id) => sections[id])].join('~');
}
