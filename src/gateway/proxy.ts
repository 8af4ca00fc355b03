/** The reverse proxy's side of a hit: collectors reached over HTTP. */
import type { RefusalCode } from '../errors.ts';
import { answerDropped, answerRefusal, answerUnavailable, VisitorAnswers } from '../hit/answer.ts';
import { type AnswerRules, rulesForAnswer, rulesForBare } from '../hit/answer-filter.ts';
import { relayHit } from '../hit/dispatch.ts';
import type { ReceivedHit } from '../hit/hit.ts';
import type { Delivery, Mount } from '../hit/mount.ts';
import type { OutgoingHit } from '../hit/outgoing.ts';
import type { Route } from '../hit/route.ts';
import { DirectRequest } from '../ops/direct-request.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { VisitorResponse } from '../ops/visitor.ts';
import type { Upstream } from '../upstream/client.ts';
import type { HeaderTable } from '../upstream/headers.ts';
import type { UpstreamRequest } from '../upstream/transport.ts';
import type { AnsweredHits } from './answered.ts';

export interface ProxyParts {
  readonly table: HeaderTable;
  readonly metrics: Metrics;
  /** Name of the consent cookie. */
  readonly ownCookie: string;
  readonly answered: AnsweredHits;
}

export class ProxyMounts {
  readonly #parts: ProxyParts;

  constructor(parts: ProxyParts) {
    this.#parts = parts;
  }

  mount(res: VisitorResponse): Mount {
    return new ProxyMount(res, this.#parts);
  }
}

/** One for each request: the visitor's answers, and the collector's side. */
class ProxyMount extends VisitorAnswers implements Mount {
  readonly #parts: ProxyParts;

  constructor(res: VisitorResponse, parts: ProxyParts) {
    super(res);
    this.#parts = parts;
  }

  unmatched(refusal: RefusalCode | null): void {
    answerRefusal(this.res, refusal ?? 'no-route');
  }

  relayBare(hit: ReceivedHit, route: Route, { method, target, headers }: OutgoingHit): void {
    this.#relay(hit, route, { method, path: target, headers, body: null }, rulesForBare(hit));
  }

  deliver(delivery: Delivery): void {
    const { route, received, untouched } = delivery;
    const { method, target, headers, body } = delivery.outgoing;
    // Of what another server read it is not known how strictly.
    const isAsRead = untouched && this.res.req instanceof DirectRequest;
    const request: UpstreamRequest = { method, path: target, headers, body, isAsRead };
    if (delivery.answered) this.#parts.answered.take(delivery, request, upstreamOf(route));
    else this.#relay(received, route, request, rulesForAnswer(delivery, this.#parts.ownCookie));
  }

  #relay(hit: ReceivedHit, route: Route, request: UpstreamRequest, rules: AnswerRules): void {
    const { res } = this;
    relayHit(res, upstreamOf(route), request, rules, this.#parts.table, {
      answerInstead: (code: RefusalCode | 'redirect') =>
        code === 'redirect' ? answerDropped(res, hit, route, rules.lines) : answerUnavailable(res, hit, code),
      settled: (failure) => {
        if (failure !== null) this.#parts.metrics.countFailure(route.pattern, failure);
      },
    });
  }
}

function upstreamOf(route: Route): Upstream {
  if (route.upstream === null) throw new Error('a route of the proxy without an upstream');
  return route.upstream;
}
