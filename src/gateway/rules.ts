/** Policies, vendor profiles and routes: loaded together, swapped together, and kept where a new set is bad. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Config, type LoadedConfig, SHIPPED_POLICIES } from '../config.ts';
import type { Rules } from '../hit/mount.ts';
import type { CompiledPolicySet } from '../policy/compile.ts';
import { loadPoliciesAside } from '../policy/load-aside.ts';
import { formatProblem, type PolicyProblem } from '../policy/problem.ts';
import type { UpstreamPools } from '../upstream/client.ts';
import { loadProfiles } from '../vendors/load.ts';
import { GatewayProblem } from './problem.ts';
import { compileRoutes } from './routes.ts';

/** The rules of hits, with what people ask of the policies beside it. */
export interface LoadedRules extends Rules {
  readonly set: CompiledPolicySet;
  /** What they were made of: the configuration of the start, with the routes of this load. */
  readonly config: Config;
}

export class RulesInForce {
  readonly #config: Config;
  readonly #readConfig: () => LoadedConfig;
  readonly #pools: UpstreamPools | null;
  #current: LoadedRules | null = null;
  #last: Promise<void> = Promise.resolve();

  /** @param readConfig reads the configuration anew at each load but the first, for its routes; everything else of it stays as it was at the start */
  constructor(config: Config, readConfig: () => LoadedConfig, pools: UpstreamPools | null) {
    this.#config = config;
    this.#readConfig = readConfig;
    this.#pools = pools;
  }

  get folder(): string {
    return this.#config.policies;
  }

  get current(): LoadedRules {
    if (this.#current === null) throw new Error('no rules are loaded');
    return this.#current;
  }

  /** A folder of policies without profiles of its own uses the shipped ones. */
  #vendorFolder(): string {
    const own = join(this.folder, 'vendors');
    return existsSync(own) ? own : join(SHIPPED_POLICIES, 'vendors');
  }

  /** One load after the other, so that an older one never ends last. @throws GatewayProblem; what was in force stays so. */
  load(): Promise<void> {
    const loading = this.#last.then(() => this.#load());
    this.#last = loading.catch(() => undefined);
    return loading;
  }

  async #load(): Promise<void> {
    const vendors = this.#vendorFolder();
    const [policies, profiles] = await Promise.all([loadPoliciesAside(this.folder), loadProfiles(vendors)]);
    if (!policies.ok) throw new GatewayProblem(inFolder(this.folder, policies.errors));
    if (!profiles.ok) throw new GatewayProblem(inFolder(vendors, profiles.errors));
    const configured: LoadedConfig = this.#current === null ? { ok: true, config: this.#config } : this.#readConfig();
    if (!configured.ok) throw new GatewayProblem(configured.problems);
    const config: Config = { ...this.#config, routes: configured.config.routes };
    const routes = compileRoutes(config, profiles.profiles, this.#pools);
    if (!routes.ok) throw new GatewayProblem(routes.problems.map((problem) => `${this.#config.origin}: ${problem}`));
    this.#current = { set: policies.set, routes: routes.table, profiles: await digestFolder(vendors), config };
  }
}

/** Hash over the files of a folder, in the order of their names. */
async function digestFolder(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of (await readdir(folder)).sort()) {
    if (name.endsWith('.yaml')) hash.update(`${name}\n`).update(await readFile(join(folder, name)));
  }
  return hash.digest('base64url').slice(0, 22);
}

function inFolder(folder: string, problems: readonly PolicyProblem[]): string[] {
  return problems.map((problem) => formatProblem({ ...problem, file: `${folder}/${problem.file}` }));
}
