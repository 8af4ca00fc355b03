/**
 * The hits of a koa application, read from the connections of its server: what is dropped or refused meets neither node:http nor koa,
 * and what goes on is handed to the application as a request that was judged.
 */
import type { Server, ServerResponse } from 'node:http';
import type { Context } from 'koa';
import type { RefusalCode } from '../errors.ts';
import { answerRefusal, VisitorAnswers } from '../hit/answer.ts';
import { type AnswerRules, rulesForAnswer, rulesForBare } from '../hit/answer-filter.ts';
import type { ReceivedHit } from '../hit/hit.ts';
import type { Delivery, HitServices, Mount } from '../hit/mount.ts';
import type { OutgoingHit } from '../hit/outgoing.ts';
import { runHit } from '../hit/pipeline.ts';
import type { Route } from '../hit/route.ts';
import type { DirectListener } from '../ops/direct-listener.ts';
import type { DirectRequest } from '../ops/direct-request.ts';
import type { DirectResponse } from '../ops/direct-response.ts';
import { firstValue, type HeaderTable } from '../upstream/headers.ts';
import { createSink, HandlerRequest, respondThrough, type VisitorSocket } from './handler-request.ts';
import { filterOnTheWayOut } from './koa-answer.ts';

export interface KoaFrontParts {
  readonly table: HeaderTable;
  /** Name of the consent cookie. */
  readonly ownCookie: string;
  /** Whether a request for that URL may be a hit; node:http gets the others. */
  mayBeHit(url: string): boolean;
}

/** Takes the hits among the requests to the server that a koa application listens on. */
export function createKoaListener(services: HitServices, server: Server, parts: KoaFrontParts): DirectListener {
  return {
    takes: ({ url }) => parts.mayBeHit(url),
    isOverloaded: () => services.isOverloaded(),
    handle: (req, res) => runHit(services, req, new FrontMount(services, server, req, res, parts)),
  };
}

interface Judged {
  readonly services: HitServices;
  readonly received: DirectRequest;
  /** Where an answer goes; without it nowhere. */
  readonly output: DirectResponse | undefined;
}

/** A hit that was judged, which the middleware of the same guard lets pass. */
export class JudgedRequest extends HandlerRequest {
  // Private, all of it: handlers get this object.
  readonly #services: HitServices;
  readonly #address: string | null;
  readonly #forwardedProto: string;

  constructor(hit: OutgoingHit, address: string | null, { services, received, output }: Judged) {
    super(hit, address, { secure: false, output });
    this.#services = services;
    this.#address = address;
    this.#forwardedProto = firstValue(received.rawHeaders, 'x-forwarded-proto');
  }

  wasJudgedBy(services: HitServices): boolean {
    return this.#services === services;
  }

  /** What the application knows of a visitor whom it believes its proxies. */
  tell(ctx: Context): void {
    ctx.request.ip = this.#address ?? '';
    const isOverTls = ctx.app.proxy && /^\s*https\s*(?:,|$)/i.test(this.#forwardedProto);
    if (isOverTls) (this.socket as VisitorSocket).encrypted = true;
  }
}

class FrontMount extends VisitorAnswers<DirectResponse> implements Mount {
  readonly #services: HitServices;
  readonly #server: Server;
  readonly #req: DirectRequest;
  readonly #parts: KoaFrontParts;

  constructor(services: HitServices, server: Server, req: DirectRequest, res: DirectResponse, parts: KoaFrontParts) {
    super(res);
    this.#services = services;
    this.#server = server;
    this.#req = req;
    this.#parts = parts;
  }

  /** The path was one of hits when the request came: the rules have changed since. */
  unmatched(refusal: RefusalCode | null): void {
    answerRefusal(this.res, refusal ?? 'no-route');
  }

  relayBare(hit: ReceivedHit, _route: Route, outgoing: OutgoingHit): void {
    this.#handOn(this.#judged(outgoing, null, this.res), rulesForBare(hit));
  }

  deliver(delivery: Delivery): void {
    const { answered, outgoing, address } = delivery;
    // Of a visitor who has the answer the handlers still get the hit, and write into nothing.
    const req = this.#judged(outgoing, address, answered ? undefined : this.res);
    if (answered) this.#emit(req, createSink(req));
    else this.#handOn(req, rulesForAnswer(delivery, this.#parts.ownCookie));
  }

  #judged(hit: OutgoingHit, address: string | null, output: DirectResponse | undefined): JudgedRequest {
    return new JudgedRequest(hit, address, { services: this.#services, received: this.#req, output });
  }

  #handOn(req: JudgedRequest, rules: AnswerRules): void {
    const res = respondThrough(this.res, req, this.#server.keepAliveTimeout);
    filterOnTheWayOut(res, rules, this.#parts.table);
    this.#emit(req, res);
  }

  /** What a listener throws is no fault in judging: it ends the process, or whoever listens for that, as with node:http. */
  #emit(req: JudgedRequest, res: ServerResponse): void {
    try {
      this.#server.emit('request', req, res);
    } catch (error) {
      process.nextTick(() => {
        throw error;
      });
    }
  }
}
