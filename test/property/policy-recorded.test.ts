import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALL_PURPOSES, PURPOSES } from '../../src/consent/state.ts';
import { readGiven } from '../../src/policy/given.ts';
import { RecordedFacts, recordFacts, restoreFacts } from '../../src/policy/recorded-facts.ts';
import type { Given } from '../../src/policy/schema-tests.ts';
import type { SignalRule } from '../../src/signals/signal.ts';
import { PACK_DAY } from '../support/policy-set.ts';

const RUNS = process.env.CONSENTRY_LONG === '1' ? 20_000 : 1_000;
const SEED = 20_261_123;
const SECTIONS = ['usnat', 'usca', 'usva'];
const FIELDS = ['SaleOptOut', 'SharingOptOut', 'TargetedAdvertisingOptOut'];

const section = fc.record(
  { ...Object.fromEntries(FIELDS.map((field) => [field, fc.constantFrom(0, 1, 2)])), Gpc: fc.boolean() },
  { requiredKeys: [] },
);
const situation = fc.record(
  {
    gpc: fc.constantFrom('1', '0'),
    dnt: fc.constantFrom('1', '0'),
    'us-privacy': fc.constantFrom('1YYN', '1YNN', '1YXN', '1---'),
    gpp: fc.oneof(
      fc.record(Object.fromEntries(SECTIONS.map((name) => [name, section])), { requiredKeys: [] }),
      fc.constantFrom('', 'x', 'DBABLA~BVQqAAAAAg', 'DBABL~Z'),
    ),
    tcf: fc.oneof(
      fc.record({ purposes: fc.subarray([1, 3, 4, 5, 6, 7, 8]), vendor: fc.boolean() }),
      fc.constantFrom('C', 'nonsense'),
    ),
    'tcf-vendor': fc.constantFrom(7, null),
  },
  { requiredKeys: [] },
);
const rule: fc.Arbitrary<SignalRule> = fc.record({
  mayGrant: fc.boolean(),
  mayDeny: fc.boolean(),
  covers: fc.integer({ min: 0, max: ALL_PURPOSES }).map((set) => set & ~1),
  needs: fc.record(
    Object.fromEntries(PURPOSES.slice(1).map((purpose) => [purpose, fc.subarray([1, 3, 4, 5, 6, 7, 8], { minLength: 1 })])),
    { requiredKeys: [] },
  ),
  vendorConsent: fc.boolean(),
  sections: fc.oneof(fc.constant('any' as const), fc.subarray([...SECTIONS, 'ustx'])),
  denyWhen: fc.subarray(FIELDS, { minLength: 1 }),
  beatsRecord: fc.boolean(),
  remember: fc.boolean(),
});

describe('recorded facts', () => {
  it('say under any rule what the signals of the hit said', () => {
    const property = fc.property(situation, rule, (given, anyRule) => {
      const { facts } = readGiven(given as Given, PACK_DAY);
      const recorded = RecordedFacts.parse(JSON.parse(JSON.stringify(recordFacts(facts))));
      const restored = restoreFacts(recorded);
      expect(restored.signals).toHaveLength(facts.signals.length);
      facts.signals.forEach((reading, index) => {
        const context = { tcfVendor: facts.tcfVendor, isPublisher: false };
        const vote = reading.vote(anyRule, context);
        const again = restored.signals[index]?.vote(anyRule, context);
        // An unreadable opt-out beside a readable one adds nothing.
        const { grants, denies, unreadable } = vote;
        expect({
          signal: reading.signal,
          said: reading.said,
          grants: again?.grants,
          denies: again?.denies,
          unreadable: (again?.unreadable ?? 0) & ~denies,
        }).toEqual({
          signal: reading.signal,
          said: reading.said,
          grants,
          denies,
          unreadable: unreadable & ~denies,
        });
      });
    });
    fc.assert(property, { numRuns: RUNS, seed: SEED });
  });
});
