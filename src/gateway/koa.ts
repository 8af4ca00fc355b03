/** The middleware's side of a hit: the collector is the next middleware, which gets the scrubbed hit as a fresh request. */
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { Context, Next } from 'koa';
import { answerPreflight, answerRefusal, answerVisitor, NO_STORE } from '../hit/answer.ts';
import { type AnswerRules, filterAnswer, rulesForAnswer, rulesForBare } from '../hit/answer-filter.ts';
import { keepBareHeaders, targetOf } from '../hit/leave.ts';
import type { Delivery, HitServices, Mount } from '../hit/mount.ts';
import type { OutgoingHit } from '../hit/outgoing.ts';
import { runHit } from '../hit/pipeline.ts';
import type { HeaderTable } from '../upstream/headers.ts';

export interface KoaMountParts {
  readonly table: HeaderTable;
  readonly unmatched: 'next' | 'refuse';
}

/** Runs a request through the steps, and waits for the rest of the chain where it goes on. */
export async function guardRequest(services: HitServices, ctx: Context, next: Next, parts: KoaMountParts): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let rest: Promise<unknown> | null = null;
    ctx.res.on('close', () => rest ?? resolve());
    const mount = mountKoa(ctx, next, parts, (following) => {
      rest = following;
      following.then(() => resolve(), reject);
    });
    runHit(services, ctx.req, mount);
  });
}

/**
 * A mount for one request; `done` is called with the rest of the chain, where the request goes on. Until then koa does not
 * answer: a refusal or a dropped hit is answered by the steps themselves.
 */
function mountKoa(ctx: Context, next: Next, parts: KoaMountParts, done: (rest: Promise<unknown>) => void): Mount {
  const goOn = (): void => {
    Reflect.deleteProperty(ctx, 'respond');
    done(next());
  };
  ctx.respond = false;
  return {
    ...answerVisitor(ctx.res),
    unmatched(refusal) {
      if (parts.unmatched === 'next') goOn();
      else answerRefusal(ctx.res, refusal ?? 'no-route');
    },
    relayBare(hit, route) {
      if (!route.pass && route.respond !== 'upstream') return answerPreflight(ctx.res, hit);
      const headers = ['Host', hit.hostHeader, ...keepBareHeaders(hit)];
      replaceRequest(ctx, { method: hit.method, target: targetOf(route, hit.path, null), headers, body: null }, null);
      filterOnTheWayOut(ctx.res, rulesForBare(hit), parts.table);
      goOn();
    },
    deliver(delivery: Delivery) {
      replaceRequest(ctx, delivery.outgoing, delivery.address);
      if (!delivery.answered) {
        filterOnTheWayOut(ctx.res, rulesForAnswer(delivery), parts.table);
        return goOn();
      }
      // The visitor has the answer; the handlers still get the hit, and write into nothing.
      const nowhere = createSink(ctx.req);
      ctx.res = nowhere;
      ctx.request.res = nowhere;
      ctx.response.res = nowhere;
      goOn();
    },
  };
}

/** Puts a fresh request into `ctx`: a consumed stream cannot be read twice, and the old one holds what must not be seen. */
function replaceRequest(ctx: Context, hit: OutgoingHit, address: string | null): void {
  const req = buildRequest(hit, address, ctx.secure);
  ctx.req = req;
  ctx.request.req = req;
  ctx.response.req = req;
  Object.assign(ctx.res, { req });
  ctx.originalUrl = hit.target;
  ctx.request.originalUrl = hit.target;
  ctx.request.ip = address ?? '';
  // koa keeps the jar, the parsed URL and query, and what is accepted, of the request that it was asked about first.
  for (const key of Object.getOwnPropertySymbols(ctx))
    if (key.description === 'context#cookies') Reflect.deleteProperty(ctx, key);
  for (const key of ['memoizedURL', '_querycache', '_accept', 'body']) Reflect.deleteProperty(ctx.request, key);
}

/** A response that takes everything and reaches nobody, however much a handler streams into it. */
function createSink(req: IncomingMessage): ServerResponse {
  const sink = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  const res = new ServerResponse(req);
  res.assignSocket(sink as Socket);
  return res;
}

/** @param secure whether the visitor came over TLS, without which a handler could set no secure cookie. */
function buildRequest(hit: OutgoingHit, address: string | null, secure: boolean): IncomingMessage {
  const socket = new Socket();
  Object.defineProperties(socket, {
    remoteAddress: { value: address ?? undefined },
    remoteFamily: { value: address === null ? undefined : address.includes(':') ? 'IPv6' : 'IPv4' },
    remotePort: { value: undefined },
    encrypted: { value: secure },
  });
  const req = new IncomingMessage(socket);
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
    for (const name of this.getHeaderNames()) this.removeHeader(name);
    // A redirect that may not be followed becomes a success without content; Node lets no body behind a 204.
    if ('refused' in filtered) return writeHead.call(this, 204, ['Cache-Control', NO_STORE]);
    // One by one: a list beside headers that were set before would keep only the last of several cookies.
    for (let i = 0; i < filtered.headers.length; i += 2)
      this.appendHeader(filtered.headers[i] as string, filtered.headers[i + 1] as string);
    return writeHead.call(this, status);
  } as ServerResponse['writeHead'];
}

function flattenHeaders(headers: unknown): string[] {
  if (Array.isArray(headers)) return headers.map(String);
  return Object.entries((headers ?? {}) as Record<string, number | string | readonly string[] | undefined>).flatMap(
    ([name, value]) =>
      value === undefined ? [] : Array.isArray(value) ? value.flatMap((one) => [name, one]) : [name, String(value)],
  );
}
