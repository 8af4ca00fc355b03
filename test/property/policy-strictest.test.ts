import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { ACTION_RANK, ACTIONS, COLUMNS, OPTIONAL_PURPOSES, PURPOSES, type Purpose } from '../../src/consent/state.ts';
import { readGiven } from '../../src/policy/given.ts';
import { checkPolicies } from '../../src/policy/load.ts';
import type { Given } from '../../src/policy/schema-tests.ts';
import { PACK_DAY } from '../support/policy-set.ts';

const RUNS = process.env.CONSENTRY_LONG === '1' ? 300 : 15;
const SEED = 20_261_123;

const action = fc.constantFrom(...ACTIONS);
const cells = fc.record(Object.fromEntries(COLUMNS.map((column) => [column, action])));
const table = fc.record(Object.fromEntries(PURPOSES.map((purpose) => [purpose, cells])));
const somePurposes = fc.uniqueArray(fc.constantFrom(...OPTIONAL_PURPOSES), { minLength: 1 });
const may = fc.subarray(['grant', 'deny'] as const);
const signal = fc.oneof(fc.constant('ignore'), fc.record({ may, covers: somePurposes }));
const signals = fc.record({
  record: fc.constantFrom({ may: ['grant', 'deny'] }, { may: ['deny'] }),
  gpc: fc.oneof(
    fc.constant('ignore'),
    fc.record({ may, covers: somePurposes, 'beats-record': fc.boolean(), remember: fc.boolean() }),
  ),
  'us-privacy': signal,
  dnt: signal,
  gpp: fc.oneof(
    fc.constant('ignore'),
    fc.record({ may, covers: somePurposes, sections: fc.constantFrom('any', ['usnat'], ['usca', 'usnat']) }),
  ),
  tcf: fc.oneof(
    fc.constant('ignore'),
    fc.record({ may, covers: somePurposes, 'vendor-consent': fc.constantFrom('required', 'ignore') }),
  ),
});
const minors = fc.uniqueArray(
  fc.oneof(
    fc.record({
      under: fc.integer({ min: 10, max: 18 }),
      model: fc.constant('opt-in'),
      by: fc.constantFrom('self', 'parent'),
      purposes: somePurposes,
    }),
    fc.record({ under: fc.integer({ min: 10, max: 18 }), ban: somePurposes }),
  ),
  { selector: (row) => row.under, maxLength: 2 },
);
const body = fc.record(
  {
    model: fc.constantFrom('opt-in', 'opt-out', 'none'),
    purposes: table,
    signals,
    minors,
    sensitive: fc.record({ analytics: cells, advertising: cells }, { requiredKeys: [] }),
    consent: fc.record({
      'valid-for': fc.constantFrom('10d', '100d'),
      proof: fc.constantFrom('required', 'optional'),
      'adult-from': fc.constantFrom(0, 13),
    }),
    failure: fc.record({ store: fc.constantFrom('denied', 'unknown') }),
  },
  { requiredKeys: ['model', 'purposes'] },
);

const choices = fc.record(
  {
    ...Object.fromEntries(
      PURPOSES.map((purpose) => [purpose, fc.constantFrom('granted', 'denied', 'withdrawn', 'expired', 'unknown')]),
    ),
    age: fc.constantFrom('1d', '50d', '200d'),
    notice: fc.constantFrom(null, 'v1'),
    model: fc.constantFrom('opt-in', 'opt-out'),
  },
  { requiredKeys: [] },
);
const situation = fc.record(
  {
    gpc: fc.constantFrom('1', '0'),
    dnt: fc.constantFrom('1', '0'),
    'us-privacy': fc.constantFrom('1YYN', '1YNN', '1YXN'),
    gpp: fc.constantFrom(
      { usca: { SaleOptOut: 1 } },
      { usnat: { SharingOptOut: 1 } },
      { usva: { SaleOptOut: 2 } },
      'DBnonsense~',
    ),
    tcf: fc.record({ purposes: fc.subarray([1, 3, 4, 5, 6, 7, 8]), vendor: fc.boolean() }),
    record: fc.oneof(choices, fc.constantFrom('unavailable', 'invalid')),
    denied: fc.subarray([...PURPOSES]),
    age: fc.integer({ min: 9, max: 19 }),
    sensitive: fc.boolean(),
  },
  { requiredKeys: [] },
);

const CODES = ['US', 'US-CA', 'US-TX', 'US-OR', 'DE'] as const;

function compile(bodies: readonly object[], order: readonly number[]) {
  const files = bodies.map((rules, index) => ({
    file: `${index}.yaml`,
    text: stringify(
      { schema: 1, id: `p${index}`, title: 'x', version: '2026.11.0', match: [CODES[index]], ...rules },
      { aliasDuplicateObjects: false },
    ),
  }));
  const checked = checkPolicies(
    order.map((index) => files[index] as (typeof files)[number]),
    PACK_DAY,
  );
  if (!checked.ok) throw new Error(checked.errors.map((error) => error.message).join('\n'));
  return checked.set;
}

describe('a place of which several files are asked', () => {
  it('gets, purpose by purpose, the strictest of what each file alone would say, whatever the order of the files', () => {
    const property = fc.property(
      fc.array(body, { minLength: CODES.length, maxLength: CODES.length }),
      fc.array(situation, { minLength: 8, maxLength: 8 }),
      (bodies, situations) => {
        const set = compile(bodies, [0, 1, 2, 3, 4]);
        const shuffled = compile(bodies, [4, 2, 0, 3, 1]);
        expect(shuffled.revision).toBe(set.revision);
        for (const given of situations as Given[]) {
          const decide = (place: Given) => {
            const { facts, now } = readGiven({ ...given, ...place }, PACK_DAY);
            return set.decide(facts, now);
          };
          const each = ['CA', 'TX', 'OR', 'NV'].map((region) => decide({ country: 'US', region }));
          const whole = decide({ country: 'US' });
          const both = decide({ country: 'US', disagrees: { country: 'DE' } });
          const germany = decide({ country: 'DE' });
          PURPOSES.forEach((_: Purpose, p: number) => {
            const rank = (judgement: typeof whole) => ACTION_RANK[judgement.purposes[p]?.action ?? 'drop'];
            expect(rank(whole)).toBe(Math.max(...each.map(rank)));
            expect(rank(both)).toBe(Math.max(rank(whole), rank(germany)));
          });
          expect(whole.remember & ~each.reduce((set, judgement) => set | judgement.remember, 0)).toBe(0);
          const { facts } = readGiven({ ...given, country: 'US' }, PACK_DAY);
          expect(shuffled.decide(facts, PACK_DAY)).toEqual(set.decide(facts, PACK_DAY));
        }
      },
    );
    fc.assert(property, { numRuns: RUNS, seed: SEED });
  });
});
