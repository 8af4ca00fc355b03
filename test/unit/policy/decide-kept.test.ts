/** Judgements are kept by what was heard: whoever is judged after others gets what he would get alone. */
import { describe, expect, it } from 'vitest';
import { PURPOSES, purposeSet, type State } from '../../../src/consent/state.ts';
import type { CompiledPolicySet } from '../../../src/policy/compile.ts';
import { readGiven } from '../../../src/policy/given.ts';
import type { Judgement } from '../../../src/policy/policy.ts';
import type { Given } from '../../../src/policy/schema-tests.ts';
import { shareList } from '../../../src/signals/shared-lists.ts';
import { BASES, compileTexts, PACK_DAY, writeFile } from '../../support/policy-set.ts';

const FILES = {
  ...BASES,
  'in.yaml': writeFile(
    'in',
    'extends: base/opt-in\nmatch: ["DE", "*"]\nsignals: { gpc: { may: [deny], covers: [advertising], beats-record: false, remember: true } }',
  ),
  'out.yaml': writeFile('out', 'extends: base/opt-out\nmatch: ["US", "ZZ"]'),
  'california.yaml': writeFile(
    'california',
    'extends: base/opt-out\nmatch: ["US-CA"]\npurposes: { analytics: { unknown: anonymize }, functional: { unknown: anonymize } }\nsignals: { gpc: { may: [deny], covers: [analytics], beats-record: true, remember: true } }',
  ),
  'down.yaml': writeFile(
    'down',
    'extends: base/opt-out\nmatch: ["MX"]\nfailure: { store: unknown }\nsignals: { tcf: { may: [grant, deny] } }',
  ),
  'grants.yaml': writeFile('grants', 'extends: base/opt-in\nmatch: ["FR"]\nsignals: { tcf: { may: [grant] } }'),
  'denies.yaml': writeFile('denies', 'extends: base/opt-in\nmatch: ["ES"]\nsignals: { tcf: { may: [deny] } }'),
};
const build = (): CompiledPolicySet => compileTexts(FILES);

function judge(set: CompiledPolicySet, given: Given, isShared = false): Judgement {
  const { facts, now } = readGiven(given, PACK_DAY);
  if (isShared) shareList(facts.signals);
  return set.decide(facts, now);
}

const PLACES: readonly Given[] = [
  { country: 'DE' },
  { country: 'US', region: 'TX' },
  { country: 'US', region: 'CA' },
  { country: 'US' },
  { country: 'MX' },
  { country: 'FR' },
  { country: 'ES' },
  { country: 'DE', disagrees: { country: 'US', region: 'CA' } },
];
const RECORDS: readonly Given[] = [
  {},
  { record: 'unavailable' },
  { record: 'invalid' },
  { denied: ['analytics', 'advertising'] },
  { record: { analytics: 'granted', advertising: 'granted' } },
  { record: { analytics: 'granted', advertising: 'denied', personalization: 'withdrawn' } },
  { record: { functional: 'granted', advertising: 'expired' } },
];
const SIGNALS: readonly Given[] = [
  {},
  { gpc: '1' },
  { 'us-privacy': '1YYN' },
  { tcf: { purposes: [1, 8] } },
  { tcf: { purposes: [1, 3, 4, 7], vendor: true } },
  { tcf: { purposes: [1, 3, 4, 7, 8], vendor: false } },
  { gpc: '1', 'us-privacy': '1YYN', tcf: { purposes: [1, 8] } },
];

describe('what was judged before', () => {
  it('changes nothing, whatever it was', () => {
    const warm = build();
    const all = PLACES.flatMap((place) =>
      RECORDS.flatMap((record) => SIGNALS.map((signal) => ({ ...place, ...record, ...signal }))),
    );
    for (const given of all) judge(warm, given);
    for (const [i, given] of all.entries()) {
      // Compared with a set that has judged nobody, for some of them: one has to be built for each.
      const expected = i % 29 === 0 ? judge(build(), given) : null;
      const again = judge(warm, given);
      if (expected !== null) expect([given, again]).toEqual([given, expected]);
      expect([given, judge(warm, given, true)]).toEqual([given, again]);
    }
  });

  it('is not made again where the record says the same and nothing is heard, or the same list is', () => {
    const set = build();
    const { facts, now } = readGiven({ country: 'US', region: 'TX', gpc: '1', record: { analytics: 'granted' } }, PACK_DAY);
    const silent = { ...facts, signals: [] };
    expect(set.decide({ ...silent }, now)).toBe(set.decide({ ...silent }, now));
    expect(set.decide({ ...silent, record: null }, now)).not.toBe(set.decide({ ...silent }, now));
    shareList(facts.signals);
    const heard = set.decide({ ...facts }, now);
    expect(set.decide({ ...facts }, now)).toBe(heard);
    expect(heard).not.toBe(set.decide(silent, now));
    expect(set.decide({ ...facts, record: null }, now)).not.toBe(heard);
    const own = [...facts.signals];
    expect(set.decide({ ...facts, signals: own }, now)).toEqual(heard);
    expect(set.decide({ ...facts, signals: own }, now)).not.toBe(heard);
  });

  it('is kept a thousand times, and no more', () => {
    const set = build();
    const states: (State | undefined)[] = [undefined, 'granted', 'denied', 'withdrawn', 'expired'];
    const records: Given[] = [];
    for (let n = 0; n < 5 ** 5; n++) {
      const record = Object.fromEntries(PURPOSES.map((purpose, p) => [purpose, states[Math.floor(n / 5 ** p) % 5]]));
      records.push({ country: 'DE', record: JSON.parse(JSON.stringify(record)) });
    }
    const first = records.map((given) => judge(set, given));
    const kept = records.filter((given, i) => judge(set, given) === first[i]).length;
    expect(kept).toBe(1_024);
    for (const i of [0, 7, 625, 1_023, 3_124]) {
      const states = first[i]?.purposes.map(({ state }) => state);
      const said = PURPOSES.map(
        (purpose) => (records[i]?.record as Partial<Record<string, State>> | undefined)?.[purpose] ?? 'unknown',
      );
      expect(states).toEqual(said);
    }
  });
});

describe('a signal', () => {
  const set = build();
  const about = (given: Given, purpose: (typeof PURPOSES)[number]): string => {
    const decision = judge(set, given).purposes[PURPOSES.indexOf(purpose)];
    return `${decision?.state} ${decision?.action}: ${decision?.reasons.map(({ code }) => code).join(', ')}`;
  };
  const yes = { purposes: [1, 3, 4, 7] };

  it('grants where it may, denies where it may, and does nothing else', () => {
    expect(about({ country: 'FR', tcf: yes }, 'advertising')).toBe('granted forward: signal');
    expect(about({ country: 'FR', tcf: { purposes: [] } }, 'advertising')).toBe('unknown drop: silence');
    expect(about({ country: 'ES', tcf: yes }, 'advertising')).toBe('unknown drop: silence');
    expect(about({ country: 'ES', tcf: { purposes: [1] } }, 'advertising')).toBe('denied drop: signal');
    expect(about({ country: 'FR', tcf: { purposes: [1] }, record: { advertising: 'granted' } }, 'advertising')).toBe(
      'granted forward: record',
    );
  });

  it('that grants what the record grants is no reason', () => {
    expect(about({ country: 'MX', tcf: yes, record: { advertising: 'granted' } }, 'advertising')).toBe('granted forward: record');
    expect(about({ country: 'MX', tcf: yes, gpc: '1' }, 'advertising')).toBe('denied drop: signal');
  });

  it('counts for the vendor of the route', () => {
    expect(about({ country: 'FR', tcf: { ...yes, vendor: true } }, 'advertising')).toBe('granted forward: signal');
    expect(about({ country: 'FR', tcf: { ...yes, vendor: false } }, 'advertising')).not.toContain('granted');
  });

  it('is remembered where an explicit yes does not outweigh it', () => {
    const remembered = (given: Given): number => judge(set, { gpc: '1', ...given }).remember;
    expect(remembered({ country: 'DE' })).toBe(purposeSet(['advertising']));
    expect(remembered({ country: 'DE', record: { advertising: 'granted' } })).toBe(0);
    expect(remembered({ country: 'DE', record: { advertising: 'expired' } })).toBe(purposeSet(['advertising']));
    expect(remembered({ country: 'DE', record: { advertising: 'withdrawn' } })).toBe(0);
    expect(remembered({ country: 'US', region: 'CA', record: { analytics: 'granted' } })).toBe(purposeSet(['analytics']));
    expect(remembered({ country: 'US', region: 'CA', record: { analytics: 'denied' } })).toBe(0);
  });

  it('that a yes outweighs is told as such', () => {
    const { reasons } = judge(set, { country: 'DE', gpc: '1', record: { advertising: 'granted' } }).purposes[4] ?? {
      reasons: [],
    };
    expect(reasons).toMatchObject([
      { code: 'record' },
      { code: 'signal-overruled', detail: 'an explicit yes in the record outweighs it here' },
    ]);
  });
});

describe('several files', () => {
  const set = build();

  it('the one that decides most names the judgement, of equals the first', () => {
    // Of five purposes California decides two more strictly than Texas' file, and the first of equals the others.
    const whole = judge(set, { country: 'US' });
    expect([whole.policy, whole.also]).toEqual(['out', ['california']]);
    const both = judge(set, { country: 'US', region: 'CA', disagrees: { country: 'DE' } });
    expect([both.policy, both.also]).toEqual(['in', ['california']]);
    const other = judge(set, { country: 'DE', disagrees: { country: 'US', region: 'CA' } });
    expect([other.policy, other.also]).toEqual(['in', ['california']]);
  });

  it('a pair of places is put together once', () => {
    const pair: Given = { country: 'US', region: 'CA', disagrees: { country: 'DE' } };
    expect(judge(set, pair)).toBe(judge(set, pair));
    expect(judge(set, { ...pair, disagrees: { country: 'US', region: 'CA' } })).toBe(judge(set, { country: 'US', region: 'CA' }));
  });
});

describe('a no that is anonymized', () => {
  const daily = compileTexts({
    ...BASES,
    'all.yaml': writeFile(
      'all',
      'extends: base/opt-out\nmatch: ["*", "ZZ"]\nsensitive: { analytics: { unknown: drop } }\nanonymize: { ids: pseudonymize-daily }',
    ),
  });

  it.each<[string, Given, string]>([
    ['denied', { record: { analytics: 'denied' } }, 'drop'],
    ['taken back', { record: { analytics: 'withdrawn' } }, 'drop'],
    ['not read', { record: 'unavailable' }, 'drop'],
    ['not said', {}, 'pseudonymize-daily'],
    ['said for what is dropped', { record: { advertising: 'withdrawn' } }, 'pseudonymize-daily'],
  ])('%s: its ids are not replaced by ids of the day', (_, given, ids) => {
    expect(judge(daily, { country: 'DE', ...given }).anonymize.ids).toBe(ids);
  });

  it('while the store does not answer, what silence may not do is not done either', () => {
    const [, , analytics] = judge(daily, { country: 'DE', sensitive: true, record: 'unavailable' }).purposes;
    expect(analytics).toMatchObject({ state: 'denied', action: 'drop' });
    const [, , plain] = judge(daily, { country: 'DE', record: 'unavailable' }).purposes;
    expect(plain).toMatchObject({ state: 'denied', action: 'anonymize' });
  });
});
