import type { Command } from 'commander';
import { type ConfigFlags, loadConfig } from '../config.ts';
import { createGateway } from '../gateway.ts';
import { GatewayProblem } from '../gateway/problem.ts';
import { createLogger } from '../ops/log.ts';
import { runGateway, stopOnSignals } from './run.ts';

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
      const loaded = loadConfig(flags, process.env, process.cwd());
      if (!loaded.ok) return refuse(loaded.problems);
      const { config } = loaded;
      if (config.upstream === null && config.routes.every((route) => route.upstream === undefined)) {
        return refuse([
          'no upstream: say where the collector is, with "upstream: http://127.0.0.1:9000" in consentry.yaml or --upstream',
        ]);
      }
      if (config.routes.length === 0) {
        return refuse([
          'no routes: say which paths are hits, with "routes: [{ path: /collect, vendor: ga4 }]" in consentry.yaml',
        ]);
      }
      const log = createLogger();
      try {
        const gateway = await createGateway(config, { log, inProcess: false, environment: process.env });
        stopOnSignals(await runGateway(config, gateway, log), gateway, log);
      } catch (error) {
        if (error instanceof GatewayProblem) return refuse(error.problems);
        const { code, message } = error as { code?: string; message: string };
        if (code === 'EADDRINUSE' || code === 'EACCES')
          return refuse([`cannot listen: ${message}; choose another port with --port`]);
        throw error;
      }
    });
}

function refuse(problems: readonly string[]): void {
  for (const problem of problems) process.stderr.write(`consentry: ${problem}\n`);
  process.exitCode = 2;
}
