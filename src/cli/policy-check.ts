/** `consentry policy check`: loads everything and runs the tests in the files. */
import type { Command } from 'commander';
import { checkPolicies } from '../policy/load.ts';
import { readPolicyFolder } from '../policy/read-folder.ts';
import { defaultFolder, reportProblems, writeLine } from './policy-options.ts';
import { paint } from './style.ts';

export function registerPolicyCheck(policy: Command): void {
  policy
    .command('check')
    .description('load the policies and run the tests inside the files')
    .argument('[dir]', 'folder of policies; default CONSENTRY_POLICIES, else ./policies, else the shipped pack')
    .action(async (dir: string | undefined) => {
      const folder = dir ?? defaultFolder();
      const started = performance.now();
      const { texts, problems } = await readPolicyFolder(folder);
      const checked = problems.length > 0 ? { ok: false as const, errors: problems } : checkPolicies(texts, Date.now());
      if (!checked.ok) {
        reportProblems(folder, checked.errors);
        process.exitCode = 1;
        return;
      }
      reportProblems(folder, checked.warnings, 'warning: ');
      const { set, cases } = checked;
      const took = Math.round(performance.now() - started);
      writeLine(
        `${set.policies.length} policies, ${cases} test cases: ${paint('green', 'all good')} (revision ${set.revision}, ${took} ms)`,
      );
    });
}
