import { describe, expect, it } from 'vitest';
import { readGiven } from '../../../src/policy/given.ts';
import { recordFacts } from '../../../src/policy/recorded-facts.ts';
import { printReplay, Replay } from '../../../src/policy/replay.ts';
import type { Given } from '../../../src/policy/schema-tests.ts';
import { compareJudgements, formatDifference } from '../../../src/policy/shadow.ts';
import { readShadowMetrics } from '../../../src/policy/shadow-metrics.ts';
import { BASES, compileTexts, PACK_DAY, writeFile } from '../../support/policy-set.ts';

const row = (rest = '') =>
  compileTexts({ ...BASES, 'row.yaml': writeFile('row', `extends: base/opt-in\nmatch: ["*", "ZZ"]\n${rest}`) });
const before = row();
const after = row('purposes: { analytics: { unknown: anonymize } }\nsignals: { gpc: { beats-record: true } }');

function record(given: Given): string {
  return JSON.stringify({ at: PACK_DAY, route: '/collect', facts: recordFacts(readGiven(given, PACK_DAY).facts) });
}

describe('replay', () => {
  it('counts what a recorded day would have been, by change and place', () => {
    const replay = new Replay(before, after);
    for (const country of ['DE', 'DE', 'FR']) replay.add(record({ country }));
    replay.add(record({ country: 'FR', gpc: '1', record: { advertising: 'granted' } }));
    replay.add(record({ country: 'FR', record: { analytics: 'granted' } }));
    replay.add('{"at": 1, "facts": null}');
    replay.add('half a li');
    const report = replay.report();
    expect(report).toMatchObject({ decisions: 5, differing: 4, skipped: 2 });
    expect(printReplay(report).split('\n')).toEqual([
      '5 decisions, 4 would differ; 2 lines without facts',
      '        4  row analytics.unknown: drop → anonymize  (DE 2, FR 2)',
      '        1  row advertising.granted: forward → drop (row advertising.denied)  (FR 1)',
    ]);
  });

  it('keeps no identifier in a recorded line', () => {
    const { facts } = readGiven({ country: 'DE', record: { advertising: 'granted' } }, PACK_DAY);
    const head = facts.record;
    if (head === null || typeof head === 'string') throw new Error('no record');
    const line = JSON.stringify(recordFacts({ ...facts, record: { ...head, subject: 'person-17', hash: 'abcdef' } }));
    expect(line).not.toContain('person-17');
    expect(line).not.toContain('abcdef');
  });
});

describe('the shadow', () => {
  const { facts } = readGiven({ country: 'DE' }, PACK_DAY);

  it('tells the cells in which two sets differ', () => {
    const differences = compareJudgements(before.decide(facts, PACK_DAY), after.decide(facts, PACK_DAY));
    expect(differences.map(formatDifference)).toEqual(['row analytics.unknown: drop → anonymize']);
    expect(compareJudgements(before.decide(facts, PACK_DAY), row().decide(facts, PACK_DAY))).toEqual([]);
  });

  it('reads its own metrics back, the most frequent first', () => {
    const text = `# HELP consentry_policy_shadow_judged_total x
consentry_policy_shadow_judged_total 120
consentry_policy_shadow_differences_total{policy="row",cell="analytics.unknown",from="drop",to="anonymize"} 7
consentry_policy_shadow_differences_total{policy="eu",cell="advertising.denied",from="drop",to="forward"} 30
consentry_other_total{policy="eu"} 9
`;
    expect(readShadowMetrics(text)).toEqual({
      judged: 120,
      differences: [
        { policy: 'eu', cell: 'advertising.denied', from: 'drop', to: 'forward', count: 30 },
        { policy: 'row', cell: 'analytics.unknown', from: 'drop', to: 'anonymize', count: 7 },
      ],
    });
  });
});
