/** The middleware's side of a hit: the collector is the next middleware, which gets the scrubbed hit as a fresh request. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Context, Next } from 'koa';
import type { RefusalCode } from '../errors.ts';
import { answerRefusal, VisitorAnswers } from '../hit/answer.ts';
import { rulesForAnswer, rulesForBare } from '../hit/answer-filter.ts';
import type { ReceivedHit } from '../hit/hit.ts';
import type { Delivery, HitServices, Mount } from '../hit/mount.ts';
import type { OutgoingHit } from '../hit/outgoing.ts';
import { runHit } from '../hit/pipeline.ts';
import type { Route } from '../hit/route.ts';
import type { HeaderTable } from '../upstream/headers.ts';
import { createSink, HandlerRequest } from './handler-request.ts';
import { filterOnTheWayOut } from './koa-answer.ts';

export interface KoaMountParts {
  readonly table: HeaderTable;
  /** Name of the consent cookie. */
  readonly ownCookie: string;
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

  relayBare(hit: ReceivedHit, _route: Route, outgoing: OutgoingHit): void {
    replaceRequest(this.#ctx, outgoing, null);
    filterOnTheWayOut(this.res, rulesForBare(hit), this.#parts.table);
    this.#goOn();
  }

  deliver(delivery: Delivery): void {
    const ctx = this.#ctx;
    replaceRequest(ctx, delivery.outgoing, delivery.address);
    if (!delivery.answered) {
      filterOnTheWayOut(this.res, rulesForAnswer(delivery, this.#parts.ownCookie), this.#parts.table);
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
  const req = new HandlerRequest(hit, address, { secure: ctx.secure });
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
