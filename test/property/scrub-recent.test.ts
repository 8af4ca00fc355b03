/**
 * What was made of a value in one hit is made of it in the next: scrubbing that remembers says what scrubbing says that sees everything for
 * the first time. Rounds: 3,000 for single fields and 3,000 for documents of JSON, with CONSENTRY_LONG=1 100,000.
 */
import { describe, expect, it } from 'vitest';
import { guardHit } from '../../src/hit/guard.ts';
import type { ScrubRequest } from '../../src/hit/outgoing.ts';
import { scrubHit } from '../../src/hit/scrub.ts';
import type { VendorProfile } from '../../src/vendors/profile.ts';
import { loadAllProfiles } from '../support/profiles.ts';
import { createRandom, type Random } from '../support/random.ts';
import { type Actions, ANONYMIZE_ALL, LENIENT, NO_ADVERTISING, STRICT, scrubRequest } from '../support/scrub.ts';
import { compileSmall } from '../support/scrub-context.ts';

const ROUNDS = process.env.CONSENTRY_LONG === '1' ? 100_000 : 3_000;
const SEED = Number(process.env.CONSENTRY_SEED ?? 20_261_126);
const profiles = loadAllProfiles();

const NAMES =
  'v tid gtm ul sr uaa uap uafvl dl dr dt en ep.group epn.value gcs gcd npa cid sid _p uid gclid other url page ref'.split(' ');
const VALUES = [
  ...[
    '',
    '1',
    '2',
    'en-us',
    '1920x1080',
    'page_view',
    'G-ABC123DEF4',
    'Linux',
    'tea',
    '12.50',
    'G111',
    '13l3l3l3l1l1',
    '2026-11-26',
  ],
  'https://shop.example/tea',
  'https://shop.example/tea?utm_source=news',
  'https://shop.example/tea?gclid=Cj0KCQiA-TESTCLICK_0123456789',
  'https://shop.example/u/anna.muster@example.com',
  '/tea?email=anna.muster%40example.com',
  'anna.muster@example.com',
  'Halfmoon Tea for anna.muster@example.com',
  '1234567890.1700000000',
  '203.0.113.77',
  'Cj0KCQiA-TESTCLICK_0123456789',
];
const ACTIONS: readonly Actions[] = [ANONYMIZE_ALL, NO_ADVERTISING, ['forward', 'forward', 'anonymize', 'drop', 'drop']];

function outcomeOf(request: ScrubRequest): string {
  const outcome = scrubHit(request);
  const verdict = outcome.ok ? guardHit(outcome.hit, outcome.forbidden) : null;
  const body = outcome.ok ? outcome.hit.body?.toString('utf8') : null;
  return JSON.stringify([outcome, verdict, body]);
}

const SMALL = `
endpoints: []
click-ids: advertising
batches: [data, data.more]
entities: [facts]
fields:
  - { names: [w, name, length, props.w, facts.data.w, facts.page.w, "p.n"], class: utility, type: slug }
  - { names: ["n", props.n], class: utility, type: number, required: true }
  - { names: [lang], class: device, type: language }
  - { names: [page], class: url }
  - { names: [user], class: direct }
  - { names: [ad], class: utility, type: slug, purpose: advertising }
  - { names: [note, value, data.more], class: text }
  - { names: [npa, p.npa], class: consent }
`;
const RESTRICTED = `${SMALL}
restricted:
  - { without: advertising, beside: w, set: { npa: true }, add: { list: [a, b], "box.inner": [a] } }
  - { without: advertising, beside: "p.n", set: { "p.npa": "x" } }
`;
const KEYS = 'w n lang page note value name user ad npa length schema zz'.split(' ');
const OBJECTS = ['props', 'data', 'facts', 'p', 'more', 'box', 'list', 'w', ''];
const ODD_KEYS = ['', '__proto__', 'constructor', 'props.w', 'a"b', 'gclid', 'anna.muster@example.com', 'w'.repeat(300)];
const SCALARS = [
  ...['1', '12', '1.5', '1e5', 'true', 'false', 'null', '"1"', '"true"', '"tea"', '"tea"', '"tea"', '"en-us"', '"en"'],
  '"https://shop.example/tea?x=1"',
  '"Halfmoon Tea"',
  '"email"',
  '"customer_no"',
  '"a=b&c=d"',
  '"iglu:com.acme/page/jsonschema/1-0-0"',
  '"anna.muster@example.com"',
  '"te\\u0061"',
];

/** A document, as of scripts that mostly write the same members in the same order. */
function writeJson(random: Random, depth = 0): string {
  const space = (): string => (random.chance(0.02) ? ' ' : '');
  const items = Array.from({ length: 1 + random.below(depth === 0 ? 9 : 4) }, (_, place) => {
    const isNested = depth < 4 && random.chance(0.25);
    const usual = random.chance(0.85) ? (KEYS[place] as string) : random.pick(random.chance(0.9) ? KEYS : ODD_KEYS);
    const scalar = random.chance(0.5) ? (SCALARS[(place * 5) % SCALARS.length] as string) : random.pick(SCALARS);
    return [JSON.stringify(isNested ? random.pick(OBJECTS) : usual), isNested ? writeJson(random, depth + 1) : scalar];
  });
  if (depth > 0 && random.chance(0.25)) return `[${items.map(([, value]) => value).join(`,${space()}`)}]`;
  return `{${items.map(([key, value]) => `${space()}${key}:${space()}${value}`).join(`${space()},`)}}`;
}

/** The same once more: but for one value, one character, a part that comes twice, or not at all. */
function vary(random: Random, text: string): string {
  const at = random.below(text.length);
  const from = text.lastIndexOf('"', at);
  const to = text.indexOf(',', at);
  switch (random.below(6)) {
    case 0:
      return text.slice(0, at) + random.pick([...'12 ,:"}]ae.']) + text.slice(at + 1);
    case 1:
      return from < 0 || to < 0 ? text : text.slice(0, to + 1) + text.slice(from, to + 1) + text.slice(to + 1);
    case 2:
      return text.replace(/:("tea"|1|"en-us")/, () => `:${random.pick(SCALARS)}`);
    case 3:
      return text.replace(random.pick(['"w"', '"n"', '"lang"']), () => JSON.stringify(random.pick([...KEYS, ...ODD_KEYS])));
    default:
      return text;
  }
}

describe('documents that came before, or nearly', () => {
  it(`are treated as if they were new (${ROUNDS} rounds)`, () => {
    const random = createRandom(SEED + 1);
    const sites = [compileSmall(SMALL), compileSmall(RESTRICTED)];
    const choose = () => ({
      profile: random.pick(sites),
      rules: random.pick([STRICT, LENIENT]),
      actions: random.pick(ACTIONS),
      action: random.pick(['anonymize', 'forward'] as const),
    });
    let text = writeJson(random);
    let chosen = choose();
    for (let round = 0; round < ROUNDS; round++) {
      text = random.chance(0.2) ? writeJson(random) : vary(random, text);
      if (random.chance(0.2)) chosen = choose();
      const body = random.chance(0.2) ? `${text}\n${vary(random, text)}` : text;
      const hit = { method: 'POST', target: '/collect', body };
      const { profile, ...options } = chosen;
      const ask = (of: VendorProfile): string => outcomeOf(scrubRequest(of, hit, options));
      expect([body, ask(profile)]).toEqual([body, ask({ ...profile })]);
    }
  }, 600_000);
});

describe('values that came before', () => {
  it(`are treated as if they were new (${ROUNDS} rounds)`, () => {
    const random = createRandom(SEED);
    const [ga4, snowplow, segment] = ['ga4', 'snowplow', 'segment'].map((name) => profiles.get(name) as VendorProfile);
    for (let round = 0; round < ROUNDS; round++) {
      const profile = random.pick([ga4, snowplow, segment]) as VendorProfile;
      const fields = Array.from({ length: 1 + random.below(12) }, () => [random.pick(NAMES), random.pick(VALUES)]);
      const pairs = fields.map(([name, value]) => `${name}=${encodeURIComponent(value as string)}`).join('&');
      const inBody = random.pick(['query', 'form', 'json']);
      const hit =
        inBody === 'query'
          ? { target: `/g/collect?${pairs}` }
          : {
              method: 'POST',
              target: '/g/collect',
              body: inBody === 'form' ? pairs : JSON.stringify(Object.fromEntries(fields)),
            };
      const rules = random.pick([STRICT, LENIENT]);
      const actions = random.pick(ACTIONS);
      const country = random.pick(['DE', 'US']);
      const action = random.pick(['anonymize', 'forward'] as const);
      const ask = (of: VendorProfile): string =>
        outcomeOf(scrubRequest(of, hit, { rules, actions, country, subdivision: 'CA', action }));
      // A copy of the profile has no plan yet.
      expect([pairs, ask(profile)]).toEqual([pairs, ask({ ...profile })]);
    }
  }, 600_000);
});
