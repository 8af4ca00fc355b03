/** What is mutated, and the tests that have to notice: the parts that decide, mask, scrub and guard. */
export const PARTS = {
  state: { mutate: ['src/consent/state.ts'], tests: ['test/unit/consent/state.test.ts'] },
  ip: { mutate: ['src/privacy/ip.ts', 'src/privacy/ip-text.ts'], tests: ['test/unit/privacy/ip.test.ts'] },
  decide: {
    mutate: ['src/policy/decide.ts', 'src/policy/table.ts'],
    tests: ['test/unit/policy/{decide,places}*.test.ts'],
    isShared: true,
  },
  guard: {
    mutate: ['src/hit/guard.ts', 'src/privacy/search.ts', 'src/privacy/search-decode.ts'],
    tests: ['test/unit/{hit/guard,privacy/search}*.test.ts'],
  },
  scrub: { mutate: ['src/hit/scrub*.ts'], tests: ['test/unit/hit/scrub*.test.ts'] },
};

/** The part that this process works on, named by `MUTATION_PART`. */
export const part = PARTS[process.env.MUTATION_PART ?? 'state'];
