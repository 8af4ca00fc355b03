/** One connection to a collector: requests out in one write each, answers in, one after the other. */
import { connect, type Socket } from 'node:net';
import type { RefusalCode } from '../errors.ts';
import { AnswerParser } from './answer-parser.ts';
import type { ExchangeEvents } from './transport.ts';

export interface Exchange {
  readonly method: string;
  /** The whole request, ready to be written. */
  readonly bytes: string | Buffer;
  readonly events: ExchangeEvents;
}

export interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  /** Until the connection is there, until an answer begins, and between two parts of it. */
  readonly timeoutMs: number;
  /** Exchanges at once on it: where there are several, requests are written together. */
  readonly depth: number;
}

export interface ConnectionOwner<One extends Exchange> {
  /** It is there, or has become free for another exchange. */
  free(connection: Connection<One>): void;
  /** It is gone. `code` says why where it never came to be. */
  gone(connection: Connection<One>, code: RefusalCode | null): void;
  /** The collector closes the connection behind an answer, and does not process what was sent behind its request. */
  unprocessed(exchanges: readonly One[]): void;
  /** An answer ended that long after it could begin. */
  answered(ms: number): void;
}

/** A collector may say for how long it keeps an idle connection; a second before that it may be closing it already. */
const IDLE_MARGIN_MS = 1_000;
const LONGEST_IDLE_MS = 30_000;
const READ_BUFFER_BYTES = 16_384;

export class Connection<One extends Exchange> {
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner<One>;
  readonly #parser: AnswerParser;
  /** Exchanges whose answers have not ended, in the order in which they were written. */
  readonly #exchanges: One[] = [];
  readonly #resume = (): void => this.#goOn();
  readonly #isBatching: boolean;
  #pending = '';
  #isThere = false;
  #isGone = false;
  #hasEnded = false;
  #idleMs = LONGEST_IDLE_MS;
  /** When the last answer ended, or the first request of a row was written. */
  #since = 0;
  #failure: RefusalCode | null = null;
  #mayGoOn = true;

  constructor(options: ConnectionOptions, owner: ConnectionOwner<One>) {
    this.#owner = owner;
    this.#isBatching = options.depth > 1;
    const buffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
    this.#parser = new AnswerParser(
      {
        head: (status, rawHeaders) => this.#onHead(status, rawHeaders),
        data: (slice) => this.#onData(slice),
        end: (reusable, saidClose) => this.#onEnd(reusable, saidClose),
      },
      () => this.#exchanges[0]?.method === 'HEAD',
    );
    const socket = connect({
      host: options.host,
      port: options.port,
      noDelay: true,
      // Reading into one buffer, without a stream between: most of what a small answer costs otherwise.
      onread: { buffer, callback: (count) => this.#read(buffer.subarray(0, count)) },
    });
    this.#socket = socket;
    socket.setTimeout(options.timeoutMs);
    socket.on('connect', () => {
      this.#isThere = true;
      this.#since = performance.now();
      owner.free(this);
    });
    socket.on('timeout', () => this.end('upstream-timeout'));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#failure ??= error.code === 'ETIMEDOUT' ? 'upstream-timeout' : 'upstream-unreachable';
    });
    socket.on('end', () => {
      if (!this.#parser.close()) this.#failure ??= 'upstream-unreachable';
    });
    socket.on('close', () => this.#onClose());
    socket.resume();
  }

  /** Exchanges under way. */
  get load(): number {
    return this.#exchanges.length;
  }

  /** Whether another exchange may begin: it is there, and the collector has not had time to close it. */
  isUsable(now: number): boolean {
    if (!this.#isThere || this.#isGone || this.#socket.destroyed) return false;
    return this.#exchanges.length > 0 || now - this.#since < this.#idleMs;
  }

  send(exchange: One): void {
    if (this.#exchanges.push(exchange) === 1) this.#since = performance.now();
    exchange.events.written();
    const { bytes } = exchange;
    if (this.#isBatching) return this.#batch(typeof bytes === 'string' ? bytes : bytes.toString('latin1'));
    if (typeof bytes === 'string') this.#socket.write(bytes, 'latin1');
    else this.#socket.write(bytes);
  }

  /** Requests of one turn of the event loop leave in one write. */
  #batch(text: string): void {
    if (this.#pending === '') {
      setImmediate(() => {
        const all = this.#pending;
        this.#pending = '';
        if (!this.#isGone) this.#socket.write(all, 'latin1');
      });
    }
    this.#pending += text;
  }

  /** Ends it, with everything that is under way on it. */
  end(code: RefusalCode): void {
    this.#failure ??= code;
    this.#socket.destroy();
    this.#onClose();
  }

  /** @returns false to stop reading until the socket is resumed. */
  #read(bytes: Buffer): boolean {
    if (this.#isGone) return false;
    // An answer that nobody asked for is the end of an answer that was taken for another.
    if (this.#exchanges.length === 0) {
      this.end('upstream-invalid');
      return false;
    }
    this.#mayGoOn = true;
    this.#hasEnded = false;
    if (!this.#parser.read(bytes)) this.end('upstream-invalid');
    // More than was asked for: the next answer would begin with it.
    else if (this.#exchanges.length === 0 && this.#parser.isInside) this.end('upstream-invalid');
    // Only now may the next exchange begin: what is behind an answer in the same bytes is none of its.
    else if (this.#hasEnded && !this.#isGone) this.#owner.free(this);
    return this.#mayGoOn;
  }

  #goOn(): void {
    if (!this.#isGone) this.#socket.resume();
  }

  #onHead(status: number, rawHeaders: readonly string[]): void {
    const exchange = this.#exchanges[0];
    if (exchange === undefined) return this.end('upstream-invalid');
    if (!exchange.events.head(status, rawHeaders, this.#resume)) this.#mayGoOn = false;
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const name = rawHeaders[i] as string;
      if (name.length !== 10 || name.toLowerCase() !== 'keep-alive') continue;
      const seconds = /(?:^|[\s,])timeout=(\d{1,6})/i.exec(rawHeaders[i + 1] as string)?.[1];
      if (seconds !== undefined) this.#idleMs = Math.min(LONGEST_IDLE_MS, Math.max(0, Number(seconds) * 1000 - IDLE_MARGIN_MS));
    }
  }

  #onData(slice: Buffer): void {
    if (!(this.#exchanges[0]?.events.data(Buffer.from(slice)) ?? true)) this.#mayGoOn = false;
  }

  #onEnd(reusable: boolean, saidClose: boolean): void {
    const exchange = this.#exchanges.shift();
    exchange?.events.end();
    const now = performance.now();
    this.#owner.answered(now - this.#since);
    this.#since = now;
    this.#hasEnded = true;
    // Whoever let this answer wait must not make the next one wait.
    this.#mayGoOn = true;
    if (reusable) return;
    const behind = saidClose ? this.#exchanges.splice(0) : [];
    this.end('upstream-unreachable');
    if (behind.length > 0) this.#owner.unprocessed(behind);
  }

  #onClose(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    const code = this.#failure ?? 'upstream-unreachable';
    const left = this.#exchanges.splice(0);
    this.#owner.gone(this, this.#isThere ? null : code);
    for (const { events } of left) events.failed(code);
  }
}
