/**
 * The public API: Consentry as a koa middleware, and the gateway behind it for programs that bring their own server.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type Koa from 'koa';
import { resolveConfig } from './config.ts';
import type { ConfigInput } from './config-schema.ts';
import { GatewayProblem } from './gateway/problem.ts';
import { createGateway as buildGateway, type Gateway } from './gateway.ts';
import { createLogger, type Logger } from './ops/log.ts';

export type { ConfigInput as ConsentryOptions, Gateway };
export { GatewayProblem };

/** The middleware, with its admin application and its end. */
export interface ConsentryGuard extends Koa.Middleware {
  /** Settles when policies, keys and store are there; rejects with a {@link GatewayProblem} that says what to mend. */
  readonly ready: Promise<void>;
  /** The admin application (health, metrics, administration): give it a listener of its own, never the public one. */
  readonly admin: Koa.Middleware;
  /**
   * Reads the connections of the server that the application listens on, once the guard is ready, and refuses protocol upgrades. A
   * dropped hit then costs what it costs in front of a collector, and of one that goes on all of koa sees the scrubbed request only.
   * Hits in an unusual form (chunks, HTTP/1.0, another spelling of the path), requests for other paths, and until then all, are read
   * by node:http: the guard has to be among the middlewares as well, ahead of whatever must not see them.
   *
   * Rejects with a TypeError for a server that is not one of node:http (leave it out where the application ends TLS by itself), and
   * where a guard is attached already.
   */
  attach(server: Server): Promise<void>;
  /** Closes the store and stops watching the policies. Call it when the server is closed. */
  close(): Promise<void>;
}

/** Where log lines go; JSON on standard error where none is given. */
export interface RuntimeOptions {
  readonly log?: Logger;
}

/**
 * Consentry ahead of the handlers of an existing koa collector.
 *
 * A hit that the policy lets through reaches the handlers as a fresh request in `ctx`; a dropped one never calls `next`.
 * Mount it ahead of every body parser.
 *
 * @param options the keys of `consentry.yaml` as an object; relative paths are relative to the working directory.
 * @example
 * ```ts
 * import Koa from 'koa';
 * import { consentry } from 'consentry';
 *
 * const app = new Koa();
 * const guard = consentry({ site: 'shop', routes: [{ path: '/collect', vendor: 'ga4' }] });
 * await guard.ready;
 * app.use(guard);
 * await guard.attach(app.listen(3000));
 * ```
 */
export function consentry(options: ConfigInput, runtime: RuntimeOptions = {}): ConsentryGuard {
  let gateway: Gateway | null = null;
  const built = build(options, runtime, true).then((ready) => {
    gateway = ready;
    return ready;
  });
  // Waits for nothing that is there: each turn of a promise costs every hit.
  const guard: Koa.Middleware = function consentry(ctx, next) {
    return gateway === null ? built.then(({ middleware }) => middleware(ctx, next)) : gateway.middleware(ctx, next);
  };
  const admin: Koa.Middleware = async function consentryAdmin(ctx) {
    ctx.respond = false;
    await (await built).admin.callback()(ctx.req, ctx.res);
  };
  const ready = built.then(() => undefined);
  // Whoever does not wait for `ready` learns of the problem at the first request.
  ready.catch(() => undefined);
  const attach = async (server: Server): Promise<void> => {
    guardUpgrade(server);
    (await built.catch(() => null))?.attach(server);
  };
  const close = async (): Promise<void> => (await built.catch(() => null))?.close();
  return Object.assign(guard, { ready, admin, attach, close });
}

/**
 * The reverse proxy's request listener and consent API, for programs that bring their own `http.Server`.
 *
 * @param options the keys of `consentry.yaml` as an object; relative paths are relative to the working directory.
 * @throws GatewayProblem (the promise rejects) where the configuration, the policies, the keys or the store do not hold.
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { createGateway } from 'consentry';
 *
 * const gateway = await createGateway({
 *   site: 'shop',
 *   upstream: 'http://127.0.0.1:9000',
 *   routes: [{ path: '/collect', vendor: 'ga4' }],
 * });
 * createServer(gateway.handle).listen(8080);
 * ```
 */
export async function createGateway(options: ConfigInput, runtime: RuntimeOptions = {}): Promise<Gateway> {
  return build(options, runtime, false);
}

async function build(options: ConfigInput, runtime: RuntimeOptions, inProcess: boolean): Promise<Gateway> {
  const loaded = resolveConfig(options, process.cwd());
  if (!loaded.ok) throw new GatewayProblem(loaded.problems);
  const log = runtime.log ?? createLogger();
  return buildGateway(loaded.config, { log, inProcess, environment: process.env });
}

/**
 * Refuses every protocol upgrade of a server: koa never sees one, so that nothing would judge it (RFC 9110 § 7.8).
 * For in-process mounts, where the server is not ours.
 *
 * @example
 * ```ts
 * import Koa from 'koa';
 * import { guardUpgrade } from 'consentry';
 *
 * guardUpgrade(new Koa().listen(3000));
 * ```
 */
export function guardUpgrade(server: Server): void {
  server.on('upgrade', (_request: IncomingMessage, socket: Duplex) => {
    socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
}
