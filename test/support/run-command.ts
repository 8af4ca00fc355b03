/** A command of the program, run in this process: what it prints, and its exit code. */
import { Command, CommanderError } from 'commander';
import { vi } from 'vitest';
import { registerConsentCommands } from '../../src/cli/consent.ts';
import { registerTokenCommand } from '../../src/cli/token.ts';

export async function runCommand(...args: string[]): Promise<{ out: string; err: string; code: unknown }> {
  const [out, err]: [string[], string[]] = [[], []];
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0),
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => err.push(String(text)) > 0),
  ];
  process.exitCode = 0;
  const program = new Command('consentry').exitOverride();
  registerConsentCommands(program);
  registerTokenCommand(program);
  for (const command of program.commands) for (const sub of command.commands) sub.exitOverride();
  try {
    await program.parseAsync(['node', 'consentry', ...args]);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = 2;
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return { out: out.join(''), err: err.join(''), code: process.exitCode };
}
