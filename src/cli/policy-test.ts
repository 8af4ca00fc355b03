/** `consentry policy test`: the tests alone. */
import type { Command } from 'commander';
import { checkPolicies } from '../policy/load.ts';
import { readPolicyFolder } from '../policy/read-folder.ts';
import { defaultFolder, reportProblems, writeLine } from './policy-options.ts';

export function registerPolicyTest(policy: Command): void {
  policy
    .command('test')
    .description('run the tests of policy files')
    .argument('[dir]', 'folder of policies; default CONSENTRY_POLICIES, else ./policies')
    .action(async (dir: string | undefined) => {
      const folder = dir ?? defaultFolder();
      const { texts, problems } = await readPolicyFolder(folder);
      const checked = problems.length > 0 ? { ok: false as const, errors: problems } : checkPolicies(texts, Date.now());
      if (!checked.ok) {
        reportProblems(folder, checked.errors);
        process.exitCode = 1;
        return;
      }
      if (checked.cases === 0) {
        process.stderr.write(`${folder}: there is no test here: write tests: in a policy file, or a *.test.yaml\n`);
        process.exitCode = 1;
        return;
      }
      writeLine(`${checked.tests} tests, ${checked.cases} cases: all hold`);
    });
}
