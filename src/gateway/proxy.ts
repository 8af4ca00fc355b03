/** The reverse proxy's side of a hit: collectors reached over HTTP. */
import type { ServerResponse } from 'node:http';
import type { RefusalCode } from '../errors.ts';
import { answerDropped, answerPreflight, answerRefusal, answerUnavailable, answerVisitor } from '../hit/answer.ts';
import { type AnswerRules, rulesForAnswer, rulesForBare } from '../hit/answer-filter.ts';
import { relayHit } from '../hit/dispatch.ts';
import type { ReceivedHit } from '../hit/hit.ts';
import { keepBareHeaders, targetOf } from '../hit/leave.ts';
import type { Delivery, Mount } from '../hit/pipeline.ts';
import type { Route } from '../hit/route.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { Upstream } from '../upstream/client.ts';
import type { HeaderTable } from '../upstream/headers.ts';
import type { AnsweredHits } from './answered.ts';

export interface ProxyParts {
  readonly table: HeaderTable;
  readonly metrics: Metrics;
  readonly answered: AnsweredHits;
}

export class ProxyMounts {
  readonly #parts: ProxyParts;

  constructor(parts: ProxyParts) {
    this.#parts = parts;
  }

  mount(res: ServerResponse): Mount {
    return {
      ...answerVisitor(res),
      unmatched: (refusal) => answerRefusal(res, refusal ?? 'no-route'),
      relayBare: (hit, route) => this.#relayBare(res, hit, route),
      deliver: (delivery) => this.#deliver(res, delivery),
    };
  }

  #deliver(res: ServerResponse, delivery: Delivery): void {
    const { route, received } = delivery;
    const upstream = upstreamOf(route);
    if (!delivery.answered) {
      return this.#relay(res, received, route, upstream, delivery.outgoing, rulesForAnswer(delivery));
    }
    this.#parts.answered.take(delivery, upstream);
  }

  #relayBare(res: ServerResponse, hit: ReceivedHit, route: Route): void {
    if (!route.pass && route.respond !== 'upstream') return answerPreflight(res, hit);
    const upstream = upstreamOf(route);
    const host = route.hostHeader ?? hit.hostHeader;
    const headers = ['Host', host, ...keepBareHeaders(hit, this.#parts.table)];
    const outgoing = { method: hit.method, target: targetOf(route, hit.path, null), headers, body: null };
    this.#relay(res, hit, route, upstream, outgoing, rulesForBare(hit));
  }

  #relay(
    res: ServerResponse,
    hit: ReceivedHit,
    route: Route,
    upstream: Upstream,
    outgoing: Delivery['outgoing'],
    rules: AnswerRules,
  ): void {
    relayHit(res, upstream, outgoing, rules, this.#parts.table, {
      answerInstead: (code: RefusalCode | 'redirect') =>
        code === 'redirect' ? answerDropped(res, hit, route) : answerUnavailable(res, hit, code),
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
