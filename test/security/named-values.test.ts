/** Somebody's name hidden from names of fields: beside its own name in JSON, in words, markup and encodings. It leaves in no anonymized hit. */
import { describe, expect, it } from 'vitest';
import { guardHit } from '../../src/hit/guard.ts';
import { scrubHit } from '../../src/hit/scrub.ts';
import type { VendorProfile } from '../../src/vendors/profile.ts';
import { loadAllProfiles } from '../support/profiles.ts';
import { ANONYMIZE_ALL, LENIENT, scrubRequest } from '../support/scrub.ts';

const NAME = 'Quendolin';
const profiles = loadAllProfiles();

const HIDDEN: readonly (readonly [string, unknown])[] = [
  ['lists of pairs', [['last_name', NAME]]],
  ['a list of names and values', ['last_name', NAME]],
  ['name and value', [{ name: 'last_name', value: NAME }]],
  ['k and v, with more between', [{ k: 'last_name', type: 'text', v: NAME }]],
  ['value before name', [{ value: NAME, field: 'last_name' }]],
  ['attributes of OpenTelemetry', [{ key: 'user.name', value: { stringValue: NAME } }]],
  ['objects of somebody', { buyer: { last: NAME }, customers: [{ no: NAME }] }],
  ['JSON in JSON', JSON.stringify({ a: JSON.stringify({ last_name: NAME }) })],
  ['an encoded pair', `last_name%3D${NAME}`],
  ['words', `last_name: ${NAME}`],
  ['an element', `<lastname>${NAME}</lastname>`],
];

const HITS: Readonly<Record<string, (value: unknown) => { target: string; body?: string }>> = {
  ga4: (value) => ({
    target: `/g/collect?v=2&tid=G-ABC&cid=1.2&en=x&ep.data=${encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value))}`,
  }),
  segment: (value) => ({ target: '/v1/t', body: JSON.stringify({ type: 'track', event: 'x', properties: { data: value } }) }),
  plausible: (value) => ({
    target: '/api/event',
    body: JSON.stringify({ n: 'x', u: 'https://shop.example/', d: 'shop.example', p: JSON.stringify({ data: value }) }),
  }),
  generic: (value) => ({ target: '/x', body: JSON.stringify({ data: value }) }),
};

describe.each(Object.keys(HITS))('a hit of %s', (vendor) => {
  it.each(HIDDEN)('with %s', (_, value) => {
    const hit = { method: 'POST', headers: ['Content-Type', 'application/json'], ...HITS[vendor]?.(value) } as { target: string };
    const request = scrubRequest(profiles.get(vendor) as VendorProfile, hit, { actions: ANONYMIZE_ALL, rules: LENIENT });
    const outcome = scrubHit(request);
    if (!outcome.ok) throw new Error(outcome.reason);
    expect(decodeURIComponent(`${outcome.hit.target} ${outcome.hit.body ?? ''}`)).not.toContain(NAME);
    expect(guardHit(outcome.hit, outcome.forbidden)).toEqual({ ok: true });
  });
});
