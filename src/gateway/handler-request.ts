/** Requests and answers of node:http that no server of Node's has made: what a handler gets of a hit. */
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { ReceivedHit } from '../hit/hit.ts';
import { keepBareHeaders, targetOf } from '../hit/leave.ts';
import type { OutgoingHit } from '../hit/outgoing.ts';
import type { Route } from '../hit/route.ts';
import type { DirectResponse } from '../ops/direct-response.ts';

export interface VisitorConnection {
  /** Whether the visitor came over TLS, without which a handler could set no secure cookie. */
  readonly secure: boolean;
  /** Takes what is written; without it nothing can be. */
  readonly output?: DirectResponse | undefined;
}

/** A connection that nothing comes from, and of which is known what a handler may know of the visitor's. */
export class VisitorSocket extends Socket {
  encrypted: boolean;
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
  }

  override _read(): void {}

  override _write(chunk: Buffer | string, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#take(typeof chunk === 'string' && encoding !== 'latin1' ? Buffer.from(chunk, encoding) : chunk, done);
  }

  /** Head and body in one piece where both are there. */
  override _writev(
    chunks: readonly { chunk: Buffer | string; encoding: BufferEncoding }[],
    done: (error?: Error | null) => void,
  ): void {
    let text = '';
    for (const { chunk, encoding } of chunks) {
      if (typeof chunk !== 'string') text += chunk.toString('latin1');
      else text += encoding === 'latin1' ? chunk : Buffer.from(chunk, encoding).toString('latin1');
    }
    this.#take(text, done);
  }

  #take(bytes: Buffer | string, done: (error?: Error | null) => void): void {
    if (this.#output === undefined || this.#output.writeFramed(bytes)) done();
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
    super(new VisitorSocket(address, connection));
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

/** A preflight, or the request of a file that passes, without anything personal. */
export function bareRequest(hit: ReceivedHit, route: Route): OutgoingHit {
  const headers = ['Host', hit.hostHeader, ...keepBareHeaders(hit)];
  return { method: hit.method, target: targetOf(route, hit.path, null), headers, body: null };
}

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

/** As a server of Node's would make it of a socket of its own, on whose ways koa and streams rely. */
class HandlerResponse extends ServerResponse {
  constructor(req: IncomingMessage, socket: Socket) {
    super(req);
    this.assignSocket(socket);
    socket.on('drain', () => this.emit('drain'));
    this.on('finish', () => {
      this.detachSocket(socket);
      process.nextTick(() => this.emit('close'));
    });
  }
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
  const res = Object.assign(new HandlerResponse(req, req.socket), { _keepAliveTimeout: keepAliveMs });
  res.shouldKeepAlive = output.shouldKeepAlive && !output.isEnding;
  res.on('finish', () => output.endFramed(res.shouldKeepAlive));
  return res;
}
