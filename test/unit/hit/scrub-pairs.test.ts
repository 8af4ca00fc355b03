/** Pairs of a query that are recalled by their text: what is said of them is what is said of those that are taken apart. */
import { describe, expect, it } from 'vitest';
import type { ScrubOutcome } from '../../../src/hit/outgoing.ts';
import { scrubHit } from '../../../src/hit/scrub.ts';
import { LIMITS } from '../../../src/hit/scrub-context.ts';
import type { VendorProfile } from '../../../src/vendors/profile.ts';
import { loadAllProfiles } from '../../support/profiles.ts';
import { ANONYMIZE_ALL, NO_ADVERTISING, type RequestOptions, STRICT, scrubRequest } from '../../support/scrub.ts';

const ga4 = loadAllProfiles().get('ga4') as VendorProfile;
const ANONYMIZED = { actions: ANONYMIZE_ALL, rules: STRICT } as const;
const MAIL = 'anna.muster%40example.com';

/** Hits one after the other; a copy of the profile has no memory yet. */
function createSite(options: RequestOptions = ANONYMIZED): (query: string) => ScrubOutcome {
  const profile = { ...ga4 };
  return (query) => scrubHit(scrubRequest(profile, { target: `/g/collect?${query}` }, options));
}

function queryOf(outcome: ScrubOutcome): string {
  return outcome.ok ? outcome.hit.target.slice('/g/collect?'.length) : outcome.reason;
}

describe('a pair that stood behind the same one before', () => {
  const BEGIN = 'v=2&tid=G-1ABCDEF&en=page_view';

  it.each([
    ['stays', `${BEGIN}&ul=en`, `${BEGIN}&ul=en`],
    ['is reduced', `${BEGIN}&ul=en-us&_s=1`, `${BEGIN}&ul=en&_s=1`],
    ['is removed', `${BEGIN}&uafvl=Chromium%3B141.0.7390.55&_s=1`, `${BEGIN}&_s=1`],
    ['is the last one', `${BEGIN}&frm=0`, `${BEGIN}&frm=0`],
    ['has empty ones around it', `&${BEGIN}&&frm=0&&`, `&${BEGIN}&&frm=0&&`],
  ])('%s each time', (_what, query, left) => {
    const send = createSite();
    const outcomes = Array.from({ length: 4 }, () => send(query));
    for (const outcome of outcomes) {
      expect(queryOf(outcome).replace(/&npa=1|&gcs=G100/g, '')).toBe(left);
      expect(outcome.report).toEqual(outcomes[0]?.report);
    }
  });

  it.each([
    ['the beginning of another', '_s=1', '_s=12', '_s=12'],
    ['longer than what comes', '_s=12', '_s=1', '_s=1'],
    ['written otherwise', 'en=view_item', 'en=view%5Fitem', 'en=view%5Fitem'],
    ['of another name', '_s=1', '_S=1', ''],
  ])('is not taken for one that it is %s', (_what, first, second, left) => {
    const send = createSite();
    for (let i = 0; i < 3; i++) send(`v=2&tid=G-1ABCDEF&${first}&frm=0`);
    const rest = queryOf(send(`v=2&tid=G-1ABCDEF&${second}&frm=0`)).replace(/&npa=1|&gcs=G100/g, '');
    expect(rest).toBe(['v=2&tid=G-1ABCDEF', left, 'frm=0'].filter((part) => part !== '').join('&'));
  });

  it('is said once', () => {
    const send = createSite();
    for (let i = 0; i < 3; i++) send(`${BEGIN}&_s=1&frm=0`);
    for (const query of [`${BEGIN}&_s=2&frm=0&_s=1`, `${BEGIN}&_s=2&_s=1&frm=0`, `_s=2&${BEGIN}&_s=1&frm=0`]) {
      expect(queryOf(send(query)).match(/_s=/g)).toHaveLength(1);
      expect(queryOf(send(query)).match(/_s=2/g)).toHaveLength(1);
    }
  });

  it('is a field that the collector needs', () => {
    const send = createSite();
    expect([1, 2, 3].map(() => queryOf(send('v=2&tid=G-1ABCDEF&en=page_view')).includes('en=page_view'))).toEqual([
      true,
      true,
      true,
    ]);
    expect(queryOf(send('v=2&frm=0'))).toBe('nothing-left');
  });

  it('counts towards the limit of fields', () => {
    const send = createSite({ actions: NO_ADVERTISING });
    const many = `v=2&tid=G-1ABCDEF&${Array.from({ length: LIMITS.count - 2 }, () => 'frm=0').join('&')}`;
    for (let i = 0; i < 3; i++) expect(send(many).ok).toBe(true);
    expect(send(`${many}&frm=0`)).toMatchObject({ ok: false, reason: 'body-limits' });
    expect(send(many).ok).toBe(true);
  });

  it('is none that was not looked at, because there were too many before it', () => {
    const send = createSite();
    for (let i = 0; i < 3; i++) send('v=2&tid=G-1ABCDEF&en=page_view&frm=0');
    const many = Array.from({ length: LIMITS.count - 1 }, (_, i) => `x=${i}`).join('&');
    expect(send(`${many}&en=page_view&frm=${MAIL}&_s=1`).ok).toBe(false);
    expect(queryOf(send(`v=2&tid=G-1ABCDEF&en=page_view&frm=${MAIL}&_s=1`))).not.toContain('anna');
  });
});
