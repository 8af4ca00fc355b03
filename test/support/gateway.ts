/** A whole gateway on a loopback port, with a collector behind it, for tests from the outside. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { resolveConfig } from '../../src/config.ts';
import type { ConfigInput } from '../../src/config-schema.ts';
import { createGateway, type Gateway, type GatewayOptions } from '../../src/gateway.ts';
import { createLimitedServer, listen } from '../../src/ops/server.ts';
import { type Collector, startCollector } from './collector.ts';
import { type Answer, type Sent, send } from './send.ts';

const SHIPPED = fileURLToPath(new URL('../../policies', import.meta.url));

/** A machine that runs several test files at once is late often enough; load shedding has tests of its own. */
export const NEVER_BUSY = { isOverloaded: false, takeWorstMs: () => 0, close: () => undefined };

export interface TestGateway {
  port: number;
  gateway: Gateway;
  server: Server;
  collector: Collector;
  /** A folder of policies of its own, to be edited. */
  policies: string;
  logged: string[];
  send(sent: Sent): Promise<Answer>;
  close(): Promise<void>;
}

/** Places come in `x-test-country` and `x-test-region` from the loopback, which is trusted unless the options say otherwise. */
export async function startGateway(options: ConfigInput = {}, extra: Partial<GatewayOptions> = {}): Promise<TestGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'consentry-test-'));
  const policies = options.policies ?? join(folder, 'policies');
  if (options.policies === undefined) cpSync(SHIPPED, policies, { recursive: true });
  const collector = await startCollector();
  const loaded = resolveConfig(
    {
      site: 'shop',
      upstream: collector.url,
      store: `lmdb:${join(folder, 'data')}`,
      trust: { proxies: ['127.0.0.1/32'], geo: { country: 'x-test-country', region: 'x-test-region' } },
      evidence: { mode: 'off', dir: join(folder, 'evidence') },
      ...options,
      policies,
    },
    folder,
  );
  if (!loaded.ok) throw new Error(loaded.problems.join('\n'));
  const logged: string[] = [];
  const log = pino({ level: 'debug', base: null }, { write: (line: string) => void logged.push(line) });
  const gateway = await createGateway(loaded.config, { log, inProcess: false, environment: {}, shed: NEVER_BUSY, ...extra });
  const server: Server = createLimitedServer(
    gateway.handle,
    {
      headerBytes: loaded.config.limits.header,
      bodyBytes: loaded.config.limits.body,
      headerTimeoutMs: loaded.config.timeouts.header,
      bodyTimeoutMs: loaded.config.timeouts.body,
      idleTimeoutMs: loaded.config.timeouts.idle,
    },
    gateway.direct,
  );
  const port = await listen(server, '127.0.0.1', 0);
  return {
    port,
    gateway,
    server,
    collector,
    policies,
    logged,
    send: (sent) => send(port, sent),
    async close() {
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
      await gateway.close();
      await collector.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
