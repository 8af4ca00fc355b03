/** `consentry policy replay`: a recorded day judged by two sets. */
import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { printReplay, Replay } from '../policy/replay.ts';
import { writeLine } from './policy-options.ts';
import { openPolicies } from './policy-revision.ts';

export function registerPolicyReplay(policy: Command): void {
  policy
    .command('replay')
    .description('tell what recorded decisions would have been under another set; exit code as diff')
    .requiredOption('--decisions <file>', 'decision log, a line of JSON for each hit')
    .argument('<old>', 'folder of policies, or a git revision')
    .argument('<new>', 'folder of policies, or a git revision')
    .option('--json', 'print JSON')
    .action(async (before: string, after: string, flags: { decisions: string; json?: true }, command: Command) => {
      const [old, fresh] = [await openPolicies(before), await openPolicies(after)];
      if (old === null || fresh === null) return;
      await access(flags.decisions).catch(() => command.error('error: the file of --decisions cannot be read', { exitCode: 2 }));
      const replay = new Replay(old, fresh);
      const lines = createInterface({ input: createReadStream(flags.decisions), crlfDelay: Number.POSITIVE_INFINITY });
      for await (const line of lines) if (line.trim() !== '') replay.add(line);
      const report = replay.report();
      if (report.decisions === 0) command.error('error: no line of the file holds the facts of a decision', { exitCode: 2 });
      process.exitCode = report.differing === 0 ? 0 : 1;
      if (!flags.json) return writeLine(printReplay(report));
      const changes = report.changes.map(({ change, count, places }) => ({ change, count, places: Object.fromEntries(places) }));
      writeLine(JSON.stringify({ ...report, changes }));
    });
}
