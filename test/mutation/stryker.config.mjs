import { part } from './parts.mjs';

const name = process.env.MUTATION_PART ?? 'state';

/** See https://stryker-mutator.io/docs/stryker-js/configuration */
export default {
  testRunner: 'vitest',
  vitest: { configFile: 'test/mutation/vitest.config.mjs', related: false },
  plugins: [process.env.MUTATION_RUNNER],
  mutate: part.mutate,
  ignorePatterns: ['dist', 'data', 'coverage', 'docs', '.ci'],
  // What a test has looked up is kept for those behind it: where that is so, all tests have to look at a mutant.
  coverageAnalysis: part.isShared === true ? 'all' : 'perTest',
  concurrency: 1,
  // Of a mutant that loops for ever; the tests of a part take a second or two.
  timeoutMS: 10_000,
  incremental: true,
  incrementalFile: `coverage/mutation/${name}.incremental.json`,
  tempDirName: 'coverage/mutation/tmp',
  reporters: ['progress-append-only', 'clear-text', 'json'],
  clearTextReporter: { allowColor: false, reportTests: false, allowEmojis: false },
  jsonReporter: { fileName: `coverage/mutation/${name}.json` },
  thresholds: { high: 95, low: 85, break: 85 },
  disableTypeChecks: false,
  // Not to be rewritten: TypeScript is not where Stryker is.
  tsconfigFile: 'coverage/none.json',
};
