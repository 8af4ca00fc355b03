/** What `serve` and `demo` share: listeners for a gateway, signals, and the end. */
import type { Server } from 'node:http';
import type { Config } from '../config.ts';
import type { Gateway } from '../gateway.ts';
import type { Logger } from '../ops/log.ts';
import { createLimitedServer, drainServer, listen } from '../ops/server.ts';

export interface Running {
  readonly port: number;
  readonly adminPort: number;
  stop(): Promise<void>;
}

/** Listens on the public and on the admin address. `handle` stands in front of the gateway where a command needs it. */
export async function runGateway(config: Config, gateway: Gateway, log: Logger, handle = gateway.handle): Promise<Running> {
  const limits = {
    headerBytes: config.limits.header,
    headerTimeoutMs: config.timeouts.header,
    bodyTimeoutMs: config.timeouts.body,
    idleTimeoutMs: config.timeouts.idle,
  };
  const servers: Server[] = [createLimitedServer(handle, limits), createLimitedServer(gateway.admin.callback(), limits)];
  const [front, back] = servers as [Server, Server];
  const port = await listen(front, config.listen.host, config.listen.port);
  const adminPort = await listen(back, config.admin.host, config.admin.port);
  log.info({ host: config.listen.host, port, adminHost: config.admin.host, adminPort }, 'listening');
  return {
    port,
    adminPort,
    async stop() {
      gateway.drain();
      await drainServer(front, config.timeouts.drain);
      await gateway.close();
      await drainServer(back, 0);
    },
  };
}

/** SIGTERM and SIGINT drain and end; a second one ends at once. SIGHUP reads the policies anew. */
export function stopOnSignals(running: Running, gateway: Gateway, log: Logger): void {
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, 'draining');
    running.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('SIGHUP', () => void gateway.reload());
}
