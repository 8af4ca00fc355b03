/** Runs the tests of policy files and says which do not hold. Pure: the day is in the test, the file or the test file's clock. */
import { PURPOSES } from '../consent/state.ts';
import type { CompiledPolicySet } from './compile.ts';
import { readGiven } from './given.ts';
import type { Judgement } from './policy.ts';
import type { PolicyProblem } from './problem.ts';
import type { Expectation, Given, TestCase } from './schema-tests.ts';
import type { Path, Source } from './source.ts';
import { formatDay, parseDay } from './values.ts';

/** Tests that stand in one file, and the day of those that name none; null where there is no such day. */
export interface TestSuite {
  readonly source: Source;
  readonly tests: readonly TestCase[];
  readonly day: string | null;
}

/** A test, one situation of it, and what came of it. */
export interface TestRun {
  readonly file: string;
  readonly test: string;
  readonly given: Given;
  readonly at: number;
  readonly expect: Expectation;
  readonly judgement: Judgement;
}

export interface TestReport {
  readonly problems: readonly PolicyProblem[];
  /** Situations that were judged. */
  readonly cases: number;
  readonly tests: number;
}

/** @param observe is told of every situation; for coverage. */
export function runTests(set: CompiledPolicySet, suites: readonly TestSuite[], observe?: (run: TestRun) => void): TestReport {
  const problems: PolicyProblem[] = [];
  let cases = 0;
  let tests = 0;
  for (const { source, tests: list, day } of suites) {
    list.forEach((test, index) => {
      tests++;
      const path = ['tests', index] as const;
      let failed = 0;
      for (const given of listSituations(test, set)) {
        const at = given.at ?? day;
        if (at === null) {
          problems.push(source.problemAt(path, 'the test has no day: write at: 2026-11-23 in given, or effective: in the file'));
          return;
        }
        cases++;
        const { facts, now } = readGiven(given, parseDay(at) as number);
        const judgement = set.decide(facts, now);
        observe?.({ file: source.file, test: test.name, given, at: now, expect: test.expect, judgement });
        const failure = findFailure(test.expect, judgement);
        // Of a test over every place the first failures tell enough.
        if (failure !== null && failed++ < 3) problems.push(reportFailure(source, path, test, given, now, failure));
      }
    });
  }
  return { problems, cases, tests };
}

function listSituations(test: TestCase, set: CompiledPolicySet): Given[] {
  if (test.given !== undefined) return [test.given];
  if (test.each !== undefined) return test.each;
  const everywhere = test['for-all'] ?? {};
  return set
    .places()
    .map(({ country, subdivision }) => ({ ...everywhere, country, ...(subdivision === null ? {} : { region: subdivision }) }));
}

interface Failure {
  readonly key: string;
  readonly expected: string;
  readonly got: string;
}

/** The first expectation that does not hold. */
function findFailure(expect: Expectation, judgement: Judgement): Failure | null {
  if (expect.policy !== undefined && judgement.policy !== expect.policy)
    return { key: 'policy', expected: expect.policy, got: judgement.policy };
  if (expect['policy-not'] !== undefined && judgement.policy === expect['policy-not']) {
    return { key: 'policy-not', expected: `another policy than ${expect['policy-not']}`, got: judgement.policy };
  }
  for (const [index, purpose] of PURPOSES.entries()) {
    const decision = judgement.purposes[index];
    const wanted = expect[purpose];
    if (wanted !== undefined && decision !== undefined && ![wanted].flat().includes(decision.action)) {
      return { key: purpose, expected: `${purpose}: ${[wanted].flat().join(' or ')}`, got: decision.action };
    }
    const state = expect.states?.[purpose];
    if (state !== undefined && state !== decision?.state)
      return { key: 'states', expected: `${purpose} to be ${state}`, got: String(decision?.state) };
  }
  return null;
}

function reportFailure(source: Source, path: Path, test: TestCase, given: Given, now: number, failure: Failure): PolicyProblem {
  const place = [given.country ?? 'ZZ', given.region].filter((part) => part !== undefined && part !== null).join('-');
  const where = `${place} on ${formatDay(now)}`;
  return source.problemAt(
    [...path, 'expect', failure.key],
    `test "${test.name}" fails for ${where}: expected ${failure.expected}, got ${failure.got}: change the rule or the test`,
  );
}
