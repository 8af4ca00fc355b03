/** What a direct connection is given: who takes its hits, and how much and how long it may wait. */
import type { DirectRequest } from './direct-request.ts';
import type { DirectResponse } from './direct-response.ts';

/** Takes the hits among the requests. */
export interface DirectListener {
  /** Whether a request, of which the head is there, is for {@link handle}; node:http gets the others. */
  takes(req: DirectRequest): boolean;
  /** Whether a hit is dropped without its body. */
  isOverloaded(): boolean;
  handle(req: DirectRequest, res: DirectResponse): void;
}

export interface ConnectionLimits {
  readonly headerBytes: number;
  /** A request with a longer body is left to node:http. */
  readonly bodyBytes: number;
  readonly headerTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /**
   * A connection on which nothing moves for so long while it is answered is cut, within twice that time: a visitor who does not read.
   * {@link SILENCE_MS} where it is not said.
   */
  readonly silenceMs?: number;
}

export const SILENCE_MS = 60_000;
