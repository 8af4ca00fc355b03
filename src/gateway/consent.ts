/** The consent API as a listener and as a middleware, behind the checks that every request meets. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import Koa, { type Middleware } from 'koa';
import type { Config } from '../config.ts';
import { createConsentApi, isConsentPath } from '../consent/api.ts';
import type { Keyring } from '../consent/keys.ts';
import type { RefusalCode } from '../errors.ts';
import { answerRefusal } from '../hit/answer.ts';
import { receiveHit } from '../hit/receive.ts';
import { reportFaults } from '../ops/app-faults.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { PolicySet } from '../policy/policy.ts';
import type { ConsentStore } from '../store/store.ts';
import type { Whereabouts } from './place.ts';
import { consentApiConfig } from './records.ts';

export interface ConsentParts {
  readonly config: Config;
  readonly whereabouts: Whereabouts;
  readonly store: ConsentStore;
  readonly keyring: Keyring;
  readonly metrics: Metrics;
  /** Processes that share the port. */
  readonly workers: number;
  policies(): PolicySet;
  isOverloaded(): boolean;
  /** Milliseconds since the epoch. */
  now(): number;
  fault(error: unknown): void;
}

export interface ConsentFront {
  isConsentPath(path: string): boolean;
  handle(req: IncomingMessage, res: ServerResponse): void;
  readonly middleware: Middleware;
}

export function createConsentFront(parts: ConsentParts): ConsentFront {
  const { table, identifier, locator } = parts.whereabouts;
  const config = consentApiConfig(parts.config, parts.workers);
  const api = createConsentApi({
    config,
    store: parts.store,
    keyring: parts.keyring,
    policies: parts.policies,
    whereIs(req) {
      const hit = receiveHit(req, table, { anyMethod: true });
      if (typeof hit === 'string') return { address: null, region: locator.nowhere };
      const identity = identifier.identify(hit);
      return { address: identity.address, region: locator.locate(hit, identity) };
    },
    now: parts.now,
    metrics: parts.metrics,
  });
  const app = new Koa();
  app.use(api);
  reportFaults(app, parts.fault);
  const answer = app.callback();

  /** What servers read differently is no call of the API either; and where everybody waits, nobody is served by waiting longer. */
  function refuse(req: IncomingMessage): RefusalCode | null {
    if (parts.isOverloaded()) return 'overloaded';
    const hit = receiveHit(req, table, { anyMethod: true });
    return typeof hit === 'string' ? hit : null;
  }

  return {
    isConsentPath: (path) => isConsentPath(config, path),
    handle(req, res) {
      const refusal = refuse(req);
      if (refusal === null) void answer(req, res);
      else answerRefusal(res, refusal);
    },
    async middleware(ctx, next) {
      const refusal = refuse(ctx.req);
      if (refusal === null) return api(ctx, next);
      ctx.respond = false;
      return answerRefusal(ctx.res, refusal);
    },
  };
}
