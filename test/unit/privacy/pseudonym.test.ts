import { describe, expect, it } from 'vitest';
import { createPseudonymizer } from '../../../src/privacy/pseudonym.ts';

describe('createPseudonymizer', () => {
  const key = Buffer.alloc(32, 1);
  const scope = { site: 'shop', collector: 'matomo' };
  const pseudonym = createPseudonymizer(key, scope)('a82b3e80');

  it('gives the same value the same pseudonym for a day', () => {
    expect(pseudonym).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(createPseudonymizer(key, scope)('a82b3e80')).toBe(pseudonym);
  });

  it.each([
    ['another day', Buffer.alloc(32, 2), scope, 'a82b3e80'],
    ['another site', key, { ...scope, site: 'blog' }, 'a82b3e80'],
    ['another collector', key, { ...scope, collector: 'ga4' }, 'a82b3e80'],
    ['parts that join to the same text', key, { site: 'shopm', collector: 'atomo' }, 'a82b3e80'],
    ['another value', key, scope, 'a82b3e81'],
  ])('differs for %s', (_, otherKey, otherScope, value) => {
    expect(createPseudonymizer(otherKey, otherScope)(value)).not.toBe(pseudonym);
  });
});
