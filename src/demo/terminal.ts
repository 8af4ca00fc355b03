/** What the demo says on the terminal: sentences for a person instead of JSON for a machine. */
import { type Logger, pino } from 'pino';

/** Levels of pino (https://getpino.io/#/docs/api?id=logger-level): 40 is a warning. */
const WARN = 40;

/** Warnings and news of the policies, a line each; what a machine would count is left out. */
export function createDemoLog(write: (text: string) => void): Logger {
  return pino({ level: 'info', base: null }, { write: (line: string) => describeLine(line, write) });
}

function describeLine(line: string, write: (text: string) => void): void {
  const entry = JSON.parse(line) as {
    level: number;
    msg?: string;
    revision?: string;
    problems?: string[];
    error?: { name: string };
  };
  const { msg = '' } = entry;
  if (msg === 'policies loaded') write(`  Policies loaded anew (revision ${entry.revision}).\n`);
  else if (entry.level >= WARN) {
    write(`  ${msg}${entry.error === undefined ? '' : ` (${entry.error.name})`}\n`);
    for (const problem of entry.problems ?? []) write(`    ${problem}\n`);
  }
}

export interface Greeting {
  readonly port: number;
  /** Where the port that was wished for is taken, that port. */
  readonly taken: number | null;
  readonly adminPort: number;
  readonly policies: string;
}

export function writeGreeting({ port, taken, adminPort, policies }: Greeting): string {
  const lines = [
    '',
    '  Consentry demo: a shop, its trackers, and the gateway between them and their collectors.',
    '',
    `  Open  http://127.0.0.1:${port}/demo`,
    '',
    ...(taken === null ? [] : [`  (Port ${taken} is taken; --port chooses another.)`, '']),
    '  Try   reject and accept in the banner, change the country, switch on Global Privacy Control:',
    '        the page shows each hit as the browser sent it, as the collector got it, and why.',
    `  Edit  ${policies}/eu.yaml while it runs: the next hit follows the new text.`,
    `  Count curl -s http://127.0.0.1:${adminPort}/metrics | grep consentry_hits_total`,
    '  Stop  with Ctrl-C. Everything runs on this machine only, and nothing is kept.',
    '',
  ];
  return `${lines.join('\n')}\n`;
}
