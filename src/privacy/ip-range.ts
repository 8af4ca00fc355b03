/** Ranges of addresses in CIDR notation (RFC 4632, RFC 4291 § 2.3). Pure. */
import ipaddr from 'ipaddr.js';
import type { Groups } from './ip-text.ts';

export interface IpRange {
  readonly groups: Groups;
  /** Bits that have to agree. */
  readonly bits: number;
}

/**
 * @param cidr `10.0.0.0/8`, `fd00::/8`, or a single address.
 * @throws Error where it is neither.
 */
export function compileRange(cidr: string): IpRange {
  const [address, bits] = ipaddr.parseCIDR(cidr.includes('/') ? cidr : `${cidr}/${cidr.includes(':') ? 128 : 32}`);
  const bytes = address.toByteArray();
  const groups = Array.from(
    { length: bytes.length / 2 },
    (_, i) => (bytes[2 * i] as number) * 256 + (bytes[2 * i + 1] as number),
  );
  return { groups, bits };
}

/** IPv4 is in ranges of IPv4 only; an IPv4-mapped address counts as the IPv4 address that `readAddress` makes of it. */
export function isInRange(groups: Groups, { groups: begin, bits }: IpRange): boolean {
  if (groups.length !== begin.length) return false;
  let left = bits;
  for (let i = 0; left > 0; i++, left -= 16) {
    const differing = (groups[i] as number) ^ (begin[i] as number);
    if ((left >= 16 ? differing : differing >> (16 - left)) !== 0) return false;
  }
  return true;
}
