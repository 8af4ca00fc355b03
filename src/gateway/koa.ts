/** The middleware's side of a hit: the collector is the next middleware, which gets the scrubbed hit as a fresh request. */
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { Context, Next } from 'koa';
import type { RefusalCode } from '../errors.ts';
import { answerPreflight, answerRefusal, VisitorAnswers } from '../hit/answer.ts';
import { type AnswerRules, filterAnswer, rulesForAnswer, rulesForBare } from '../hit/answer-filter.ts';
import type { ReceivedHit } from '../hit/hit.ts';
import { keepBareHeaders, targetOf } from '../hit/leave.ts';
import type { Delivery, HitServices, Mount } from '../hit/mount.ts';
import type { OutgoingHit } from '../hit/outgoing.ts';
import { runHit } from '../hit/pipeline.ts';
import type { Route } from '../hit/route.ts';
import type { HeaderTable } from '../upstream/headers.ts';
import { NO_STORE } from '../vendors/prepared-answer.ts';

export interface KoaMountParts {
  readonly table: HeaderTable;
  readonly unmatched: 'next' | 'refuse';
}

/** Runs a request through the steps, and waits for the rest of the chain where it goes on. */
export function guardRequest(services: HitServices, ctx: Context, next: Next, parts: KoaMountParts): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const mount = new KoaMount(ctx, next, parts);
    ctx.res.on('close', () => mount.rest ?? resolve());
    mount.onRest = (rest) => rest.then(() => resolve(), reject);
    runHit(services, ctx.req, mount);
  });
}

/** One for each request. Until it goes on, koa does not answer: a refusal or a dropped hit is answered by the steps themselves. */
class KoaMount extends VisitorAnswers<ServerResponse> implements Mount {
  /** The rest of the chain, once the request has gone on. */
  rest: Promise<unknown> | null = null;
  onRest: (rest: Promise<unknown>) => void = () => undefined;
  readonly #ctx: Context;
  readonly #next: Next;
  readonly #parts: KoaMountParts;
  readonly #respond: boolean | undefined;

  constructor(ctx: Context, next: Next, parts: KoaMountParts) {
    super(ctx.res);
    this.#ctx = ctx;
    this.#next = next;
    this.#parts = parts;
    this.#respond = ctx.respond;
    ctx.respond = false;
  }

  unmatched(refusal: RefusalCode | null): void {
    if (this.#parts.unmatched === 'next') this.#goOn();
    else answerRefusal(this.res, refusal ?? 'no-route');
  }

  relayBare(hit: ReceivedHit, route: Route): void {
    if (!route.pass && route.respond !== 'upstream') return answerPreflight(this.res, hit);
    const headers = ['Host', hit.hostHeader, ...keepBareHeaders(hit)];
    replaceRequest(this.#ctx, { method: hit.method, target: targetOf(route, hit.path, null), headers, body: null }, null);
    filterOnTheWayOut(this.res, rulesForBare(hit), this.#parts.table);
    this.#goOn();
  }

  deliver(delivery: Delivery): void {
    const ctx = this.#ctx;
    replaceRequest(ctx, delivery.outgoing, delivery.address);
    if (!delivery.answered) {
      filterOnTheWayOut(this.res, rulesForAnswer(delivery), this.#parts.table);
      return this.#goOn();
    }
    // The visitor has the answer; the handlers still get the hit, and write into nothing.
    const nowhere = createSink(ctx.req);
    ctx.res = nowhere;
    ctx.request.res = nowhere;
    ctx.response.res = nowhere;
    this.#goOn();
  }

  #goOn(): void {
    this.#ctx.respond = this.#respond;
    this.rest = this.#next();
    this.onRest(this.rest);
  }
}

/** What koa keeps of the request that it was asked about first: the parsed URL and query, what is accepted; and the body of others. */
const REMEMBERED_OF_REQUEST = ['memoizedURL', '_querycache', '_accept', 'body'];

/** Puts a fresh request into `ctx`: a consumed stream cannot be read twice, and the old one holds what must not be seen. */
function replaceRequest(ctx: Context, hit: OutgoingHit, address: string | null): void {
  const req = buildRequest(hit, address, ctx.secure);
  ctx.req = req;
  ctx.request.req = req;
  ctx.response.req = req;
  (ctx.res as { req: IncomingMessage }).req = req;
  ctx.originalUrl = hit.target;
  ctx.request.originalUrl = hit.target;
  ctx.request.ip = address ?? '';
  // The jar, too.
  for (const key of Object.getOwnPropertySymbols(ctx))
    if (key.description === 'context#cookies') Reflect.deleteProperty(ctx, key);
  for (const key of REMEMBERED_OF_REQUEST) if (Object.hasOwn(ctx.request, key)) Reflect.deleteProperty(ctx.request, key);
}

/** A response that takes everything and reaches nobody, however much a handler streams into it. */
function createSink(req: IncomingMessage): ServerResponse {
  const sink = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  const res = new ServerResponse(req);
  res.assignSocket(sink as Socket);
  return res;
}

/** A connection that nothing comes from, and of which is known what a handler may know of the visitor's. */
class VisitorSocket extends Socket {
  readonly encrypted: boolean;
  /** Null where the address is not to be seen. */
  readonly visitor: string | null;

  /** @param secure whether the visitor came over TLS, without which a handler could set no secure cookie. */
  constructor(visitor: string | null, secure: boolean) {
    super();
    this.visitor = visitor;
    this.encrypted = secure;
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

function buildRequest(hit: OutgoingHit, address: string | null, secure: boolean): IncomingMessage {
  const req = new IncomingMessage(new VisitorSocket(address, secure));
  req.method = hit.method;
  req.url = hit.target;
  req.httpVersion = '1.1';
  req.httpVersionMajor = 1;
  req.httpVersionMinor = 1;
  req.rawHeaders = hit.body === null ? [...hit.headers] : [...hit.headers, 'Content-Length', String(hit.body.length)];
  req.headers = joinHeaders(req.rawHeaders);
  req.complete = true;
  if (hit.body !== null) req.push(hit.body);
  req.push(null);
  return req;
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

/** Filters the headers in the moment they are written, whoever writes them and however. */
function filterOnTheWayOut(res: ServerResponse, rules: AnswerRules, table: HeaderTable): void {
  const writeHead = res.writeHead;
  // What is announced early would pass by the filter.
  res.writeEarlyHints = (_hints, written) => written?.();
  res.writeHead = function filteredWriteHead(this: ServerResponse, status: number, ...rest: unknown[]): ServerResponse {
    res.writeHead = writeHead;
    const given = rest.find((part) => typeof part === 'object' && part !== null);
    const raw = [...flattenHeaders(this.getHeaders()), ...flattenHeaders(given)];
    const filtered = filterAnswer(status, raw, rules, table);
    // Most answers keep all that they had, and only get something more.
    const isKept = given === undefined && 'headers' in filtered && raw.every((part, i) => filtered.headers[i] === part);
    if (!isKept) for (const name of this.getHeaderNames()) this.removeHeader(name);
    // A redirect that may not be followed becomes a success without content; Node lets no body behind a 204.
    if ('refused' in filtered) return writeHead.call(this, 204, ['Cache-Control', NO_STORE]);
    // One by one: a list beside headers that were set before would keep only the last of several cookies.
    for (let i = isKept ? raw.length : 0; i < filtered.headers.length; i += 2)
      this.appendHeader(filtered.headers[i] as string, filtered.headers[i + 1] as string);
    return writeHead.call(this, status);
  } as ServerResponse['writeHead'];
}

function flattenHeaders(headers: unknown): string[] {
  if (Array.isArray(headers)) return headers.map(String);
  const lines: string[] = [];
  const given = (headers ?? {}) as Record<string, number | string | readonly string[] | undefined>;
  for (const name of Object.keys(given)) {
    const value = given[name];
    if (typeof value === 'string') lines.push(name, value);
    else if (Array.isArray(value)) for (const one of value) lines.push(name, one);
    else if (value !== undefined) lines.push(name, String(value));
  }
  return lines;
}
