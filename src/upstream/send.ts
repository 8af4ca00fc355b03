/** Sends a hit whose visitor has been answered already; the collector's answer is read and thrown away. */
import type { RefusalCode } from '../errors.ts';
import type { Upstream } from './client.ts';
import { exchange } from './exchange.ts';
import type { UpstreamRequest } from './transport.ts';

/**
 * How sending ended. `taken`: the collector answered, whatever it said. `not-sent`: no byte of the hit left, so that it can
 * be sent again without being there twice. `unsure`: it may have arrived.
 */
export type SendOutcome =
  | { readonly kind: 'taken' }
  | { readonly kind: 'not-sent' | 'unsure'; readonly reason: RefusalCode | 'upstream-busy' };

/** @returns a function that gives up waiting; `settled` is not called then. */
export type Send = (upstream: Upstream, request: UpstreamRequest, settled: (outcome: SendOutcome) => void) => () => void;

/** So much of an answer is read: a connection whose answer was read to its end can be used again, an endless one cannot. */
const ENOUGH_BYTES = 64 * 1024;

const TAKEN: SendOutcome = { kind: 'taken' };
const BUSY: SendOutcome = { kind: 'unsure', reason: 'upstream-busy' };

/** What a collector, or a load balancer in front of none, says that wants the hit later (RFC 6585 § 4, RFC 9110 § 15.6). */
function isBusy(status: number): boolean {
  return status === 429 || status === 502 || status === 503 || status === 504;
}

export const sendAnswered: Send = (upstream, request, settled) => {
  let busy = false;
  const limits = { longestMs: upstream.longestMs, enoughBytes: ENOUGH_BYTES };
  return exchange(upstream.following, request, limits, {
    onHead(status) {
      busy = isBusy(status);
      return true;
    },
    onData: () => true,
    onEnd: () => settled(busy ? BUSY : TAKEN),
    onFailure(reason, started, written) {
      // Once the head is there the collector has taken the hit; how its answer ends is nobody's concern.
      if (started && !busy) return settled(TAKEN);
      // A hit that cannot be written as a request never can: its attempts are counted, so that it ends.
      const mayHaveArrived = written || reason === 'upstream-invalid';
      settled({ kind: mayHaveArrived ? 'unsure' : 'not-sent', reason });
    },
  });
};
