/** The reverse proxy's side of a hit: collectors reached over HTTP. */
import type { ServerResponse } from 'node:http';
import type { RefusalCode } from '../errors.ts';
import { answerDropped, answerPreflight, answerRefusal, answerUnavailable, answerVisitor } from '../hit/answer.ts';
import { type AnswerRules, rulesForAnswer, rulesForBare } from '../hit/answer-filter.ts';
import { relayHit, sendHit } from '../hit/dispatch.ts';
import type { ReceivedHit } from '../hit/hit.ts';
import { keepBareHeaders, targetOf } from '../hit/leave.ts';
import type { Delivery, Mount } from '../hit/pipeline.ts';
import type { Route } from '../hit/route.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { Upstream } from '../upstream/client.ts';
import type { HeaderTable } from '../upstream/headers.ts';

/** Hits whose visitors have been answered and that no collector has taken yet. More than this is a collector that is down. */
const MOST_UNDER_WAY = 10_000;

export interface ProxyParts {
  readonly table: HeaderTable;
  readonly metrics: Metrics;
}

/** Exchanges under way, for draining. */
export class ProxyMounts {
  readonly #parts: ProxyParts;
  #underWay = 0;
  #idle: (() => void) | null = null;

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

  /** Resolves when no answered hit is on its way any more. */
  async settle(): Promise<void> {
    if (this.#underWay > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
  }

  #deliver(res: ServerResponse, delivery: Delivery): void {
    const { route, received } = delivery;
    const upstream = upstreamOf(route);
    if (!delivery.answered) {
      return this.#relay(res, received, route, upstream, delivery.outgoing, rulesForAnswer(delivery));
    }
    if (this.#underWay >= MOST_UNDER_WAY) return this.#parts.metrics.countFailure(route.pattern, 'overloaded');
    this.#underWay++;
    sendHit(upstream, delivery.outgoing, (failure) => {
      this.#underWay--;
      if (failure !== null) this.#parts.metrics.countFailure(route.pattern, failure);
      if (this.#underWay === 0) this.#idle?.();
    });
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
