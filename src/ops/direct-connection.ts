/**
 * A visitor's connection, read without node:http between: hits are most of what comes, and half of what a dropped one costs is
 * what node:http makes of a request and its answer. One request at a time: receive → answer → the next. Single requests for the
 * consent API go through node:http ({@link InjectedSocket}); what is not read here hands the whole connection over to it.
 */
import type { Socket } from 'node:net';
import { type DirectRequest, type FieldNames, type Peer, readRequest } from './direct-request.ts';
import { type AnswerSink, DirectResponse } from './direct-response.ts';
import { InjectedSocket, type Injecting } from './injected-socket.ts';

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
  /** A connection on which nothing moves for so long while it is answered is cut, within twice that time: a visitor who does not read. {@link SILENCE_MS}. */
  readonly silenceMs?: number;
}

export const SILENCE_MS = 60_000;

export interface ConnectionOwner {
  readonly listener: DirectListener;
  readonly names: FieldNames;
  readonly limits: ConnectionLimits;
  readonly keepAliveLines: string;
  /** Whether the server ends. */
  isDraining(): boolean;
  /** Coarse monotonic milliseconds. */
  readonly now: number;
  /** Gives the connection and what was read of it to node:http, for good. */
  handOver(connection: DirectConnection, socket: Socket, bytes: Buffer): void;
  /** Lets node:http serve requests of a connection that stays here. */
  inject(socket: InjectedSocket): void;
  gone(connection: DirectConnection): void;
}

type State =
  /** Nothing of a request has come. */
  | 'idle'
  /** Waits for the rest of a head, or of a body. */
  | 'head'
  | 'body'
  /** A hit is being answered, or another request is by node:http. */
  | 'hit'
  | 'other'
  /** Nothing is read any more. */
  | 'over';

const TIMEOUT = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n';
const BROKEN_OFF = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n';

export class DirectConnection implements AnswerSink, Peer {
  readonly remoteAddress: string | undefined;
  readonly keepAliveLines: string;
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #onData = (chunk: Buffer): void => this.#take(chunk);
  readonly #onDrain = (): void => this.#drained();
  readonly #onEnd = (): void => this.#ended();
  readonly #onClose = (): void => this.#closed();
  #state: State = 'idle';
  /** When the state began, or something last moved. */
  #since: number;
  /** Bytes that had left when it was looked at last. */
  #sent = 0;
  #hasServed = false;
  /** Bytes that are not read yet. */
  #left: Buffer | null = null;
  #isReading = false;
  /** Whether nothing is read behind the request at hand. */
  #isLast = false;
  /** Whose body is still to come. */
  #request: DirectRequest | null = null;
  #parts: Buffer[] = [];
  #missing = 0;
  #response: DirectResponse | null = null;
  #injected: InjectedSocket | null = null;
  #isAnswered = false;

  constructor(socket: Socket, owner: ConnectionOwner) {
    this.#socket = socket;
    this.#owner = owner;
    this.#since = owner.now;
    this.remoteAddress = socket.remoteAddress;
    this.keepAliveLines = owner.keepAliveLines;
    socket
      .on('error', ignore)
      .on('data', this.#onData)
      .on('drain', this.#onDrain)
      .on('end', this.#onEnd)
      .on('close', this.#onClose);
  }

  get isEnding(): boolean {
    return this.#isLast || this.#owner.isDraining();
  }

  get writableLength(): number {
    return this.#socket.writableLength;
  }

  write(head: string, body: Buffer | null): boolean {
    if (body === null) return this.#socket.write(head, 'latin1');
    this.#socket.cork();
    this.#socket.write(head, 'latin1');
    const goesOn = this.#socket.write(body);
    this.#socket.uncork();
    return goesOn;
  }

  ended(keepsAlive: boolean): void {
    if (this.#state !== 'hit') return;
    this.#response = null;
    this.#finish(keepsAlive);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Ends it where nothing is under way. */
  endIdle(): void {
    if (this.#state === 'idle' && this.#left === null) this.#over();
  }

  /** To be called now and then: cuts who does not go on in time. */
  look(): void {
    const { limits, now } = this.#owner;
    const sent = this.#socket.bytesWritten - this.#socket.writableLength;
    if (sent !== this.#sent) {
      this.#sent = sent;
      if (this.#state !== 'body') this.#since = now;
    }
    const elapsed = now - this.#since;
    switch (this.#state) {
      case 'idle':
        if (elapsed > (this.#hasServed ? limits.idleTimeoutMs : limits.headerTimeoutMs)) this.#over();
        break;
      case 'head':
        if (elapsed > limits.headerTimeoutMs) this.#over(TIMEOUT);
        break;
      case 'body':
        if (elapsed > limits.bodyTimeoutMs) this.#serveUnread();
        break;
      default:
        // Twice: to a slow reader bytes leave in steps of seconds, and are counted when all of a write has left.
        if (elapsed > 2 * (limits.silenceMs ?? SILENCE_MS)) this.#socket.destroy();
    }
  }

  #take(chunk: Buffer): void {
    switch (this.#state) {
      case 'idle':
        this.#read(this.#left === null ? chunk : Buffer.concat([this.#left, chunk]));
        break;
      case 'head':
        this.#takeHead(chunk);
        break;
      case 'body':
        this.#takeBody(chunk);
        break;
      case 'other':
        this.#since = this.#owner.now;
        this.#passOn(chunk);
        break;
      case 'hit':
        this.#keep(chunk);
    }
  }

  /** Reads a head again only when its end may have come: one that comes byte by byte must not be read as often. */
  #takeHead(chunk: Buffer): void {
    const before = this.#left;
    const bytes = before === null ? chunk : Buffer.concat([before, chunk]);
    const from = Math.max(0, (before?.length ?? 0) - 3);
    const mayEnd = bytes.indexOf('\n\r\n', from) !== -1 || bytes.indexOf('\n\n', from) !== -1;
    if (mayEnd || bytes.length >= this.#owner.limits.headerBytes) this.#read(bytes);
    else this.#left = bytes;
  }

  /** What comes before its turn waits, and more is not read. */
  #keep(chunk: Buffer): void {
    this.#left = this.#left === null ? chunk : Buffer.concat([this.#left, chunk]);
    this.#socket.pause();
  }

  /** Serves what is whole in `bytes`, as long as each is answered at once and the visitor reads. */
  #read(bytes: Buffer): void {
    this.#isReading = true;
    let rest: Buffer | null = bytes;
    try {
      while (rest !== null && (this.#state === 'idle' || this.#state === 'head')) rest = this.#readOne(rest);
    } finally {
      this.#isReading = false;
    }
    if (this.#left === null) this.#goOn();
  }

  /** @returns what is behind the request; null where nothing is, or where it has to wait. */
  #readOne(bytes: Buffer): Buffer | null {
    const { limits, names, listener } = this.#owner;
    this.#left = null;
    if (this.#socket.writableNeedDrain) {
      this.#keep(bytes);
      return null;
    }
    // No further than the head: a value that is kept would keep the whole text.
    const headEnd = bytes.indexOf('\r\n\r\n');
    const length = headEnd === -1 ? limits.headerBytes : Math.min(headEnd + 4, limits.headerBytes);
    const request = readRequest(bytes.toString('latin1', 0, length), names, this);
    if (request === 'more' && bytes.length < limits.headerBytes) {
      this.#waitForHead(bytes);
      return null;
    }
    if (typeof request === 'string' || request.bodyBytes > limits.bodyBytes) {
      this.#handOver(bytes);
      return null;
    }
    const end = request.headBytes + request.bodyBytes;
    this.#left = bytes.length > end ? bytes.subarray(end) : null;
    if (listener.takes(request)) this.#begin(request, bytes);
    else this.#inject(bytes.subarray(0, end), end - bytes.length);
    return this.#left;
  }

  #waitForHead(bytes: Buffer): void {
    this.#left = bytes;
    this.#goOn();
    if (this.#state === 'head') return;
    this.#state = 'head';
    this.#since = this.#owner.now;
  }

  #begin(request: DirectRequest, bytes: Buffer): void {
    const { headBytes, bodyBytes } = request;
    const missing = headBytes + bodyBytes - bytes.length;
    if (missing <= 0) {
      // In memory of its own where what it came in is much larger.
      const slice = bytes.subarray(headBytes, headBytes + bodyBytes);
      if (bodyBytes > 0) request.body = bytes.length > 8_192 && bodyBytes < bytes.length / 2 ? Buffer.from(slice) : slice;
      return this.#serve(request);
    }
    if (this.#owner.listener.isOverloaded()) {
      // Dropped by its head: what waits for the rest of it would only take memory.
      this.#isLast = true;
      request.body = 'overloaded';
      return this.#serve(request);
    }
    this.#request = request;
    this.#parts = [bytes.subarray(headBytes)];
    this.#missing = missing;
    this.#state = 'body';
    this.#since = this.#owner.now;
  }

  #takeBody(chunk: Buffer): void {
    const request = this.#request;
    if (request === null) return;
    const isWhole = chunk.length >= this.#missing;
    this.#parts.push(isWhole ? chunk.subarray(0, this.#missing) : chunk);
    if (isWhole && chunk.length > this.#missing) this.#left = chunk.subarray(this.#missing);
    this.#missing -= chunk.length;
    if (!isWhole) return;
    request.body = Buffer.concat(this.#parts, request.bodyBytes);
    this.#serveWaiting(request);
  }

  /** The body was too slow. What else comes of it is not read. */
  #serveUnread(): void {
    const request = this.#request;
    if (request === null) return;
    request.body = 'body-timeout';
    this.#isLast = true;
    this.#serveWaiting(request);
  }

  #serveWaiting(request: DirectRequest): void {
    this.#request = null;
    this.#parts = [];
    this.#missing = 0;
    // What is behind it is read when all of it is done.
    this.#isReading = true;
    try {
      this.#serve(request);
    } finally {
      this.#isReading = false;
    }
    if (this.#state === 'idle') this.#next();
  }

  #serve(request: DirectRequest): void {
    this.#state = 'hit';
    this.#since = this.#owner.now;
    const response = new DirectResponse(request, this);
    this.#response = response;
    try {
      this.#owner.listener.handle(request, response);
    } catch (error) {
      // Whoever waits would wait for nothing.
      this.destroy();
      throw error;
    }
  }

  /** @param missing bytes of the request that are still to come. */
  #inject(bytes: Buffer, missing: number): void {
    this.#state = 'other';
    this.#since = this.#owner.now;
    this.#isAnswered = false;
    this.#missing = Math.max(0, missing);
    if (this.#injected === null) {
      this.#injected = new InjectedSocket(this.#socket, this.#openInjecting());
      this.#owner.inject(this.#injected);
    }
    this.#injected.push(bytes);
  }

  /** More of a request that node:http serves, and what comes behind it. */
  #passOn(chunk: Buffer): void {
    if (this.#missing === 0) return this.#keep(chunk);
    const own = chunk.length > this.#missing ? chunk.subarray(0, this.#missing) : chunk;
    this.#missing -= own.length;
    if (this.#injected?.push(own) === false) this.#socket.pause();
    if (own.length < chunk.length) this.#keep(chunk.subarray(own.length));
    if (this.#missing === 0 && this.#isAnswered) this.#finish(true);
  }

  #openInjecting(): Injecting {
    return {
      remoteAddress: this.remoteAddress,
      answered: () => this.#answered(),
      hasRoom: () => {
        if (this.#state === 'other' && this.#missing > 0) this.#socket.resume();
      },
      gone: () => {
        this.#injected = null;
        if (this.#state === 'other') this.#socket.destroy();
      },
    };
  }

  /** Node has written an answer. Where it was the last one, it has ended the connection as well. */
  #answered(): void {
    if (this.#state !== 'other') return;
    this.#isAnswered = true;
    if (this.#injected?.writableEnded !== false) {
      this.#state = 'over';
      this.#left = null;
    } else if (this.#missing === 0) this.#finish(true);
  }

  #finish(keepsAlive: boolean): void {
    this.#hasServed = true;
    this.#since = this.#owner.now;
    if (!keepsAlive) return this.#over();
    this.#state = 'idle';
    if (!this.#isReading) this.#next();
  }

  #next(): void {
    const left = this.#left;
    if (left === null) this.#goOn();
    else this.#read(left);
  }

  #goOn(): void {
    if (this.#state !== 'over' && this.#socket.isPaused()) this.#socket.resume();
  }

  #drained(): void {
    this.#since = this.#owner.now;
    if (this.#response !== null) this.#response.drained();
    else if ((this.#state === 'idle' || this.#state === 'head') && !this.#isReading) this.#next();
  }

  /** The visitor sends no more: a browser that left the page, for whom no collector has to be waited for. */
  #ended(): void {
    if (this.#state === 'head' || this.#state === 'body') this.#over(BROKEN_OFF);
    else if (this.#state === 'other') this.#injected?.push(null);
    else this.#over();
  }

  #closed(): void {
    this.#state = 'over';
    this.#left = null;
    this.#request = null;
    this.#parts = [];
    const response = this.#response;
    this.#response = null;
    this.#injected?.destroy();
    this.#owner.gone(this);
    response?.closed();
  }

  /** @param last what is still to be said. */
  #over(last = ''): void {
    this.#state = 'over';
    this.#since = this.#owner.now;
    this.#left = null;
    if (last !== '') this.#socket.write(last, 'latin1');
    this.#socket.destroySoon();
  }

  #handOver(bytes: Buffer): void {
    const socket = this.#socket;
    this.#state = 'over';
    this.#left = null;
    this.#injected?.destroy();
    socket.pause();
    socket
      .off('error', ignore)
      .off('data', this.#onData)
      .off('drain', this.#onDrain)
      .off('end', this.#onEnd)
      .off('close', this.#onClose);
    this.#owner.handOver(this, socket, bytes);
  }
}

/** `close` follows. */
function ignore(): void {}
