/** `consentry policy diff`: what a change of policies does. */
import type { Command } from 'commander';
import { diffPolicies, printChanges } from '../policy/diff.ts';
import { parseDayOption, writeLine } from './policy-options.ts';
import { openPolicies } from './policy-revision.ts';

export function registerPolicyDiff(policy: Command): void {
  policy
    .command('diff')
    .description(
      'list the cells and rules that differ; exit code 0 where none does, 1 where some do, 2 where a set cannot be used',
    )
    .argument('<old>', 'folder of policies, or a git revision such as HEAD~1')
    .argument('<new>', 'folder of policies, or a git revision')
    .option('--at <day>', 'compare from this UTC day on; default today', parseDayOption)
    .option('--json', 'print JSON')
    .action(async (before: string, after: string, flags: { at?: number; json?: true }) => {
      const [old, fresh] = [await openPolicies(before), await openPolicies(after)];
      if (old === null || fresh === null) return;
      const changes = diffPolicies(old, fresh, flags.at ?? Date.now());
      process.exitCode = changes.length === 0 ? 0 : 1;
      if (flags.json) return writeLine(JSON.stringify(changes));
      if (changes.length > 0) writeLine(printChanges(changes));
    });
}
