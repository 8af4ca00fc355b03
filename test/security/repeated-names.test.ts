/** One name as often as a body can hold it: a repeat counts as a field, and costs no look at all the others. */
import { describe, expect, it } from 'vitest';
import { scrubHit } from '../../src/hit/scrub.ts';
import { LIMITS } from '../../src/hit/scrub-context.ts';
import { rewritePairs } from '../../src/privacy/carriers/query.ts';
import type { VendorProfile } from '../../src/vendors/profile.ts';
import { loadAllProfiles } from '../support/profiles.ts';
import { ANONYMIZE_ALL, LENIENT, scrubRequest } from '../support/scrub.ts';

const isLong = process.env.CONSENTRY_LONG === '1';
const generic = loadAllProfiles().get('generic') as VendorProfile;
const scrub = (body: string): ReturnType<typeof scrubHit> =>
  scrubHit(scrubRequest(generic, { method: 'POST', target: '/p', body }, { actions: ANONYMIZE_ALL, rules: LENIENT }));

describe('a name that is repeated', () => {
  it.each(['a=1&', 'a=b&', '=&', 'a=1&a&'])('%s is refused past the limit of fields', (pair) => {
    const outcome = scrub(pair.repeat(LIMITS.count * 10));
    expect(outcome).toMatchObject({ ok: false, reason: 'body-limits' });
  });

  it('is taken up to it', () => {
    const outcome = scrub('a=1&'.repeat(LIMITS.count - 10));
    expect(outcome.ok && outcome.hit.body?.toString()).toBe('a=1');
  });
});

describe.runIf(isLong)('many names before a long text', () => {
  const fastest = (text: string): number => {
    const times = Array.from({ length: 20 }, () => {
      const began = performance.now();
      rewritePairs(text, '&', () => true);
      return performance.now() - began;
    });
    return Math.min(...times);
  };

  it.each(['ab&', 'a=b&', '%61&', 'a+b=1&'])('%s cost the text once', (pair) => {
    const names = pair.repeat(9_000);
    expect(fastest(names + 'x'.repeat(1 << 20)) / fastest(names)).toBeLessThan(10);
  });
});
