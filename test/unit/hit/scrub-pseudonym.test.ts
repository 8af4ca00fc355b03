/** Forms of pseudonyms: each is the same for the same pseudonym, and says nothing else. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { shapePseudonym } from '../../../src/hit/scrub-pseudonym.ts';

describe('shapePseudonym', () => {
  // SHA-256 of `abc`, from FIPS 180-2.
  it.each([
    ['text', 'abc'],
    ['number', '205024940494593'],
    ['hex16', 'ba7816bf8f01cfea'],
    ['hex32', 'ba7816bf8f01cfea414140de5dae2223'],
    ['uuid', 'ba7816bf-8f01-8fea-8141-40de5dae2223'],
    ['ga', '3128432319.2399260650'],
  ] as const)('%s: %s', (shape, expected) => {
    expect(createHash('sha256').update('abc').digest('hex').slice(0, 32)).toBe('ba7816bf8f01cfea414140de5dae2223');
    expect(shapePseudonym('abc', shape)).toBe(expected);
  });

  it.each([
    ['number', /^\d{1,15}$/],
    ['hex16', /^[0-9a-f]{16}$/],
    ['hex32', /^[0-9a-f]{32}$/],
    ['uuid', /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/],
    ['ga', /^\d{1,10}\.\d{1,10}$/],
  ] as const)('%s has its form for all', (shape, form) => {
    const all = Array.from({ length: 200 }, (_, i) => shapePseudonym(`day-${i}`, shape));
    expect(all.filter((one) => !form.test(one))).toEqual([]);
    expect(new Set(all).size).toBe(200);
  });
});
