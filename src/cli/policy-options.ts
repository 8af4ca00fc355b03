/** What the policy commands share: the folder, the day, and how problems are printed. */
import { existsSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import { SHIPPED_POLICIES } from '../config.ts';
import type { CompiledPolicySet } from '../policy/compile.ts';
import { loadPolicies } from '../policy/load.ts';
import { formatProblemWithExcerpt, type PolicyProblem } from '../policy/problem.ts';
import { parseDay } from '../policy/values.ts';

/** The folder where no other is named: `CONSENTRY_POLICIES`, else `./policies`, else the shipped pack, as for a gateway. */
export function defaultFolder(): string {
  return process.env.CONSENTRY_POLICIES ?? (existsSync('policies') ? './policies' : SHIPPED_POLICIES);
}

/** A day of an option, in milliseconds since the epoch. */
export function parseDayOption(text: string): number {
  const day = parseDay(text);
  if (day === null) throw new InvalidArgumentError('Write a day as 2026-11-23.');
  return day;
}

export function parseWholeNumber(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError('Write a whole number.');
  return Number(text);
}

/** The set of a folder; prints what is wrong and answers null where there is none. */
export async function loadOrReport(folder: string, exitCode: number): Promise<CompiledPolicySet | null> {
  const loaded = await loadPolicies(folder);
  if (loaded.ok) return loaded.set;
  reportProblems(folder, loaded.errors);
  process.exitCode = exitCode;
  return null;
}

export function reportProblems(folder: string, problems: readonly PolicyProblem[], prefix = ''): void {
  for (const problem of problems) process.stderr.write(`${prefix}${formatProblemWithExcerpt(inFolder(folder, problem))}\n`);
}

function inFolder(folder: string, problem: PolicyProblem): PolicyProblem {
  const base = folder.endsWith('/') ? folder.slice(0, -1) : folder;
  return { ...problem, file: problem.file === '' ? base : `${base}/${problem.file}` };
}

export function writeLine(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function parsePercent(text: string): number {
  const percent = Number(text);
  if (!/^\d{1,3}(\.\d+)?$/.test(text) || percent > 100) throw new InvalidArgumentError('Write a percentage, 0 to 100.');
  return percent;
}
