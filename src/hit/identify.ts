/** Step 3: who sent this. The address is the right-most one that no trusted proxy has, walked from the socket inwards. */
import ipaddr from 'ipaddr.js';
import { readAddress, writeAddress } from '../privacy/ip.ts';
import { compileRange, type IpRange, isInRange } from '../privacy/ip-range.ts';
import type { Groups } from '../privacy/ip-text.ts';
import type { Identity, ReceivedHit } from './hit.ts';

export interface TrustConfig {
  /** CIDRs that may name the client's address; nobody by default. */
  readonly proxies: readonly string[];
  /** The one header that is walked. */
  readonly forwarded: 'x-forwarded-for' | 'forwarded';
}

/** More hops than this are no chain of proxies but an attempt to spend our time. */
const MOST_HOPS = 32;
const MOST_PEERS = 8192;

const NOBODY: Identity = { address: null, peerTrusted: false };

export class ClientIdentifier {
  readonly #ranges: readonly IpRange[];
  readonly #header: TrustConfig['forwarded'];
  /** What is known of TCP peers, by the text that the socket gives. */
  readonly #peers = new Map<string, Identity>();

  /** @throws Error for an entry that is no CIDR. */
  constructor(trust: TrustConfig) {
    this.#ranges = trust.proxies.map(compileRange);
    this.#header = trust.forwarded;
  }

  identify(hit: ReceivedHit): Identity {
    const peer = this.#peers.get(hit.peer) ?? this.#look(hit.peer);
    if (!peer.peerTrusted) return peer;
    const hops = this.#header === 'forwarded' ? listHops(hit.forwarded) : hit.forwardedFor;
    return hops === '' ? peer : { address: this.#walk(hops), peerTrusted: true };
  }

  #look(text: string): Identity {
    const groups = readAddress(text);
    const peer = groups === null ? NOBODY : { address: writeAddress(groups), peerTrusted: this.#isTrusted(groups) };
    if (this.#peers.size >= MOST_PEERS) this.#peers.clear();
    this.#peers.set(text, peer);
    return peer;
  }

  /** From the nearest hop outwards; a hop that is no address ends the walk with nothing known rather than with a guess. */
  #walk(hops: string): string | null {
    let end = hops.length;
    for (let steps = 0; steps < MOST_HOPS; steps++) {
      const start = end === 0 ? 0 : hops.lastIndexOf(',', end - 1) + 1;
      const groups = readAddress(hops.slice(start, end).trim());
      if (groups === null) return null;
      // The outermost one, where all of them are proxies.
      if (start === 0 || !this.#isTrusted(groups)) return writeAddress(groups);
      end = start - 1;
    }
    return null;
  }

  #isTrusted(groups: Groups): boolean {
    return this.#ranges.some((range) => isInRange(groups, range));
  }
}

/** The `for=` members of a Forwarded header (RFC 7239 § 4) as a list like that of X-Forwarded-For, still with brackets and port. */
function listHops(value: string): string {
  return value === '' ? '' : forwardedHops(value).join(',');
}

function forwardedHops(value: string): string[] {
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
