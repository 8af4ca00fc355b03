/** How requests get to a collector, whatever carries them. */
import type { RefusalCode } from '../errors.ts';

export interface UpstreamRequest {
  readonly method: string;
  readonly path: string;
  /** name, value, … in order, Host among them; Content-Length is made from the body. */
  readonly headers: readonly string[];
  readonly body: Buffer | null;
  /** Whether path and header lines stand as they were read, so that what they may hold has been looked at. */
  readonly isAsRead?: boolean;
}

/** What is told of one exchange, in this order; `failed` may come at any time and is the last then. */
export interface ExchangeEvents {
  /** From now on the collector may see the request. */
  written(): void;
  /** Also for interim answers (1xx). @returns false to pause until `resume` is called. */
  head(status: number, rawHeaders: readonly string[], resume: () => void): boolean;
  /** @returns false to pause. */
  data(chunk: Buffer): boolean;
  end(): void;
  failed(code: RefusalCode): void;
}

export interface Transport {
  /** @returns a function that gives the exchange up; its events are not called any more then. */
  send(request: UpstreamRequest, events: ExchangeEvents): () => void;
  /** Requests that wait for a connection. */
  readonly waiting: number;
  /** Ends what is still under way. */
  close(): Promise<void>;
}
