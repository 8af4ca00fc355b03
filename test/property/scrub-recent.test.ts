/**
 * What was made of a value in one hit is made of it in the next: scrubbing that remembers says what scrubbing says that sees everything for
 * the first time. Rounds: 3,000, with CONSENTRY_LONG=1 100,000.
 */
import { describe, expect, it } from 'vitest';
import { guardHit } from '../../src/hit/guard.ts';
import type { ScrubRequest } from '../../src/hit/outgoing.ts';
import { scrubHit } from '../../src/hit/scrub.ts';
import type { VendorProfile } from '../../src/vendors/profile.ts';
import { loadAllProfiles } from '../support/profiles.ts';
import { createRandom } from '../support/random.ts';
import { type Actions, ANONYMIZE_ALL, LENIENT, NO_ADVERTISING, STRICT, scrubRequest } from '../support/scrub.ts';

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
