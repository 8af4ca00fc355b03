/** How many yeses a network may post a minute. A no is never counted: withdrawing has to be as easy as giving (GDPR Art. 7(3)). */
import { maskAddress } from '../privacy/ip.ts';

const WINDOW_MS = 60_000;

/** Networks that are counted at one time; beyond, the oldest window is forgotten. */
const MAX_NETWORKS = 100_000;
const NETWORK_BITS = { v4: 24, v6: 48 };

export interface RateLimit {
  /** Counts a decision; false where there were too many in this minute. `address` parsed, or null. */
  take(address: string | null, now: number): boolean;
}

export function createRateLimit(perMinute: number): RateLimit {
  const windows = new Map<string, { readonly begunAt: number; count: number }>();
  return {
    take(address, now) {
      const network = address === null ? 'unknown' : (maskAddress(address, NETWORK_BITS) ?? 'unknown');
      const known = windows.get(network);
      if (known !== undefined && now - known.begunAt < WINDOW_MS && now >= known.begunAt) return ++known.count <= perMinute;
      windows.delete(network);
      windows.set(network, { begunAt: now, count: 1 });
      const [oldest] = windows.keys();
      if (windows.size > MAX_NETWORKS && oldest !== undefined) windows.delete(oldest);
      return perMinute >= 1;
    },
  };
}
