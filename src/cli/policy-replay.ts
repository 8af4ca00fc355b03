/** `consentry policy replay`: a recorded day judged by two sets. */
import type { Command } from 'commander';
import { printReplay, Replay } from '../policy/replay.ts';
import { readDecisionLog } from './decision-log.ts';
import { writeLine } from './policy-options.ts';
import { openPolicies } from './policy-revision.ts';
import { startProgress } from './progress.ts';

export function registerPolicyReplay(policy: Command): void {
  policy
    .command('replay')
    .description('tell what recorded decisions would have been under another set; exit code as diff')
    .requiredOption('--decisions <file>', 'decision log: a file of it, or its folder')
    .argument('<old>', 'folder of policies, or a git revision')
    .argument('<new>', 'folder of policies, or a git revision')
    .option('--json', 'print JSON')
    .action(async (before: string, after: string, flags: { decisions: string; json?: true }, command: Command) => {
      const [old, fresh] = [await openPolicies(before), await openPolicies(after)];
      if (old === null || fresh === null) return;
      const replay = new Replay(old, fresh);
      const progress = startProgress('decisions');
      let judged = 0;
      try {
        for await (const { facts, at, weight } of readDecisionLog(flags.decisions)) {
          replay.add(facts, at, weight);
          progress.tell(++judged);
        }
        progress.end();
      } catch {
        command.error('error: the file of --decisions cannot be read', { exitCode: 2 });
      }
      const report = replay.report();
      if (report.decisions === 0) command.error('error: no line of the file holds the facts of a decision', { exitCode: 2 });
      process.exitCode = report.differing === 0 ? 0 : 1;
      if (!flags.json) return writeLine(printReplay(report));
      const changes = report.changes.map(({ change, count, places }) => ({ change, count, places: Object.fromEntries(places) }));
      writeLine(JSON.stringify({ ...report, changes }));
    });
}
