import { describe, expect, it } from 'vitest';
import { checkPolicies } from '../../../src/policy/load.ts';
import { formatProblem } from '../../../src/policy/problem.ts';
import { BASES, listTexts, PACK_DAY, writeFile } from '../../support/policy-set.ts';

const ROW = writeFile('row', 'extends: base/opt-in\nmatch: ["*", "ZZ"]');

function warnings(own: string, others: Record<string, string> = { 'row.yaml': ROW }, now: number = PACK_DAY): string[] {
  const checked = checkPolicies(listTexts({ ...BASES, ...others, 'x.yaml': writeFile('x', own) }), now);
  if (!checked.ok) throw new Error(checked.errors.map(formatProblem).join('\n'));
  return checked.warnings.map(formatProblem);
}

describe('what is allowed and probably not meant', () => {
  it('a source that nobody read for a year', () => {
    const own =
      'extends: base/opt-in\nmatch: ["SE"]\nsources:\n  - { law: GDPR, checked: 2025-11-22 }\n  - { law: LEK, checked: 2025-11-23 }';
    expect(warnings(own)).toEqual([
      'x.yaml:8:27: this source was last read on 2025-11-22, more than twelve months ago: read it again and write the day',
    ]);
  });

  it('a model that the table contradicts', () => {
    expect(warnings('extends: base/opt-in\nmatch: ["SE"]\npurposes: { analytics: { unknown: forward } }')).toEqual([
      'x.yaml:1:1: model is opt-in, but the table forwards analytics on silence: write model: opt-out, or a stricter unknown',
    ]);
    expect(warnings('extends: base/opt-in\nmodel: opt-out\nmatch: ["SE"]')).toEqual([
      'x.yaml:6:8: model is opt-out, but the table forwards nothing on silence: write model: opt-in',
    ]);
  });

  it('a no that is softer than silence', () => {
    expect(warnings('extends: base/opt-in\nmatch: ["SE"]\npurposes: { analytics: { denied: anonymize } }')).toEqual([
      'x.yaml:7:24: a no is softer than silence for analytics: write a denied that is as strict as unknown',
    ]);
  });

  it('a record that nobody lets grant', () => {
    expect(warnings('extends: base/opt-in\nmatch: ["SE"]\nsignals: { record: { may: [deny] } }')).toEqual([
      'x.yaml:7:10: no recorded yes ever counts here: write signals: { record: { may: [grant, deny] } }',
    ]);
  });

  it('a set without a rule for the rest of the world, or for the unknown place', () => {
    expect(warnings('extends: base/opt-in\nmatch: ["SE"]', {})).toEqual([
      '.:1:1: no file matches "*": nothing leaves where no file answers; write one with match: ["*"]',
      '.:1:1: no file matches "ZZ": unknown places get the rule of "*"; write one with match: ["ZZ"]',
    ]);
  });

  it('a file that is never the newest', () => {
    const older = writeFile('older', 'extends: base/opt-in\nmatch: ["SE"]\neffective: 2020-01-01\nuntil: 2027-06-01');
    expect(
      warnings('extends: base/opt-in\nmatch: ["SE"]\neffective: 2027-01-01', { 'row.yaml': ROW, 'older.yaml': older }),
    ).toEqual(['older.yaml:8:8: "SE" is answered by x.yaml from 2027-01-01 on, before this file ends: write until: 2027-01-01']);
  });

  it('a variant that a later one covers', () => {
    const own = `extends: base/opt-in
match: ["SE", "FI"]
variants:
  - { match: ["SE"], consent: { adult-from: 13 } }
  - { match: ["SE", "FI"], consent: { adult-from: 15, proof: required } }`;
    expect(warnings(own)).toEqual([
      'x.yaml:8:5: this variant changes nothing: a later one sets the same keys for all its places; remove it',
    ]);
  });

  it('a loosens that nothing needs', () => {
    const own =
      'extends: base/opt-in\nmatch: ["SE"]\nvariants:\n  - { match: ["SE"], loosens: analytics, because: x, purposes: { analytics: { granted: drop } } }';
    expect(warnings(own)).toEqual(['x.yaml:8:31: nothing here is softer in analytics: remove loosens']);
  });
});
