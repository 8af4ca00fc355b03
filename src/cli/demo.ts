/** `consentry demo`: everything on this machine, to be tried out. What `npm start` runs. */
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { findFreePort } from '../demo/free-port.ts';
import { createDemo } from '../demo/start.ts';
import { createDemoLog, writeGreeting } from '../demo/terminal.ts';
import { GatewayProblem } from '../gateway/problem.ts';
import { awaitHangups, type Running, runGateway, stopOnSignals } from './run.ts';

const PORT = 8080;
const ADMIN_PORT = 8081;

interface DemoFlags {
  readonly port?: number;
  readonly policies?: string;
}

export function registerDemoCommand(program: Command): void {
  program
    .command('demo')
    .description('try it out: a shop with trackers, the gateway and a sample collector, on this machine only')
    .option('--port <number>', `port of the page (default ${PORT}, or the next free one)`, readPort)
    .option('--policies <dir>', 'folder of policy files (default: the ones that come with consentry)')
    .addHelpText('after', '\nExample:\n  consentry demo --port 9090')
    .action(async (flags: DemoFlags) => {
      try {
        await runDemo(flags);
      } catch (error) {
        const lines = describeProblem(error);
        if (lines === null) throw error;
        for (const line of lines) process.stderr.write(`consentry: ${line}\n`);
        process.exitCode = 2;
      }
    });
}

async function runDemo(flags: DemoFlags): Promise<void> {
  const onHangup = awaitHangups();
  const log = createDemoLog((text) => process.stderr.write(text));
  const port = flags.port ?? (await findFreePort(PORT));
  // Where the page has moved, the admin listener moves along behind it.
  const adminPort = await findFreePort(Math.max(ADMIN_PORT, port + 1));
  const policies = flags.policies === undefined ? null : resolve(flags.policies);
  const demo = await createDemo({ log, port, adminPort, policies });
  let running: Running;
  try {
    running = await runGateway(demo.config, demo.gateway, log, demo.handle);
  } catch (error) {
    await demo.gateway.close();
    await demo.close();
    throw error;
  }
  const { gateway, config } = demo;
  const ending: Running = {
    ...running,
    async stop() {
      process.stdout.write('\n  Stopped.\n');
      demo.endStreams();
      await running.stop();
      await demo.close();
    },
  };
  stopOnSignals(ending, log);
  onHangup(() => void gateway.reload());
  const taken = flags.port === undefined && running.port !== PORT ? PORT : null;
  process.stdout.write(writeGreeting({ port: running.port, taken, adminPort: running.adminPort, policies: config.policies }));
}

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535) throw new InvalidArgumentError('Write a port, 1 to 65535.');
  return port;
}

/** Lines for a person, or null for a fault of ours. */
function describeProblem(error: unknown): readonly string[] | null {
  if (error instanceof GatewayProblem) return error.problems;
  const { code, message } = error as { code?: unknown; message?: string };
  if (code === 'EADDRINUSE' || code === 'EACCES') return [`cannot listen: ${message}; choose another port with --port`];
  return null;
}
