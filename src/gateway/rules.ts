/** Policies, vendor profiles and routes: loaded together, swapped together, and kept where a new set is bad. */
import type { Config } from '../config.ts';
import type { Rules } from '../hit/pipeline.ts';
import { loadPolicies } from '../policy/load.ts';
import { formatProblem, type PolicyProblem } from '../policy/problem.ts';
import type { UpstreamPools } from '../upstream/client.ts';
import { loadProfiles } from '../vendors/load.ts';
import { GatewayProblem } from './problem.ts';
import { compileRoutes } from './routes.ts';

export class RulesInForce {
  readonly #config: Config;
  readonly #pools: UpstreamPools | null;
  #current: Rules | null = null;

  constructor(config: Config, pools: UpstreamPools | null) {
    this.#config = config;
    this.#pools = pools;
  }

  get folder(): string {
    return this.#config.policies;
  }

  get current(): Rules {
    if (this.#current === null) throw new Error('no rules are loaded');
    return this.#current;
  }

  /** @throws GatewayProblem; what was in force stays so. */
  async load(): Promise<void> {
    const [policies, profiles] = await Promise.all([loadPolicies(this.folder), loadProfiles(`${this.folder}/vendors`)]);
    if (!policies.ok) throw new GatewayProblem(inFolder(this.folder, policies.errors));
    if (!profiles.ok) throw new GatewayProblem(inFolder(`${this.folder}/vendors`, profiles.errors));
    const routes = compileRoutes(this.#config, profiles.profiles, this.#pools);
    if (!routes.ok) throw new GatewayProblem(routes.problems.map((problem) => `${this.#config.origin}: ${problem}`));
    this.#current = { set: policies.set, routes: routes.table };
  }
}

function inFolder(folder: string, problems: readonly PolicyProblem[]): string[] {
  return problems.map((problem) => formatProblem({ ...problem, file: `${folder}/${problem.file}` }));
}
