/** `consentry evidence verify`: whether the decision log is whole, and where not. */
import { statSync } from 'node:fs';
import type { Command } from 'commander';
import { loadConfig } from '../config.ts';
import { type EvidenceCheck, verifyEvidence } from '../ops/evidence-log-verify.ts';
import { startProgress } from './progress.ts';

interface VerifyFlags {
  readonly config?: string;
  readonly anchor?: string;
  readonly json?: true;
}

export function registerEvidenceCommands(program: Command): void {
  const evidence = program.command('evidence').description('the log of decisions');
  evidence
    .command('verify')
    .description('check the chain of the decision log: nothing changed, taken out, moved or cut off')
    .argument('[dir]', 'folder of the log (default: evidence.dir of the configuration)')
    .option('--config <file>', 'configuration (default ./consentry.yaml)')
    .option('--anchor <chain>', 'a chain value that was noted elsewhere and has to be in the log')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  consentry evidence verify ./data/evidence')
    .action(async (dir: string | undefined, flags: VerifyFlags) => {
      const folder = dir ?? findFolder(flags);
      if (folder === null) return;
      if (!isFolder(folder))
        return refuse(`${folder}: no such folder; name the one of evidence.dir, or pass the configuration with --config`);
      if (flags.anchor !== undefined && !/^[0-9a-f]{64}$/.test(flags.anchor))
        return refuse('--anchor takes the 64 hexadecimal digits that verify prints');
      const progress = startProgress('lines');
      let check: EvidenceCheck;
      try {
        check = await verifyEvidence(folder, flags.anchor ?? null, progress.tell);
      } catch (error) {
        return refuse(`${(error as Error).message}; run it as a user who may read the log`);
      } finally {
        progress.end();
      }
      const { segments, lines, problems, heads } = check;
      if (segments === 0 && problems.length === 0) return refuse(`${folder}: there is no decision log in here`);
      if (problems.length > 0) process.exitCode = 1;
      if (flags.json) {
        process.stdout.write(`${JSON.stringify({ ok: problems.length === 0, ...check })}\n`);
        return;
      }
      for (const problem of problems) process.stderr.write(`${problem}\n`);
      if (problems.length > 0) return;
      process.stdout.write(`${lines} lines in ${segments} segments of ${heads.length} chains: all whole\n`);
      for (const head of heads) process.stdout.write(`${head}\n`);
    });
}

function findFolder(flags: VerifyFlags): string | null {
  const loaded = loadConfig({ config: flags.config }, process.env, process.cwd());
  if (loaded.ok) return loaded.config.evidence.dir;
  refuse(...loaded.problems);
  return null;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function refuse(...problems: readonly string[]): void {
  for (const problem of problems) process.stderr.write(`consentry: ${problem}\n`);
  process.exitCode = 2;
}
