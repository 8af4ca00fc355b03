/** Identifiers in values that stay, where what stands beside them hides them from one of the looks: all of them go, in every place. */
import { describe, expect, it } from 'vitest';
import type { ScrubOutcome } from '../../src/hit/outgoing.ts';
import { scrubHit } from '../../src/hit/scrub.ts';
import type { VendorProfile } from '../../src/vendors/profile.ts';
import { loadAllProfiles } from '../support/profiles.ts';
import { ANONYMIZE_ALL, LENIENT, NO_ADVERTISING, scrubRequest } from '../support/scrub.ts';

const profiles = loadAllProfiles();

function scrub(vendor: string, target: string, headers: readonly string[] = []): ScrubOutcome {
  const request = scrubRequest(
    profiles.get(vendor) as VendorProfile,
    { target, headers },
    { actions: ANONYMIZE_ALL, rules: LENIENT },
  );
  return scrubHit(request);
}

function leaves(outcome: ScrubOutcome): string {
  return outcome.ok ? decodeURIComponent(`${outcome.hit.target} ${outcome.hit.headers.join(' ')}`) : outcome.reason;
}

const GA4 = '/g/collect?v=2&tid=G-ABC1234567&en=page_view';

describe('a character that HTML writes by number begins with the sign of a fragment', () => {
  const PAGE = 'https://www.shop.example/u/anna.schmidt42&#64;mail.example';

  it.each([PAGE, PAGE.replace('64', 'x40'), `${PAGE}?a=1`, '/u/anna.schmidt42&#64;mail.example'])('in a page: %s', (page) => {
    const outcome = scrub(
      'ga4',
      `${GA4}&dl=${encodeURIComponent(page)}&ep.note=Hallo%20anna.schmidt42&search_term=anna.schmidt42`,
    );
    expect(leaves(outcome)).not.toContain('anna');
  });

  it('in a referrer', () => {
    expect(leaves(scrub('ga4', `${GA4}&ep.note=Hallo%20anna.schmidt42`, ['Referer', PAGE]))).not.toContain('anna');
  });
});

describe('a + for a space makes words and base64 one stretch', () => {
  it.each([
    ['matomo', '/matomo.php?idsite=1&rec=1&uid=lsfvh72&search=Text+bHNmJTc2aCUzNyUzMg+rot'],
    ['matomo', '/matomo.php?idsite=1&rec=1&uid=enmbb8&e_a=rot+Text+Neu+ZFQxbGJtMWlZamc9'],
    ['ga4', `${GA4}&uid=hktny&ep.x=eyJhIjoiaGt0bnkifQ+blau`],
  ])('%s %s', (vendor, target) => {
    const outcome = scrub(vendor, target);
    expect(outcome.ok).toBe(true);
    expect(leaves(outcome)).not.toMatch(/bHNm|ZFQx|aGt0/);
  });
});

describe('the client address in a value whose purpose is forwarded', () => {
  // Who may know the value may know what is in it, however it is written there.
  it.each(['ip 203.0.113.77', 'aXA9MjAzLjAuMTEzLjc3O3g='])('stays: %s', (note) => {
    const request = scrubRequest(
      profiles.get('ga4') as VendorProfile,
      { target: `${GA4}&ep.note=${encodeURIComponent(note)}` },
      { actions: NO_ADVERTISING },
    );
    expect(leaves(scrubHit(request))).toContain(note);
  });
});
