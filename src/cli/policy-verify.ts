/** `consentry policy verify`: tries every case. */
import type { Command } from 'commander';
import { compileInvariant } from '../policy/invariants.ts';
import { checkPolicies } from '../policy/load.ts';
import { printViolations } from '../policy/print-verification.ts';
import { readPolicyFolder } from '../policy/read-folder.ts';
import { listInvariants, verifyPolicies } from '../policy/verify.ts';
import { defaultFolder, reportProblems, writeLine } from './policy-options.ts';
import { startProgress } from './progress.ts';

export function registerPolicyVerify(policy: Command): void {
  policy
    .command('verify')
    .description(
      'try all places, purposes, records, signals, ages and labels, and print the smallest case that breaks an invariant',
    )
    .argument('[dir]', 'folder of policies; default CONSENTRY_POLICIES, else ./policies, else the shipped pack')
    .option('--json', 'print JSON')
    .action(async (dir: string | undefined, flags: { json?: true }) => {
      const folder = dir ?? defaultFolder();
      const { texts, problems } = await readPolicyFolder(folder);
      const checked = problems.length > 0 ? { ok: false as const, errors: problems } : checkPolicies(texts, Date.now());
      if (!checked.ok) {
        reportProblems(folder, checked.errors);
        process.exitCode = 1;
        return;
      }
      const own = checked.testFiles.flatMap(({ file }) => file.invariants ?? []).map(compileInvariant);
      const started = performance.now();
      const progress = startProgress('cases');
      const verification = verifyPolicies(checked.set, Date.now(), own, progress.tell);
      progress.end();
      const took = ((performance.now() - started) / 1000).toFixed(1);
      const holds = verification.violations.length === 0;
      if (!holds) process.exitCode = 1;
      if (flags.json) {
        const violations = verification.violations.map(({ invariant, purpose, situation, count }) => ({
          invariant,
          purpose,
          situation,
          count,
        }));
        return writeLine(JSON.stringify({ ok: holds, cases: verification.cases, invariants: listInvariants(own), violations }));
      }
      if (!holds) process.stderr.write(`${printViolations(verification)}\n`);
      const count = listInvariants(own).length;
      writeLine(
        `${verification.cases} cases, ${count} invariants: ${holds ? 'all hold' : `${verification.violations.length} violated`} (${took} s)`,
      );
    });
}
