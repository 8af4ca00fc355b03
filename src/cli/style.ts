/** Colours, on a terminal only: `NO_COLOR` and a pipe get plain text. */
import { styleText } from 'node:util';
import type { Command } from 'commander';

/** For the help of a program and of its commands; to be called before they are added. Commander takes the colours out where nobody sees them. */
export function styleHelp(program: Command): void {
  program.configureHelp({
    styleTitle: (text) => styleText('bold', text),
    styleCommandText: (text) => styleText('cyan', text),
    styleSubcommandText: (text) => styleText('cyan', text),
    styleOptionText: (text) => styleText('yellow', text),
    styleArgumentText: (text) => styleText('magenta', text),
  });
}

/** A word of a result, coloured where standard output is a terminal that shows colours (https://no-color.org). */
export function paint(color: 'red' | 'yellow' | 'green', text: string): string {
  return process.stdout.isTTY && process.stdout.hasColors() && !process.env.NO_COLOR ? styleText(color, text) : text;
}
