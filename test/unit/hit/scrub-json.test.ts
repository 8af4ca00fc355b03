/** Members of JSON bodies by the profile: names, containers, batches, and the flags of the restricted mode. */
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/hit/scrub-context.ts';
import { treatDocument } from '../../../src/hit/scrub-value.ts';
import { LENIENT, NO_ADVERTISING, type RequestOptions } from '../../support/scrub.ts';
import { compileSmall, contextOf, reportOf, secretsOf } from '../../support/scrub-context.ts';

const FIELDS = `
click-ids: advertising
endpoints: []
batches: [data, data.more]
fields:
  - { names: [w, props.w, len.length, "p.n"], class: utility, type: slug }
  - { names: [user], class: direct }
  - { names: [ad], class: utility, type: slug, purpose: advertising }
  - { names: [note], class: text }
  - { names: [npa, p.npa], class: consent }
`;
const plain = compileSmall(FIELDS);
const restricted = compileSmall(`${FIELDS}
restricted:
  - { without: advertising, beside: w, set: { npa: true }, add: { list: [a, b] } }
  - { without: advertising, beside: "p.n", set: { "p.npa": "x" } }
`);

const ALL: RequestOptions = { actions: ['forward', 'forward', 'forward', 'forward', 'forward'] };
const PART: RequestOptions = { actions: NO_ADVERTISING };
const ANONYMOUS: RequestOptions = {};

function treat(options: RequestOptions, text: string, profile = plain): { left: string; report: string[]; secrets: string[] } {
  const ctx = contextOf(profile, options);
  const result = treatDocument(ctx, text);
  return { left: typeof result === 'string' ? result : result.text, report: reportOf(ctx), secrets: secretsOf(ctx) };
}

describe('members', () => {
  it.each([
    ['what is declared stays', ANONYMOUS, '{"w":"a","props":{"w":"b"}}', '{"w":"a","props":{"w":"b"}}', []],
    [
      'what is not goes',
      ANONYMOUS,
      '{"w":"a","props":{"x":"b","w":"c"}}',
      '{"w":"a","props":{"w":"c"}}',
      ['props.x undeclared stripped'],
    ],
    ['spaces go from an anonymized hit', ANONYMOUS, ' { "w" : "a" } ', '{"w":"a"}', []],
    ['spaces stay in a forwarded one', PART, ' { "w" : "a" } ', ' { "w" : "a" } ', []],
    ['a second value goes from an anonymized hit', ANONYMOUS, '{"w":"a","w":"b"}', '{"w":"a"}', ['w undeclared stripped']],
    ['a second value stays in a forwarded one', PART, '{"w":"a","w":"b"}', '{"w":"a","w":"b"}', []],
    // Nothing where something could be.
    ['null of a declared name stays', PART, '{"user":null,"ad":null}', '{"user":null,"ad":null}', []],
    ['null of an undeclared name goes with what is dropped', PART, '{"zzz":null}', '{}', []],
    ['null of an undeclared name stays where it is anonymized', ANONYMOUS, '{"zzz":null}', '{"zzz":null}', []],
    ['null of an undeclared name stays where all is allowed', ALL, '{"zzz":null}', '{"zzz":null}', []],
    // Truths.
    ['a declared truth stays, whatever its class', ANONYMOUS, '{"user":true,"note":false}', '{"user":true,"note":false}', []],
    ['a declared truth goes with its purpose', PART, '{"ad":true,"w":"a"}', '{"w":"a"}', ['ad utility stripped']],
    ['an undeclared truth goes', ANONYMOUS, '{"zzz":true}', '{}', ['zzz undeclared stripped']],
    [
      'other values go by their class',
      ANONYMOUS,
      '{"user":1,"note":"true"}',
      '{}',
      ['user direct stripped', 'note text stripped'],
    ],
  ] as const)('%s', (_, options, text, left, report) => {
    const treated = treat(options, text);
    expect([treated.left, treated.report]).toEqual([left, report]);
  });

  it('of a name that is an identifier go, and are remembered with their value', () => {
    const { left, report, secrets } = treat(ANONYMOUS, '{"w":"a","anna@example.com":"bert@example.com"}');
    expect([left, report]).toEqual(['{"w":"a"}', ['? undeclared stripped']]);
    expect(secrets).toEqual(['? direct anna@example.com', '? direct bert@example.com']);
    expect(treat(ALL, '{"anna@example.com":"b"}').left).toBe('{"anna@example.com":"b"}');
  });

  it('that go with their container are remembered by their names', () => {
    const { left, report, secrets } = treat(ANONYMOUS, '{"props":{"w":"a"},"props":{"email":"anna77","x":"b@c.example"}}');
    expect(left).toBe('{"props":{"w":"a"}}');
    expect(report).toEqual(['props.email direct stripped', 'props.x undeclared stripped']);
    expect(secrets).toEqual(['props.email direct anna77', 'props.x direct b@c.example']);
  });

  it('are counted, containers too', () => {
    for (const [text, left] of [
      ['{"w":"a"}', 2],
      ['{"w":{}}', 2],
      ['[[],{}]', 3],
    ] as const) {
      const ctx = contextOf(plain, ALL);
      ctx.count = LIMITS.count - left;
      treatDocument(ctx, text);
      expect([ctx.count, ctx.refusal]).toEqual([LIMITS.count, null]);
      treatDocument(ctx, text);
      expect(ctx.refusal).toBe('body-limits');
    }
  });

  it('tell no lengths of other lines', () => {
    const ctx = contextOf(plain, ALL);
    ctx.isNdjson = true;
    expect(treatDocument(ctx, '{"length":9,"len":{"length":9}}')).toEqual({ text: '{"len":{"length":9}}' });
    ctx.isNdjson = false;
    expect(treatDocument(ctx, '{"length":9}')).toEqual({ text: '{"length":9}' });
  });
});

describe('containers of which nothing stays', () => {
  it.each([
    ['go where nobody declared them', ANONYMOUS, '{"o":{"x":1},"l":[{"x":1}],"w":"a"}', '{"w":"a"}'],
    ['go though they were empty', ANONYMOUS, '{"o":{},"l":[],"w":"a"}', '{"w":"a"}'],
    ['go from a hit forwarded in part', PART, '{"o":{"x":1},"w":"a"}', '{"w":"a"}'],
    ['stay where all is allowed', ALL, '{"o":{},"l":[]}', '{"o":{},"l":[]}'],
    ['stay at the top', ANONYMOUS, '{"x":1}', '{}'],
    ['stay at the top as a list', ANONYMOUS, '[1]', '[]'],
    ['stay where fields below them are declared', ANONYMOUS, '{"props":{"x":1},"w":"a"}', '{"props":{},"w":"a"}'],
    ['stay where they hold hits', ANONYMOUS, '{"data":[{"x":1}]}', '{"data":[{}]}'],
    ['go where something stays in none of them', ANONYMOUS, '{"o":{"o":{"w":"a"}}}', '{}'],
  ] as const)('%s', (_, options, text, left) => {
    expect(treat(options, text).left).toBe(left);
  });

  it('go where their name is an identifier, wherever they stand', () => {
    expect(treat(ANONYMOUS, '{"note":{"anna@example.com":{},"o":{}}}').left).toBe('{"note":{"o":{}}}');
    expect(treat(PART, '{"note":{"anna@example.com":{},"o":{}}}').left).toBe('{"note":{"anna@example.com":{},"o":{}}}');
  });
});

describe('batches', () => {
  it.each([
    ['of objects', '{"data":[{"w":"a","user":"anna77"},{"w":"b"}]}', '{"data":[{"w":"a"},{"w":"b"}]}', ['user direct stripped']],
    ['in batches', '{"data":{"more":[{"w":"a","user":"anna77"}]}}', '{"data":{"more":[{"w":"a"}]}}', ['user direct stripped']],
    [
      'of queries',
      '{"data":["?w=a&user=anna77","w=b&user=anna77"]}',
      '{"data":["?w=a","w=b"]}',
      ['user direct stripped', 'user direct stripped'],
    ],
    ['of words', '{"data":["w","?w"]}', '{"data":[]}', ['data undeclared stripped', 'data undeclared stripped']],
    [
      'elsewhere are none',
      '{"props":{"data":[{"w":"a"}],"w":"w=a"}}',
      '{"props":{}}',
      ['props.data.w undeclared stripped', 'props.w utility stripped'],
    ],
  ])('%s', (_, text, left, report) => {
    const treated = treat(ANONYMOUS, text);
    expect([treated.left, treated.report]).toEqual([left, report]);
  });

  it('of queries stay as they are where nothing goes', () => {
    expect(treat(PART, '{"data":["?w=a","w=b"]}').left).toBe('{"data":["?w=a","w=b"]}');
  });
});

describe('a value behind its name', () => {
  const options = { rules: LENIENT };
  it.each([
    ['somebody', options, '{"note":[{"name":"customer_no","value":"K-7744"}]}', '{"note":[{"name":"customer_no"}]}'],
    ['somebody, by a key', options, '{"note":[{"key":"Nachname","value":"Brandt"}]}', '{"note":[{"key":"Nachname"}]}'],
    ['a thing', options, '{"note":[{"name":"colour","value":"red"}]}', '{"note":[{"name":"colour","value":"red"}]}'],
    ['another value', options, '{"note":[{"name":"email","more":"red"}]}', '{"note":[{"name":"email","more":"red"}]}'],
    [
      'a click id',
      PART,
      '{"note":[{"name":"gclid","value":"Cj0K"},{"name":"a","value":"b"}]}',
      '{"note":[{"name":"gclid"},{"name":"a","value":"b"}]}',
    ],
    [
      'somebody, in part',
      PART,
      '{"note":[{"name":"customer_no","value":"K-7744"}]}',
      '{"note":[{"name":"customer_no","value":"K-7744"}]}',
    ],
    ['somebody, by short keys', options, '{"note":[{"k":"last_name","v":"Brandt"}]}', '{"note":[{"k":"last_name"}]}'],
    [
      'somebody, with more between',
      options,
      '{"note":[{"field":"last_name","type":"text","value":"Brandt"},{"value":"red"}]}',
      '{"note":[{"field":"last_name","type":"text"},{"value":"red"}]}',
    ],
    ['a place', options, '{"note":[{"name":"city","value":"Berlin"}]}', '{"note":[{"name":"city"}]}'],
    [
      'somebody, as attributes of OpenTelemetry are written',
      options,
      '{"note":[{"key":"enduser.id","value":{"stringValue":"anna77"}},{"key":"a","value":{"stringValue":"b"}}]}',
      '{"note":[{"key":"enduser.id","value":{}},{"key":"a","value":{"stringValue":"b"}}]}',
    ],
    [
      'somebody before the name',
      options,
      '{"note":[{"value":"Brandt","name":"last_name"},{"value":"red"}]}',
      '{"note":[{"value":"red"}]}',
    ],
    [
      'a thing before its name',
      options,
      '{"note":[{"value":"red","name":"colour"}]}',
      '{"note":[{"value":"red","name":"colour"}]}',
    ],
    [
      'an amount',
      options,
      '{"note":[{"name":"login","value":3},{"name":"login","value":9.99}]}',
      '{"note":[{"name":"login","value":3},{"name":"login","value":9.99}]}',
    ],
    ['a number', options, '{"note":[{"name":"customer_no","value":7744}]}', '{"note":[{"name":"customer_no"}]}'],
    ['nothing', options, '{"note":[{"name":"login","value":null}]}', '{"note":[{"name":"login","value":null}]}'],
    [
      'somebody, in lists of two',
      options,
      '{"note":[["last_name","Brandt"],["city","Berlin"],["colour","red"],["size","login"]]}',
      '{"note":[["last_name"],["city"],["colour","red"],["size","login"]]}',
    ],
    [
      'somebody, in a list of names and values in turn',
      options,
      '{"note":["last_name","Brandt","city","Berlin","colour","red"]}',
      '{"note":["last_name","city","colour","red"]}',
    ],
    ['nobody, in a list of words', options, '{"note":["mobile","sale","login"]}', '{"note":["mobile","sale","login"]}'],
    [
      'nobody, in a list of names',
      options,
      '{"note":["first_name","last_name","email"]}',
      '{"note":["first_name","last_name","email"]}',
    ],
    ['another list', options, '{"note":{"a":["x","last_name"],"b":["red"]}}', '{"note":{"a":["x","last_name"],"b":["red"]}}'],
    ['a click id that may stay', ALL, '{"note":[{"name":"gclid","value":"Cj0K"}]}', '{"note":[{"name":"gclid","value":"Cj0K"}]}'],
  ] as const)('%s', (_, chosen, text, left) => {
    expect(treat(chosen, text).left).toBe(left);
  });
});

describe('flags of the restricted mode', () => {
  const FLAGS = '"npa":true,"list":["a","b"]';
  it.each([
    ['are added to the object of the field', PART, '{"w":"a"}', `{"w":"a",${FLAGS}}`],
    ['are added to no other object', PART, '{"note":"a","props":{"w":"a"}}', '{"note":"a","props":{"w":"a"}}'],
    ['are set', PART, '{"w":"a","npa":false}', '{"w":"a","npa":true,"list":["a","b"]}'],
    ['are set in an anonymized hit', ANONYMOUS, '{"w":"a","npa":false}', '{"w":"a","npa":true,"list":["a","b"]}'],
    ['are set where they stand alone', PART, '{"npa":false}', '{"npa":true}'],
    [
      'are added to each object of a batch',
      PART,
      '{"data":[{"w":"a"},{"note":"b"},{"w":"c"}]}',
      `{"data":[{"w":"a",${FLAGS}},{"note":"b"},{"w":"c",${FLAGS}}]}`,
    ],
    ['are added beside a list', PART, '{"w":["a","b"]}', `{"w":["a","b"],${FLAGS}}`],
    ['are named by their last key', PART, '{"p":{"n":"a"}}', '{"p":{"n":"a","npa":"x"}}'],
    ['are added to queries of a batch', PART, '{"data":["?w=a"]}', '{"data":["?w=a&npa=true&list=%5B%22a%22%2C%22b%22%5D"]}'],
    ['are left out where all is allowed', ALL, '{"w":"a","npa":false}', '{"w":"a","npa":false}'],
  ] as const)('%s', (_, options, text, left) => {
    expect(treat(options, text, restricted).left).toBe(left);
  });

  const consent = compileSmall(`${FIELDS}  - { names: [consent], class: consent }
restricted:
  - { without: advertising, beside: w, set: { consent.ads: DENIED, consent.more: true } }
`);
  const HELD = '"consent":{"ads":"DENIED","more":true}';
  it.each([
    ['is put beside the field', '{"w":"a"}', `{"w":"a",${HELD}}`],
    ['is put beside no other field', '{"note":"a"}', '{"note":"a"}'],
    ['is set', '{"consent":{"ads":"GRANTED","more":false},"w":"a"}', `{${HELD},"w":"a"}`],
    ['is completed', '{"w":"a","consent":{"more":false}}', '{"w":"a","consent":{"more":true,"ads":"DENIED"}}'],
    ['is filled', '{"w":"a","consent":{}}', `{"w":"a",${HELD}}`],
    ['takes the place of null', '{"consent":null,"w":"a"}', `{"w":"a",${HELD}}`],
    ['takes the place of a text', '{"consent":"GRANTED","w":"a"}', `{"w":"a",${HELD}}`],
    ['takes the place of a list', '{"consent":["ads",{"ads":"GRANTED"}],"w":"a"}', `{"w":"a",${HELD}}`],
    ['is put into each object of a batch', '{"data":[{"w":"a"},{"w":"b"}]}', `{"data":[{"w":"a",${HELD}},{"w":"b",${HELD}}]}`],
    ['stands under its name alone', '{"w":"a","props":{"consent":{"ads":"x"}}}', `{"w":"a","props":{},${HELD}}`],
  ])('an object of flags %s', (_, text, left) => {
    expect(treat(PART, text, consent).left).toBe(left);
  });

  it('an object of flags is in the report by its members', () => {
    expect(treat(PART, '{"w":"a","consent":{"ads":"GRANTED"}}', consent).report).toEqual([
      'consent.ads consent set',
      'consent.more consent set',
    ]);
  });

  it('are in the report', () => {
    expect(treat(PART, '{"data":[{"w":"a","npa":false}]}', restricted).report).toEqual(['npa consent set', 'list consent set']);
    expect(treat(PART, '{"w":"a","npa":true,"list":null}', restricted).report).toEqual([]);
  });

  it('come with no container whose name is an identifier', () => {
    const profile = compileSmall(`endpoints: []\nbatches: [a@b.example]\nfields:\n  - { names: [w], class: utility }
restricted:\n  - { without: analytics, beside: w, add: { npa: true } }\n`);
    expect(treat(ANONYMOUS, '{"a@b.example":{"w":"a"}}', profile).left).toBe('{}');
  });
});

describe('entities, by the schema that stands before what they hold', () => {
  const profile = compileSmall(`
endpoints: []
entities: [list]
fields:
  - { names: [list.schema], class: utility, type: schema }
  - { names: ["list.*"], class: direct }
  - { names: [list.item.id], class: utility, type: product }
`);
  const item = '"schema":"iglu:com.acme/item/jsonschema/1-0-0"';
  const person = '"schema":"iglu:com.acme/person/jsonschema/1-0-0"';
  it.each([
    ['a known kind', `{"list":[{${item},"data":{"id":"A-1"}}]}`, `{"list":[{${item},"data":{"id":"A-1"}}]}`],
    ['one that is not', `{"list":[{${person},"data":{"id":"A-1"}}]}`, `{"list":[{${person},"data":{}}]}`],
    [
      'each by its own',
      `{"list":[{${item},"data":{"id":"A-1"}},{${person},"data":{"id":"A-2"}},{"data":{"id":"A-3"}}]}`,
      `{"list":[{${item},"data":{"id":"A-1"}},{${person},"data":{}},{"data":{}}]}`,
    ],
    ['a schema that comes too late', `{"list":[{"data":{"id":"A-1"},${item}}]}`, `{"list":[{"data":{},${item}}]}`],
    ['no schema', '{"list":[{"schema":"item","data":{"id":"A-1"}}]}', '{"list":[{"data":{}}]}'],
    ['other members', `{"list":[{${item},"more":{"id":"A-1"}}]}`, `{"list":[{${item},"more":{}}]}`],
  ])('%s', (_, text, left) => {
    expect(treat(ANONYMOUS, text, profile).left).toBe(left);
  });
});

describe('a member that stood behind the same one before', () => {
  const small = compileSmall(`
endpoints: []
entities: [list]
fields:
  - { names: [w, w2, name, length, list.page], class: utility, type: slug }
  - { names: [lang], class: device, type: language }
  - { names: [count], class: utility, type: integer }
  - { names: [value, note, "open.*"], class: text }
  - { names: [list.schema], class: utility, type: schema }
`);
  const KEPT: RequestOptions = { rules: LENIENT };
  /** What is left of the last of several documents in a row, on a site that is new. */
  const treatAll = (options: RequestOptions, ...texts: string[]): string => {
    const site = { ...small };
    return texts.map((text) => treat(options, text, site).left).at(-1) as string;
  };
  const schema = (name: string): string => `"schema":"iglu:com.acme/${name}/jsonschema/1-0-0"`;

  it.each([
    ['stays', '{"w":"a","w2":"b","count":1}', '{"w":"a","w2":"b","count":1}'],
    ['is reduced', '{"w":"a","lang":"de-AT"}', '{"w":"a","lang":"de"}'],
    ['is removed', '{"w":"a","w2":"b c","count":2}', '{"w":"a","count":2}'],
    ['is the only one', '{"lang":"de-AT"}', '{"lang":"de"}'],
    ['says what the one beside it is', '{"w":"a","name":"customer_no","value":"K-7744"}', '{"w":"a","name":"customer_no"}'],
    ['stands beside its name', '{"w":"a","open":{"value":"K-7744","name":"customer_no"}}', '{"w":"a"}'],
    ['has spaces', '{"w":"a" , "lang": "de-AT"}', '{"w":"a","lang":"de"}'],
    [
      'is an element by its empty name',
      '[{"w":"a","":"customer_no","value":"K-7744"}]',
      '[{"w":"a","":"customer_no","value":"K-7744"}]',
    ],
    ['comes twice', '{"w":"a","w2":"b","w2":"b"}', '{"w":"a","w2":"b"}'],
    ['is called like somebody', '{"w":"a","open":{"anna@example.com":"tea"}}', '{"w":"a","open":{}}'],
  ])('%s each time', (_what, text, left) => {
    expect([1, 2, 3, 4].map((times) => treatAll(KEPT, ...Array.from({ length: times }, () => text)))).toEqual([
      left,
      left,
      left,
      left,
    ]);
  });

  it('is what the schema of its entity says', () => {
    const write = (name: string): string => `{"w":"a","list":[{${schema(name)},"data":"tea"}]}`;
    const left = `{"w":"a","list":[{${schema('user')}}]}`;
    expect(treatAll(ANONYMOUS, ...Array.from({ length: 3 }, () => write('page')))).toBe(write('page'));
    expect(treatAll(ANONYMOUS, write('page'), write('page'), write('page'), write('user'))).toBe(left);
  });

  it.each([
    ['the beginning of another value', '{"w":"a","count":1}', '{"w":"a","count":12}'],
    ['the beginning of one that is no number', '{"w":"a","count":1}', '{"w":"a","count":1e3}'],
    ['of another kind', '{"w":"a","count":"1"}', '{"w":"a","count":1}'],
    ['of another object', '{"open":{"note":"tea"},"lang":"de-AT"}', '{"open":{"note":"tea","lang":"de-AT"}}'],
    ['said before', '{"w":"a","w2":"b"}', '{"w2":"c","w":"a","w2":"b"}'],
    ['written with escapes', '{"w":"a","note":"tea"}', '{"w":"a","note":"t\\u0065a"}'],
    [
      'written with escapes that look like its end',
      '{"w":"a","lang":"\\u0064e\\":\\"-x"}',
      '{"w":"a","lang":"\\u0064e\\":\\"-y"}',
    ],
  ])('is not taken for one that it is %s', (_what, first, second) => {
    const alone = treatAll(KEPT, second);
    expect(treatAll(KEPT, first, first, first, second)).toBe(alone);
    expect(treatAll(KEPT, second, second, first, second, second)).toBe(alone);
  });

  it('goes from lines of JSON where it says how long they are', () => {
    const text = '{"w":"a","length":"5"}';
    const site = { ...small };
    for (let i = 0; i < 3; i++) expect(treat(KEPT, text, site).left).toBe(text);
    const ctx = contextOf(site, KEPT);
    ctx.isNdjson = true;
    expect(treatDocument(ctx, text)).toEqual({ text: '{"w":"a"}' });
  });

  it('that is followed by what is no JSON does not make it JSON', () => {
    const site = { ...small };
    for (let i = 0; i < 3; i++) treat(KEPT, '{"w":"a","w2":"b"}', site);
    for (const text of [
      '{"w":"a","w2":"b"',
      '{"w":"a","w2":"b",}',
      '{"w":"a","w2":"b"]',
      '{"w":"a","w2":"b"}}',
      '{"w":"a"."w2":"b"}',
    ])
      expect([text, treat(KEPT, text, site).left]).toEqual([text, 'syntax']);
  });

  it('counts towards the limit of members', () => {
    const site = { ...small };
    const many = (count: number): string => `[${Array.from({ length: count }, () => '{"w":"a"}').join(',')}]`;
    expect([1, 2, 3].map(() => treat(KEPT, many((LIMITS.count - 2) / 2), site).left.length > 9)).toEqual([true, true, true]);
    expect(treat(KEPT, many(LIMITS.count / 2), site).left).toBe('limits');
  });

  /** Everything that can be reached from a value. */
  const reach = (from: unknown): Set<unknown> => {
    const seen = new Set<unknown>();
    const queue = [from];
    while (queue.length > 0) {
      const value = queue.pop();
      if (seen.has(value)) continue;
      seen.add(value);
      if (value instanceof Map) queue.push(...value.values());
      else if (typeof value === 'object' && value !== null) queue.push(...Object.values(value));
    }
    return seen;
  };

  it('keeps no document alive, and its document no long name', () => {
    const site = { ...small };
    const text = `{"w":"a","open":{"${'k'.repeat(300)}":"tea","${'l'.repeat(300)}":"tea"},"w2":"b"}`;
    for (let i = 0; i < 3; i++) treat(KEPT, text, site);
    const { plan } = contextOf(site, KEPT);
    const root = plan.member('');
    expect(plan.field('w2').recent?.latest?.pair?.text).toBe('"w2":"b"');
    expect(reach(plan.field('w2').recent?.latest)).not.toContain(root);
    const names = [...reach(root)].filter((value) => typeof value === 'string').map(({ length }) => length);
    expect(names).toContain('open'.length);
    expect(Math.max(...names)).toBeLessThan(300);
  });
});
