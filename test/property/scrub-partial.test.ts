/**
 * Analytics granted, advertising denied: click ids in random addresses and fields go, and everything else stays byte for byte. Rounds: 3,000, with
 * CONSENTRY_LONG=1 60,000.
 */
import { describe, expect, it } from 'vitest';
import { guardHit } from '../../src/hit/guard.ts';
import { scrubHit } from '../../src/hit/scrub.ts';
import { loadAllProfiles } from '../support/profiles.ts';
import { createRandom, type Random } from '../support/random.ts';
import { NO_ADVERTISING, scrubRequest } from '../support/scrub.ts';
import { spellOut } from '../support/spell-out.ts';

const ROUNDS = process.env.CONSENTRY_LONG === '1' ? 60_000 : 3_000;
const TOKEN = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const profiles = [...loadAllProfiles().values()].filter(
  ({ purposes, clickIdPurpose }) => clickIdPurpose === 4 && purposes[0] !== 'advertising',
);
const NAMES =
  'gclid fbclid msclkid ttclid GCLID li_fat_id wbraid mc_eid irclickid _gl _fbp gcl_au IDFA _ttp awc tduid elqTrackId gbraid[] first_gclid $fbc'.split(
    ' ',
  );
const FIELDS = 'dl dr url urlref refr u r ref page p pu rcu g ep.landing ep.link_url up.first props x1'.split(' ');
const PATHS =
  'context.page.url context.page.search properties.url data.url payload.url batch.properties.$current_url events.params.page_location url u'.split(
    ' ',
  );

function createAddress(id: string, random: Random): string {
  const name = random.pick(NAMES);
  const pairs = ['a=1', `${name}=${id}`, 'utm_source=x'];
  const query = random.below(2) === 0 ? pairs.join('&') : pairs.slice(0, 2).join('&');
  let address = random.below(5) === 0 ? `https://shop.example.com/p#a=1&${name}=${id}` : `https://shop.example.com/p?${query}`;
  for (let depth = random.below(3); depth > 0; depth--)
    address = `https://t.example/?to=${encodeURIComponent(address)}&n=${depth}`;
  return random.below(6) === 0 ? JSON.stringify({ url: address, [random.pick(NAMES)]: id, n: 1 }) : address;
}

function createBody(value: string, random: Random): string {
  if (random.below(3) === 0) return `v=1&${random.pick(FIELDS)}=${encodeURIComponent(value)}&en=x`;
  const path = random.pick(PATHS).split('.');
  return JSON.stringify(path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value));
}

describe('click ids without a yes to advertising', () => {
  it(`go from every address and field (${ROUNDS} rounds)`, () => {
    const random = createRandom(4_711);
    const leaks: string[] = [];
    let passed = 0;
    for (let round = 0; round < ROUNDS && leaks.length < 5; round++) {
      const profile = random.pick(profiles);
      const id = `${random.text(TOKEN, 18)}4xK`;
      const value = createAddress(id, random);
      const isPost = random.below(2) === 0;
      const target = `/collect?tid=G-1${isPost ? '' : `&${random.pick(FIELDS)}=${encodeURIComponent(value)}`}`;
      const headers =
        random.below(3) === 0
          ? ['Referer', createAddress(id, random).replace(/^[{].*/, 'https://a.example/')]
          : ['Cookie', `a=1; _fbc=fb.1.1.${id}`];
      const outcome = scrubHit(
        scrubRequest(profile, { target, headers, body: isPost ? createBody(value, random) : null }, { actions: NO_ADVERTISING }),
      );
      if (!outcome.ok || !guardHit(outcome.hit, outcome.forbidden).ok) continue;
      passed++;
      if (spellOut(outcome.hit).some((text) => text.includes(id)))
        leaks.push(`${profile.name} ${id} ${target} ${headers} -> ${JSON.stringify(outcome.hit)}`);
      const body = outcome.hit.body?.toString() ?? '{}';
      if (body.startsWith('{')) JSON.parse(body);
    }
    expect(leaks.join('\n')).toBe('');
    expect(passed).toBeGreaterThan(ROUNDS * 0.9);
  }, 600_000);

  it('and a hit without any stays as it is', () => {
    const random = createRandom(99);
    for (let round = 0; round < 300; round++) {
      const profile = random.pick(profiles.filter((one) => one.restrictions.length === 0));
      const name = random.pick(['url', 'dl', 'u', 'r'].filter((one) => profile.field(one)?.class === 'url'));
      if (name === undefined) continue;
      const target = `/collect?${name}=${encodeURIComponent(`https://a.example/${random.text(TOKEN, 5)}?q=${random.text(TOKEN, 4)}#x`)}&${name}=%7e+%2B`;
      const outcome = scrubHit(scrubRequest(profile, { target }, { actions: NO_ADVERTISING }));
      expect(outcome.ok && outcome.hit.target).toBe(target);
    }
  });
});
