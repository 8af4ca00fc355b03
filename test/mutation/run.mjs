/**
 * `npm run test:mutation -- [PART…] [--OPTION=VALUE of Stryker…]`: changes the code in small ways, and counts which changes no test
 * notices. At least 85 % of a part have to be noticed. Stryker needs Node 22, and is fetched when it is asked for: nobody else needs it.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PARTS } from './parts.mjs';

const PACKAGES = ['node@22', '@stryker-mutator/core@10.1.1', '@stryker-mutator/vitest-runner@10.1.1', 'vitest@4.1.12'];
const given = process.argv.slice(2);
const options = given.filter((arg) => arg.startsWith('-'));
const asked = given.filter((arg) => !arg.startsWith('-'));

const folder = mkdtempSync(join(tmpdir(), 'consentry-mutation-'));
const kept = join(folder, 'profiles.json');
let failed = 0;
for (const name of asked.length > 0 ? asked : Object.keys(PARTS)) {
  if (!(name in PARTS)) throw new Error(`no part "${name}"; there are ${Object.keys(PARTS).join(', ')}`);
  console.log(`\n== ${name}`);
  const args = ['-y', ...PACKAGES.flatMap((name) => ['-p', name]), '-c'];
  // The runner lies beside Stryker, which looks for it in the project.
  const runner = '$(dirname "$(readlink -f "$(command -v stryker)")")/../../vitest-runner/dist/src/index.js';
  const command = `MUTATION_RUNNER="${runner}" stryker run test/mutation/stryker.config.mjs ${options.join(' ')}`;
  const env = { ...process.env, MUTATION_PART: name, npm_config_loglevel: 'error', CONSENTRY_KEPT_PROFILES: kept };
  if (spawnSync('npx', [...args, command], { stdio: 'inherit', env }).status !== 0) failed++;
}
rmSync(folder, { recursive: true, force: true });
process.exitCode = failed === 0 ? 0 : 1;
