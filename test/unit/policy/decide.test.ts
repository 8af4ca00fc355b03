import { describe, expect, it } from 'vitest';
import { PURPOSES, type Purpose, purposeSet } from '../../../src/consent/state.ts';
import type { CompiledPolicySet } from '../../../src/policy/compile.ts';
import { readGiven } from '../../../src/policy/given.ts';
import type { Judgement, PurposeDecision } from '../../../src/policy/policy.ts';
import type { Given } from '../../../src/policy/schema-tests.ts';
import { BASES, compileTexts, PACK_DAY, writeFile } from '../../support/policy-set.ts';

const set = compileTexts({
  ...BASES,
  'in.yaml': writeFile(
    'in',
    'extends: base/opt-in\nmatch: ["DE", "ZZ", "*"]\nconsent: { proof: required, reask-below: 2026-01-01, valid-for: 400d }',
  ),
  'out.yaml': writeFile(
    'out',
    `extends: base/opt-out
match: ["US"]
sensitive: { analytics: { unknown: drop }, advertising: { unknown: anonymize } }
minors:
  - { under: 13, model: opt-in, by: parent, purposes: [analytics] }
  - { under: 16, model: opt-in, by: self, purposes: [advertising, analytics] }
  - { under: 14, ban: [personalization] }`,
  ),
  'deaf.yaml': writeFile('deaf', 'extends: base/opt-in\nmatch: ["FR"]\nsignals: { record: { may: [deny] } }'),
  'down.yaml': writeFile(
    'down',
    'extends: base/opt-out\nmatch: ["MX"]\nfailure: { store: unknown }\nsignals: { tcf: { may: [grant, deny] } }',
  ),
});

function judge(given: Given, policies: CompiledPolicySet = set): Judgement {
  const { facts, now } = readGiven(given, PACK_DAY);
  return policies.decide(facts, now);
}

function about(purpose: Purpose, given: Given): PurposeDecision {
  return judge(given).purposes[PURPOSES.indexOf(purpose)] as PurposeDecision;
}

function outcome(purpose: Purpose, given: Given): string {
  const { state, action, reasons } = about(purpose, given);
  return `${state} ${action}: ${reasons.map((reason) => reason.code).join(', ')}`;
}

describe('the record', () => {
  it.each<[string, Given, string]>([
    ['nothing', { country: 'DE' }, 'unknown drop: silence'],
    ['a yes', { country: 'DE', record: { analytics: 'granted' } }, 'granted forward: record'],
    ['a no', { country: 'DE', record: { analytics: 'denied', age: '9999d' } }, 'denied drop: record'],
    ['a yes taken back', { country: 'DE', record: { analytics: 'withdrawn', age: '9999d' } }, 'withdrawn drop: record'],
    [
      'a yes at the end of its life',
      { country: 'FR', record: { analytics: 'granted', age: '180d' } },
      'unknown drop: record-not-heard',
    ],
    ['a yes too old', { country: 'FR', record: { analytics: 'granted', age: '181d' } }, 'expired drop: expired'],
    ['a yes older than reask-below', { country: 'DE', record: { analytics: 'granted', age: '327d' } }, 'expired drop: expired'],
    [
      'a yes of the day of reask-below',
      { country: 'DE', record: { analytics: 'granted', age: '326d' } },
      'granted forward: record',
    ],
    ['a yes without notice', { country: 'DE', record: { analytics: 'granted', notice: null } }, 'unknown drop: proof-missing'],
    [
      'a yes from an opt-out place',
      { country: 'DE', record: { analytics: 'granted', model: 'opt-out' } },
      'unknown drop: other-model',
    ],
    [
      'a yes from a place without a model',
      { country: 'DE', record: { analytics: 'granted', model: 'none' } },
      'unknown drop: other-model',
    ],
    [
      'a yes where the record may not grant',
      { country: 'FR', record: { analytics: 'granted' } },
      'unknown drop: record-not-heard',
    ],
    [
      'a yes from an opt-out place in one',
      { country: 'US', record: { analytics: 'granted', model: 'opt-out' } },
      'granted forward: record',
    ],
    ['a forged cookie', { country: 'US', record: 'invalid' }, 'denied anonymize: cookie-invalid'],
    ['a cookie that denies', { country: 'US', denied: ['analytics'] }, 'denied anonymize: cookie'],
    [
      'a cookie that denies what the record grants',
      { country: 'US', denied: ['analytics'], record: { analytics: 'granted' } },
      'denied anonymize: cookie',
    ],
  ])('%s', (_, given, expected) => {
    expect(outcome('analytics', given)).toBe(expected);
  });

  it('counts as denied while the store does not answer, and is never softer than unknown', () => {
    expect(outcome('analytics', { country: 'DE', record: 'unavailable' })).toBe('denied drop: store-unavailable');
    expect(outcome('analytics', { country: 'US', record: 'unavailable' })).toBe('denied anonymize: store-unavailable');
    expect(outcome('analytics', { country: 'MX', record: 'unavailable' })).toBe('unknown forward: store-unavailable');
  });

  it('that cannot be read is no silence in which a signal could grant', () => {
    const tcf = { purposes: [1, 8] };
    expect(outcome('analytics', { country: 'MX', tcf })).toBe('granted forward: signal');
    expect(outcome('analytics', { country: 'MX', tcf, record: 'unavailable' })).toBe('unknown forward: store-unavailable');
    expect(outcome('analytics', { country: 'MX', denied: ['analytics'], record: 'unavailable' })).toBe(
      'denied anonymize: cookie',
    );
  });
});

describe('signals', () => {
  it('deny over every grant', () => {
    expect(outcome('advertising', { country: 'US', 'us-privacy': '1YYN', record: { advertising: 'granted' } })).toBe(
      'denied drop: signal',
    );
  });

  it('grant only where the record is silent', () => {
    const tcf = { purposes: [1, 3, 4, 7] };
    expect(outcome('advertising', { country: 'DE', tcf })).toBe('granted forward: signal');
    expect(outcome('advertising', { country: 'DE', tcf, record: { advertising: 'denied' } })).toBe('denied drop: record');
    expect(outcome('advertising', { country: 'DE', tcf, record: { advertising: 'expired' } })).toBe(
      'granted forward: signal, expired',
    );
  });

  it('GPC yields to an explicit yes where the policy says so, and only to that', () => {
    expect(outcome('advertising', { country: 'DE', gpc: '1', record: { advertising: 'granted' } })).toBe(
      'granted forward: record, signal-overruled',
    );
    expect(outcome('advertising', { country: 'DE', gpc: '1', record: { advertising: 'expired' } })).toBe(
      'denied drop: signal, expired',
    );
    expect(outcome('advertising', { country: 'DE', gpc: '1', tcf: { purposes: [1, 3, 4, 7] } })).toBe('denied drop: signal');
    expect(outcome('advertising', { country: 'US', gpc: '1', record: { advertising: 'granted' } })).toBe('denied drop: signal');
  });

  it('an unreadable opt-out denies where silence would be softer, and only there', () => {
    expect(outcome('advertising', { country: 'US', 'us-privacy': '1YXN' })).toBe('denied drop: signal');
    expect(outcome('advertising', { country: 'US', 'us-privacy': '1YXN', record: { advertising: 'granted' } })).toBe(
      'denied drop: signal',
    );
    expect(outcome('advertising', { country: 'DE', tcf: 'C!', record: { advertising: 'granted' } })).toBe(
      'granted forward: record',
    );
  });

  it('GPC is remembered for what it denies and the record does not deny already', () => {
    expect(judge({ country: 'US', gpc: '1' }).remember).toBe(purposeSet(['personalization', 'advertising']));
    expect(judge({ country: 'US', gpc: '1', record: { advertising: 'denied' } }).remember).toBe(purposeSet(['personalization']));
    expect(judge({ country: 'DE', gpc: '1' }).remember).toBe(0);
    expect(judge({ country: 'US' }).remember).toBe(0);
  });
});

describe('age and sensitivity', () => {
  it('every row that applies applies, the strictest wins', () => {
    expect(outcome('analytics', { country: 'US', age: 16 })).toBe('unknown forward: silence');
    expect(outcome('analytics', { country: 'US', age: 15 })).toBe('unknown drop: silence, minor');
    expect(outcome('analytics', { country: 'US', age: 15, record: { analytics: 'granted' } })).toBe('granted forward: record');
    expect(outcome('analytics', { country: 'US', age: 12, record: { analytics: 'granted' } })).toBe('unknown drop: minor');
    expect(outcome('personalization', { country: 'US', age: 13, record: { personalization: 'granted' } })).toBe(
      'granted drop: record, minor',
    );
    expect(outcome('personalization', { country: 'US', age: 14 })).toBe('unknown forward: silence');
  });

  it('a no is never softer than what age or sensitivity makes of silence', () => {
    expect(outcome('analytics', { country: 'US', age: 15, record: { analytics: 'denied' } })).toBe('denied drop: record, minor');
    expect(outcome('analytics', { country: 'US', sensitive: true, record: { analytics: 'denied' } })).toBe(
      'denied drop: record, sensitive',
    );
  });

  it('sensitivity only makes stricter', () => {
    expect(outcome('analytics', { country: 'US', sensitive: true })).toBe('unknown drop: silence, sensitive');
    expect(outcome('advertising', { country: 'US', sensitive: true, record: { advertising: 'denied' } })).toBe(
      'denied drop: record',
    );
  });
});

describe('what anonymizing does', () => {
  const files = {
    ...BASES,
    'all.yaml': writeFile(
      'all',
      'extends: base/opt-out\nmatch: ["*", "ZZ"]\npurposes: { analytics: { unknown: anonymize } }\nanonymize: { ids: pseudonymize-daily }',
    ),
  };
  const daily = compileTexts(files);

  it('a pseudonym serves silence and never a no', () => {
    expect(judge({ country: 'DE' }, daily).anonymize.ids).toBe('pseudonymize-daily');
    expect(judge({ country: 'DE', record: { analytics: 'denied' } }, daily).anonymize.ids).toBe('drop');
    expect(judge({ country: 'DE', record: { advertising: 'denied' } }, daily).anonymize.ids).toBe('pseudonymize-daily');
  });

  it('what nobody names has its strictest value', () => {
    const bare = writeFile(
      'bare',
      `match: ["*", "ZZ"]
model: none
purposes:
  necessary: { granted: forward, unknown: forward, denied: forward }
  functional: { granted: forward, unknown: anonymize, denied: drop }
  analytics: { granted: forward, unknown: anonymize, denied: drop }
  personalization: { granted: forward, unknown: anonymize, denied: drop }
  advertising: { granted: forward, unknown: anonymize, denied: drop }`,
    );
    expect(judge({ country: 'DE' }, compileTexts({ 'bare.yaml': bare })).anonymize).toEqual({
      ip: 'drop',
      ids: 'drop',
      joinIds: 'drop',
      userAgent: 'drop',
      device: 'drop',
      page: 'drop',
      text: 'drop',
      referrer: 'drop',
      undeclared: 'drop',
      time: 'hour',
      geo: 'none',
    });
  });
});
