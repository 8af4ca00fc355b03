/** One request to a collector and its answer, within bounds. Bytes in, callbacks out; knows no policy. */
import type { RefusalCode } from '../errors.ts';
import type { ExchangeEvents, Transport, UpstreamRequest } from './transport.ts';

export interface ExchangeLimits {
  /** The whole of it may take so long: a byte now and then keeps every shorter timeout from ending it. */
  readonly longestMs: number;
  /** Bytes of the answer's body after which the rest is nobody's: the exchange ends there, well. Default: all of it. */
  readonly enoughBytes?: number;
}

/** Interim answers (1xx) after which a collector is taken for one that never answers. */
const MOST_INTERIM = 16;
/** Requests that wait for a connection to a collector; more are turned away at once instead of timing out one after the other. */
const MOST_WAITING = 2_048;

export interface UpstreamAnswer {
  /** Final status, 200 to 599. @returns false to pause until `resume` is called. */
  onHead(status: number, rawHeaders: readonly string[], resume: () => void): boolean;
  /** @returns false to pause until `resume` is called. */
  onData(chunk: Buffer): boolean;
  onEnd(): void;
  /** `started`: whether the head was delivered already; `written`: whether the collector may have seen some of the request. */
  onFailure(code: RefusalCode, started: boolean, written: boolean): void;
}

/** @returns a function that gives the exchange up, for a visitor who went away. */
export function exchange(
  transport: Transport,
  request: UpstreamRequest,
  limits: ExchangeLimits,
  answer: UpstreamAnswer,
): () => void {
  if (transport.waiting >= MOST_WAITING) {
    answer.onFailure('overloaded', false, false);
    return () => undefined;
  }
  return new BoundedExchange(limits, answer).begin(transport, request);
}

class BoundedExchange implements ExchangeEvents {
  readonly #answer: UpstreamAnswer;
  readonly #enoughBytes: number;
  readonly #timer: NodeJS.Timeout;
  #leave: (() => void) | null = null;
  #started = false;
  #written = false;
  #done = false;
  #interim = 0;
  #bytes = 0;

  constructor({ longestMs, enoughBytes }: ExchangeLimits, answer: UpstreamAnswer) {
    this.#answer = answer;
    this.#enoughBytes = enoughBytes ?? Number.POSITIVE_INFINITY;
    this.#timer = setTimeout(() => this.#break('upstream-timeout'), longestMs);
  }

  begin(transport: Transport, request: UpstreamRequest): () => void {
    this.#leave = transport.send(request, this);
    return () => {
      if (this.#settle()) this.#leave?.();
    };
  }

  written(): void {
    this.#written = true;
  }

  head(status: number, rawHeaders: readonly string[], resume: () => void): boolean {
    if (this.#done) return true;
    // Interim answers are for us; the one that counts follows.
    if (status < 200 && status !== 101 && ++this.#interim <= MOST_INTERIM) return true;
    if (status < 200 || status > 599) {
      this.#break('upstream-invalid');
      return true;
    }
    this.#started = true;
    return this.#answer.onHead(status, rawHeaders, resume);
  }

  data(chunk: Buffer): boolean {
    if (this.#done) return true;
    this.#bytes += chunk.length;
    if (this.#bytes <= this.#enoughBytes) return this.#answer.onData(chunk);
    this.end();
    this.#leave?.();
    return true;
  }

  end(): void {
    if (this.#settle()) this.#answer.onEnd();
  }

  failed(code: RefusalCode): void {
    if (this.#settle()) this.#answer.onFailure(code, this.#started, this.#written);
  }

  /** @returns whether this is the first end. */
  #settle(): boolean {
    if (this.#done) return false;
    this.#done = true;
    clearTimeout(this.#timer);
    return true;
  }

  /** Ends the exchange and the connection, of which nobody knows any more what comes next. */
  #break(code: RefusalCode): void {
    this.failed(code);
    this.#leave?.();
  }
}
