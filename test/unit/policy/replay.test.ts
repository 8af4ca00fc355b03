import { describe, expect, it } from 'vitest';
import { readGiven } from '../../../src/policy/given.ts';
import { printReplay, Replay } from '../../../src/policy/replay.ts';
import type { Given } from '../../../src/policy/schema-tests.ts';
import { compareJudgements, formatDifference } from '../../../src/policy/shadow.ts';
import { readShadowMetrics } from '../../../src/policy/shadow-metrics.ts';
import { BASES, compileTexts, PACK_DAY, writeFile } from '../../support/policy-set.ts';

const row = (rest = '') =>
  compileTexts({ ...BASES, 'row.yaml': writeFile('row', `extends: base/opt-in\nmatch: ["*", "ZZ"]\n${rest}`) });
const before = row();
const after = row('purposes: { analytics: { unknown: anonymize } }\nsignals: { gpc: { beats-record: true } }');

function factsOf(given: Given) {
  return readGiven(given, PACK_DAY).facts;
}

describe('replay', () => {
  it('counts what a recorded day would have been, by change and place', () => {
    const replay = new Replay(before, after);
    for (const country of ['DE', 'FR']) replay.add(factsOf({ country }), PACK_DAY, 2);
    replay.add(factsOf({ country: 'FR', gpc: '1', record: { advertising: 'granted' } }), PACK_DAY, 1);
    replay.add(factsOf({ country: 'FR', record: { analytics: 'granted' } }), PACK_DAY, 100);
    const report = replay.report();
    expect(report).toMatchObject({ decisions: 105, differing: 5 });
    expect(printReplay(report).split('\n')).toEqual([
      '105 decisions, 5 would differ',
      '        5  row analytics.unknown: drop → anonymize  (FR 3, DE 2)',
      '        1  row advertising.granted: forward → drop (row advertising.denied)  (FR 1)',
    ]);
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
