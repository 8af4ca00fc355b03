/** Puts the demo together: sample collector, gateway, and the page in front of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Config, resolveConfig } from '../config.ts';
import { GatewayProblem } from '../gateway/problem.ts';
import { createGateway, type Gateway } from '../gateway.ts';
import type { Logger } from '../ops/log.ts';
import { playEdge } from './edge.ts';
import { HitJournal } from './journal.ts';
import { DemoPage } from './page.ts';
import { type SampleCollector, startSampleCollector } from './sample-collector.ts';
import { buildDemoConfig, DEMO_COOKIE } from './settings.ts';

export interface DemoOptions {
  readonly log: Logger;
  readonly port: number;
  readonly adminPort: number;
  /** Folder of policy files; null for the ones of the package. */
  readonly policies: string | null;
}

export interface Demo {
  readonly config: Config;
  readonly gateway: Gateway;
  /** Listener to be put in front of the gateway's own. */
  readonly handle: RequestListener;
  /** Ends the live lists: to be called before the listeners are drained. */
  endStreams(): void;
  /** Ends the collector and removes the folder: to be called after the gateway is closed. */
  close(): Promise<void>;
}

/** The policies of the package, from `src/demo` and from `dist/demo` alike. */
const OWN_POLICIES = fileURLToPath(new URL('../../policies', import.meta.url));

/** @throws GatewayProblem where the policies or the configuration do not hold. */
export async function createDemo(options: DemoOptions): Promise<Demo> {
  const journal = new HitJournal();
  const folder = mkdtempSync(join(tmpdir(), 'consentry-demo-'));
  const removeFolder = (): void => {
    process.off('exit', removeFolder);
    rmSync(folder, { recursive: true, force: true });
  };
  // A second Ctrl-C ends the program where it stands.
  process.once('exit', removeFolder);
  const collector = await startSampleCollector((request) => journal.arrive(request));
  try {
    const config = resolveDemoConfig(options, collector, folder);
    const gateway = await createGateway(config, {
      log: options.log,
      inProcess: false,
      witness: journal.witness,
      environment: {},
    });
    const page = new DemoPage(journal, DEMO_COOKIE);
    return {
      config,
      gateway,
      handle(req, res) {
        if (page.handle(req, res)) return;
        playEdge(req);
        gateway.handle(req, res);
      },
      endStreams: () => page.close(),
      async close() {
        await collector.close();
        removeFolder();
      },
    };
  } catch (error) {
    await collector.close();
    removeFolder();
    throw error;
  }
}

function resolveDemoConfig({ port, adminPort, policies }: DemoOptions, collector: SampleCollector, folder: string): Config {
  const input = buildDemoConfig({ port, adminPort, collector: collector.url, policies: policies ?? OWN_POLICIES, folder });
  const loaded = resolveConfig(input, process.cwd());
  if (!loaded.ok) throw new GatewayProblem(loaded.problems);
  return loaded.config;
}
