/**
 * A visitor's connection, read without node:http between: hits are most of what comes, and a server that does without it answers twice
 * as many. One request at a time: read → serve → the next. Single requests for the consent API go through node:http
 * ({@link NodeRequests}); what is not read here hands the whole connection over to it.
 */
import type { Socket } from 'node:net';
import { PendingBody } from './direct-body.ts';
import { type ConnectionLimits, type DirectListener, SILENCE_MS } from './direct-listener.ts';
import { type DirectRequest, type FieldNames, type Peer, readRequest } from './direct-request.ts';
import { type AnswerSink, DirectResponse } from './direct-response.ts';
import type { InjectedSocket } from './injected-socket.ts';
import { NodeRequests, type NodeRequestsOwner } from './node-requests.ts';

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

export class DirectConnection implements AnswerSink, Peer, NodeRequestsOwner {
  readonly remoteAddress: string | undefined;
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #listeners: readonly (readonly [string, (chunk: Buffer) => void])[] = [
    ['error', ignore],
    ['data', (chunk) => this.#take(chunk)],
    ['drain', () => this.#drained()],
    ['end', () => this.#ended()],
    ['close', () => this.#closed()],
  ];
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
  #body: PendingBody | null = null;
  #response: DirectResponse | null = null;
  #node: NodeRequests | null = null;

  constructor(socket: Socket, owner: ConnectionOwner) {
    this.#socket = socket;
    this.#owner = owner;
    this.#since = owner.now;
    this.remoteAddress = socket.remoteAddress;
    for (const [event, listener] of this.#listeners) socket.on(event, listener);
    this.#takeAtOnce();
  }

  /** What is read while nothing waits goes past the stream's buffer and its next turn: a twentieth of what a small hit costs. */
  #takeAtOnce(): void {
    const socket = this.#socket;
    const push = socket.push;
    socket.push = (chunk: Buffer | null) => {
      if (chunk === null || socket.readableFlowing !== true || socket.readableLength > 0) return push.call(socket, chunk);
      this.#take(chunk);
      return true;
    };
  }

  get keepAliveLines(): string {
    return this.#owner.keepAliveLines;
  }

  get isEnding(): boolean {
    return this.#isLast || this.#owner.isDraining();
  }

  get writableLength(): number {
    return this.#socket.writableLength;
  }

  write(head: string, body: Buffer | null): boolean {
    if (body === null) return this.#socket.write(head, 'latin1');
    if (head === '') return this.#socket.write(body);
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

  inject(socket: InjectedSocket): void {
    this.#owner.inject(socket);
  }

  served(goesOn: boolean): void {
    if (this.#state === 'other') this.#finish(goesOn);
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
        if (elapsed > limits.bodyTimeoutMs) this.#serveWithoutBody('body-timeout');
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
    else this.#serveByNode(bytes.subarray(0, end), Math.max(0, end - bytes.length));
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
    this.#body = new PendingBody(request, bytes.subarray(headBytes));
    // What would wait for the rest of it would only take memory.
    if (this.#owner.listener.isOverloaded()) return this.#serveWithoutBody('overloaded');
    this.#state = 'body';
    this.#since = this.#owner.now;
  }

  #takeBody(chunk: Buffer): void {
    const rest = this.#body?.take(chunk) ?? null;
    if (rest === null) return;
    if (rest.length > 0) this.#left = rest;
    this.#serveWaiting();
  }

  /** Whatever else comes of it is not read. */
  #serveWithoutBody(why: 'body-timeout' | 'overloaded'): void {
    if (this.#body !== null) this.#body.request.body = why;
    this.#isLast = true;
    this.#serveWaiting();
  }

  #serveWaiting(): void {
    const request = this.#body?.request;
    this.#body = null;
    if (request === undefined) return;
    // What is behind it is read when all of it is done.
    const wasReading = this.#isReading;
    this.#isReading = true;
    try {
      this.#serve(request);
    } finally {
      this.#isReading = wasReading;
    }
    if (this.#state === 'idle' && !wasReading) this.#next();
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
  #serveByNode(bytes: Buffer, missing: number): void {
    this.#state = 'other';
    this.#since = this.#owner.now;
    this.#node ??= new NodeRequests(this.#socket, this);
    this.#node.begin(bytes, missing);
  }

  /** More of a request that node:http serves, and what comes behind it. */
  #passOn(chunk: Buffer): void {
    this.#since = this.#owner.now;
    const rest = this.#node?.take(chunk) ?? chunk;
    if (rest.length > 0) this.#keep(rest);
    this.#node?.settle();
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
    else if (this.#state === 'other') this.#node?.visitorEnded();
    else this.#over();
  }

  #closed(): void {
    this.#state = 'over';
    this.#left = null;
    this.#body = null;
    const response = this.#response;
    this.#response = null;
    this.#node?.close();
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
    this.#node?.close();
    socket.pause();
    for (const [event, listener] of this.#listeners) socket.off(event, listener);
    Reflect.deleteProperty(socket, 'push');
    this.#owner.handOver(this, socket, bytes);
  }
}

/** `close` follows. */
function ignore(): void {}
