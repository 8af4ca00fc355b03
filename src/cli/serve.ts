import type { Command } from 'commander';
import { type Config, type ConfigFlags, type LoadedConfig, loadConfig } from '../config.ts';
import { GatewayProblem } from '../gateway/problem.ts';
import { createGateway } from '../gateway.ts';
import { createLogger } from '../ops/log.ts';
import { Fleet, failStart, isWorker, takeSetUp } from '../ops/workers.ts';
import { awaitHangups, countWorkers, runGateway, runPrimary, runWorker, stopOnSignals } from './run.ts';

export function registerServeCommand(program: Command): void {
  program
    .command('serve')
    .description('run the reverse proxy in front of a collector')
    .option('--config <file>', 'configuration (default ./consentry.yaml)')
    .option('--port <number>', 'port of the public listener')
    .option('--upstream <url>', 'the collector')
    .option('--policies <dir>', 'folder of policy files')
    .option('--store <url>', 'lmdb:FOLDER, redis://…, memory:')
    .addHelpText('after', '\nExample:\n  consentry serve --upstream http://127.0.0.1:9000')
    .action(async (flags: ConfigFlags) => {
      const onHangup = awaitHangups();
      const readConfig = (): LoadedConfig => loadServed(flags);
      const loaded = isWorker() ? { ok: true as const, config: (await takeSetUp()) as Config } : readConfig();
      if (!loaded.ok) return refuse(loaded.problems);
      const { config } = loaded;
      const count = countWorkers(config);
      if (count > 1 && config.store === 'memory:') {
        return refuse([`workers: ${count} processes share no memory; write "workers: 1", or a store like lmdb:./data`]);
      }
      try {
        await serve(config, readConfig, count, onHangup);
      } catch (error) {
        if (error instanceof GatewayProblem) return refuse(error.problems);
        const { code, message } = error as { code?: string; message: string };
        if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
        refuse([`cannot listen: ${message}; choose another port with --port`]);
        // Store and watchers are open by now, and would keep the process.
        if (!isWorker()) process.exit();
      }
    });
}

function loadServed(flags: ConfigFlags): LoadedConfig {
  const loaded = loadConfig(flags, process.env, process.cwd());
  if (!loaded.ok) return loaded;
  const { upstream, routes } = loaded.config;
  if (upstream === null && routes.every((route) => route.upstream === undefined)) {
    const problem =
      'no upstream: say where the collector is, with "upstream: http://127.0.0.1:9000" in consentry.yaml or --upstream';
    return { ok: false, problems: [problem] };
  }
  if (routes.length === 0) {
    const problem = 'no routes: say which paths are hits, with "routes: [{ path: /collect, vendor: ga4 }]" in consentry.yaml';
    return { ok: false, problems: [problem] };
  }
  return loaded;
}

async function serve(
  config: Config,
  readConfig: () => LoadedConfig,
  count: number,
  onHangup: (deed: () => void) => void,
): Promise<void> {
  const log = createLogger();
  const options = { log, inProcess: false, environment: process.env, readConfig };
  // The primary speaks for its workers where a signal reaches the whole group.
  if (isWorker()) return runWorker(config, await createGateway(config, { ...options, workers: count }));
  if (count === 1) {
    const gateway = await createGateway(config, options);
    stopOnSignals(await runGateway(config, gateway, log), log);
    return onHangup(() => void gateway.reload());
  }
  // The primary's own gateway first: it checks policies and store, and writes the keys that the workers read.
  const fleet = new Fleet({ count, log, drainMs: config.timeouts.drain });
  const gateway = await createGateway(config, { ...options, fleet });
  const running = await runPrimary(config, gateway, fleet, log);
  // What was opened for the workers would keep this process.
  if (typeof running === 'number') process.exit(running);
  stopOnSignals(running, log);
  onHangup(() => void gateway.reload());
}

function refuse(problems: readonly string[]): void {
  for (const problem of problems) process.stderr.write(`consentry: ${problem}\n`);
  process.exitCode = 2;
  // A worker would live on: its channel to the primary keeps it.
  if (isWorker()) failStart(2);
}
