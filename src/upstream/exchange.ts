/** One request to a collector and its answer, over undici. Bytes in, callbacks out; knows no policy. */
import type { Dispatcher } from 'undici';
import type { RefusalCode } from '../errors.ts';
import type { Upstream } from './client.ts';

export interface UpstreamRequest {
  readonly method: string;
  readonly path: string;
  /** name, value, … in order, Host among them; Content-Length is made from the body. */
  readonly headers: readonly string[];
  readonly body: Buffer | null;
  /** Bytes of the answer's body after which the rest is nobody's: the exchange ends there, well. Default: all of it. */
  readonly enoughBytes?: number;
}

/** Interim answers (1xx) after which a collector is taken for one that never answers. */
const MOST_INTERIM = 16;
/** Requests that wait for a connection to a collector; more are turned away at once instead of timing out one after the other. */
const MOST_WAITING = 2_048;

export interface UpstreamAnswer {
  /** Final status, 200 to 599. @returns false to pause until `resume` is called. */
  onHead(status: number, rawHeaders: string[], resume: () => void): boolean;
  /** @returns false to pause until `resume` is called. */
  onData(chunk: Buffer): boolean;
  onEnd(): void;
  /** `started`: whether the head was delivered already; `written`: whether the collector may have seen some of the request. */
  onFailure(code: RefusalCode, started: boolean, written: boolean): void;
}

/** @returns a function that gives the exchange up, for a visitor who went away. */
export function exchange(upstream: Upstream, request: UpstreamRequest, answer: UpstreamAnswer): () => void {
  if (upstream.countWaiting !== undefined && upstream.countWaiting() >= MOST_WAITING) {
    answer.onFailure('overloaded', false, false);
    return () => undefined;
  }
  const handler = new ExchangeHandler(answer, request.enoughBytes ?? Number.POSITIVE_INFINITY, upstream.longestMs);
  upstream.pool.dispatch(
    {
      origin: upstream.origin,
      path: request.path,
      method: request.method as Dispatcher.HttpMethod,
      headers: request.headers as string[],
      body: request.body,
    },
    handler,
  );
  return () => handler.giveUp();
}

class ExchangeHandler implements Dispatcher.DispatchHandler {
  readonly #answer: UpstreamAnswer;
  #started = false;
  /** undici announces a connection right before it writes; a connection that was refused is never announced. */
  #written = false;
  #done = false;
  #abort: ((error?: Error) => void) | null = null;
  #interim = 0;
  #bytes = 0;
  readonly #enoughBytes: number;
  readonly #timer: NodeJS.Timeout | null;

  /** @param longestMs the whole exchange may take: a byte now and then keeps every shorter timeout from ending it. */
  constructor(answer: UpstreamAnswer, enoughBytes: number, longestMs: number | undefined) {
    this.#answer = answer;
    this.#enoughBytes = enoughBytes;
    this.#timer = longestMs === undefined ? null : setTimeout(() => this.#end('upstream-timeout', 'too long'), longestMs);
  }

  giveUp(): void {
    if (!this.#settle()) return;
    this.#abort?.(new Error('the visitor went away'));
  }

  /** @returns whether this is the first end. */
  #settle(): boolean {
    if (this.#done) return false;
    this.#done = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    return true;
  }

  /** Ends the exchange and the connection, of which nobody knows any more what comes next. */
  #end(code: RefusalCode, why: string): void {
    this.#fail(code);
    this.#abort?.(new Error(why));
  }

  onConnect(abort: (error?: Error) => void): void {
    if (this.#done) abort(new Error('the visitor went away'));
    else {
      this.#abort = abort;
      this.#written = true;
    }
  }

  onUpgrade(_status: number, _headers: unknown, socket: { destroy(): void }): void {
    socket.destroy();
    this.#fail('upstream-invalid');
  }

  onHeaders(status: number, rawHeaders: Buffer[], resume: () => void): boolean {
    // Interim answers are for us; the one that counts follows.
    if (status >= 100 && status < 200 && status !== 101 && ++this.#interim <= MOST_INTERIM) return true;
    if (status < 200 || status > 599) {
      this.#end('upstream-invalid', 'status out of range');
      return false;
    }
    this.#started = true;
    return this.#answer.onHead(
      status,
      rawHeaders.map((part) => part.toString('latin1')),
      resume,
    );
  }

  onData(chunk: Buffer): boolean {
    this.#bytes += chunk.length;
    if (this.#bytes <= this.#enoughBytes) return this.#answer.onData(chunk);
    this.onComplete();
    this.#abort?.(new Error('enough was read'));
    return false;
  }

  onComplete(): void {
    if (this.#settle()) this.#answer.onEnd();
  }

  onError(error: Error): void {
    this.#fail(codeOf(error));
  }

  #fail(code: RefusalCode): void {
    if (this.#settle()) this.#answer.onFailure(code, this.#started, this.#written);
  }
}

/** undici's and the system's error codes, told apart as far as an operator needs them. */
function codeOf(error: Error & { code?: unknown }): RefusalCode {
  switch (error.code) {
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
      return 'upstream-timeout';
    case 'UND_ERR_HEADERS_OVERFLOW':
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      return 'upstream-invalid';
    default:
      return typeof error.code === 'string' && error.code.startsWith('HPE_') ? 'upstream-invalid' : 'upstream-unreachable';
  }
}
