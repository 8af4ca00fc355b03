/** `consentry policy matrix`: every place × purpose × state. */
import type { Command } from 'commander';
import { buildMatrix, printMatrix, printMatrixCsv } from '../policy/matrix.ts';
import { defaultFolder, loadOrReport, parseDayOption, writeLine } from './policy-options.ts';

interface MatrixFlags {
  readonly csv?: true;
  readonly json?: true;
  readonly at?: number;
  readonly label?: string;
  readonly sensitive?: true;
}

export function registerPolicyMatrix(policy: Command): void {
  policy
    .command('matrix')
    .description('print what happens in every place, by purpose and state, without any signal')
    .argument('[dir]', 'folder of policies; default CONSENTRY_POLICIES, else ./policies, else the shipped pack')
    .option('--csv', 'print place,policy,purpose,state,action')
    .option('--json', 'print JSON')
    .option('--at <day>', 'the UTC day; default today', parseDayOption)
    .option('--label <label>', 'label of the route')
    .option('--sensitive', 'a page about health and the like')
    .action(async (dir: string | undefined, flags: MatrixFlags) => {
      const set = await loadOrReport(dir ?? defaultFolder(), 1);
      if (set === null) return;
      const rows = buildMatrix(set, {
        now: flags.at ?? Date.now(),
        label: flags.label ?? null,
        sensitive: flags.sensitive ?? false,
      });
      writeLine(flags.json ? JSON.stringify(rows) : flags.csv ? printMatrixCsv(rows) : printMatrix(rows));
    });
}
