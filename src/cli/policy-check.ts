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
    .option('--json', 'print JSON')
    .action(async (dir: string | undefined, flags: { json?: true }) => {
      const folder = dir ?? defaultFolder();
      const started = performance.now();
      const { texts, problems } = await readPolicyFolder(folder);
      const checked = problems.length > 0 ? { ok: false as const, errors: problems } : checkPolicies(texts, Date.now());
      if (!checked.ok) {
        process.exitCode = 1;
        if (flags.json) writeLine(JSON.stringify({ ok: false, errors: checked.errors }));
        else reportProblems(folder, checked.errors);
        return;
      }
      if (flags.json) {
        const { set, tests, cases, warnings } = checked;
        return writeLine(
          JSON.stringify({ ok: true, policies: set.policies.length, tests, cases, revision: set.revision, warnings }),
        );
      }
      reportProblems(folder, checked.warnings, 'warning: ');
      const { set, cases } = checked;
      const took = Math.round(performance.now() - started);
      writeLine(
        `${set.policies.length} policies, ${cases} test cases: ${paint('green', 'all good')} (revision ${set.revision}, ${took} ms)`,
      );
    });
}
