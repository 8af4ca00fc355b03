import { describe, expect, it } from 'vitest';
import type { CompiledPolicySet } from '../../../src/policy/compile.ts';
import { readGiven } from '../../../src/policy/given.ts';
import type { Judgement } from '../../../src/policy/policy.ts';
import type { Given } from '../../../src/policy/schema-tests.ts';
import { BASES, compileTexts, PACK_DAY, writeFile } from '../../support/policy-set.ts';

function judge(set: CompiledPolicySet, given: Given): Judgement {
  const { facts, now } = readGiven(given, PACK_DAY);
  return set.decide(facts, now);
}

function actions(judgement: Judgement): string {
  return judgement.purposes.map((decision) => `${decision.action}/${decision.policy}`).join(' ');
}

const set = compileTexts({
  ...BASES,
  'row.yaml': writeFile('row', 'extends: base/opt-in\nmatch: ["*"]'),
  'us.yaml': writeFile(
    'us',
    `extends: base/opt-out
match: ["US"]
failure: { evidence: continue }
anonymize: { ip: { v4: 24, v6: 32 }, page: path }
variants:
  - { match: ["US-OR"], purposes: { personalization: { unknown: drop } } }
  - { match: ["US-CT"], effective: 2027-01-01, purposes: { advertising: { unknown: drop } } }
  - { match: ["US"], when: { label: shop }, purposes: { functional: { unknown: anonymize } } }`,
  ),
  'us-ca.yaml': writeFile(
    'us-ca',
    'extends: base/opt-out\nmatch: ["US-CA"]\npurposes: { analytics: { unknown: anonymize } }\nanonymize: { ip: { v4: 16, v6: 48 }, page: origin }\nconsent: { valid-for: 30d, proof: required }\nfailure: { evidence: drop }',
  ),
  'de-2026.yaml': writeFile('de-2026', 'extends: base/opt-in\nmatch: ["DE"]\neffective: 2020-01-01'),
  'de-2027.yaml': writeFile('de-2027', 'extends: base/opt-out\nmatch: ["DE"]\neffective: 2027-01-01\nuntil: 2028-01-01'),
});

describe('which file answers', () => {
  it('subdivision beats country beats the rest of the world', () => {
    expect(judge(set, { country: 'US', region: 'CA' }).policy).toBe('us-ca');
    expect(judge(set, { country: 'US', region: 'TX' }).policy).toBe('us');
    expect(judge(set, { country: 'CA' }).policy).toBe('row');
    expect(judge(set, {}).policy).toBe('row');
  });

  it('a country without its subdivision gets the strictest of the country and all its subdivisions, purpose by purpose', () => {
    const judgement = judge(set, { country: 'US' });
    expect(actions(judgement)).toBe('forward/us forward/us anonymize/us-ca drop/us forward/us');
    expect(judgement.policy).toBe('us');
    expect(judgement.also).toEqual(['us-ca']);
    expect(judgement.anonymize).toMatchObject({ ip: { v4: 16, v6: 32 }, page: 'origin' });
  });

  it('two sources that disagree get the stricter answer of both', () => {
    const judgement = judge(set, { country: 'US', region: 'TX', disagrees: { country: 'DE' } });
    expect(actions(judgement)).toBe('forward/us drop/de-2026 drop/de-2026 drop/de-2026 drop/de-2026');
    expect(judgement.policy).toBe('de-2026');
    expect(judgement.also).toEqual(['us']);
    expect(judgement.model).toBe('opt-in');
    expect(judge(set, { country: 'US', region: 'TX', disagrees: { country: 'US', region: 'NV' } }).also).toEqual([]);
  });

  it('the newest file that has begun answers until the day it no longer does', () => {
    expect(judge(set, { country: 'DE', at: '2026-12-31' }).policy).toBe('de-2026');
    expect(judge(set, { country: 'DE', at: '2027-01-01' }).policy).toBe('de-2027');
    expect(judge(set, { country: 'DE', at: '2027-12-31' }).policy).toBe('de-2027');
    expect(judge(set, { country: 'DE', at: '2028-01-01' }).policy).toBe('de-2026');
    expect(judge(set, { country: 'DE', at: '2019-12-31' }).policy).toBe('row');
  });

  it('changes at midnight UTC without a reload, and a look into the past moves no clock', () => {
    const { facts } = readGiven({ country: 'DE' }, PACK_DAY);
    const midnight = Date.UTC(2027, 0, 1);
    expect(set.decide(facts, midnight - 1).policy).toBe('de-2026');
    expect(set.decide(facts, midnight).policy).toBe('de-2027');
    expect(set.decide(facts, Date.UTC(2019, 0, 1)).policy).toBe('row');
    expect(set.decide(facts, midnight + 1).policy).toBe('de-2027');
  });

  it('a variant answers for its places, on its days, at its label', () => {
    expect(actions(judge(set, { country: 'US', region: 'OR' }))).toContain('drop/us forward/us');
    expect(judge(set, { country: 'US', region: 'CT' }).purposes[4]?.action).toBe('forward');
    expect(judge(set, { country: 'US', region: 'CT', at: '2027-01-01' }).purposes[4]?.action).toBe('drop');
    expect(judge(set, { country: 'US', region: 'OR', label: 'shop' }).purposes[1]?.action).toBe('anonymize');
    expect(judge(set, { country: 'US', region: 'OR', label: 'shop' }).purposes[3]?.action).toBe('drop');
    expect(judge(set, { country: 'US', region: 'CA', label: 'shop' }).purposes[1]?.action).toBe('forward');
    expect(judge(set, { country: 'US', region: 'OR', label: 'other' }).purposes[1]?.action).toBe('forward');
  });

  it('where no file answers nothing leaves', () => {
    const one = compileTexts({ ...BASES, 'de.yaml': writeFile('de', 'extends: base/opt-out\nmatch: ["DE"]') });
    const judgement = judge(one, { country: 'FR', record: { advertising: 'granted', necessary: 'granted' } });
    expect(judgement).toMatchObject({ policy: 'none', version: 'none@0#000000000000', model: 'opt-in', also: [] });
    expect(judgement.purposes.map((decision) => decision.action)).toEqual(['drop', 'drop', 'drop', 'drop', 'drop']);
  });
});

describe('however the files are written down', () => {
  const inBase = 'extends: base/opt-in';
  const write = (files: readonly (readonly [id: string, rest: string])[]): CompiledPolicySet =>
    compileTexts({ ...BASES, ...Object.fromEntries(files.map(([id, rest]) => [`${id}.yaml`, writeFile(id, rest)])) });

  it('the newest that has begun answers, whichever is read first', () => {
    const old = 'extends: base/opt-in\nmatch: ["DE"]\neffective: 2020-01-01';
    const young = 'extends: base/opt-out\nmatch: ["DE"]\neffective: 2026-01-01';
    for (const [first, second] of [
      [old, young],
      [young, old],
    ] as const) {
      const newest = first === young ? 'a' : 'z';
      const two = write([
        ['a', first],
        ['z', second],
        ['row', 'extends: base/opt-in\nmatch: ["*"]'],
      ]);
      expect(judge(two, { country: 'DE' }).policy).toBe(newest);
      expect(judge(two, { country: 'DE', at: '2025-01-01' }).policy).toBe(newest === 'a' ? 'z' : 'a');
    }
  });

  it('a country of which only a part has a file: the part has its own, the rest the world’s, and who does not say gets the stricter', () => {
    const part = write([
      ['row', 'extends: base/opt-out\nmatch: ["*"]'],
      ['quebec', `${inBase}\nmatch: ["CA-QC"]`],
    ]);
    expect(judge(part, { country: 'CA', region: 'QC' }).policy).toBe('quebec');
    expect(judge(part, { country: 'CA', region: 'ON' })).toMatchObject({ policy: 'row', also: [] });
    expect(judge(part, { country: 'CA' })).toMatchObject({ policy: 'quebec', also: ['row'] });
    expect(judge(part, { country: 'FR' })).toMatchObject({ policy: 'row', also: [] });
  });

  it('of parts that say the same, the first by its code decides, in whatever order they are read', () => {
    const files = ['US-TX', 'US-AZ', 'US-NV'].map(
      (code) => [`p${code.slice(3).toLowerCase()}`, `${inBase}\nmatch: ["${code}"]`] as const,
    );
    for (const order of [files, files.toReversed()]) {
      const parts = write([['us', 'extends: base/opt-out\nmatch: ["US"]'], ...order]);
      expect(judge(parts, { country: 'US' })).toMatchObject({ policy: 'paz', also: ['us', 'pnv', 'ptx'] });
    }
  });

  it('a variant answers for each of its places, and one for everywhere everywhere', () => {
    const several = write([
      [
        'row',
        `${inBase}\nmatch: ["*", "FR"]
variants:
  - { match: ["FR", "DE"], purposes: { analytics: { granted: anonymize } } }
  - { match: ["*"], when: { label: shop }, purposes: { functional: { granted: anonymize } } }`,
      ],
    ]);
    const granted = { record: { analytics: 'granted', functional: 'granted' } } as const;
    const about = (given: Given): string =>
      judge(several, { ...granted, ...given })
        .purposes.slice(1, 3)
        .map(({ action }) => action)
        .join(' ');
    expect(about({ country: 'FR' })).toBe('forward anonymize');
    expect(about({ country: 'DE' })).toBe('forward anonymize');
    expect(about({ country: 'IT' })).toBe('forward forward');
    expect(about({ country: 'IT', label: 'shop' })).toBe('anonymize forward');
    expect(about({ country: 'FR', label: 'shop' })).toBe('anonymize anonymize');
  });

  it('variants one and two are not variant twelve', () => {
    const harmless = '  - { match: ["US-ZZ"], purposes: { functional: { denied: drop } } }';
    const lines = Array.from({ length: 13 }, () => harmless.replace('US-ZZ', 'US-WY'));
    lines[1] = '  - { match: ["US-OR"], purposes: { analytics: { unknown: drop } } }';
    lines[2] = '  - { match: ["US-OR"], purposes: { personalization: { unknown: drop } } }';
    lines[12] = '  - { match: ["US-CT"], purposes: { advertising: { unknown: drop } } }';
    const thirteen = write([['us', `extends: base/opt-out\nmatch: ["US"]\nvariants:\n${lines.join('\n')}`]]);
    const dropped = (region: string): number[] =>
      judge(thirteen, { country: 'US', region }).purposes.flatMap(({ action }, p) => (action === 'drop' ? [p] : []));
    expect(dropped('OR')).toEqual([2, 3]);
    expect(dropped('CT')).toEqual([4]);
    expect(dropped('NV')).toEqual([]);
  });
});

describe('pairs of places that sources disagree about', () => {
  const codes = 'AT BE BG CA CH CL CO CZ DE DK EE ES FI FR GB GR HR HU IE IS IT JP KR LT LU LV MT MX NL AU NZ PL PT RO'.split(
    ' ',
  );
  const many = compileTexts({
    ...BASES,
    'row.yaml': writeFile('row', 'extends: base/opt-in\nmatch: ["*"]'),
    ...Object.fromEntries(
      codes.map((code) => [`${code}.yaml`, writeFile(code.toLowerCase(), `extends: base/opt-out\nmatch: ["${code}"]`)]),
    ),
  });
  const between = (one: string, other: string): Judgement => judge(many, { country: one, disagrees: { country: other } });

  it('are kept, a thousand of them: all are forgotten at once then, and judged as before', () => {
    const first = between('AT', 'BE');
    expect(between('AT', 'BE')).toBe(first);
    let pairs = 1;
    for (const one of codes)
      for (const other of codes) {
        if (one === other || (one === 'AT' && other === 'BE')) continue;
        if (pairs === 1_024) expect(between('AT', 'BE')).toBe(first);
        expect(between(one, other).also).toHaveLength(1);
        pairs++;
      }
    expect(pairs).toBe(codes.length * (codes.length - 1));
    const again = between('AT', 'BE');
    expect(again).not.toBe(first);
    expect(again).toEqual(first);
    expect(between('AT', 'BE')).toBe(again);
  });

  it('of places that one file answers are asked once', () => {
    expect(between('BR', 'AR')).toBe(judge(many, { country: 'BR' }));
    expect(between('AT', 'AT').also).toEqual([]);
  });

  it('name the files in the order of their codes, whatever the order they were read in', () => {
    const states = ['US-TX', 'US-CA', 'US-OR'];
    const files = Object.fromEntries(
      states.map((code) => [
        `${code}.yaml`,
        writeFile(code.toLowerCase(), `extends: base/opt-out\nmatch: ["${code}"]\npurposes: { advertising: { unknown: drop } }`),
      ]),
    );
    const set = compileTexts({ ...BASES, 'row.yaml': writeFile('row', 'extends: base/opt-out\nmatch: ["*"]'), ...files });
    expect(judge(set, { country: 'US' }).purposes.map(({ policy }) => policy)).toEqual(['row', 'row', 'row', 'row', 'us-ca']);
    expect(judge(set, { country: 'US' }).also).toEqual(['us-ca', 'us-or', 'us-tx']);
  });
});

describe('what the consent API asks', () => {
  const region = { country: 'US', subdivision: null, source: 'assumed', disagrees: null };

  it('gets the strictest rule of each file that is asked', () => {
    const rules = set.consentRules(region, PACK_DAY);
    expect(rules).toMatchObject({
      validForMs: 30 * 86_400_000,
      proofRequired: true,
      recordRefusals: true,
      model: 'opt-out',
      policy: 'us',
    });
    expect(set.consentRules({ ...region, subdivision: 'TX' }, PACK_DAY)).toMatchObject({
      validForMs: 365 * 86_400_000,
      proofRequired: false,
    });
  });

  it('may go on without evidence only where every file says so', () => {
    expect(set.mayContinueWithoutEvidence({ ...region, subdivision: 'TX' }, PACK_DAY)).toBe(true);
    expect(set.mayContinueWithoutEvidence(region, PACK_DAY)).toBe(false);
    expect(set.mayContinueWithoutEvidence({ ...region, country: 'ZZ' }, PACK_DAY)).toBe(false);
  });
});

describe('the revision', () => {
  const files = { ...BASES, 'all.yaml': writeFile('all', 'extends: base/opt-in\nmatch: ["*"]') };

  it('is the same for the same rules, whatever the comments and the order of files', () => {
    const { 'all.yaml': all, ...bases } = files;
    const commented = compileTexts({ 'all.yaml': `# a word\n${all}`, ...bases });
    expect(commented.revision).toBe(compileTexts(files).revision);
    expect(commented.revision).toMatch(/^[0-9a-f]{16}$/);
  });

  it('is another one when a cell of a parent changes', () => {
    const base = BASES['base/opt-in.yaml']?.replace(
      'advertising:     { granted: forward',
      'advertising:     { granted: anonymize',
    ) as string;
    expect(compileTexts({ ...files, 'base/opt-in.yaml': base }).revision).not.toBe(compileTexts(files).revision);
  });
});
