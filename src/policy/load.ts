/** Loads a policy folder: read, parse, check, resolve, compile, test. One bad file refuses the whole set. */
import { checkRuleFile, checkTestFile } from './check-file.ts';
import { type CompiledPolicySet, compilePolicies } from './compile.ts';
import type { PolicyProblem } from './problem.ts';
import { type PolicyText, readPolicyFolder } from './read-folder.ts';
import { resolvePolicies } from './resolve.ts';
import type { ParsedRuleFile, ParsedTestFile } from './resolved.ts';
import { runTests, type TestRun, type TestSuite } from './run-tests.ts';
import { parseSource } from './source.ts';
import { findWarnings } from './warnings.ts';

export interface LoadOptions {
  /** Milliseconds since the epoch; default: now. */
  readonly now?: number;
}

export type LoadedPolicies =
  | { readonly ok: true; readonly set: CompiledPolicySet; readonly warnings: readonly PolicyProblem[] }
  | { readonly ok: false; readonly errors: readonly PolicyProblem[] };

/** Loads and tests the policies of a folder. Never throws for what stands in the folder. */
export async function loadPolicies(folder: string, options: LoadOptions = {}): Promise<LoadedPolicies> {
  const now = options.now ?? Date.now();
  const { texts, problems } = await readPolicyFolder(folder);
  if (problems.length > 0) return { ok: false, errors: problems };
  const checked = checkPolicies(texts, now);
  if (!checked.ok) return checked;
  return { ok: true, set: checked.set, warnings: checked.warnings };
}

/** A set that passed everything, and what the tools need of its sources. */
export type CheckedPolicies =
  | {
      readonly ok: true;
      readonly set: CompiledPolicySet;
      readonly warnings: readonly PolicyProblem[];
      readonly suites: readonly TestSuite[];
      readonly files: readonly ParsedRuleFile[];
      readonly testFiles: readonly ParsedTestFile[];
      readonly tests: number;
      readonly cases: number;
    }
  | { readonly ok: false; readonly errors: readonly PolicyProblem[] };

export interface CheckOptions {
  /** Told of every situation that a test has. */
  readonly observe?: (run: TestRun, set: CompiledPolicySet) => void;
}

export function checkPolicies(texts: readonly PolicyText[], now: number, options: CheckOptions = {}): CheckedPolicies {
  const parsed = parseTexts(texts);
  if (parsed.problems.length > 0) return { ok: false, errors: parsed.problems };
  const resolved = resolvePolicies(parsed.files);
  if (!resolved.ok) return { ok: false, errors: sortProblems(resolved.problems) };
  const set = compilePolicies(resolved.set, now);
  const suites = listSuites(parsed.files, parsed.testFiles);
  const { observe } = options;
  const report = runTests(set, suites, observe === undefined ? undefined : (run) => observe(run, set));
  if (report.problems.length > 0) return { ok: false, errors: sortProblems(report.problems) };
  const { files, testFiles } = parsed;
  const warnings = sortProblems(findWarnings(files, set.resolved, now));
  return { ok: true, set, warnings, suites, files, testFiles, tests: report.tests, cases: report.cases };
}

interface ParsedTexts {
  readonly files: readonly ParsedRuleFile[];
  readonly testFiles: readonly ParsedTestFile[];
  readonly problems: readonly PolicyProblem[];
}

function parseTexts(texts: readonly PolicyText[]): ParsedTexts {
  const files: ParsedRuleFile[] = [];
  const testFiles: ParsedTestFile[] = [];
  const problems: PolicyProblem[] = [];
  for (const { file, text } of texts) {
    const parsed = parseSource(file, text);
    if (!parsed.ok) {
      problems.push(...parsed.problems);
      continue;
    }
    const { source } = parsed;
    if (file.endsWith('.test.yaml')) {
      const checked = checkTestFile(source);
      if (checked.ok) testFiles.push({ source, file: checked.value });
      else problems.push(...checked.problems);
    } else {
      const checked = checkRuleFile(source);
      if (checked.ok) files.push({ source, file: checked.value });
      else problems.push(...checked.problems);
    }
  }
  return { files, testFiles, problems };
}

function listSuites(files: readonly ParsedRuleFile[], testFiles: readonly ParsedTestFile[]): TestSuite[] {
  return [
    ...files.map(({ source, file }) => ({ source, tests: file.tests ?? [], day: file.effective ?? null })),
    ...testFiles.map(({ source, file }) => ({ source, tests: file.tests ?? [], day: file.clock })),
  ];
}

function sortProblems(problems: readonly PolicyProblem[]): PolicyProblem[] {
  return [...problems].sort((a, b) => (a.file === b.file ? a.line - b.line || a.column - b.column : a.file < b.file ? -1 : 1));
}
