import { Readable } from 'node:stream';
import { Command } from 'commander';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { decodeSignal, registerSignalCommand } from '../../../src/cli/signal.ts';

/** Runs `consentry signal decode …`; the exit code that the command left, or that it was ended with. */
async function run(...args: string[]): Promise<{ out: string; err: string; code: number }> {
  const printed = { out: '', err: '' };
  const writeErr = (text: string) => {
    printed.err += text;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed.out += text;
    return true;
  });
  const program = new Command().exitOverride().configureOutput({ writeErr });
  registerSignalCommand(program);
  for (const command of program.commands.flatMap((parent) => [parent, ...parent.commands])) {
    command.exitOverride().configureOutput({ writeErr });
  }
  process.exitCode = 0;
  try {
    await program.parseAsync(['signal', 'decode', ...args], { from: 'user' });
    return { ...printed, code: Number(process.exitCode) };
  } catch (error) {
    return { ...printed, code: (error as { exitCode: number }).exitCode };
  } finally {
    process.exitCode = 0;
  }
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('consentry signal decode', () => {
  it('prints what a string says', async () => {
    const { out, code } = await run('usp', '1YNN', '--json');
    expect(JSON.parse(out)).toEqual({
      ok: true,
      notice: 'Y',
      optOutSaleChar: 'N',
      optOutSale: false,
      lspa: 'N',
      ccpaApplies: true,
    });
    expect(code).toBe(0);
  });

  it('prints lines for people', async () => {
    expect((await run('gdpr-param', '1')).out).toBe('ok: true\nsignal: yes\n');
  });

  it('exits with 1 where a string must be refused', async () => {
    const { out, code } = await run('usp', '1yyn', '--json');
    expect(JSON.parse(out)).toEqual({ ok: false, reason: 'character' });
    expect(code).toBe(1);
  });

  it('takes JSON for kinds that are an object or a list, and text for those that are JSON in a text', async () => {
    expect(JSON.parse((await run('gpc-header', '["0", "1"]', '--json')).out)).toEqual({ ok: true, gpc: true });
    expect(JSON.parse((await run('gpc-wellknown', '{"gpc":true}', '--json')).out)).toMatchObject({ support: true });
  });

  it.each([
    [['nonsense', 'x'], 'tcf'],
    [['usp'], '--batch'],
    [[], '--batch'],
  ])('exits with 2 for %j and says what to write', async (args, hint) => {
    const { err, code } = await run(...args);
    expect(code).toBe(2);
    expect(err).toContain(hint);
  });

  it('prints a line of JSON for each line of a batch, the unusable ones too', async () => {
    const lines = ['{"kind":"usp","input":"1YYN"}', '', 'not json', '{"kind":"x","input":1}', '{"kind":"tcf","input":7}', '3'];
    vi.spyOn(process, 'stdin', 'get').mockReturnValue(Readable.from(lines.map((line) => `${line}\n`)) as never);
    const { out, code } = await run('--batch');
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).ok),
    ).toEqual([true, false, false, false, false]);
    expect(code).toBe(0);
  });

  it('asks the age of a TC string where the time is known', () => {
    const text = 'CQZCrAAQZCrAAAfABAENBkFgAP_gAAAAAAYgAAAAAAAA';
    expect(decodeSignal('tcf', text)).toMatchObject({ ok: true, policyValid: true });
    expect(decodeSignal('tcf', text, Date.UTC(2028, 0, 1))).toMatchObject({ policyValid: false, policyReason: 'expired' });
  });
});
