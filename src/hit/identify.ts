/** Step 3: who sent this. The address is the right-most one that no trusted proxy has, walked from the socket inwards. */
import ipaddr from 'ipaddr.js';
import { parseAddress } from '../privacy/ip.ts';
import type { Identity, ReceivedHit } from './hit.ts';

export interface TrustConfig {
  /** CIDRs that may name the client's address; nobody by default. */
  readonly proxies: readonly string[];
  /** The one header that is walked. */
  readonly forwarded: 'x-forwarded-for' | 'forwarded';
}

/** More hops than this are no chain of proxies but an attempt to spend our time. */
const MOST_HOPS = 32;
const MOST_ADDRESSES = 8192;

export class ClientIdentifier {
  readonly #ranges: readonly [ipaddr.IPv4 | ipaddr.IPv6, number][];
  readonly #header: TrustConfig['forwarded'];
  /** Whether an address is a trusted proxy, by its text. */
  readonly #known = new Map<string, boolean>();

  constructor(trust: TrustConfig) {
    this.#ranges = trust.proxies.map((cidr) =>
      ipaddr.parseCIDR(cidr.includes('/') ? cidr : `${cidr}/${cidr.includes(':') ? 128 : 32}`),
    );
    this.#header = trust.forwarded;
  }

  identify(hit: ReceivedHit): Identity {
    const peer = parseAddress(hit.peer);
    if (this.#ranges.length === 0 || peer === null || !this.#isTrusted(peer)) return { address: peer, peerTrusted: false };
    const hops = this.#header === 'forwarded' ? forwardedHops(hit.forwarded) : hit.forwardedFor.split(',');
    return { address: this.#walk(hops, peer), peerTrusted: true };
  }

  /** From the nearest hop outwards; a hop that is no address ends the walk with nothing known rather than with a guess. */
  #walk(hops: readonly string[], peer: string): string | null {
    let address: string = peer;
    for (let i = hops.length - 1, steps = 0; i >= 0; i--, steps++) {
      const text = (hops[i] as string).trim();
      if (text === '' && hops.length === 1) return address;
      const hop = steps < MOST_HOPS ? parseAddress(text) : null;
      if (hop === null || !this.#isTrusted(hop)) return hop;
      address = hop;
    }
    return address;
  }

  #isTrusted(address: string): boolean {
    const known = this.#known.get(address);
    if (known !== undefined) return known;
    const parsed = ipaddr.process(address);
    const trusted = this.#ranges.some(
      ([range, bits]) => range.kind() === parsed.kind() && parsed.match(range as ipaddr.IPv4, bits),
    );
    if (this.#known.size >= MOST_ADDRESSES) this.#known.clear();
    this.#known.set(address, trusted);
    return trusted;
  }
}

/** The `for=` members of a Forwarded header (RFC 7239 § 4), in order, still with brackets and port. */
function forwardedHops(value: string): string[] {
  if (value === '') return [''];
  return value.split(',').map((element) => {
    for (const pair of element.split(';')) {
      const equals = pair.indexOf('=');
      if (equals === -1 || pair.slice(0, equals).trim().toLowerCase() !== 'for') continue;
      return pair
        .slice(equals + 1)
        .trim()
        .replace(/^"(.*)"$/, '$1');
    }
    return 'unknown';
  });
}

/** Whether an address is one that only a machine on our own network has: a sign of a proxy that nobody declared. */
export function isPrivateAddress(address: string): boolean {
  const range = ipaddr.process(address).range();
  return (
    range === 'private' || range === 'loopback' || range === 'linkLocal' || range === 'uniqueLocal' || range === 'carrierGradeNat'
  );
}
