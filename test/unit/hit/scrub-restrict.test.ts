/** Restricted modes of vendors: flags that say no where the decision does, and the fields that are added for them. */
import { describe, expect, it } from 'vitest';
import type { ScrubContext } from '../../../src/hit/scrub-context.ts';
import { missingFields, missingMembers, resolveValue, restrictGcd, restrictGcs } from '../../../src/hit/scrub-restrict.ts';
import { type Actions, type RequestOptions, STRICT } from '../../support/scrub.ts';
import { compileSmall, contextOf, reportOf } from '../../support/scrub-context.ts';

const profile = compileSmall(`
endpoints: []
fields: []
restricted:
  - without: advertising
    beside: en
    set: { npa: "1", opt: true }
    add: { gcs: "{gcs}", country: "{country}", list: [a] }
  - { without: analytics, beside: en, set: { npa: "2", more: 3 } }
  - { without: analytics, beside: ev, set: { dpo: LDU } }
`);

const actions = (analytics: Actions[2], advertising: Actions[4]): Actions => [
  'forward',
  'forward',
  analytics,
  'forward',
  advertising,
];
const context = (analytics: Actions[2], advertising: Actions[4], more: RequestOptions = {}): ScrubContext =>
  contextOf(profile, { actions: actions(analytics, advertising), ...more });

describe('restrictGcs', () => {
  it.each([
    ['G111', 'forward', 'forward', 'G111'],
    ['G1-1', 'forward', 'forward', 'G1-1'],
    ['G10-', 'forward', 'forward', 'G10-'],
    ['G111', 'forward', 'drop', 'G101'],
    ['G111', 'forward', 'anonymize', 'G101'],
    ['G111', 'drop', 'forward', 'G110'],
    ['G1--', 'drop', 'drop', 'G100'],
    ['G100', 'drop', 'drop', 'G100'],
    ['G11', 'drop', 'drop', null],
    ['G1111', 'drop', 'drop', null],
    ['xG111', 'drop', 'drop', null],
    ['G112', 'drop', 'drop', null],
    ['', 'drop', 'drop', null],
  ] as const)('%s with analytics %s and advertising %s: %s', (value, analytics, advertising, left) => {
    expect(restrictGcs(context(analytics, advertising), value)).toBe(left);
  });
});

describe('restrictGcd', () => {
  it.each([
    ['13t3t3t3t5', 'forward', 'forward', '13t3t3t3t5'],
    ['13t3t3t3t5', 'forward', 'drop', '13p3t3p3p5'],
    ['13t3t3t3t5', 'drop', 'forward', '13t3p3t3t5'],
    ['13t3t3t3t5', 'drop', 'anonymize', '13p3p3p3p5'],
    // Each history of a yes has its no.
    ['11r1r1r1r5', 'drop', 'drop', '11q1q1q1q5'],
    ['11n1v1l1t5', 'drop', 'drop', '11m1u1m1p5'],
    ['11T1R1N1V1L1', 'drop', 'drop', '11p1q1m1u1L1'],
    ['11L1l1l1l1', 'drop', 'drop', '11m1m1m1m1'],
    // What is no yes stays, and so does what stands elsewhere.
    ['11p1q1m1u1', 'drop', 'drop', '11p1q1m1u1'],
    ['11-_X-0t9t', 'drop', 'drop', '11-_X-0t9t'],
    ['13ttttttttttt', 'drop', 'drop', '13ptptptptttt'],
    ['13t3t3t3t5tttt', 'drop', 'drop', '13p3p3p3p5tttt'],
    ['13t3t3t3t5ttttt', 'drop', 'drop', null],
    ['13t3t3t3t', 'drop', 'drop', null],
    ['23t3t3t3t5', 'drop', 'drop', null],
    ['1xt3t3t3t5', 'drop', 'drop', null],
    ['x13t3t3t3t5', 'drop', 'drop', null],
    ['13t3t3t3@5', 'drop', 'drop', null],
    ['13t3t3t3t5@', 'drop', 'drop', null],
    ['', 'drop', 'drop', null],
  ] as const)('%s with analytics %s and advertising %s: %s', (value, analytics, advertising, left) => {
    expect(restrictGcd(context(analytics, advertising), value)).toBe(left);
  });
});

describe('resolveValue', () => {
  it.each([
    ['forward', 'forward', 'G111'],
    ['drop', 'forward', 'G110'],
    ['forward', 'anonymize', 'G101'],
    ['drop', 'drop', 'G100'],
  ] as const)('{gcs} with analytics %s and advertising %s: %s', (analytics, advertising, value) => {
    expect(resolveValue(context(analytics, advertising), '{gcs}')).toBe(value);
  });

  const region = { ...STRICT, geo: 'region' } as const;
  const country = { ...STRICT, geo: 'country' } as const;
  it.each([
    ['US', 'CA', 'forward', country, '1', '1000'],
    ['US', 'CA', 'anonymize', region, '1', '1000'],
    ['US', 'CA', 'anonymize', country, '0', '0'],
    ['US', 'NY', 'forward', region, '0', '0'],
    ['US', null, 'forward', region, '0', '0'],
    ['CA', 'CA', 'forward', region, '0', '0'],
  ] as const)('country %s, state %s, %s: %j', (code, subdivision, action, rules, ofCountry, ofState) => {
    const place = subdivision === null ? { country: code } : { country: code, subdivision };
    const ctx = context('forward', 'drop', { ...place, action, rules });
    expect([resolveValue(ctx, '{country}'), resolveValue(ctx, '{state}')]).toEqual([ofCountry, ofState]);
  });

  it.each([
    ['CA', '1000'],
    ['CO', '1001'],
    ['CT', '1002'],
    ['FL', '1003'],
    ['OR', '1004'],
    ['TX', '1005'],
    ['MT', '1006'],
    ['DE', '1007'],
    ['NE', '1008'],
    ['NH', '1009'],
    ['NJ', '1010'],
  ])('knows %s as %s', (subdivision, code) => {
    expect(resolveValue(context('forward', 'drop', { country: 'US', subdivision }), '{state}')).toBe(code);
  });

  it('is the value itself for all others', () => {
    expect(['', 'LDU', '{other}'].map((value) => resolveValue(context('drop', 'drop'), value))).toEqual(['', 'LDU', '{other}']);
  });
});

describe('missingFields', () => {
  it.each([
    [
      'forward',
      'drop',
      ['en'],
      [
        ['npa', '1', '"1"'],
        ['opt', 'true', 'true'],
        ['gcs', 'G101', '"G101"'],
        ['country', '0', '0'],
        ['list', '["a"]', '["a"]'],
      ],
    ],
    ['forward', 'drop', ['en', 'npa', 'opt', 'gcs', 'country', 'list'], []],
    ['forward', 'drop', ['ev'], []],
    ['forward', 'drop', [], []],
    ['drop', 'forward', ['ev'], [['dpo', 'LDU', '"LDU"']]],
    [
      'drop',
      'forward',
      ['en', 'ev'],
      [
        ['npa', '2', '"2"'],
        ['more', '3', '3'],
        ['dpo', 'LDU', '"LDU"'],
      ],
    ],
    ['forward', 'forward', ['en', 'ev'], []],
  ] as const)('analytics %s, advertising %s, beside %j', (analytics, advertising, names, missing) => {
    const ctx = context(analytics, advertising);
    expect(missingFields(ctx, new Set(names)).map(([name, value]) => [name, value])).toEqual(
      missing.map(([name, value]) => [name, value]),
    );
    expect(reportOf(ctx)).toEqual(missing.map(([name]) => `${name} consent set`));
    const members = missingMembers(context(analytics, advertising), '', new Set(names));
    expect(members).toBe(missing.map(([name, , json]) => `"${name}":${json}`).join(','));
  });

  it('names each field once', () => {
    const names = missingFields(context('drop', 'drop'), new Set(['en'])).map(([name, value]) => `${name}=${value}`);
    expect(names).toEqual(['npa=1', 'opt=true', 'gcs=G100', 'country=0', 'list=["a"]', 'more=3']);
  });
});
