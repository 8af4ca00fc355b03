/** Policy sets from texts, for tests: files by name, or the shipped pack with some files replaced. */
import { readFileSync } from 'node:fs';
import type { CompiledPolicySet } from '../../src/policy/compile.ts';
import { checkPolicies } from '../../src/policy/load.ts';
import { formatProblem } from '../../src/policy/problem.ts';
import type { PolicyText } from '../../src/policy/read-folder.ts';

/** The day on which the shipped pack was written. */
export const PACK_DAY = Date.UTC(2026, 10, 23);

export const BASES: Readonly<Record<string, string>> = {
  'base/opt-in.yaml': readFileSync('policies/base/opt-in.yaml', 'utf8'),
  'base/opt-out.yaml': readFileSync('policies/base/opt-out.yaml', 'utf8'),
};

export function listTexts(files: Readonly<Record<string, string>>): PolicyText[] {
  return Object.entries(files).map(([file, text]) => ({ file, text }));
}

/** A file with the keys that every file has; `rest` is YAML. */
export function writeFile(id: string, rest: string): string {
  return `schema: 1\nid: ${id}\ntitle: ${id}\nversion: 2026.11.0\n${rest}\n`;
}

/** @throws where the files are not a valid set. */
export function compileTexts(files: Readonly<Record<string, string>>, now: number = PACK_DAY): CompiledPolicySet {
  const checked = checkPolicies(listTexts(files), now);
  if (!checked.ok) throw new Error(checked.errors.map(formatProblem).join('\n'));
  return checked.set;
}

/** What is wrong with a set, as the command line prints it. */
export function describeErrors(files: Readonly<Record<string, string>>, now: number = PACK_DAY): string[] {
  const checked = checkPolicies(listTexts(files), now);
  return checked.ok ? [] : checked.errors.map(formatProblem);
}
