/** What an anonymized hit keeps of a single value, by the class of its field and the rules of the policy. */
import { describe, expect, it } from 'vitest';
import { addressRule, anonymizeUndeclared, anonymizeValue, removeValue } from '../../../src/hit/scrub-anonymize.ts';
import { LIMITS } from '../../../src/hit/scrub-context.ts';
import type { AnonymizeRules } from '../../../src/policy/policy.ts';
import type { Verdict } from '../../../src/privacy/carriers/verdict.ts';
import type { CarrierClass } from '../../../src/privacy/report.ts';
import type { FieldRule } from '../../../src/vendors/profile.ts';
import { type Actions, ANONYMIZE_ALL, LENIENT, STRICT } from '../../support/scrub.ts';
import { compileSmall, contextOf, reportOf, secretsOf } from '../../support/scrub-context.ts';

const profile = compileSmall('endpoints: []\nfields: []\n');

function ruleOf(carrier: CarrierClass, more: Partial<FieldRule> = {}): FieldRule {
  const none = { type: null, values: null, like: null, placeholder: null, holds: null, as: null, isRequired: false } as const;
  return { class: carrier, purpose: 2, shape: 'text', ...none, ...more };
}

interface Treated {
  readonly verdict: Verdict;
  readonly report: string[];
  readonly secrets: string[];
  readonly kept: readonly string[];
}

function treat(rule: FieldRule, value: string, rules: Partial<AnonymizeRules> = {}, banned: readonly string[] = []): Treated {
  const ctx = contextOf(profile, { rules: { ...STRICT, ...rules } }, banned);
  const verdict = anonymizeValue(ctx, 'f', rule, value);
  return { verdict, report: reportOf(ctx), secrets: secretsOf(ctx), kept: ctx.kept };
}

/** Verdict and report by itself: a value that stays leaves no entry. */
function judge(rule: FieldRule, value: string, rules: Partial<AnonymizeRules> = {}, banned: readonly string[] = []): unknown[] {
  const { verdict, report } = treat(rule, value, rules, banned);
  return [verdict, ...report];
}

describe('a value that is removed', () => {
  const remove = (carrier: CarrierClass, value: string, rule: FieldRule | null = null): unknown[] => {
    const ctx = contextOf(profile);
    const verdict = removeValue(ctx, 'f', rule, carrier, value);
    return [verdict, ...reportOf(ctx), ...secretsOf(ctx)];
  };

  it.each([
    ['direct', 'anna77', [false, 'f direct stripped', 'f direct anna77']],
    ['ip', '203.0.113.9', [false, 'f ip stripped', 'f ip 203.0.113.9']],
    ['utility', 'anna77', [false, 'f utility stripped']],
    // A short value counts where its class is sure.
    ['direct', 'an7', [false, 'f direct stripped']],
    ['click-id', 'Cj0', [false, 'f click-id stripped', 'f click-id Cj0']],
    // Texts are searched for identifiers, to the shortest.
    ['text', 'by a@b.example', [false, 'f text stripped', 'f direct a@b.example']],
    ['undeclared', '1::23', [false, 'f undeclared stripped', 'f ip 1::23']],
    ['text', `${'x'.repeat(LIMITS.valueLength)} a@b.example`, [false, 'f text stripped']],
    // What by its nature looks like an identifier is not.
    ['device', 'by a@b.example', [false, 'f device stripped']],
    ['time', '1795435619283', [false, 'f time stripped']],
    ['consent', 'by a@b.example', [false, 'f consent stripped']],
    ['geo', 'by a@b.example', [false, 'f geo stripped']],
    // An identifier is searched where it has parts, or is long.
    ['direct', 'x:a@b.example', [false, 'f direct stripped', 'f direct x:a@b.example', 'f direct a@b.example']],
    [
      'direct',
      `${'x'.repeat(48)} +43 664 1234567`,
      [
        false,
        'f direct stripped',
        `f direct ${'x'.repeat(48)} +43 664 1234567`,
        'f direct +43 664 1234567',
        'f direct 43 664 1234567',
      ],
    ],
    // An address is read by its names.
    ['url', 'https://shop.example/?gclid=Cj0K', [false, 'f url stripped', 'f?gclid click-id Cj0K']],
  ] as const)('%s: %s', (carrier, value, expected) => {
    expect(remove(carrier, value)).toEqual(expected);
  });

  it('counts though it is short where its field is declared', () => {
    expect(remove('direct', 'an7', ruleOf('direct'))).toEqual([false, 'f direct stripped', 'f direct an7']);
  });

  it('has a placeholder where the collector wants one', () => {
    const rule = ruleOf('direct', { placeholder: 'nobody' });
    expect(remove('direct', 'anna77', rule)).toEqual(['nobody', 'f direct replaced', 'f direct anna77']);
    expect(remove('utility', 'nobody', rule)).toEqual([true]);
    expect(remove('utility', 'anyone', ruleOf('utility', { placeholder: '' }))).toEqual(['', 'f utility replaced']);
  });
});

describe('ids', () => {
  const pseudonymize = (value: string): string => `day-${value.length}`;
  const treatId = (value: string, ids: AnonymizeRules['ids'], actions: Actions, purpose = 2, isKeyed = true): unknown[] => {
    const options = { rules: { ...STRICT, ids }, actions, action: 'anonymize' as const };
    const ctx = contextOf(profile, isKeyed ? { ...options, pseudonymize } : options);
    return [anonymizeValue(ctx, 'f', ruleOf('online-id', { purpose }), value), ...reportOf(ctx), ...secretsOf(ctx)];
  };
  const granted: Actions = ['forward', 'forward', 'forward', 'forward', 'forward'];
  const denied: Actions = ['drop', 'drop', 'drop', 'drop', 'drop'];

  it.each([
    [
      'become those of the day',
      'ab12',
      'pseudonymize-daily',
      ANONYMIZE_ALL,
      ['day-4', 'f online-id pseudonymized', 'f online-id ab12'],
    ],
    [
      'become those of the day after a yes',
      'ab12',
      'pseudonymize-daily',
      granted,
      ['day-4', 'f online-id pseudonymized', 'f online-id ab12'],
    ],
    ['go after a no', 'ab12', 'pseudonymize-daily', denied, [false, 'f online-id stripped', 'f online-id ab12']],
    [
      'go where they are too short',
      'ab1',
      'pseudonymize-daily',
      ANONYMIZE_ALL,
      [false, 'f online-id stripped', 'f online-id ab1'],
    ],
    ['go where the policy says so', 'ab12', 'drop', ANONYMIZE_ALL, [false, 'f online-id stripped', 'f online-id ab12']],
    ['are nothing where there is none', '', 'drop', ANONYMIZE_ALL, [true]],
  ] as const)('%s', (_, value, ids, actions, expected) => {
    expect(treatId(value, ids, actions)).toEqual(expected);
  });

  it('go where the collector takes no pseudonym', () => {
    const options = { rules: { ...STRICT, ids: 'pseudonymize-daily' as const }, pseudonymize };
    const ctx = contextOf(profile, options);
    expect(anonymizeValue(ctx, 'f', ruleOf('online-id', { shape: 'none' }), 'ab12')).toBe(false);
    expect([...reportOf(ctx), ...secretsOf(ctx)]).toEqual(['f online-id stripped', 'f online-id ab12']);
  });

  it('go where there is no key, and where the purpose is unknown', () => {
    const gone = [false, 'f online-id stripped', 'f online-id ab12'];
    expect(treatId('ab12', 'pseudonymize-daily', ANONYMIZE_ALL, 2, false)).toEqual(gone);
    expect(treatId('ab12', 'pseudonymize-daily', granted, 9)).toEqual(gone);
  });
});

describe('addresses of clients', () => {
  const bits = { v4: 24, v6: 48 };
  it.each([
    ['203.0.113.9', bits, ['203.0.113.0'], ['f ip masked'], ['f ip 203.0.113.9']],
    ['1::23', bits, ['1::'], ['f ip masked'], ['f ip 1::23']],
    ['203.0.113.0', bits, [true], [], []],
    ['anna77', bits, [false], ['f ip stripped'], ['f ip anna77']],
    ['203.0.113.9', 'drop', [false], ['f ip stripped'], ['f ip 203.0.113.9']],
    ['203.0.113.0', 'drop', [false], ['f ip stripped'], ['f ip 203.0.113.0']],
  ] as const)('%s, %j', (value, ip, verdict, report, secrets) => {
    const treated = treat(ruleOf('ip'), value, { ip });
    expect([[treated.verdict], treated.report, treated.secrets]).toEqual([verdict, report, secrets]);
  });

  it.each(['', '0', '1', 'true', 'false', '0.0.0.0', '$remote', '{{auto}}', 'unknown'])('%j is none, and stays', (value) => {
    expect(judge(ruleOf('ip'), value)).toEqual([true]);
  });
});

describe('devices', () => {
  it.each([
    ['language', 'de-AT', 'de'],
    ['language', 'de', true],
    ['language', '1', false],
    ['size', '1437x873', '1440x900'],
    ['size', 'x', false],
    ['length', '1437', '1400'],
    ['length', 'x', false],
    ['version', '14.2.1', '14'],
    ['version', 'x', false],
    ['brands', '"Chromium";v="141.0.0.0", "Not?A_Brand";v="8"', '"Chromium";v="141"'],
    ['brands', '"Anna";v="1"', false],
    ['platform', '"Windows"', true],
    ['platform', 'Anna', false],
    ['bool', 'true', true],
    ['bool', 'anna', false],
    ['integer', '24', true],
    ['integer', 'anna', false],
    ['enum', 'a', true],
    ['enum', 'b', false],
    ['timezone', 'Europe/Vienna', false],
    ['user-agent', 'Mozilla/5.0 (X11; Linux x86_64) Firefox/141.0', 'Mozilla/5.0 (Linux) Firefox'],
    [null, 'x', false],
  ] as const)('%s: %s', (type, value, verdict) => {
    const report = verdict === true ? [] : [`f device ${verdict === false ? 'stripped' : 'coarsened'}`];
    expect(judge(ruleOf('device', { type, values: new Set(['a']) }), value)).toEqual([verdict, ...report]);
  });

  const AGENT = 'Mozilla/5.0 (X11; Linux x86_64) Firefox/141.0';
  it.each([
    ['size', '1437x873', { device: 'keep', userAgent: 'drop' }, [true]],
    ['size', '1437x873', { device: 'drop', userAgent: 'keep' }, [false, 'f device stripped']],
    ['user-agent', AGENT, { device: 'keep', userAgent: 'drop' }, [false, 'f device stripped']],
    ['user-agent', AGENT, { device: 'drop', userAgent: 'keep' }, [true]],
    ['user-agent', `${AGENT} a@b.example`, { userAgent: 'keep' }, [false, 'f device stripped']],
    ['size', '', { device: 'drop' }, [true]],
  ] as const)('%s %s by the rules: %j', (type, value, rules, expected) => {
    expect(judge(ruleOf('device', { type }), value, rules)).toEqual(expected);
  });

  it('are searched for what another field gave away', () => {
    const rule = ruleOf('device', { type: 'timezone' });
    expect(judge(rule, 'Europe/anna77', { device: 'keep' }, ['anna77'])).toEqual([false, 'f device stripped']);
    expect(treat(rule, 'Europe/anna77', { device: 'keep' }).kept).toEqual(['Europe/anna77']);
  });
});

describe('places', () => {
  const [country, region, gone] = [['US', 'f geo coarsened'], [true], [false, 'f geo stripped']];
  it.each([
    ['country', 'AT', 'country', region],
    ['country', 'at', 'region', region],
    ['country', 'AT', 'none', gone],
    ['country', 'AUT', 'country', gone],
    ['country', 'xAT', 'country', gone],
    ['country', '', 'country', gone],
    ['region', 'US-TX', 'region', region],
    ['region', 'us-tx', 'region', region],
    ['region', 'TX', 'region', region],
    ['region', '9', 'region', region],
    ['region', 'AT-123', 'region', region],
    ['region', 'AT-1234', 'region', gone],
    ['region', 'AT-1-2', 'region', gone],
    ['region', 'A-1', 'region', gone],
    ['region', '-TX', 'region', gone],
    ['region', 'US-TX', 'country', country],
    ['region', 'US-TXS', 'country', country],
    ['region', 'US-TXSA', 'country', gone],
    ['region', 'xUS-TX', 'country', gone],
    ['region', 'US-', 'country', gone],
    ['region', 'TX', 'country', gone],
    ['region', 'US-TX', 'none', gone],
    ['slug', 'AT', 'region', gone],
    [null, 'US-TX', 'country', gone],
  ] as const)('%s %s where %s may be told', (type, value, geo, expected) => {
    expect(judge(ruleOf('geo', { type }), value, { geo })).toEqual(expected);
  });
});

describe('addresses of pages', () => {
  it.each([
    ['keep', 'drop', 'keep', 'drop'],
    ['keep', 'origin', 'keep', 'origin'],
    ['keep', 'keep', 'keep', 'keep'],
    ['path', 'keep', 'path', 'path'],
    ['path', 'origin', 'path', 'origin'],
    ['origin', 'keep', 'origin', 'origin'],
    ['drop', 'keep', 'drop', 'drop'],
  ] as const)('page %s and referrer %s: %s of a page, %s of a referrer', (page, referrer, ofPage, ofReferrer) => {
    const ctx = contextOf(profile, { rules: { ...STRICT, page, referrer } });
    expect([addressRule(ctx, false), addressRule(ctx, true)]).toEqual([ofPage, ofReferrer]);
  });

  const rules = { page: 'path', referrer: 'origin' } as const;
  it.each([
    ['page', '', [true], []],
    ['page', 'https://shop.example/tee', [true], []],
    ['page', 'https://shop.example/tee?gclid=Cj0K', ['https://shop.example/tee', 'f url cut'], ['f?gclid click-id Cj0K']],
    ['link', 'https://shop.example/tee?a=1', ['https://shop.example/tee', 'f url cut'], []],
    ['referrer', 'https://shop.example/tee', ['https://shop.example/', 'f url cut'], []],
    ['page', 'tee?uid=anna77', [false, 'f url stripped'], ['f?uid direct anna77']],
  ] as const)('%s %s', (type, value, expected, secrets) => {
    expect(judge(ruleOf('url', { type }), value, rules)).toEqual(expected);
    expect(treat(ruleOf('url', { type }), value, rules).secrets).toEqual(secrets);
  });

  it('are searched for what another field gave away', () => {
    const rule = ruleOf('url', { type: 'page' });
    expect(judge(rule, 'https://shop.example/anna', rules, ['anna'])).toEqual([false, 'f url stripped']);
    expect(treat(rule, 'https://shop.example/tee?a=1', rules).kept).toEqual(['https://shop.example/tee']);
  });
});

describe('texts', () => {
  const keep = { text: 'keep' } as const;
  const gone = [false, 'f text stripped'];
  it.each([
    ['', 'drop', [true]],
    ['plain words', 'drop', gone],
    ['by a@b.example now', 'drop', gone],
    ['plain words', 'keep', [true]],
    ['by a@b.example now', 'keep', ['by - now', 'f text cut']],
    ['a@b.example', 'keep', gone],
    ['word12345', 'keep', gone],
    // Below an encoding nothing is cut: the whole text goes.
    ['by a@b.example or bert%40example.com', 'keep', gone],
    ['bert%40example.com', 'keep', gone],
    ['a '.repeat(4096), 'keep', [true]],
    [`${'a '.repeat(4096)}a`, 'keep', gone],
  ] as const)('%.40s, %s', (value, text, expected) => {
    expect(judge(ruleOf('text'), value, { text })).toEqual(expected);
  });

  it('have the form that is declared', () => {
    const rule = ruleOf('text', { like: ['plan *'] });
    expect(judge(rule, 'plan pro', keep)).toEqual([true]);
    expect(judge(rule, 'other pro', keep)).toEqual(gone);
  });

  it('give away what is cut out of them', () => {
    const { secrets, kept } = treat(ruleOf('text'), 'by a@b.example now', keep);
    expect([secrets, kept]).toEqual([['f direct a@b.example'], ['by - now']]);
  });

  it('are searched for what another field gave away', () => {
    expect(judge(ruleOf('text'), 'by anna now', keep, ['anna'])).toEqual(gone);
    expect(judge(ruleOf('text'), 'anna a@b.example', keep, ['anna'])).toEqual(gone);
    expect(treat(ruleOf('text'), 'by anna now', keep).kept).toEqual(['by anna now']);
  });
});

describe('what nobody declared', () => {
  it.each([
    ['plan', 'pro', 'drop', [false, 'plan undeclared stripped']],
    ['plan', '', 'drop', [false, 'plan undeclared stripped']],
    ['plan', 'pro', 'scan', [true]],
    ['plan', 'by a@b.example', 'scan', [false, 'plan undeclared stripped']],
    ['plan', 'word12345', 'scan', [false, 'plan undeclared stripped']],
    ['email', 'pro', 'scan', [false, 'email direct stripped']],
    ['email', '', 'scan', [false, 'email direct stripped']],
    // An address by the rule of page addresses, whatever its field is called; names of somebody in pairs and JSON.
    ['landing', 'https://a.example/tea?name=Lena+Brandt', 'scan', ['https://a.example/tea', 'landing url cut']],
    ['landing', '/account?firstname=Lena', 'scan', ['/account', 'landing url cut']],
    ['landing', 'https://anna@a.example/', 'scan', [false, 'landing url stripped']],
    ['plan', 'user_id=K-7744', 'scan', [false, 'plan undeclared stripped']],
    ['plan', '{"customer_no":"K-7744"}', 'scan', [false, 'plan undeclared stripped']],
    ['plan', 'colour=red', 'scan', [true]],
    ['plan', '{"colour": "red"}', 'scan', [true]],
    ['plan', 'x '.repeat(256), 'scan', [true]],
    ['plan', `${'x '.repeat(256)}x`, 'scan', [false, 'plan undeclared stripped']],
  ] as const)('%s=%.20s, %s', (name, value, undeclared, expected) => {
    const ctx = contextOf(profile, { rules: { ...STRICT, undeclared } });
    expect([anonymizeUndeclared(ctx, name, null, value), ...reportOf(ctx)]).toEqual(expected);
  });

  it('is searched for what another field gave away, where there is something', () => {
    expect(judge(ruleOf('undeclared'), 'by anna', { undeclared: 'scan' }, ['anna'])).toEqual([false, 'f undeclared stripped']);
    expect(treat(ruleOf('undeclared'), 'pro', { undeclared: 'scan' }).kept).toEqual(['pro']);
    const empty = treat(ruleOf('undeclared'), '', { undeclared: 'scan' });
    expect([empty.verdict, empty.kept]).toEqual([true, []]);
  });

  it('has the placeholder of its container', () => {
    expect(judge(ruleOf('undeclared', { placeholder: '-' }), 'pro')).toEqual(['-', 'f undeclared replaced']);
  });
});

describe('ids of events and orders', () => {
  const [stays, gone] = [[true], [false, 'f join-id stripped']];
  it.each([
    ['A-1795435685522', 'keep', stays],
    ['a82b3e80-9426-4a04-8909-85a5879c31ae', 'keep', stays],
    ['x'.repeat(128), 'keep', stays],
    ['x'.repeat(129), 'keep', gone],
    ['order 7', 'keep', gone],
    ['a@b.example', 'keep', gone],
    ['203.0.113.9', 'keep', gone],
    ['0043-664-1234567', 'keep', gone],
    // An address that is encoded or hashed, and what browsers are told by.
    [Buffer.from('anna.muster@example.com').toString('base64url'), 'keep', gone],
    [Buffer.from('anna.muster@example.com').toString('hex'), 'keep', gone],
    [`0x${Buffer.from('anna.muster@example.com').toString('hex')}`, 'keep', gone],
    ['9f8e7d6c1b2a4c3d8e9f0a1b2c3d4e5f9f8e7d6c1b2a4c3d8e9f0a1b2c3d4e5f', 'keep', gone],
    ['9f8e7d6c1b2a4c3d8e9f0a1b2c3d4e5f', 'keep', stays],
    ['GA1.1.123456789.1790000000', 'keep', gone],
    ['fb.1.1790000002345.123456789', 'keep', gone],
    ['GCL.1790000002.Cj0KCQ', 'keep', gone],
    ['id:GA1.1.123456789.1790000000', 'keep', gone],
    ['sha256:9f8e7d6c1b2a4c3d8e9f0a1b2c3d4e5f9f8e7d6c1b2a4c3d8e9f0a1b2c3d4e5f', 'keep', gone],
    ['A-fb12', 'keep', stays],
    ['#1042', 'keep', stays],
    ['2026-11-00127', 'keep', stays],
    ['3c:22:fb:9a:01:7e', 'keep', gone],
    ['3C-22-FB-9A-01-7E', 'keep', gone],
    ['4111_1111_1111_1111', 'keep', gone],
    // Random, as ids of orders are.
    ['01J9ZQ4NDEKTSV4RRFFQ69G5FA', 'keep', stays],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln', 'keep', gone],
    ['', 'keep', stays],
    ['', 'drop', stays],
    ['A-7', 'drop', gone],
  ] as const)('%.40s, %s', (value, joinIds, expected) => {
    expect(judge(ruleOf('join-id'), value, { joinIds })).toEqual(expected);
  });

  it('are searched for what another field gave away', () => {
    expect(judge(ruleOf('join-id'), 'A-anna77', { joinIds: 'keep' }, ['anna77'])).toEqual(gone);
    expect(treat(ruleOf('join-id'), 'A-anna77', { joinIds: 'keep' }).kept).toEqual(['A-anna77']);
  });
});

describe('times', () => {
  it.each([
    ['1795435619283', 'hour', ['1795435200000', 'f time coarsened']],
    ['1795435619283', 'exact', [true]],
    ['2026-11-23 10:11:12', 'hour', ['2026-11-23 10:00:00', 'f time coarsened']],
    ['2026-11-23 10:11:12', 'exact', [true]],
    ['0/0/0000 0:0:0 0 -60', 'hour', [true]],
    ['1795435200000', 'hour', [true]],
    ['yesterday', 'exact', [false, 'f time stripped']],
    ['', 'exact', [false, 'f time stripped']],
  ] as const)('%s, %s', (value, time, expected) => {
    expect(judge(ruleOf('time'), value, { time })).toEqual(expected);
  });

  it('are cut where another field gave them away', () => {
    expect(judge(ruleOf('time'), '1795435619283', { time: 'exact' }, ['435619283'])).toEqual([
      '1795435200000',
      'f time coarsened',
    ]);
    expect(treat(ruleOf('time'), '1795435619283', { time: 'exact' }).kept).toEqual(['1795435619283']);
    expect(treat(ruleOf('time'), '1795435200000', { time: 'exact' }).kept).toEqual([]);
  });
});

describe('what tells nothing about a person', () => {
  it.each(['utility', 'consent'] as const)('%s stays in its form only', (carrier) => {
    const rule = ruleOf(carrier, { type: 'slug' });
    expect(judge(rule, '')).toEqual([true]);
    expect(judge(rule, 'a-word')).toEqual([true]);
    expect(judge(rule, 'two words')).toEqual([false, `f ${carrier} stripped`]);
    expect(judge(rule, 'by-anna77', {}, ['anna77'])).toEqual([false, `f ${carrier} stripped`]);
    expect(judge({ ...rule, placeholder: '-' }, 'two words')).toEqual(['-', `f ${carrier} replaced`]);
  });

  it('is searched for what another field gave away from a length of 3, save accounts', () => {
    const keptOf = (value: string, type: 'slug' | 'account'): readonly string[] => treat(ruleOf('utility', { type }), value).kept;
    expect(['ab', 'abc', 'abcdefg'].map((value) => keptOf(value, 'slug'))).toEqual([[], ['abc'], ['abcdefg']]);
    expect(['ab', 'abc', 'abcdefg'].map((value) => keptOf(value, 'account'))).toEqual([[], [], []]);
  });
});

describe('what tells who somebody is', () => {
  it.each(['direct', 'click-id', 'online-id'] as const)('%s goes, save where there is nothing', (carrier) => {
    expect(judge(ruleOf(carrier), 'an7', LENIENT)).toEqual([false, `f ${carrier} stripped`]);
    expect(judge(ruleOf(carrier), '', LENIENT)).toEqual([true]);
    expect(treat(ruleOf(carrier), 'an7', LENIENT).secrets).toEqual([`f ${carrier} an7`]);
  });
});
