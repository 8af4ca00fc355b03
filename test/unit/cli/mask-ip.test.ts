import { Readable } from 'node:stream';
import { Command } from 'commander';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { registerMaskIpCommand } from '../../../src/cli/mask-ip.ts';

async function run(...args: string[]): Promise<{ out: string; err: string; code: number }> {
  const printed = { out: '', err: '' };
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed.out += text;
    return true;
  });
  const writeErr = (text: string): void => {
    printed.err += text;
  };
  const program = new Command().exitOverride().configureOutput({ writeErr });
  registerMaskIpCommand(program);
  for (const command of program.commands) command.exitOverride().configureOutput({ writeErr });
  try {
    await program.parseAsync(['mask-ip', ...args], { from: 'user' });
    return { ...printed, code: 0 };
  } catch (error) {
    return { ...printed, code: (error as { exitCode: number }).exitCode };
  }
}

describe('consentry mask-ip', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('prints the masked address, or that it is removed', async () => {
    expect((await run('203.0.113.77')).out).toBe('203.0.113.0\n');
    expect((await run('[2001:db8:85a3::1]:443', '--v6', '32')).out).toBe('2001:db8::\n');
    expect((await run('203.0.113.77', '--v4', '16')).out).toBe('203.0.0.0\n');
    expect((await run('unknown')).out).toBe('removed\n');
  });

  it('reads one text a line with --batch', async () => {
    vi.spyOn(process, 'stdin', 'get').mockReturnValue(
      Readable.from(['203.0.113.77\n', '_hidden\n::ffff:198.51.100.9']) as unknown as typeof process.stdin,
    );
    expect((await run('--batch')).out).toBe('203.0.113.0\nremoved\n198.51.100.0\n');
  });

  it('refuses a wrong call', async () => {
    expect((await run()).code).not.toBe(0);
    const wrong = await run('203.0.113.77', '--v4', '33');
    expect(wrong.code).not.toBe(0);
    expect(wrong.err).toContain('0 to 32');
  });
});
