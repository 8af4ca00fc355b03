/** `consentry policy test`: the tests alone, and what they reach. */
import type { Command } from 'commander';
import { CoverageCollector, printCoverage } from '../policy/coverage.ts';
import { checkPolicies } from '../policy/load.ts';
import type { PolicyProblem } from '../policy/problem.ts';
import { readPolicyFolder } from '../policy/read-folder.ts';
import { defaultFolder, parsePercent, reportProblems, writeLine } from './policy-options.ts';

interface TestFlags {
  readonly coverage?: true;
  readonly failUnder?: number;
  readonly json?: true;
}

export function registerPolicyTest(policy: Command): void {
  policy
    .command('test')
    .description('run the tests of policy files')
    .argument('[dir]', 'folder of policies; default CONSENTRY_POLICIES, else ./policies, else the shipped pack')
    .option('--coverage', 'tell which cells, variants and signals no test reached')
    .option('--fail-under <percent>', 'fail where the tests reach less than this', parsePercent)
    .option('--json', 'print JSON')
    .action(async (dir: string | undefined, flags: TestFlags) => {
      const folder = dir ?? defaultFolder();
      const { texts, problems } = await readPolicyFolder(folder);
      const collector = new CoverageCollector();
      const checked =
        problems.length > 0
          ? { ok: false as const, errors: problems }
          : checkPolicies(texts, Date.now(), { observe: (run, set) => collector.observe(run, set) });
      if (!checked.ok) return fail(folder, checked.errors, flags);
      if (checked.cases === 0) {
        return fail(
          folder,
          [{ file: '', line: 1, column: 1, message: 'there is no test here: write tests: in a policy file, or a *.test.yaml' }],
          flags,
        );
      }
      const coverage = collector.summarize(checked.set);
      const enough = coverage.percent >= (flags.failUnder ?? 0);
      if (!enough) process.exitCode = 1;
      const { tests, cases } = checked;
      if (flags.json)
        return writeLine(JSON.stringify({ ok: enough, tests, cases, ...(wantsCoverage(flags) ? { coverage } : {}) }));
      writeLine(`${tests} tests, ${cases} cases: all hold`);
      if (wantsCoverage(flags)) writeLine(printCoverage(coverage));
      if (!enough) process.stderr.write(`the tests reach ${coverage.percent} %, less than ${flags.failUnder} %\n`);
    });
}

function wantsCoverage(flags: TestFlags): boolean {
  return flags.coverage === true || flags.failUnder !== undefined;
}

function fail(folder: string, errors: readonly PolicyProblem[], flags: TestFlags): void {
  process.exitCode = 1;
  if (flags.json) writeLine(JSON.stringify({ ok: false, errors }));
  else reportProblems(folder, errors);
}
