/** What is wrong with a policy set, where, and what to write instead. */

export interface PolicyProblem {
  /** Path below the folder of policies, such as `eu.yaml` or `base/opt-in.yaml`; empty where the folder itself is meant. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** What is wrong, and what to write instead. */
  readonly message: string;
  /** The line of the file, where there is one. */
  readonly excerpt?: string;
}

export interface Position {
  readonly line: number;
  readonly column: number;
}

export const FILE_START: Position = { line: 1, column: 1 };

/** `file:line:col: what is wrong, and what to write instead`. */
export function formatProblem(problem: PolicyProblem): string {
  return `${problem.file || '.'}:${problem.line}:${problem.column}: ${problem.message}`;
}

/** The problem with the line that it is about and a mark below the place. */
export function formatProblemWithExcerpt(problem: PolicyProblem): string {
  if (problem.excerpt === undefined) return formatProblem(problem);
  const number = String(problem.line);
  const mark = `${' '.repeat(number.length)} | ${' '.repeat(Math.min(problem.column, MAX_EXCERPT) - 1)}^`;
  return `${formatProblem(problem)}\n  ${number} | ${problem.excerpt}\n  ${mark}`;
}

const MAX_EXCERPT = 120;

/** A line of a text for an excerpt: cut, control characters (tabs too) as spaces so that the mark stands right. */
export function readExcerpt(text: string, line: number): string | undefined {
  let start = 0;
  for (let n = 1; n < line; n++) {
    start = text.indexOf('\n', start) + 1;
    if (start === 0) return undefined;
  }
  const end = text.indexOf('\n', start);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to be replaced
  return text.slice(start, Math.min(end < 0 ? text.length : end, start + MAX_EXCERPT)).replaceAll(/[\u0000-\u001f\u007f]/g, ' ');
}
