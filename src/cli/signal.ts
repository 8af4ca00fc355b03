/** `consentry signal decode`: what a consent string says, for people who look for a fault and for checks from outside. */
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { decodeSignal, SIGNAL_KINDS } from './signal-kinds.ts';

export { decodeSignal } from './signal-kinds.ts';

/** An argument as the input of a kind: kinds that take an object or a list are written as JSON. */
function parseInput(text: string): unknown {
  if (!/^[[{]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** One line of a batch, `{"kind": "usp", "input": "1YNN"}`. */
function decodeLine(line: string, now: number): unknown {
  let request: unknown;
  try {
    request = JSON.parse(line);
  } catch {
    return { ok: false, reason: 'not-json' };
  }
  if (typeof request !== 'object' || request === null) return { ok: false, reason: 'expected {kind, input}' };
  const { kind, input } = request as { kind?: unknown; input?: unknown };
  return decodeSignal(String(kind), input, now);
}

function printLines(decoded: Readonly<Record<string, unknown>>): string {
  return Object.entries(decoded)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}\n`)
    .join('');
}

interface DecodeOptions {
  readonly json?: true;
  readonly batch?: true;
}

async function decodeBatch(): Promise<void> {
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() !== '') process.stdout.write(`${JSON.stringify(decodeLine(line, Date.now()))}\n`);
  }
}

export function registerSignalCommand(program: Command): void {
  const signal = program.command('signal').description('look into consent signals');
  signal
    .command('decode')
    .description(`show what a consent signal says; exit 1 where it must be refused. Kinds: ${SIGNAL_KINDS.join(', ')}`)
    .argument('[kind]', 'kind of the signal')
    .argument('[value]', 'the string, or JSON for kinds that are an object or a list')
    .option('--json', 'print one line of JSON')
    .option('--batch', 'read lines of {"kind", "input"} from standard input and print a line of JSON for each')
    .action(async (kind: string | undefined, value: string | undefined, options: DecodeOptions, command: Command) => {
      if (options.batch) return decodeBatch();
      if (kind === undefined || value === undefined) {
        command.error('error: name a kind and a value, or --batch to read them from standard input', { exitCode: 2 });
      }
      if (!SIGNAL_KINDS.includes(kind)) {
        command.error(`error: ${kind} is no kind of signal; write one of ${SIGNAL_KINDS.join(', ')}`, { exitCode: 2 });
      }
      // Some kinds hold JSON as text (a cookie, a file), so the text is tried where the parsed value is refused.
      const parsed = decodeSignal(kind, parseInput(value), Date.now());
      const decoded = parsed.reason === 'expected a string' ? decodeSignal(kind, value, Date.now()) : parsed;
      process.stdout.write(options.json ? `${JSON.stringify(decoded)}\n` : printLines(decoded));
      if (decoded.ok === false) process.exitCode = 1;
    });
}
