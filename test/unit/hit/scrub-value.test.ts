/** Fields of queries and forms, and what is hidden in them: JSON, queries and whole hits, also in base64 and percent-encoded. */
import { describe, expect, it } from 'vitest';
import { LIMITS, type ScrubContext } from '../../../src/hit/scrub-context.ts';
import { treatDocument, treatField, treatPairs } from '../../../src/hit/scrub-value.ts';
import { type Actions, ANONYMIZE_ALL, LENIENT, NO_ADVERTISING, type RequestOptions } from '../../support/scrub.ts';
import { compileSmall, contextOf, reportOf, secretsOf } from '../../support/scrub-context.ts';

const FIELDS = `
click-ids: advertising
endpoints: [/hit]
fields:
  - { names: ["n"], class: utility, type: integer, required: true }
  - { names: [w, sid], class: utility, type: slug }
  - { names: [free], class: utility }
  - { names: [parts], class: utility, type: list }
  - { names: [note, u, d], class: text }
  - { names: [state], class: consent, type: slug }
  - { names: [uid], class: direct, placeholder: nobody }
  - { names: [ad, adflag], class: utility, type: slug, purpose: advertising }
  - { names: [j, "h*"], class: text, holds: json, as: in }
  - { names: [q], class: text, holds: query, as: in }
  - { names: [own], class: text, holds: query }
  - { names: ["t"], class: text, holds: hit }
  - { names: [adj], class: text, holds: json, purpose: advertising }
  - { names: [in.keep, in.n, own.keep], class: utility, type: slug }
`;
const plain = compileSmall(FIELDS);
const restricted = compileSmall(`${FIELDS}
  - { names: [gcs], class: consent, type: gcs }
  - { names: [gcd], class: consent, type: gcd }
  - { names: [npa, a b], class: consent, type: slug }
restricted:
  - { without: advertising, beside: "n", set: { npa: "1" }, add: { "a b": "x y" } }
`);

const FORWARD: Actions = ['forward', 'forward', 'forward', 'forward', 'forward'];
const PART: RequestOptions = { actions: NO_ADVERTISING };
const ALL: RequestOptions = { actions: FORWARD };
const ANONYMOUS: RequestOptions = {};
/** The hit is anonymized, while the purpose of most of its fields is allowed. */
const MIXED: RequestOptions = { actions: NO_ADVERTISING, action: 'anonymize' };

function treat(options: RequestOptions, text: string, profile = plain): { left: string; ctx: ScrubContext } {
  const ctx = contextOf(profile, options);
  return { left: treatPairs(ctx, text, ''), ctx };
}

const base64 = (text: string, times = 1): string =>
  times === 0 ? text : base64(Buffer.from(text).toString('base64'), times - 1);
const percent = encodeURIComponent;

describe('a field that is kept', () => {
  it.each([
    ['its type holds where the hit is anonymized', MIXED, 'n=12&n2=1', 'n=12', ['n2 undeclared stripped']],
    ['another value than its type says goes', MIXED, 'n=twelve&w=a', 'w=a', ['n utility stripped']],
    ['of a list what is of its type stays', MIXED, 'parts=a1,anna@x.example,b2', 'parts=a1%2Cb2', ['parts utility cut']],
    ['without a type any value stays', MIXED, 'free=ab12345', 'free=ab12345', []],
    ['its type counts for what tells nothing only', MIXED, 'state=a%20b', 'state=a%20b', []],
    ['its type counts for nothing where the hit is forwarded', PART, 'n=twelve', 'n=twelve', []],
    ['what nobody declared is kept where all is allowed', ALL, 'zzz=1', 'zzz=1', []],
  ] as const)('%s', (_, options, text, left, report) => {
    const { left: out, ctx } = treat(options, text);
    expect(out).toBe(left);
    expect(reportOf(ctx)).toEqual(report);
  });

  const URL = 'https://shop.example/?a=1';
  it.each([
    ['an address', `u=${URL}&w=2`, `u=${URL}&w=2`, []],
    ['an address with a click id', `u=${percent(`${URL}&gclid=Cj0K`)}`, `u=${percent(URL)}`, ['u?gclid']],
    ['a bare query', `u=${percent('a=1&gclid=Cj0K')}`, 'u=a%3D1', ['u?gclid']],
    ['the shortest bare query', `u=${percent('a&gclid=1')}`, 'u=a', ['u?gclid']],
    [
      'an address that is encoded once more',
      `u=${percent(percent(`${URL}&gclid=Cj0K`))}`,
      `u=${percent(percent(URL))}`,
      ['u?gclid'],
    ],
    ['JSON', `u=${percent('{"gclid":"Cj0K","a":1}')}`, `u=${percent('{"a":1}')}`, ['u.gclid']],
    ['a list', `u=${percent('[{"gclid":"Cj0K","a":"b=1"}]')}`, `u=${percent('[{"a":"b=1"}]')}`, ['u.gclid']],
    ['a number in JSON', `u=${percent('{"gclid":123456,"a":1}')}`, `u=${percent('{"a":1}')}`, ['u.gclid']],
    ['a truth in JSON', `u=${percent('{"gclid":true,"fbclid":null}')}`, `u=${percent('{"gclid":true,"fbclid":null}')}`, []],
    ['JSON below JSON', `u=${percent('{"b":{"gclid":"Cj0K"},"a":1}')}`, `u=${percent('{"b":{},"a":1}')}`, ['u.b.gclid']],
    [
      'JSON of other names, which stays as it is written',
      `u=${percent('{ "a":1, "a":2,"n":"\\u00e9 click","m":"\\u00e9=1","gclid":"Cj0K"}')}`,
      `u=${percent('{ "a":1, "a":2,"n":"\\u00e9 click","m":"\\u00e9=1"}')}`,
      ['u.gclid'],
    ],
    ['an address in JSON', `u=${percent(`{"a":"${URL}&gclid=Cj0K"}`)}`, `u=${percent(`{"a":"${URL}"}`)}`, ['u.a?gclid']],
    ['a bare query in JSON', `u=${percent('{"a":"b=1&gclid=Cj0K"}')}`, `u=${percent('{"a":"b=1"}')}`, ['u.a?gclid']],
    ['what begins like JSON', `u=${percent('{x?gclid=Cj0K&a=1')}`, `u=${percent('{x?a=1')}`, ['u?gclid']],
    ['what begins like a word', `u=${percent('x?gclid=Cj0K&a=1')}`, `u=${percent('x?a=1')}`, ['u?gclid']],
  ])('loses click ids that are not allowed: %s', (_, text, left, places) => {
    const { left: out, ctx } = treat(PART, text);
    expect(out).toBe(left);
    expect(reportOf(ctx)).toEqual(places.map((place) => `${place} click-id stripped`));
    expect(treat(ALL, text).left).toBe(text);
  });

  it('remembers the click ids of JSON for the guard', () => {
    const { ctx } = treat(PART, `u=${percent('{"gclid":"Cj0K","b":{"fbclid":"IwAR"}}')}`);
    expect(secretsOf(ctx)).toEqual(['u.gclid click-id Cj0K', 'u.b.fbclid click-id IwAR']);
  });

  it.each([
    ['a pair', 'my_epik=1&ab', 2],
    ['without a name of a click id', 'bb_=1&abc=2', 1],
    ['without pairs', 'my_epik_abc', 1],
  ])('is looked into only where a click id can be in it: %s', (_, value, count) => {
    expect(treat(PART, `note=${percent(value)}`).ctx.count).toBe(count);
  });

  it.each([14, 15])('loses a click id %i addresses deep, in a field and in its JSON', (depth) => {
    const nest = (inner: string, left: number): string => (left === 0 ? inner : `/x?to=${percent(nest(inner, left - 1))}`);
    const [value, left] = [nest('/x?gclid=Cj0K', depth), nest('/x', depth)];
    expect(treat(PART, `u=${percent(value)}`).left).toBe(`u=${percent(left)}`);
    expect(treat(PART, `u=${percent(JSON.stringify({ a: value }))}`).left).toBe(`u=${percent(JSON.stringify({ a: left }))}`);
  });

  it('counts what is in its JSON', () => {
    const value = percent(`{"gclid":1,"a":[${'[],'.repeat(6000)}1]}`);
    expect(treat(PART, `u=${value}`).ctx.refusal).toBeNull();
    expect(treat(PART, `u=${value}&note=${value}`).ctx.refusal).toBe('body-limits');
  });

  it('goes where it holds what was found to be an identifier', () => {
    const ctx = contextOf(plain, ALL, ['anna77']);
    expect(treatPairs(ctx, 'note=by%20anna77&w=b&zzz=anna77', '')).toBe('w=b');
    expect(reportOf(ctx)).toEqual(['note text stripped', 'zzz undeclared stripped']);
    expect(ctx.kept).toEqual(['b']);
  });
});

describe('a field by its rule', () => {
  it.each([
    ['a click id goes', PART, 'gclid=Cj0K&n=1', 'n=1', ['gclid click-id stripped'], ['gclid click-id Cj0K']],
    ['a click id stays where it is allowed', ALL, 'gclid=Cj0K', 'gclid=Cj0K', [], []],
    [
      'a click id in a text field goes',
      PART,
      'note=a&d.gclid=Cj0K',
      'note=a',
      ['d.gclid click-id stripped'],
      ['d.gclid click-id Cj0K'],
    ],
    ['a dropped purpose', PART, 'ad=a1&n=1', 'n=1', ['ad utility stripped'], []],
    [
      'an undeclared name that tells its class',
      PART,
      'customer=anna77',
      '',
      ['customer direct stripped'],
      ['customer direct anna77'],
    ],
    ['an undeclared name', PART, 'zzz=anna77', '', ['zzz undeclared stripped'], []],
    ['a placeholder', ANONYMOUS, 'uid=anna77', 'uid=nobody', ['uid direct replaced'], ['uid direct anna77']],
    ['an empty field that holds JSON', ANONYMOUS, 'j=', 'j=', [], []],
    ['the same once more', ANONYMOUS, 'w=b&w=b', 'w=b', ['w utility stripped'], []],
    ['another once more', ANONYMOUS, 'w=b&w=anna@x.example', 'w=b', ['w undeclared stripped'], ['w direct anna@x.example']],
    ['undeclared in an anonymized hit', ANONYMOUS, 'zzz=1&w=b', 'w=b', ['zzz undeclared stripped'], []],
  ] as const)('%s', (_, options, text, left, report, secrets) => {
    const { left: out, ctx } = treat(options, text);
    expect(out).toBe(left);
    expect(reportOf(ctx)).toEqual(report);
    expect(secretsOf(ctx)).toEqual(secrets);
  });

  it('scans what nobody declared where the policy says so', () => {
    expect(treat({ rules: LENIENT }, 'zzz=pro&yyy=anna@example.com').left).toBe('zzz=pro');
  });

  it.each([
    ['plain', percent('{"e":"view","email":"anna@example.com"}'), percent('{"e":"view"}')],
    ['a list', percent('[{"e":"view","uid":"k-7"}]'), percent('[{"e":"view"}]')],
    ['in base64', base64('{"e":"view","uid":"k-7"}'), percent(base64('{"e":"view"}'))],
    ['none after all', percent('{"e":"view"'), percent('{"e":"view"')],
  ])('scans JSON that nobody declared member by member: %s', (_, value, left) => {
    expect(treat({ rules: LENIENT }, `zzz=${percent(decodeURIComponent(value))}`).left).toBe(`zzz=${left}`);
  });

  it('tells whether a field came that the collector needs', () => {
    expect(treat(ANONYMOUS, 'w=1').ctx.hasRequired).toBe(false);
    expect(treat(ANONYMOUS, 'n=1').ctx.hasRequired).toBe(true);
  });

  it('counts fields with and without a value, and refuses what is too many', () => {
    for (const text of ['n=1', 'n']) {
      const ctx = contextOf(plain, ALL);
      ctx.count = LIMITS.count - 1;
      expect(treatPairs(ctx, text, '')).toBe(text);
      expect([ctx.count, ctx.refusal]).toEqual([LIMITS.count, null]);
      expect(treatPairs(ctx, text, '')).toBe('');
      expect(ctx.refusal).toBe('body-limits');
      // Nothing is looked at any more.
      expect(treatPairs(ctx, text, '')).toBe(text);
      expect(ctx.count).toBe(LIMITS.count + 1);
    }
  });

  it('is nothing past the limit', () => {
    const ctx = contextOf(plain, ALL);
    ctx.count = LIMITS.count;
    expect(treatField(ctx, ctx.plan.field('n'), '1')).toBe(false);
  });
});

describe('flags of the restricted mode', () => {
  it.each([
    ['are set beside the field', PART, 'n=1', 'n=1&npa=1&a%20b=x%20y', ['npa consent set', 'a b consent set']],
    ['are left out without it', PART, 'w=1', 'w=1', []],
    ['are left out with nothing', PART, '', '', []],
    ['override what came', PART, 'n=1&npa=0&a+b=z', 'n=1&npa=1&a+b=z', ['npa consent set']],
    ['are no news where they came', PART, 'npa=1&w=1', 'npa=1&w=1', []],
    ['say no', PART, 'gcs=G111&gcd=13t3t3t3t5', 'gcs=G101&gcd=13p3t3p3p5', ['gcs consent set', 'gcd consent set']],
    ['may have said no before', PART, 'gcs=G100&gcd=13p3p3p3p5', 'gcs=G100&gcd=13p3p3p3p5', []],
    ['are no place for anything else', PART, 'gcs=anna&gcd=bert', '', ['gcs undeclared stripped', 'gcd undeclared stripped']],
    ['stay where all is allowed', ALL, 'n=1&npa=0&gcs=G111&gcd=13t3t3t3t5', 'n=1&npa=0&gcs=G111&gcd=13t3t3t3t5', []],
    [
      'stand once in an anonymized hit',
      ANONYMOUS,
      'n=1&npa=0&npa=2',
      'n=1&npa=1&a%20b=x%20y',
      ['npa consent set', 'npa undeclared stripped', 'a b consent set'],
    ],
    [
      'stand in a query that a field holds',
      PART,
      `q=${percent('n=1')}`,
      `q=${percent('n=1&npa=1&a%20b=x%20y')}`,
      ['q|npa consent set', 'q|a b consent set'],
    ],
  ] as const)('%s', (_, options, text, left, report) => {
    const { left: out, ctx } = treat(options, text, restricted);
    expect(out).toBe(left);
    expect(reportOf(ctx)).toEqual(report);
  });

  it('are joined the way the others are', () => {
    expect(treatPairs(contextOf(restricted, PART), 'w=1;n=1', '', ';')).toBe('w=1;n=1;npa=1;a%20b=x%20y');
    expect(treatPairs(contextOf(restricted, PART), 'w=1;zzz=1', '', ';')).toBe('w=1');
  });
});

describe('names', () => {
  it.each([
    ['a second value goes', ANONYMOUS, 'sid=a&sid=anna77', 'sid=a', ['sid online-id stripped'], ['sid online-id anna77']],
    ['a second value goes, searched', ANONYMOUS, 'w=a&w=a@b.example', 'w=a', ['w undeclared stripped'], ['w direct a@b.example']],
    ['a second value stays where the first went', ANONYMOUS, 'n=x&n=2', 'n=2', ['n utility stripped'], []],
    ['a second value stays in a forwarded hit', PART, 'w=a&w=b', 'w=a&w=b', [], []],
    [
      'a name that is an identifier goes with its value',
      ANONYMOUS,
      'anna@example.com=bert@example.com',
      '',
      ['? undeclared stripped'],
      ['? direct anna@example.com', '? direct bert@example.com'],
    ],
    ['a name that is no plain one goes', ANONYMOUS, 'user!=anna77', '', ['? direct stripped'], ['? direct user! anna77']],
    ['a name that is no plain one stays in a forwarded hit', ALL, 'user!=anna77', 'user!=anna77', [], []],
    // Names without a value.
    ['a flag stays', ANONYMOUS, 'w', 'w', [], []],
    ['a flag of a dropped purpose goes', PART, 'adflag&w', 'w', ['adflag utility stripped'], []],
    ['a flag that tells something goes', ANONYMOUS, 'note&w', 'w', ['note text stripped'], []],
    ['a flag that tells who somebody is goes', ANONYMOUS, 'uid&w', 'w', ['uid direct stripped'], []],
    ['a flag that tells something stays in a forwarded hit', PART, 'note', 'note', [], []],
    ['a word goes', ANONYMOUS, 'anna@example.com&w', 'w', ['? undeclared stripped'], ['? direct anna@example.com']],
    ['a word goes in a hit forwarded in part', PART, 'zzz&w', 'w', ['? undeclared stripped'], []],
    ['a word stays where all is allowed', ALL, 'zzz', 'zzz', [], []],
  ] as const)('%s', (_, options, text, left, report, secrets) => {
    const { left: out, ctx } = treat(options, text);
    expect(out).toBe(left);
    expect(reportOf(ctx)).toEqual(report);
    expect(secretsOf(ctx)).toEqual(secrets);
  });

  it('are found below what holds them', () => {
    const ctx = contextOf(plain, ANONYMOUS);
    ctx.where = 'query:';
    expect(treatPairs(ctx, 'keep=a&x=1', 'in')).toBe('keep=a');
    expect(reportOf(ctx)).toEqual(['query:in.x undeclared stripped']);
  });
});

const EVENT = '{"keep":"a","user":"anna77"}';
const CLEAN = '{"keep":"a"}';
const GONE = ['j text stripped'];
const FOUND = ['j|in.user direct stripped'];

describe('a field that holds more', () => {
  it.each([
    ['JSON', EVENT, CLEAN, FOUND],
    ['JSON behind a space', ` ${EVENT}`, CLEAN, FOUND],
    ['a list', `[${EVENT}]`, `[${CLEAN}]`, FOUND],
    ['JSON in base64', base64(EVENT), base64(CLEAN), ['j|in.user direct stripped']],
    ['JSON three times in base64', base64(EVENT, 3), base64(CLEAN, 3), FOUND],
    ['JSON four times in base64', base64(EVENT, 4), null, GONE],
    ['JSON percent-encoded', percent(EVENT), percent(CLEAN), FOUND],
    ['JSON percent-encoded behind a space', ` ${percent(EVENT)}`, percent(CLEAN), FOUND],
    ['a list percent-encoded', percent(`[${EVENT}]`), percent(`[${CLEAN}]`), FOUND],
    ['JSON percent-encoded in small letters', percent(EVENT).replace('%7B', '%7b'), percent(CLEAN), FOUND],
    ['JSON percent-encoded twice', percent(percent(EVENT)), percent(percent(CLEAN)), FOUND],
    ['a list percent-encoded twice', percent(percent(`[${EVENT}]`)), percent(percent(`[${CLEAN}]`)), FOUND],
    ['JSON percent-encoded, twice in base64', base64(percent(EVENT), 2), base64(percent(CLEAN), 2), FOUND],
    ['JSON percent-encoded, three times in base64', base64(percent(EVENT), 3), null, GONE],
    ['JSON percent-encoded twice, twice in base64', base64(percent(percent(EVENT)), 2), null, GONE],
    ['JSON cut off', EVENT.slice(0, -1), null, [...FOUND, ...GONE]],
    ['JSON cut off, percent-encoded', percent(EVENT.slice(0, -1)), null, [...FOUND, ...GONE]],
    ['JSON cut off, in base64', base64(EVENT.slice(0, -1)), null, [...FOUND, ...GONE]],
    ['a query', 'keep=a', null, GONE],
    ['words', 'plain words', null, GONE],
  ] as const)('%s is opened, or goes from an anonymized hit', (_, value, left, report) => {
    const { left: out, ctx } = treat(ANONYMOUS, `j=${percent(value)}`);
    expect(out).toBe(left === null ? '' : `j=${percent(left)}`);
    expect(reportOf(ctx)).toEqual(report);
    expect([ctx.where, ctx.depth]).toEqual(['', 0]);
  });

  it.each([
    ['a query', 'q', 'keep=a&user=anna77', 'keep=a', ['q|in.user direct stripped']],
    ['a query in base64', 'q', base64('keep=a&user=anna77'), base64('keep=a'), ['q|in.user direct stripped']],
    [
      'a query with an encoded value',
      'q',
      'keep=%7B&user=anna77',
      '',
      ['q|in.keep utility stripped', 'q|in.user direct stripped'],
    ],
    ['a query of names below the field', 'own', 'keep=a&user=anna77', 'keep=a', ['own|own.user direct stripped']],
    ['words for a query', 'q', 'plain', null, ['q text stripped']],
    ['JSON for a query', 'q', EVENT, CLEAN, ['q|in.user direct stripped']],
    ['a hit', 't', '/hit?w=a&user=anna77', '/hit?w=a', ['t|user direct stripped']],
    ['a hit of which no field stays', 't', '/hit?user=anna77', '/hit', ['t|user direct stripped']],
    ['a hit without its path', 't', 'w=a&user=anna77', 'w=a', ['t|user direct stripped']],
    ['a hit in base64', 't', base64('/hit?w=a&user=anna77'), base64('/hit?w=a'), ['t|user direct stripped']],
    ['words for a hit', 't', 'plain', null, ['t text stripped']],
  ] as const)('%s is opened by what it is declared to hold', (_, name, value, left, report) => {
    const { left: out, ctx } = treat(ANONYMOUS, `${name}=${percent(value)}`);
    expect(out).toBe(left === null ? '' : `${name}=${percent(left)}`);
    expect(reportOf(ctx)).toEqual(report);
  });

  it('holds members that are no documents', () => {
    const profile = compileSmall('endpoints: []\nfields:\n  - { names: [p], class: undeclared, holds: json }\n');
    const ctx = contextOf(profile, { rules: LENIENT });
    expect(
      treatPairs(
        ctx,
        `p=${percent('{"colour":"red","last_name":"Brandt","more":"{\\"city\\":\\"Jena\\",\\"size\\":\\"XL\\"}"}')}`,
        '',
      ),
    ).toBe(`p=${percent('{"colour":"red","more":"{\\"size\\":\\"XL\\"}"}')}`);
  });

  it('keeps what cannot be opened only where its purpose is forwarded in a forwarded hit', () => {
    expect(treat(PART, 'j=words&q=words').left).toBe('j=words&q=words');
    expect(treat(PART, `j=${percent('x?gclid=Cj0K&a=1')}`).left).toBe(`j=${percent('x?a=1')}`);
    expect(treat(PART, 'adj=words').left).toBe('');
    expect(treat(MIXED, 'j=words&w=a').left).toBe('w=a');
  });

  it('stays as it is written where nothing in it goes', () => {
    const value = Buffer.from('{"keep":">>>?"}').toString('base64');
    expect(value).toContain('+');
    const queries = [
      `j=${value}`,
      'j={"keep":"a"}',
      `q=${base64('keep=a')}`,
      'q=keep%3da',
      'q=keep%3D%257B',
      `j=${base64(CLEAN)}`,
      't=/hit%3fw%3da',
    ];
    for (const text of queries) expect(treat(ALL, text).left).toBe(text);
  });

  it.each([
    [`h${'x'.repeat(119)}`, `h${'x'.repeat(119)}|in.user direct stripped`],
    [`h${'x'.repeat(120)}`, '?|in.user direct stripped'],
    ['h4821377123', '?|in.user direct stripped'],
    ['h[a].b-c', 'h[a].b-c|in.user direct stripped'],
    ['h a', 'h a|in.user direct stripped'],
    ['hé', '?|in.user direct stripped'],
  ])('is named in the report where its name is short and plain: %s', (name, line) => {
    const { left, ctx } = treat(PART, `${percent(name)}=${percent(EVENT)}`);
    expect(left).toBe(`${percent(name)}=${percent(CLEAN)}`);
    expect(reportOf(ctx)).toEqual([line]);
  });

  it('is opened to the depth of the limit', () => {
    for (const [depth, left] of [
      [LIMITS.depth - 1, `j=${percent(CLEAN)}`],
      [LIMITS.depth, ''],
    ] as const) {
      const ctx = contextOf(plain, ANONYMOUS);
      ctx.depth = depth;
      expect(treatPairs(ctx, `j=${percent(EVENT)}`, '')).toBe(left);
      expect(ctx.depth).toBe(depth);
    }
  });

  it('makes the hit refused where its JSON is too deep or too long', () => {
    const deep = (depth: number): string => `${'['.repeat(depth)}1${']'.repeat(depth)}`;
    expect(treat(ALL, `j=${percent(deep(16))}`).ctx.refusal).toBeNull();
    expect(treat(ALL, `j=${percent(deep(17))}`).ctx.refusal).toBe('body-limits');
    expect(treat(ALL, `j=${percent(`[${'1,'.repeat(10_000)}1]`)}`).ctx.refusal).toBe('body-limits');
    expect(treat(ALL, 'j=[1').ctx.refusal).toBeNull();
  });
});

describe('a whole hit under a name of chance', () => {
  const strict: readonly string[] = ['z|user direct stripped'];
  it.each([
    ['a path', base64('/hit?w=a&user=anna77'), base64('/hit?w=a'), strict],
    ['an address', base64('https://x.example/hit?w=a&user=anna77'), base64('https://x.example/hit?w=a'), strict],
    ['the shortest', base64('/hit?w=a&user=an77'), base64('/hit?w=a'), strict],
    ['too short', base64('/hit?w=a&n=1'), null, ['z undeclared stripped']],
    ['another endpoint', base64('/hits?w=a&user=anna77'), null, ['z undeclared stripped']],
    ['no query', base64('/hit;w=a;user=anna77'), null, ['z undeclared stripped']],
    ['a query behind the fragment', base64('/hit#top?w=a&user=anna77'), null, ['z undeclared stripped']],
    ['not in base64', '/hit?w=a&user=anna77&n=123', null, ['z undeclared stripped']],
    ['no text', Buffer.from('\u0001/hit?w=a&user=anna77').toString('base64url'), null, ['z undeclared stripped']],
  ] as const)('%s', (_, value, left, report) => {
    const { left: out, ctx } = treat(ANONYMOUS, `z=${percent(value)}`);
    expect(out).toBe(left === null ? '' : `z=${percent(left)}`);
    expect(reportOf(ctx)).toEqual(report);
    expect([ctx.where, ctx.depth]).toEqual(['', 0]);
  });

  it('is opened under names only that nobody declared', () => {
    const value = base64('/hit?w=a&user=anna77');
    expect(treat(ANONYMOUS, `w=${value}`).left).toBe('');
    expect(treat(PART, `w=${value}`).left).toBe(`w=${value}`);
  });

  it('stays as it is written where nothing in it goes', () => {
    const value = Buffer.from('/hit?w=a&n=1&free=>>>?').toString('base64');
    expect(value).toContain('+');
    expect(treat(PART, `z=${value}`).left).toBe(`z=${value}`);
  });

  it('is opened to the depth of the limit', () => {
    for (const [depth, left] of [
      [LIMITS.depth - 1, `z=${percent(base64('/hit?w=a'))}`],
      [LIMITS.depth, ''],
    ] as const) {
      const ctx = contextOf(plain, ANONYMOUS);
      ctx.depth = depth;
      expect(treatPairs(ctx, `z=${percent(base64('/hit?w=a&user=anna77'))}`, '')).toBe(left);
    }
  });
});

describe('a document', () => {
  it.each([
    ['{"w":"a","user":"anna77"}', { text: '{"w":"a"}' }],
    ['{"w":"a"', 'syntax'],
    ['', 'syntax'],
    ['['.repeat(17), 'limits'],
  ] as const)('%s', (text, result) => {
    expect(treatDocument(contextOf(plain, { actions: ANONYMIZE_ALL }), text)).toEqual(result);
  });
});
