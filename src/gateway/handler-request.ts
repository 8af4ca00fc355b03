/** Requests and answers of node:http that no server of Node's has made: what a handler gets of a hit. */
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { OutgoingHit } from '../hit/outgoing.ts';
import type { DirectResponse } from '../ops/direct-response.ts';

/** What is longer is put together as bytes: text has an end. */
const MOST_JOINED_BYTES = 65_536;

export interface VisitorConnection {
  /** Whether the visitor came over TLS, without which a handler could set no secure cookie. */
  readonly secure: boolean;
  /** Takes what is written; without it nothing can be. */
  readonly output?: DirectResponse | undefined;
}

/** A connection that nothing comes from, and of which is known what a handler may know of the visitor's. */
export class VisitorSocket extends Socket {
  encrypted: boolean;
  /** Told when the visitor is gone. */
  request: IncomingMessage | null = null;
  /** Told of drains and timeouts, as long as it is written. */
  response: HandlerResponse | null = null;
  /** Null where the address is not to be seen. */
  readonly visitor: string | null;
  readonly #output: DirectResponse | undefined;
  #goOn: ((error?: Error | null) => void) | null = null;

  constructor(visitor: string | null, { secure, output }: VisitorConnection) {
    super();
    this.visitor = visitor;
    this.encrypted = secure;
    this.#output = output;
    output?.on('drain', () => this.#drained());
    output?.on('close', () => this.destroy());
    // A handler that gives up with an error means this answer, not the process.
    this.on('error', tellError);
  }

  override _read(): void {}

  override _write(chunk: Buffer | string, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#take(typeof chunk === 'string' && encoding !== 'latin1' ? Buffer.from(chunk, encoding) : chunk, done);
  }

  /** A handler that ends the connection by itself. */
  override _final(done: (error?: Error | null) => void): void {
    this.#output?.endFramed(false);
    this.once('finish', () => this.destroy());
    done();
  }

  /** In the middle of an answer it is the visitor's connection that breaks off. */
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#goOn = null;
    const output = this.#output;
    if (output?.writableFinished === false) {
      output.destroy();
      this.request?.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
    }
    super._destroy(error, done);
  }

  /** Head and body in one piece where both are there. */
  override _writev(
    chunks: readonly { chunk: Buffer | string; encoding: BufferEncoding }[],
    done: (error?: Error | null) => void,
  ): void {
    let length = 0;
    for (const { chunk } of chunks) length += chunk.length;
    if (length > MOST_JOINED_BYTES) return this.#take(Buffer.concat(chunks.map(asBytes)), done);
    let text = '';
    for (const { chunk, encoding } of chunks) {
      if (typeof chunk !== 'string') text += chunk.toString('latin1');
      else text += encoding === 'latin1' ? chunk : Buffer.from(chunk, encoding).toString('latin1');
    }
    this.#take(text, done);
  }

  #take(bytes: Buffer | string, done: (error?: Error | null) => void): void {
    if (this.timeout) this.setTimeout(this.timeout);
    // Done before it has left: a handler may use the memory for something else by then. What is larger waits for its drain.
    const own = typeof bytes === 'string' || bytes.length >= this.writableHighWaterMark ? bytes : Buffer.from(bytes);
    if (this.#output === undefined || this.#output.writeFramed(own)) done();
    else this.#goOn = done;
  }

  #drained(): void {
    const goOn = this.#goOn;
    this.#goOn = null;
    goOn?.();
  }
}

// Getters, as in Node, but told to TypeScript as properties. On the prototype: defined on each socket they would cost more than the socket.
Object.defineProperties(VisitorSocket.prototype, {
  remoteAddress: {
    get(this: VisitorSocket) {
      return this.visitor ?? undefined;
    },
  },
  remoteFamily: {
    get(this: VisitorSocket) {
      return this.visitor === null ? undefined : this.visitor.includes(':') ? 'IPv6' : 'IPv4';
    },
  },
  remotePort: { get: () => undefined },
});

/** A request that says what a hit says, and how long its body is. */
export class HandlerRequest extends IncomingMessage {
  /** `headers`, which many handlers never ask for. */
  joined: NodeJS.Dict<string | string[]> | null = null;

  /** @param address that a handler may see, or null */
  constructor(hit: OutgoingHit, address: string | null, connection: VisitorConnection) {
    const socket = new VisitorSocket(address, connection);
    super(socket);
    socket.request = this;
    this.method = hit.method;
    this.url = hit.target;
    this.httpVersion = '1.1';
    this.httpVersionMajor = 1;
    this.httpVersionMinor = 1;
    this.rawHeaders = hit.body === null ? [...hit.headers] : [...hit.headers, 'Content-Length', String(hit.body.length)];
    this.complete = true;
    if (hit.body !== null) this.push(hit.body);
    this.push(null);
  }
}

Object.defineProperty(HandlerRequest.prototype, 'headers', {
  get(this: HandlerRequest) {
    this.joined ??= joinHeaders(this.rawHeaders);
    return this.joined;
  },
  set(this: HandlerRequest, headers: HandlerRequest['joined']) {
    this.joined = headers;
  },
});

// Node counts lines that its parser brought.
Object.defineProperty(HandlerRequest.prototype, 'headersDistinct', {
  get(this: HandlerRequest) {
    const { rawHeaders } = this;
    const distinct: Record<string, string[]> = Object.create(null);
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const name = (rawHeaders[i] as string).toLowerCase();
      distinct[name] ??= [];
      distinct[name].push(rawHeaders[i + 1] as string);
    }
    return distinct;
  },
});

/** As Node joins lines: cookies by `; `, others by `, `. Singletons cannot be doubled here: `receive` refuses them. */
function joinHeaders(raw: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    const value = raw[i + 1] as string;
    const before = Object.hasOwn(headers, name) ? headers[name] : undefined;
    headers[name] = before === undefined ? value : `${before}${name === 'cookie' ? '; ' : ', '}${value}`;
  }
  return headers;
}

/** Who waits for the end of an answer, kept where the package on-finished keeps it. */
interface EndQueue {
  readonly queue: ((error: Error | null, res: ServerResponse) => void)[];
}

/**
 * As a server of Node's would make it of a socket of its own, on whose ways koa and streams rely. Its listeners are the same functions for all:
 * V8 may keep a table of listeners longer than its hit, and with it all that a closure in there can reach.
 */
class HandlerResponse extends ServerResponse {
  /** Fields of Node's own, which its servers set. */
  declare _keepAliveTimeout: number;
  declare readonly _last: boolean;
  /** Where the answer goes; null where it reaches nobody. */
  output: DirectResponse | null = null;
  /**
   * Koa waits with on-finished, which puts itself into this queue where there is one. Where there is none, it attaches four listeners, whose
   * lists keep the answer as tables of listeners do.
   */
  __onFinished: EndQueue | null = { queue: [] };

  constructor(req: IncomingMessage, socket: VisitorSocket) {
    super(req);
    this.assignSocket(socket);
    socket.response = this;
    socket.on('drain', tellDrain);
    socket.on('timeout', tellTimeout);
    socket.on('close', tellClose);
    this.on('finish', finish);
  }

  /** Whether only the end of the connection says where the answer ends, or whoever answers wants no more. */
  get isLast(): boolean {
    return !this.shouldKeepAlive || this._last;
  }
}

function tellDrain(this: VisitorSocket): void {
  this.response?.emit('drain');
}

function tellTimeout(this: VisitorSocket): void {
  if (this.response?.emit('timeout', this) !== true) this.destroy();
}

function tellError(this: VisitorSocket, error: Error): void {
  if (this.response !== null) tellEnd(this.response, error);
}

function tellClose(this: VisitorSocket): void {
  if (this.response !== null) tellEnd(this.response, null);
}

/** Once: finished, or broken off. */
function tellEnd(res: HandlerResponse, error: Error | null): void {
  const queue = res.__onFinished?.queue ?? [];
  res.__onFinished = null;
  for (const listener of queue.splice(0)) listener(error, res);
}

function finish(this: HandlerResponse): void {
  const { req, output } = this;
  const socket = this.socket as VisitorSocket;
  if (socket.timeout) socket.setTimeout(0);
  // What nobody has read of the request ends all the same.
  if (req.listenerCount('close') + req.listenerCount('end') > 0 && !req.readableDidRead) req.resume();
  this.detachSocket(socket);
  socket.response = null;
  process.nextTick(close, this);
  this.output = null;
  output?.endFramed(!this.isLast);
  // As behind a server of Node's, where the answer has ended whatever these do.
  tellEnd(this, null);
}

function close(res: HandlerResponse): void {
  Object.assign(res, { destroyed: true, _closed: true });
  res.emit('close');
}

// Node keeps a note of its own, which only its server takes back.
Object.defineProperty(HandlerResponse.prototype, 'writableNeedDrain', {
  get(this: HandlerResponse) {
    return !this.destroyed && !this.writableEnded && this.socket?.writableNeedDrain === true;
  },
});

/** A response that takes everything and reaches nobody, however much a handler streams into it. */
export function createSink(req: IncomingMessage): ServerResponse {
  return new HandlerResponse(req, new VisitorSocket(null, { secure: false }));
}

/**
 * The answer to `req`, whose socket writes to `output`: all of it goes there, and ends there.
 * @param keepAliveMs how long the connection is kept behind it, which Node's servers tell their answers in this way
 */
export function respondThrough(output: DirectResponse, req: IncomingMessage, keepAliveMs: number): ServerResponse {
  const res = new HandlerResponse(req, req.socket as VisitorSocket);
  res.output = output;
  res._keepAliveTimeout = keepAliveMs;
  res.shouldKeepAlive = output.shouldKeepAlive && !output.isEnding;
  return res;
}

function asBytes({ chunk, encoding }: { chunk: Buffer | string; encoding: BufferEncoding }): Buffer {
  return typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
}
