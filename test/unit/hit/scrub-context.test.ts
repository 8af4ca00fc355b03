/** What the scrubbing of one hit remembers: identifiers, deeds, values that stay, and the limits. */
import { describe, expect, it } from 'vitest';
import { LIMITS, ScrubContext } from '../../../src/hit/scrub-context.ts';
import { CARRIER_CLASSES, type CarrierClass } from '../../../src/privacy/report.ts';
import { Searcher } from '../../../src/privacy/search.ts';
import { loadAllProfiles } from '../../support/profiles.ts';
import { type Actions, LENIENT, NO_ADVERTISING, type RequestOptions, STRICT, scrubRequest } from '../../support/scrub.ts';

const profiles = loadAllProfiles();

interface ContextOptions extends RequestOptions {
  readonly clientAddress?: string | null;
  readonly banned?: readonly string[];
}

/** A context without a client address, unless there is one among the options. */
function create(vendor: string, { clientAddress = null, banned, ...options }: ContextOptions = {}): ScrubContext {
  const profile = profiles.get(vendor);
  if (profile === undefined) throw new Error(vendor);
  const request = { ...scrubRequest(profile, { target: '/' }, options), clientAddress };
  return new ScrubContext(request, banned === undefined ? null : new Searcher(banned));
}

const secretsOf = (ctx: ScrubContext): string[] =>
  ctx.secrets.map(({ place, class: carrier, value }) => `${place} ${carrier} ${value}`);

describe('a new context', () => {
  it('knows nothing yet', () => {
    expect(create('generic')).toMatchObject({
      address: null,
      isAnonymized: true,
      banned: null,
      where: '',
      depth: 0,
      count: 0,
      refusal: null,
      hasRequired: false,
      isNdjson: false,
      report: [],
      secrets: [],
      kept: [],
    });
    expect(create('generic', { actions: NO_ADVERTISING }).isAnonymized).toBe(false);
  });
});

describe('the client address', () => {
  const v4 = '203.0.113.77';
  const analytics = (action: Actions[2]): Actions => ['forward', 'forward', action, 'forward', 'forward'];
  const wholeAddress = { ...STRICT, ip: { v4: 32, v6: 128 } };

  it.each<[string, string, ContextOptions, string | null, string[]]>([
    ['masked in an anonymized hit', 'generic', { rules: LENIENT }, '203.0.113.0', [`address ip ${v4}`]],
    ['dropped by the rules', 'generic', { rules: STRICT }, null, [`address ip ${v4}`]],
    ['of a mask that keeps all of it', 'generic', { rules: wholeAddress }, v4, []],
    [
      'anonymized though its purpose is forwarded',
      'plausible',
      { actions: analytics('forward'), action: 'anonymize', rules: LENIENT },
      '203.0.113.0',
      [`address ip ${v4}`],
    ],
    ['forwarded', 'plausible', { actions: analytics('forward'), action: 'forward', rules: STRICT }, v4, []],
    [
      'masked in a forwarded hit',
      'plausible',
      { actions: analytics('anonymize'), action: 'forward', rules: LENIENT },
      '203.0.113.0',
      [`address ip ${v4}`],
    ],
    [
      'dropped with its purpose',
      'plausible',
      { actions: analytics('drop'), action: 'forward', rules: LENIENT },
      null,
      [`address ip ${v4}`],
    ],
    ['of the strictest purpose', 'ga4', { actions: NO_ADVERTISING, rules: LENIENT }, null, [`address ip ${v4}`]],
    ['of few characters', 'generic', { clientAddress: '2a::1' }, null, ['address ip 2a::1']],
    ['unknown', 'generic', { clientAddress: null, rules: LENIENT }, null, []],
    ['unknown and forwarded', 'plausible', { clientAddress: null, actions: NO_ADVERTISING }, null, []],
  ])('%s', (_, vendor, options, address, secrets) => {
    const ctx = create(vendor, { clientAddress: v4, ...options });
    expect(ctx.address).toBe(address);
    expect(secretsOf(ctx)).toEqual(secrets);
  });
});

describe('actionOf', () => {
  it('is the action of the purpose, and the strictest for what nobody declares', () => {
    const profile = profiles.get('ga4');
    const ctx = create('ga4', { actions: ['forward', 'forward', 'anonymize', 'forward', 'drop'] });
    expect(ctx.actionOf(profile?.cookie('_ga') ?? null)).toBe('anonymize');
    expect(ctx.actionOf(profile?.cookie('_gcl_au') ?? null)).toBe('drop');
    expect(ctx.actionOf(null)).toBe('drop');
  });
});

describe('note', () => {
  it.each([
    ['cid', 'cid'],
    ['a.b$c[0]:d?e#f|g/h -i_j', 'a.b$c[0]:d?e#f|g/h -i_j'],
    ['a', 'a'],
    ['x'.repeat(120), 'x'.repeat(120)],
    ['x'.repeat(121), '?'],
    ['', '?'],
    // What an identifier may be made of is not repeated.
    ['anna@example.com', '?'],
    ['@anna', '?'],
    ['anna@', '?'],
    ['müller', '?'],
    ['a%40b', '?'],
    ['a,b', '?'],
    ['a+b', '?'],
    ['a"b', '?'],
    ['a\nb', '?'],
    ['id12345', 'id12345'],
    ['id12345.6', 'id12345.6'],
    ['id123456', '?'],
    ['123456id', '?'],
    ['abcdefabcdefabc', 'abcdefabcdefabc'],
    ['abcdefabcdefabcd', '?'],
    ['ABCDEFABCDEFABCD', '?'],
    ['x.abcdef12345abcdef.x', '?'],
    ['ghijklmnopqrstuvwxyz', 'ghijklmnopqrstuvwxyz'],
  ])('repeats the name %j as %j', (name, label) => {
    const ctx = create('generic');
    ctx.where = 'query:';
    ctx.note(name, 'direct', 'stripped');
    ctx.note(name, 'url', 'cut');
    expect(ctx.report).toEqual([
      { place: `query:${label}`, class: 'direct', deed: 'stripped' },
      { place: `query:${label}`, class: 'url', deed: 'cut' },
    ]);
  });
});

describe('addSecret', () => {
  const add = (carrier: CarrierClass, raw: string, isKnown: boolean): string[] => {
    const ctx = create('generic');
    ctx.where = 'query:';
    ctx.addSecret('id', carrier, raw, isKnown);
    return secretsOf(ctx);
  };

  it.each(CARRIER_CLASSES)('a short value counts where its class is sure and tells who somebody is: %s', (carrier) => {
    const isIdentifying = ['direct', 'online-id', 'click-id', 'ip'].includes(carrier);
    expect(create('generic').isIdentifying(carrier)).toBe(isIdentifying);
    expect(add(carrier, 'ann', true)).toEqual(isIdentifying ? [`query:id ${carrier} ann`] : []);
    expect(add(carrier, 'ann', false)).toEqual([]);
    expect(add(carrier, 'anna77', false)).toEqual([`query:id ${carrier} anna77`]);
  });

  it.each<[string, string[]]>([
    ['an', []],
    ['123', []],
    ['undefined', []],
    ['"anna77"', ['query:id direct anna77']],
    ['"an"', []],
    ['+491701234567', ['query:id direct +491701234567', 'query:id direct 491701234567']],
    ['GA1.1.123456.789012', ['query:id direct GA1.1.123456.789012', 'query:id direct 123456.789012']],
    ['x'.repeat(513), [`query:id direct ${'x'.repeat(512)}`]],
  ])('%j: %j', (raw, secrets) => {
    expect(add('direct', raw, true)).toEqual(secrets);
  });

  it('remembers a value once, by where it was first, and never the name that may be one', () => {
    const ctx = create('generic');
    ctx.addSecret('anna@example.com', 'direct', 'anna77', true);
    ctx.where = 'query:';
    ctx.addSecret('u', 'online-id', 'anna77', true);
    ctx.addSecret('u', 'online-id', '"anna77"', true);
    ctx.addSecret('cid', 'online-id', '123456.789012', true);
    ctx.addSecret('_ga', 'online-id', 'GA1.1.123456.789012', true);
    expect(secretsOf(ctx)).toEqual([
      '? direct anna77',
      'query:cid online-id 123456.789012',
      'query:_ga online-id GA1.1.123456.789012',
    ]);
  });
});

describe('isNew', () => {
  it('is true for the first time of each text', () => {
    const ctx = create('generic');
    expect([ctx.isNew('a'), ctx.isNew('a'), ctx.isNew('b'), ctx.isNew('a')]).toEqual([true, false, true, false]);
    expect(create('generic').isNew('a')).toBe(true);
  });
});

describe('keep', () => {
  it('keeps everything where nothing is banned', () => {
    const ctx = create('generic');
    expect(['anna77', '', 'ab'].map((value) => ctx.keep(value))).toEqual([true, true, true]);
    expect(ctx.kept).toEqual(['anna77', '', 'ab']);
  });

  it('keeps nothing that holds what is banned', () => {
    const ctx = create('generic', { banned: ['zaphod', 'ann'] });
    const values = ['plan', 'Hello ZAPHOD!', 'emFwaG9kIHdhcyBoZXJl', 'ann', 'an', 'anna', 'zapho'];
    expect(values.map((value) => ctx.keep(value))).toEqual([true, false, false, false, true, true, true]);
    expect(ctx.kept).toEqual(['plan', 'an', 'anna', 'zapho']);
  });
});

describe('limits', () => {
  it('the first reason of a refusal stays', () => {
    const ctx = create('generic');
    ctx.refuse('opaque');
    ctx.refuse('multipart');
    expect(ctx.refusal).toBe('opaque');
  });

  it('ten thousand fields are a hit, one more is refused', () => {
    const ctx = create('generic');
    ctx.count = 9998;
    expect([ctx.countField(), ctx.countField(), ctx.refusal]).toEqual([true, true, null]);
    expect([ctx.countField(), ctx.refusal, ctx.count]).toEqual([false, 'body-limits', 10_001]);
    ctx.refusal = null;
    expect([ctx.countField(), ctx.refusal]).toEqual([false, 'body-limits']);
  });

  it('bound depth, number and size', () => {
    expect(LIMITS).toEqual({ depth: 16, count: 10_000, bytes: 1_048_576, valueLength: 8192 });
  });
});
