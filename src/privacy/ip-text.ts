/** IP addresses as text and as groups: a strict reader that accepts no spelling another program could read differently, and a writer (RFC 5952). */

/** Eight 16-bit groups of an IPv6 address, or two of an IPv4 address. */
export type Groups = readonly number[];

const ZERO = 48;
const DOT = 46;
const COLON = 58;

/**
 * Four decimal numbers of 0 to 255 without leading zeros, because `010` is eight to some readers and ten to others; null for anything
 * else (short forms, hexadecimal, octal, one large number).
 */
export function readIpv4(text: string): Groups | null {
  const length = text.length;
  if (length < 7 || length > 15) return null;
  let high = 0;
  let low = 0;
  let part = 0;
  let digits = 0;
  let value = 0;
  for (let i = 0; i <= length; i++) {
    const code = i === length ? DOT : text.charCodeAt(i);
    if (code === DOT) {
      if (digits === 0 || value > 255) return null;
      if (part < 2) high = high * 256 + value;
      else low = low * 256 + value;
      part++;
      digits = 0;
      value = 0;
    } else {
      const digit = code - ZERO;
      if (digit < 0 || digit > 9 || digits === 3 || (digits > 0 && value === 0)) return null;
      value = value * 10 + digit;
      digits++;
    }
  }
  return part === 4 ? [high, low] : null;
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** An IPv6 address of RFC 4291 § 2.2, with or without `::` and a dotted tail; no brackets, zone or port. */
export function readIpv6(text: string): Groups | null {
  const length = text.length;
  if (length < 2 || length > 45) return null;
  const groups: number[] = [];
  let gap = -1;
  let i = 0;
  if (text.charCodeAt(0) === COLON) {
    if (text.charCodeAt(1) !== COLON) return null;
    gap = 0;
    i = 2;
  }
  while (i < length) {
    const start = i;
    let value = 0;
    let digit = 0;
    while (i < length && digit >= 0) {
      digit = hexDigit(text.charCodeAt(i));
      if (digit >= 0) {
        value = value * 16 + digit;
        i++;
      }
    }
    if (i < length && text.charCodeAt(i) === DOT) {
      const tail = readIpv4(text.slice(start));
      if (tail === null || groups.length > 6) return null;
      groups.push(...tail);
      i = length;
      break;
    }
    if (i === start || i - start > 4 || groups.length === 8) return null;
    groups.push(value);
    if (i === length) break;
    if (text.charCodeAt(i) !== COLON) return null;
    i++;
    if (i === length) return null;
    if (text.charCodeAt(i) === COLON) {
      if (gap >= 0) return null;
      gap = groups.length;
      i++;
    }
  }
  if (gap < 0) return groups.length === 8 ? groups : null;
  if (groups.length > 7) return null;
  return [...groups.slice(0, gap), ...new Array<number>(8 - groups.length).fill(0), ...groups.slice(gap)];
}

export function writeIpv4(high: number, low: number): string {
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

/** RFC 5952: lower case, no leading zeros, the longest run of at least two zero groups as `::`, the first of equal runs. */
export function writeIpv6(groups: Groups): string {
  let best = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > bestLength) {
      best = i;
      bestLength = end - i;
    }
    if (end > i) i = end;
  }
  const hex = groups.map((group) => group.toString(16));
  if (best < 0) return hex.join(':');
  return `${hex.slice(0, best).join(':')}::${hex.slice(best + bestLength).join(':')}`;
}
