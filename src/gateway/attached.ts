/** The middleware's side of hits that are read directly: koa and its handlers meet only those that go on. */
import type { Server } from 'node:http';
import { answerRefusal, VisitorAnswers } from '../hit/answer.ts';
import type { Delivery, HitServices, Mount } from '../hit/mount.ts';
import { runHit } from '../hit/pipeline.ts';
import { hostName } from '../hit/receive.ts';
import { readTarget } from '../hit/target.ts';
import type { ConnectionLimits, DirectListener } from '../ops/direct-connection.ts';
import { DirectConnections } from '../ops/direct-connections.ts';
import type { DirectRequest } from '../ops/direct-request.ts';
import type { DirectResponse } from '../ops/direct-response.ts';
import { createSink, JudgedRequest } from './koa.ts';

/** Reads the connections of `server` directly from now on. Requests that are no hits reach it as they did before. */
export function attachTo(server: Server, services: HitServices, limits: ConnectionLimits): void {
  const listener: DirectListener = {
    takes: (req) => isHit(services, req),
    handle: (req, res) => runHit(services, req, new AttachedMount(server, services, res)),
  };
  new DirectConnections(server, listener, limits, () => !server.listening);
}

function isHit(services: HitServices, { method, url, rawHeaders }: DirectRequest): boolean {
  if (method === 'OPTIONS') return false;
  const target = readTarget(url);
  if (target === null) return false;
  const at = rawHeaders.findIndex((part, i) => i % 2 === 0 && part.length === 4 && part.toLowerCase() === 'host');
  const route = services.rules().routes.find(hostName(rawHeaders[at + 1] ?? ''), target.path);
  return route !== null && !route.pass;
}

class AttachedMount extends VisitorAnswers<DirectResponse> implements Mount {
  readonly #server: Server;
  readonly #services: HitServices;

  constructor(server: Server, services: HitServices, res: DirectResponse) {
    super(res);
    this.#server = server;
    this.#services = services;
  }

  /** Only where the routes changed while the body came: the visitor may send it again. */
  unmatched(): void {
    answerRefusal(this.res, 'no-route');
  }

  relayBare(): void {
    this.unmatched();
  }

  deliver(delivery: Delivery): void {
    const req = new JudgedRequest(delivery, this.#services);
    this.#server.emit('request', req, delivery.answered ? createSink(req) : this.res.lend(req));
  }
}
