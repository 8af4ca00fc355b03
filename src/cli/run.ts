/** What `serve` and `demo` share: listeners for a gateway, signals, and the end; and the same for several processes. */
import { availableParallelism } from 'node:os';
import type { Config } from '../config.ts';
import { connectionLimits } from '../gateway/limits.ts';
import type { Gateway } from '../gateway.ts';
import type { Logger } from '../ops/log.ts';
import { createLimitedServer, drainServer, listen } from '../ops/server.ts';
import { type Fleet, joinFleet } from '../ops/workers.ts';

export interface Running {
  readonly port: number;
  readonly adminPort: number;
  stop(): Promise<void>;
  /** Ends the other processes at once. */
  kill(): void;
}

/** Listens on the public and on the admin address. `handle` stands in front of the gateway where a command needs it. */
export async function runGateway(config: Config, gateway: Gateway, log: Logger, handle = gateway.handle): Promise<Running> {
  const front = await openFront(config, gateway, handle);
  const back = await openBack(config, gateway);
  sayListening(config, log, front.port, back.port);
  return {
    port: front.port,
    adminPort: back.port,
    async stop() {
      await front.stop();
      await back.stop();
    },
    kill: () => undefined,
  };
}

/** A worker of several: hits and the consent API; the primary administers. */
export async function runWorker(config: Config, gateway: Gateway): Promise<void> {
  const front = await openFront(config, gateway, gateway.handle);
  let stopping = false;
  const drain = (): void => {
    if (stopping) return;
    stopping = true;
    endAfter(front.stop());
  };
  // A terminal's Ctrl-C reaches the whole group: the primary speaks for it.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', drain);
  const { registry, decisions } = gateway;
  joinFleet(front.port, { reload: () => gateway.reload(), registry, decisions, drain });
}

/** The primary of several: starts the workers and administers them. @returns an exit code where they cannot start. */
export async function runPrimary(config: Config, gateway: Gateway, fleet: Fleet, log: Logger): Promise<Running | number> {
  // The admin listener first: while workers start, /readyz says so.
  const back = await openBack(config, gateway);
  const started = await fleet.start(() => gateway.config);
  if ('exitCode' in started) {
    return started.exitCode;
  }
  sayListening(config, log, started.port, back.port);
  return {
    port: started.port,
    adminPort: back.port,
    async stop() {
      gateway.drain();
      await fleet.stop();
      await gateway.close();
      await back.stop();
    },
    kill: () => fleet.kill(),
  };
}

/** `auto`: one process per core; one where the store is in memory, which processes do not share. */
export function countWorkers(config: Config): number {
  if (config.workers !== 'auto') return config.workers;
  return config.store === 'memory:' ? 1 : availableParallelism();
}

interface Listening {
  readonly port: number;
  stop(): Promise<void>;
}

async function openFront(config: Config, gateway: Gateway, handle: Gateway['handle']): Promise<Listening> {
  // A command that stands in front of the gateway wants to see every request.
  const direct = handle === gateway.handle ? gateway.direct : undefined;
  const server = createLimitedServer(handle, connectionLimits(config), direct);
  const port = await listen(server, config.listen.host, config.listen.port);
  return {
    port,
    async stop() {
      gateway.drain();
      await drainServer(server, config.timeouts.drain);
      await gateway.close();
    },
  };
}

async function openBack(config: Config, gateway: Gateway): Promise<Listening> {
  const server = createLimitedServer(gateway.admin.callback(), connectionLimits(config));
  return { port: await listen(server, config.admin.host, config.admin.port), stop: () => drainServer(server, 0) };
}

function sayListening(config: Config, log: Logger, port: number, adminPort: number): void {
  log.info({ host: config.listen.host, port, adminHost: config.admin.host, adminPort }, 'listening');
}

/** A terminal and `timeout` signal the whole group, and npm or a shell between passes the same signal on: it comes twice. */
const ONE_SIGNAL_MS = 500;

/**
 * From the beginning of the process: a SIGHUP would end one that is starting. @returns what names the deed; it is done at once
 * where a SIGHUP came before.
 */
export function awaitHangups(): (deed: () => void) => void {
  let came = false;
  let onHangup = (): void => {
    came = true;
  };
  process.on('SIGHUP', () => onHangup());
  return (deed) => {
    onHangup = deed;
    if (came) deed();
  };
}

/** SIGTERM and SIGINT drain and end; a second one ends at once. */
export function stopOnSignals(running: Running, log: Logger): void {
  let since: number | null = null;
  const stop = (signal: string): void => {
    if (since !== null) {
      if (performance.now() - since < ONE_SIGNAL_MS) return;
      running.kill();
      // Not process.exit: in the middle of a write to the embedded store it waits for one that never ends. What is answered is on the disk.
      process.kill(process.pid, 'SIGKILL');
    }
    since = performance.now();
    log.info({ signal }, 'draining');
    endAfter(running.stop());
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

function endAfter(stopped: Promise<void>): void {
  stopped.then(
    () => process.exit(0),
    () => process.exit(1),
  );
}
