/** Names of fields as long as a body may be, of what containers, patterns and searches start at: they cost no time, and leave no hit. */
import { describe, expect, it } from 'vitest';
import { guardHit } from '../../src/hit/guard.ts';
import { scrubHit } from '../../src/hit/scrub.ts';
import type { VendorProfile } from '../../src/vendors/profile.ts';
import { loadAllProfiles } from '../support/profiles.ts';
import { ANONYMIZE_ALL, LENIENT, NO_ADVERTISING, STRICT, scrubRequest } from '../support/scrub.ts';

const SIZE = 400_000;
/** What takes the square of such a size takes minutes. */
const MOST_MS = 2_000;
const profiles = loadAllProfiles();
const DECISIONS = [
  { actions: ANONYMIZE_ALL, rules: STRICT },
  { actions: ANONYMIZE_ALL, rules: LENIENT },
  { actions: NO_ADVERTISING, rules: STRICT },
] as const;

describe.each(['ga4', 'segment', 'posthog', 'generic'])('a long name in a hit of %s', (vendor) => {
  it.each(['[', '.', 'a.', 'a[b]', 'eyJ', '1.', '0_', 'ep.', '%5B', 'é', '٣', 'Aa', 'gclid', '_first', '&#', '=40'])(
    '%s',
    (unit) => {
      const name = unit.repeat(SIZE / unit.length);
      const long = name.replace(/[&=]/g, 'x');
      const bodies = [
        `en=x&${long}=anna77&w=1`,
        JSON.stringify({ event: 'x', [name]: 'anna77', properties: { [name]: { [name]: 1 } } }),
      ];
      for (const options of DECISIONS) {
        for (const body of bodies) {
          const hit = { method: 'POST', target: `/x?${long.slice(0, 60_000)}=anna77`, body };
          const request = scrubRequest(profiles.get(vendor) as VendorProfile, hit, options);
          const began = performance.now();
          const outcome = scrubHit(request);
          if (outcome.ok) guardHit(outcome.hit, outcome.forbidden);
          expect(performance.now() - began).toBeLessThan(MOST_MS);
          if (outcome.ok && options.actions === ANONYMIZE_ALL)
            expect(`${outcome.hit.target} ${outcome.hit.body}`).not.toContain('anna77');
        }
      }
    },
  );
});
