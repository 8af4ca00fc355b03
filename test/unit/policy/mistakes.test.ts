import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadPolicies } from '../../../src/policy/load.ts';
import { formatProblem } from '../../../src/policy/problem.ts';
import { BASES, describeErrors, PACK_DAY } from '../../support/policy-set.ts';

const HEAD = 'schema: 1\nid: x\ntitle: X\nversion: 2026.11.0\n';
const ROW = 'schema: 1\nid: row\ntitle: Row\nversion: 2026.11.0\nextends: base/opt-in\nmatch: ["*", "ZZ"]\n';

/** The problems of a set with one file that has a mistake; its own keys begin in line 5. */
function mistake(text: string, others: Record<string, string> = {}): string[] {
  return describeErrors({ ...BASES, 'row.yaml': ROW, ...others, 'x.yaml': text });
}

describe('mistakes in a policy file', () => {
  it.each<[string, string, string]>([
    [
      'a bare NO',
      `${HEAD}extends: base/opt-in\nmatch: [SE, NO]\n`,
      'x.yaml:6:13: NO without quotes is false to many YAML readers: write "NO" in quotes',
    ],
    [
      'a bare ON',
      `${HEAD}extends: base/opt-in\nmatch: ["SE"]\ntests:\n  - name: t\n    given: { country: "CA", region: ON, at: 2026-01-01 }\n    expect: { policy: row }\n`,
      'x.yaml:9:37: ON without quotes is true to many YAML readers: write "ON" in quotes',
    ],
    [
      'an unknown key',
      `${HEAD}extends: base/opt-in\nmatch: ["SE"]\nsignal: {}\n`,
      'x.yaml:7:1: unknown key "signal": write "signals"',
    ],
    [
      'an unknown key far down',
      `${HEAD}extends: base/opt-in\nmatch: ["SE"]\npurposes:\n  advertsing: { unknown: drop }\n`,
      'x.yaml:8:3: unknown key "advertsing": write "advertising"',
    ],
    [
      'an unknown key like no other',
      `${HEAD}extends: base/opt-in\nmatch: ["SE"]\nfailure: { fallback: drop }\n`,
      'x.yaml:7:12: unknown key "fallback": known here: store, geo, evidence',
    ],
    [
      'an action that is none',
      `${HEAD}extends: base/opt-in\nmatch: ["SE"]\npurposes: { analytics: { unknown: forwrd } }\n`,
      'x.yaml:7:35: "forwrd" is no value of "unknown": write forward',
    ],
    [
      'a missing key',
      'schema: 1\nid: x\nversion: 2026.11.0\nextends: base/opt-in\nmatch: ["SE"]\n',
      'x.yaml:1:1: the key "title" is missing: write title: and a text',
    ],
    [
      'a version that is a number',
      'schema: 1\nid: x\ntitle: X\nversion: 2026.11\nextends: base/opt-in\nmatch: ["SE"]\n',
      'x.yaml:4:10: 2026.11 is read as a number: write "2026.11" in quotes',
    ],
    ['another schema', 'schema: 2\nid: x\ntitle: X\nversion: 2026.11.0\n', 'x.yaml:1:9: 2 is no value of "schema": write 1'],
    [
      'a day that the calendar lacks',
      `${HEAD}extends: base/opt-in\nmatch: ["SE"]\neffective: 2026-02-30\n`,
      'x.yaml:7:12: the calendar has no 2026-02-30',
    ],
    [
      'a day written otherwise',
      `${HEAD}extends: base/opt-in\nmatch: ["SE"]\neffective: 23.11.2026\n`,
      'x.yaml:7:12: "23.11.2026" is no date: write it as year-month-day, such as 2026-11-23',
    ],
    [
      'an end before the begin',
      `${HEAD}extends: base/opt-in\nmatch: ["SE"]\neffective: 2026-11-23\nuntil: 2026-11-23\n`,
      'x.yaml:8:8: until (2026-11-23) is not after effective (2026-11-23): write a later day',
    ],
    [
      'a duration without unit',
      `${HEAD}extends: base/opt-in\nmatch: ["SE"]\nconsent: { valid-for: "180" }\n`,
      'x.yaml:7:23: "180" is no duration: write a number and d, h, m or s, such as 180d',
    ],
    [
      'a tab',
      `${HEAD}extends: base/opt-in\nmatch: ["SE"]\npurposes:\n\tanalytics: { unknown: drop }\n`,
      'x.yaml:8:1: a tab is used for indentation: write spaces',
    ],
    [
      'half a file',
      `${HEAD}extends: base/opt-in\nmatch: ["SE"]\npurposes: { analytics: { unknown: dr`,
      'x.yaml:7:37: a bracket is opened and never closed: write the closing bracket (or the file is cut off)',
    ],
    ['an empty file', '', 'x.yaml:1:1: the file is empty: write a policy, or remove the file'],
    [
      'a key twice',
      `${HEAD}extends: base/opt-in\nmatch: ["SE"]\nmatch: ["NO"]\n`,
      'x.yaml:7:1: the key "match" is there twice: keep one',
    ],
    [
      'an alias',
      `${HEAD}extends: base/opt-in\nmatch: &places ["SE"]\nvariants:\n  - match: *places\n`,
      'x.yaml:6:16: anchors (&places) are not part of the language: remove it',
    ],
    [
      'a star without quotes',
      `${HEAD}extends: base/opt-in\nmatch: [*]\n`,
      'x.yaml:6:9: * without quotes begins an alias: write "*" in quotes',
    ],
    [
      'a billion laughs',
      `${HEAD}a: &a ["lol","lol"]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n`,
      'x.yaml:5:7: anchors (&a) are not part of the language: remove it',
    ],
    ['brackets without end', `a: ${'['.repeat(10_000)}`, 'x.yaml:1:1: brackets are nested deeper than 32: no policy needs that'],
    [
      'a tag',
      `${HEAD}extends: base/opt-in\nmatch: !!set {"SE"}\n`,
      'x.yaml:6:14: tags (!name) are not part of the language: remove it',
    ],
    [
      'two documents',
      `${HEAD}extends: base/opt-in\nmatch: ["SE"]\n---\n${HEAD}`,
      'x.yaml:7:1: a file holds one policy: remove the line --- and what follows, or write another file',
    ],
    [
      'a country in small letters',
      `${HEAD}extends: base/opt-in\nmatch: ["se"]\n`,
      'x.yaml:6:9: codes are written in capitals: write "SE"',
    ],
    [
      'the United Kingdom as UK',
      `${HEAD}extends: base/opt-in\nmatch: ["UK"]\n`,
      'x.yaml:6:9: "UK" is written "GB" in policies: write "GB"',
    ],
    ['Tor as T1', `${HEAD}extends: base/opt-in\nmatch: ["T1"]\n`, 'x.yaml:6:9: "T1" is written "ZZ" in policies: write "ZZ"'],
    [
      'a country by name',
      `${HEAD}extends: base/opt-in\nmatch: ["Sweden"]\n`,
      'x.yaml:6:9: "Sweden" is no place: write an ISO code such as "DE" or "US-CA", "ZZ" for an unknown place, or "*"',
    ],
    [
      'a state that is none',
      `${HEAD}extends: base/opt-in\nmatch: ["US-XX"]\n`,
      'x.yaml:6:9: US has no subdivision "XX": write its ISO 3166-2 code, such as "US-CA"',
    ],
    [
      'one code instead of a list',
      `${HEAD}extends: base/opt-in\nmatch: "SE"\n`,
      'x.yaml:6:8: "match" has to be a list: write ["SE"]',
    ],
    [
      'a code twice in a file',
      `${HEAD}extends: base/opt-in\nmatch: ["SE", "SE"]\n`,
      'x.yaml:6:15: "SE" is there twice: remove one',
    ],
    [
      'a parent that is not there',
      `${HEAD}extends: base/optin\nmatch: ["SE"]\n`,
      'x.yaml:5:10: there is no policy "base/optin" to extend: write base/opt-in',
    ],
    [
      'no parent and half a table',
      `${HEAD}match: ["SE"]\nmodel: opt-in\npurposes:\n  necessary: { granted: forward, unknown: forward }\n${['functional', 'analytics', 'personalization', 'advertising'].map((purpose) => `  ${purpose}: { granted: drop, unknown: drop, denied: drop }\n`).join('')}`,
      'x.yaml:8:14: the table lacks necessary, denied: write necessary: { denied: drop }, or extends: base/opt-in',
    ],
    [
      'no place',
      `${HEAD}extends: base/opt-in\n`,
      'x.yaml:1:1: the key "match" is missing: write match: ["DE"], or abstract: true for a parent',
    ],
    [
      'places of an abstract file',
      `${HEAD}extends: base/opt-in\nabstract: true\nmatch: ["SE"]\n`,
      'x.yaml:7:8: an abstract file matches nobody: remove match, or abstract',
    ],
    [
      'a record that may not deny',
      `${HEAD}extends: base/opt-in\nmatch: ["SE"]\nsignals: { record: { may: [grant] } }\n`,
      'x.yaml:7:27: a recorded no always counts: write may: [grant, deny], or [deny]',
    ],
    [
      'a key of another signal',
      `${HEAD}extends: base/opt-in\nmatch: ["SE"]\nsignals: { dnt: { beats-record: true } }\n`,
      'x.yaml:7:19: unknown key "beats-record": known here: may, covers',
    ],
    [
      'a signal that is no map',
      `${HEAD}extends: base/opt-in\nmatch: ["SE"]\nsignals: { dnt: deny }\n`,
      'x.yaml:7:17: "deny" is no value of "dnt": write ignore or a map of keys',
    ],
    [
      'more bits than an address has',
      `${HEAD}extends: base/opt-in\nmatch: ["SE"]\nanonymize: { ip: { v4: 33, v6: 48 } }\n`,
      'x.yaml:7:24: 33 is out of range: "v4" is at most 32',
    ],
    [
      'minors without what holds for them',
      `${HEAD}extends: base/opt-in\nmatch: ["SE"]\nminors:\n  - { under: 16, by: self }\n`,
      'x.yaml:8:5: a row of minors needs model: opt-in with purposes, or ban: write ban: [advertising]',
    ],
    [
      'a test without situation',
      `${HEAD}extends: base/opt-in\nmatch: ["SE"]\ntests:\n  - name: t\n    expect: { policy: x }\n`,
      'x.yaml:8:5: a test has one of given, each and for-all: write given: { country: "DE" }',
    ],
    [
      'a test that expects nothing',
      `${HEAD}extends: base/opt-in\nmatch: ["SE"]\ntests:\n  - name: t\n    given: { country: "SE" }\n    expect: {}\n`,
      'x.yaml:10:13: a test that expects nothing proves nothing: write expect: { advertising: drop }',
    ],
    [
      'a test without day',
      `${HEAD}extends: base/opt-in\nmatch: ["SE"]\ntests:\n  - name: t\n    given: { country: "SE" }\n    expect: { advertising: drop }\n`,
      'x.yaml:8:5: the test has no day: write at: 2026-11-23 in given, or effective: in the file',
    ],
    [
      'a test that fails',
      `${HEAD}extends: base/opt-in\nmatch: ["SE"]\neffective: 2026-01-01\ntests:\n  - name: silence\n    given: { country: "SE" }\n    expect: { advertising: forward }\n`,
      'x.yaml:11:28: test "silence" fails for SE on 2026-01-01: expected advertising: forward, got drop: change the rule or the test',
    ],
  ])('%s', (_, text, expected) => {
    expect(mistake(text)).toEqual([expected]);
  });

  it('a code that another file matches from the same day', () => {
    const other =
      'schema: 1\nid: se\ntitle: Sweden\nversion: 2026.11.0\nextends: base/opt-in\neffective: 2026-01-01\nmatch: ["SE"]\n';
    const own = `${HEAD}extends: base/opt-in\neffective: 2026-01-01\nmatch: ["NO", "SE"]\n`;
    expect(mistake(own, { 'se.yaml': other })).toEqual([
      'x.yaml:7:15: "SE" is matched by se.yaml too, from the same day, 2026-01-01: remove it from one of them, or give one a later effective day',
    ]);
    expect(mistake(own.replace('2026-01-01', '2027-01-01'), { 'se.yaml': other })).toEqual([]);
  });

  it('CA for California', () => {
    const ca = 'schema: 1\nid: ca\ntitle: Canada\nversion: 2026.11.0\nextends: base/opt-in\nmatch: ["CA"]\n';
    const california = ca.replace('id: ca', 'id: us-ca').replace('Canada', 'California');
    expect(describeErrors({ ...BASES, 'row.yaml': ROW, 'us-ca.yaml': california })).toEqual([
      'us-ca.yaml:6:9: "CA" is Canada: for California write "US-CA"',
    ]);
    const nevada = `${HEAD}extends: base/opt-out\nmatch: ["US"]\nvariants:\n  - match: ["CA"]\n    purposes: { advertising: { unknown: drop } }\n`;
    expect(mistake(nevada)).toEqual(['x.yaml:8:13: "CA" is no place of this file: "CA" is Canada: for California write "US-CA"']);
  });

  it('parents in a circle', () => {
    const a = `${HEAD}extends: base/a\nmatch: ["SE"]\n`;
    const bases = {
      'base/a.yaml': 'schema: 1\nid: base/a\ntitle: A\nversion: 2026.11.0\nabstract: true\nextends: base/b\n',
      'base/b.yaml': 'schema: 1\nid: base/b\ntitle: B\nversion: 2026.11.0\nabstract: true\nextends: base/a\n',
    };
    expect(mistake(a, bases)).toContain(
      'x.yaml:5:10: extends goes in a circle (x → base/a → base/b → base/a): remove one of them',
    );
  });

  it('an id twice', () => {
    expect(mistake(`${ROW.replace('["*", "ZZ"]', '["SE"]')}`)).toEqual([
      'x.yaml:2:5: the id "row" is also that of row.yaml: write another one',
    ]);
  });

  it('a variant that is softer without loosens, or without because', () => {
    const variant = (rest: string) => `${HEAD}extends: base/opt-in\nmatch: ["SE"]\nvariants:\n  - match: ["SE"]\n${rest}`;
    expect(mistake(variant('    purposes: { analytics: { unknown: anonymize } }\n'))).toEqual([
      'x.yaml:9:39: analytics.unknown is anonymize here, inherited drop, which is softer: write a stricter value, or loosens: analytics and because: with the reason',
    ]);
    expect(mistake(variant('    loosens: analytics\n    purposes: { analytics: { unknown: anonymize } }\n'))).toEqual([
      'x.yaml:9:14: loosens needs a reason: write because: and the rule that allows it',
    ]);
    expect(
      mistake(
        variant('    loosens: analytics\n    because: the law says so\n    purposes: { analytics: { unknown: anonymize } }\n'),
      ),
    ).toEqual([]);
    expect(mistake(variant('    signals: { gpc: ignore }\n'))).toEqual([
      'x.yaml:9:21: gpc does not deny here, inherited it does, which is softer: write a stricter value, or loosens: gpc and because: with the reason',
    ]);
    expect(mistake(variant('    signals: { us-privacy: { may: [grant] } }\n'))).toEqual([
      'x.yaml:9:28: us-privacy may grant here, inherited it may not, which is softer: write a stricter value, or loosens: us-privacy and because: with the reason',
    ]);
    expect(mistake(variant('    anonymize: { ip: { v4: 8, v6: 16 } }\n'))).toEqual([
      'x.yaml:9:22: ip is {"v4":8,"v6":16} here, inherited drop, which is softer: write a stricter value, or loosens: ip and because: with the reason',
    ]);
    expect(mistake(variant('    purposes: { analytics: { granted: anonymize } }\n    anonymize: { page: drop }\n'))).toEqual([]);
  });

  it('a variant of a part that has a file of its own', () => {
    const us = `${HEAD}extends: base/opt-out\nmatch: ["US"]\nvariants:\n  - match: ["US-OR"]\n    purposes: { advertising: { unknown: drop } }\n`;
    const oregon = 'schema: 1\nid: us-or\ntitle: Oregon\nversion: 2026.11.0\nextends: base/opt-out\nmatch: ["US-OR"]\n';
    expect(mistake(us, { 'us-or.yaml': oregon })).toEqual([
      'x.yaml:8:12: "US-OR" is matched by us-or.yaml too: remove it from one of them',
    ]);
  });

  it('a test file without clock, and tests of a kind in a policy', () => {
    expect(describeErrors({ ...BASES, 'row.yaml': ROW, 'all.test.yaml': 'schema: 1\nkind: tests\ntests: []\n' })).toEqual([
      'all.test.yaml:1:1: the key "clock" is missing: write clock: and a text',
      'all.test.yaml:3:8: "tests" is an empty list: write at least one value, or remove the key',
    ]);
    expect(mistake(`${HEAD}extends: base/opt-in\nmatch: ["SE"]\nkind: tests\n`)).toEqual([
      'x.yaml:7:1: kind belongs into test files only: name the file *.test.yaml, or remove the key',
    ]);
  });

  it('several mistakes are all told, in the order of the lines', () => {
    expect(
      mistake(`${HEAD}extends: base/opt-in\nmatch: ["se"]\nfoo: 1\npurposes: { analytics: { unknown: perhaps } }\n`),
    ).toEqual([
      'x.yaml:6:9: codes are written in capitals: write "SE"',
      'x.yaml:7:1: unknown key "foo": known here: schema, id, title, version, effective, until, extends, abstract, match, model, purposes, signals, anonymize, consent, minors, sensitive, failure, variants, sources, tests',
      'x.yaml:8:35: "perhaps" is no value of "unknown": write forward, anonymize or drop',
    ]);
  });
});

describe('mistakes in a folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'policies-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  async function load(files: Record<string, string | Buffer>): Promise<string[]> {
    rmSync(folder, { recursive: true });
    mkdirSync(join(folder, 'base'), { recursive: true });
    for (const [file, text] of Object.entries({ ...BASES, ...files })) writeFileSync(join(folder, file), text);
    const loaded = await loadPolicies(folder, { now: PACK_DAY });
    return loaded.ok ? [] : loaded.errors.map(formatProblem);
  }

  it('that is not there', async () => {
    const loaded = await loadPolicies(join(folder, 'nowhere'));
    expect(loaded.ok ? [] : loaded.errors.map(formatProblem)).toEqual([
      '.:1:1: the folder cannot be read (ENOENT): name the folder of policies',
    ]);
  });

  it('that is empty', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'policies-empty-'));
    const loaded = await loadPolicies(empty);
    rmSync(empty, { recursive: true });
    expect(loaded.ok ? [] : loaded.errors.map(formatProblem)).toEqual([
      '.:1:1: there is no policy here: name a folder with *.yaml files, or copy the pack there',
    ]);
  });

  it('with a file of 100 MB', async () => {
    expect(await load({ 'row.yaml': ROW, 'x.yaml': Buffer.alloc(100 * 1024 * 1024, 'a') })).toEqual([
      'x.yaml:1:1: the file is larger than 256 KiB: split it, or remove what is no policy',
    ]);
  });

  it('with a file that is not UTF-8', async () => {
    expect(await load({ 'row.yaml': ROW, 'x.yaml': Buffer.from(`${HEAD}# Gr\xfc\xdfe\n`, 'latin1') })).toEqual([
      'x.yaml:1:1: the file is not UTF-8: save it as UTF-8',
    ]);
  });

  it('with a file that would be passed over', async () => {
    expect(await load({ 'row.yaml': ROW, 'x.yml': ROW })).toEqual(['x.yml:1:1: policy files end in .yaml: rename it to x.yaml']);
  });

  it('and what editors leave there is passed over', async () => {
    expect(
      await load({ 'row.yaml': ROW, '.row.yaml.swp': 'x', 'row.yaml~': 'x', '#row.yaml#': 'x', '4913': 'x', 'README.md': 'x' }),
    ).toEqual([]);
  });
});
