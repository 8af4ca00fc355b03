/** `consentry mask-ip`: how an address is masked, for people who set `anonymize.ip` and for checks from outside. */
import { createInterface } from 'node:readline';
import { type Command, InvalidArgumentError } from 'commander';
import { type MaskBits, maskAddressText } from '../privacy/ip.ts';

function parseBits(max: number): (text: string) => number {
  return (text) => {
    if (!/^\d{1,3}$/.test(text) || Number(text) > max) throw new InvalidArgumentError(`Write the bits to keep, 0 to ${max}.`);
    return Number(text);
  };
}

interface MaskFlags extends MaskBits {
  readonly batch?: true;
  readonly json?: true;
}

function describeMask(text: string, flags: MaskFlags): string {
  const masked = maskAddressText(text, flags);
  return flags.json ? JSON.stringify({ masked }) : (masked ?? 'removed');
}

export function registerMaskIpCommand(program: Command): void {
  program
    .command('mask-ip')
    .description('show how an address is masked: prints the address, or "removed" where the text is none')
    .argument('[text]', 'an address as a header or field spells it')
    .option('--v4 <bits>', 'bits kept of an IPv4 address', parseBits(32), 24)
    .option('--v6 <bits>', 'bits kept of an IPv6 address', parseBits(128), 48)
    .option('--batch', 'read one text a line from standard input')
    .option('--json', 'print JSON: {"masked": …}, null where the text is no address')
    .action(async (text: string | undefined, options: MaskFlags, command: Command) => {
      if (options.batch) {
        for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
          process.stdout.write(`${describeMask(line, options)}\n`);
        }
        return;
      }
      if (text === undefined)
        command.error('error: name an address, or --batch to read them from standard input', { exitCode: 2 });
      process.stdout.write(`${describeMask(text, options)}\n`);
    });
}
