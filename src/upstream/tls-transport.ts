/** HTTP/1.1 over TLS, by undici. */
import { createRequire } from 'node:module';
import type { Dispatcher, Pool } from 'undici';
import type { RefusalCode } from '../errors.ts';
import type { ExchangeEvents, Transport, UpstreamRequest } from './transport.ts';

const require = createRequire(import.meta.url);

export interface TlsOptions {
  readonly origin: string;
  readonly timeoutMs: number;
  readonly connections: number;
}

export class TlsTransport implements Transport {
  readonly #pool: Pool;
  readonly #origin: string;

  constructor({ origin, timeoutMs, connections }: TlsOptions) {
    this.#origin = origin;
    // Loaded only where a collector is reached over TLS: it takes more memory than the rest of this room.
    const undici = require('undici') as typeof import('undici');
    this.#pool = new undici.Pool(origin, {
      connections,
      pipelining: 1,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      connectTimeout: timeoutMs,
      keepAliveTimeout: 30_000,
      maxHeaderSize: 16_384,
      strictContentLength: true,
    });
  }

  get waiting(): number {
    return this.#pool.stats.queued;
  }

  send({ method, path, headers, body }: UpstreamRequest, events: ExchangeEvents): () => void {
    const handler = new EventHandler(events);
    const options = { origin: this.#origin, path, method: method as Dispatcher.HttpMethod, headers: headers as string[], body };
    this.#pool.dispatch(options, handler);
    return () => handler.giveUp();
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}

class EventHandler implements Dispatcher.DispatchHandler {
  readonly #events: ExchangeEvents;
  #isGivenUp = false;
  #abort: ((error?: Error) => void) | null = null;

  constructor(events: ExchangeEvents) {
    this.#events = events;
  }

  giveUp(): void {
    this.#isGivenUp = true;
    this.#abort?.(new Error('given up'));
  }

  /** Right before the request is written; a connection that was refused is never announced. */
  onConnect(abort: (error?: Error) => void): void {
    if (this.#isGivenUp) return abort(new Error('given up'));
    this.#abort = abort;
    this.#events.written();
  }

  onUpgrade(_status: number, _headers: unknown, socket: { destroy(): void }): void {
    socket.destroy();
    this.onError(Object.assign(new Error('upgraded'), { code: 'HPE_UPGRADE' }));
  }

  onHeaders(status: number, rawHeaders: Buffer[], resume: () => void): boolean {
    const headers = rawHeaders.map((part) => part.toString('latin1'));
    return this.#isGivenUp || this.#events.head(status, headers, resume);
  }

  onData(chunk: Buffer): boolean {
    return this.#isGivenUp || this.#events.data(chunk);
  }

  onComplete(): void {
    if (!this.#isGivenUp) this.#events.end();
  }

  onError(error: Error): void {
    if (!this.#isGivenUp) this.#events.failed(codeOf(error));
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
