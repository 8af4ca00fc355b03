/** Reading and masking client addresses in every spelling that proxies and tags write. Pure; no names are resolved. */
import { type Groups, readIpv4, readIpv6, writeIpv4, writeIpv6 } from './ip-text.ts';

/** Bits kept of an address: 0 to 32 of IPv4, 0 to 128 of IPv6. */
export interface MaskBits {
  readonly v4: number;
  readonly v6: number;
}

/** Longest text looked at: a bracketed address with a dotted tail, a zone and a port is under 100 characters. */
const MAX_TEXT = 256;
const PORT = /^:(?:\d{1,5}|_[A-Za-z0-9._-]+)$/;
const NINTH_GROUP = /^(.+:.+):(\d{1,5})$/;

/** IPv4-mapped, `::ffff:a.b.c.d` (RFC 4291 § 2.5.5.2). */
function isMapped(groups: Groups): boolean {
  return groups[5] === 0xffff && !groups[0] && !groups[1] && !groups[2] && !groups[3] && !groups[4];
}

function readBare(text: string): Groups | null {
  if (text.includes(':')) {
    const zone = text.indexOf('%');
    if (zone === text.length - 1) return null;
    const groups = readIpv6(zone < 0 ? text : text.slice(0, zone));
    return groups !== null && isMapped(groups) ? groups.slice(6) : groups;
  }
  return readIpv4(text);
}

/** One address as groups, in every spelling that {@link parseAddress} takes; null for what is none. */
export function readAddress(text: string): Groups | null {
  let bare = text;
  if (bare.length > MAX_TEXT) return null;
  const first = bare.charCodeAt(0);
  const last = bare.charCodeAt(bare.length - 1);
  if (first <= 32 || last <= 32) bare = bare.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
  if (bare.length > 2 && bare.startsWith('"') && bare.endsWith('"')) bare = bare.slice(1, -1);
  if (bare.startsWith('[')) {
    const close = bare.indexOf(']');
    if (close < 0) return null;
    const port = bare.slice(close + 1);
    return port === '' || PORT.test(port) ? readBare(bare.slice(1, close)) : null;
  }
  const colon = bare.indexOf(':');
  if (colon > 0 && bare.indexOf(':', colon + 1) < 0 && bare.includes('.')) {
    return PORT.test(bare.slice(colon)) ? readIpv4(bare.slice(0, colon)) : null;
  }
  const groups = readBare(bare);
  if (groups !== null || colon < 0) return groups;
  // CloudFront writes an IPv6 viewer with its port and without brackets: nine groups, the last one decimal.
  const match = NINTH_GROUP.exec(bare);
  return match === null ? null : readBare(match[1] as string);
}

/** Normalized text of an address. */
export function writeAddress(groups: Groups): string {
  return groups.length === 2 ? writeIpv4(groups[0] as number, groups[1] as number) : writeIpv6(groups);
}

/**
 * One address as normalized text: IPv4 dotted, IPv6 by RFC 5952; port, brackets, quotes and zone dropped, IPv4-mapped as IPv4.
 * Null for everything that is no such address: `unknown` and obfuscated names (RFC 7239 § 6), octal and leading zeros, short and
 * hexadecimal IPv4, prefixes, several addresses, garbage.
 */
export function parseAddress(text: string): string | null {
  const groups = readAddress(text);
  return groups === null ? null : writeAddress(groups);
}

/** Keeps the first `bits` bits of groups of 16. */
function cutGroups(groups: Groups, bits: number): number[] {
  return groups.map((group, index) => {
    const kept = Math.min(16, Math.max(0, bits - index * 16));
    return group & (0xffff << (16 - kept)) & 0xffff;
  });
}

/**
 * Cuts the IPv4 address that an IPv6 address carries, so that no IPv6 prefix keeps what the IPv4 rule takes away: 6to4 (RFC 3056: a
 * /48 holds all of it), NAT64 (RFC 6052, RFC 8215), Teredo (RFC 4380), ISATAP (RFC 5214), IPv4-compatible and translated forms.
 */
function cutEmbedded(groups: Groups, v4: number): Groups {
  const [g0, g1, g2, g3, g4, g5, g6, g7] = groups as [number, number, number, number, number, number, number, number];
  if (v4 >= 32) return groups;
  const tail = cutGroups([g6, g7], v4);
  if (g0 === 0x2002) return [g0, ...cutGroups([g1, g2], v4), g3, g4, g5, g6, g7];
  if (g0 === 0x2001 && g1 === 0) {
    // Teredo: the client's address and port are stored inverted, and its flags are partly random.
    const client = cutGroups([g6 ^ 0xffff, g7 ^ 0xffff], v4).map((group) => group ^ 0xffff);
    return [g0, g1, g2, g3, 0, 0, ...client];
  }
  if (g0 === 0x64 && g1 === 0xff9b) return g2 === 1 ? [g0, g1, g2, 0, 0, 0, ...tail] : [g0, g1, g2, g3, g4, g5, ...tail];
  const isatap = (g4 === 0 || g4 === 0x200) && g5 === 0x5efe;
  const low = g0 === 0 && g1 === 0 && g2 === 0 && g3 === 0 && (g4 === 0 || g4 === 0xffff) && g5 === 0;
  return isatap || low ? [g0, g1, g2, g3, g4, g5, ...tail] : groups;
}

/**
 * The address with all but the first bits zero, or null where the text is no address: then it has to be removed, never passed on.
 * A masked address is still personal data; /56 and /64 of IPv6 name a household.
 */
export function maskAddress(address: string, bits: MaskBits): string | null {
  const groups = readAddress(address);
  if (groups === null) return null;
  if (groups.length === 2) return writeAddress(cutGroups(groups, bits.v4));
  return writeAddress(cutGroups(cutEmbedded(groups, bits.v4), bits.v6));
}

/** Members of a comma-separated list (`X-Forwarded-For`) in order, each as {@link parseAddress} gives it. */
export function normalizeAddressList(text: string): (string | null)[] {
  return text.split(',').map(parseAddress);
}

/** The address of a member of a list, also of `Forwarded` (`for="[2001:db8::1]:80";proto=https`, RFC 7239 § 4). */
function memberAddress(member: string): string {
  for (const pair of member.split(';')) {
    const text = pair.trim();
    if (text.slice(0, 4).toLowerCase() === 'for=') return text.slice(4);
  }
  return member;
}

/** One address or a list of them, masked, what is no address left out; null where nothing stays. */
export function maskAddressText(text: string, bits: MaskBits): string | null {
  const masked = text
    .split(',')
    .map((member) => maskAddress(memberAddress(member), bits))
    .filter((address) => address !== null);
  return masked.length === 0 ? null : masked.join(', ');
}
