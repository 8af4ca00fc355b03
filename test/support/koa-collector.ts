/** A koa application with Consentry ahead of it, on a loopback port. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Koa, { type DefaultContext, type DefaultState } from 'koa';
import { pino } from 'pino';
import { type ConsentryGuard, type ConsentryOptions, consentry } from '../../src/index.ts';
import { listen } from '../../src/ops/server.ts';
import { type Answer, type Sent, send } from './send.ts';

const SHIPPED = fileURLToPath(new URL('../../policies', import.meta.url));

export type CollectorApp = Koa<DefaultState, DefaultContext>;

export interface KoaCollector {
  port: number;
  app: CollectorApp;
  server: Server;
  guard: ConsentryGuard;
  logged: string[];
  send(sent: Sent): Promise<Answer>;
  close(): Promise<void>;
}

/** How the guard stands: among the middlewares alone, or at the connections of the server as well. */
export const STANDS = ['as a middleware', 'attached'] as const;

/** `mount` gets the application and the guard, and says in which order what is mounted; the guard alone is mounted without one. */
export async function startKoaCollector(
  options: ConsentryOptions,
  mount: (app: CollectorApp, guard: ConsentryGuard) => void,
  stand: (typeof STANDS)[number] = 'as a middleware',
): Promise<KoaCollector> {
  const folder = mkdtempSync(join(tmpdir(), 'consentry-koa-'));
  const policies = options.policies ?? join(folder, 'policies');
  if (options.policies === undefined) cpSync(SHIPPED, policies, { recursive: true });
  const logged: string[] = [];
  const log = pino({ level: 'debug', base: null }, { write: (line: string) => void logged.push(line) });
  const guard = consentry(
    {
      site: 'shop',
      store: 'memory:',
      trust: { proxies: ['127.0.0.1/32'], geo: { country: 'x-test-country', region: 'x-test-region' } },
      evidence: { mode: 'off', dir: join(folder, 'evidence') },
      ...options,
      policies,
    },
    { log },
  );
  await guard.ready;
  const app = new Koa<DefaultState, DefaultContext>();
  app.silent = true;
  mount(app, guard);
  const server = createServer(app.callback());
  if (stand === 'attached') await guard.attach(server);
  const port = await listen(server, '127.0.0.1', 0);
  return {
    port,
    app,
    server,
    guard,
    logged,
    send: (sent) => send(port, sent),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await guard.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
