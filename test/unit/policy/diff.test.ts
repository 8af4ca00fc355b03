import { describe, expect, it } from 'vitest';
import { diffPolicies, printChanges } from '../../../src/policy/diff.ts';
import { BASES, compileTexts, PACK_DAY, writeFile } from '../../support/policy-set.ts';

const ROW = writeFile('row', 'extends: base/opt-in\nmatch: ["*", "ZZ"]');
const files = (own: string, others: Record<string, string> = {}) => ({
  ...BASES,
  'row.yaml': ROW,
  'x.yaml': writeFile('x', own),
  ...others,
});

function diff(before: Record<string, string>, after: Record<string, string>): string[] {
  const text = printChanges(diffPolicies(compileTexts(before), compileTexts(after), PACK_DAY));
  return text === '' ? [] : text.split('\n');
}

describe('policy diff', () => {
  const brazil = 'extends: base/opt-in\nmatch: ["BR"]';

  it('is silent about texts that decide alike', () => {
    expect(diff(files(brazil), files(`${brazil}\npurposes: { analytics: { unknown: drop } }`))).toEqual([]);
  });

  it('names the one cell that changed', () => {
    expect(diff(files(brazil), files(`${brazil}\npurposes: { analytics: { unknown: anonymize } }`))).toEqual([
      'analytics.unknown: drop → anonymize, in BR',
    ]);
  });

  it('says a change of a parent once, with the places that it reaches', () => {
    const base = BASES['base/opt-in.yaml']?.replace(
      'analytics:       { granted: forward, unknown: drop',
      'analytics:       { granted: forward, unknown: anonymize',
    ) as string;
    const [line, ...more] = diff(files(brazil), files(brazil, { 'base/opt-in.yaml': base }));
    expect(more).toEqual([]);
    expect(line).toMatch(/^analytics\.unknown: drop → anonymize, in 252 places: AD, AE, .* and 240 more$/);
  });

  it('tells of rules besides the table', () => {
    expect(
      diff(
        files(brazil),
        files(
          `${brazil}\nsignals: { gpc: { beats-record: true } }\nconsent: { valid-for: 90d }\nanonymize: { ip: { v4: 16, v6: 32 } }`,
        ),
      ),
    ).toEqual([
      'gpc beats-record: false → true, in BR',
      'anonymize ip: drop → {"v4":16,"v6":32}, in BR',
      'valid-for: 180d → 90d, in BR',
    ]);
  });

  it('tells what changes only at a label, and only from a day on', () => {
    const variant = `${brazil}\nvariants:\n  - { match: ["BR"], when: { label: shop }, effective: 2027-03-01, purposes: { functional: { granted: drop } } }`;
    expect(diff(files(brazil), files(variant))).toEqual([
      'functional.granted: forward → drop with label shop from 2027-03-01 on, in BR',
    ]);
  });

  it('tells where another file answers', () => {
    expect(diff(files(brazil), files('extends: base/opt-in\nmatch: ["BR", "PE"]'))).toEqual(['file: row → x, in PE']);
  });

  it('compares the strictest answer where the subdivision is unknown', () => {
    const us = { 'us.yaml': writeFile('us', 'extends: base/opt-out\nmatch: ["US"]') };
    const texas = {
      'us-tx.yaml': writeFile('us-tx', 'extends: base/opt-out\nmatch: ["US-TX"]\npurposes: { advertising: { unknown: drop } }'),
    };
    const lines = diff(files(brazil, us), files(brazil, { ...us, ...texas }));
    expect(lines).toContain('advertising.unknown: forward → drop, in 2 places: US, US-TX');
  });
});
