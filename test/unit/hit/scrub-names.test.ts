/** Names of the pairs of a query with the values that came first, in tables that hits share. */
import { describe, expect, it } from 'vitest';
import { namesAt } from '../../../src/hit/scrub-names.ts';

/** They are looked for at the same place: of the same length, with the same first, middle and last letter. */
const alike = (count: number): string[] => Array.from({ length: count }, (_, i) => `a${String(i).padStart(4, '0')}m12345z`);

describe('names of a query', () => {
  it('tell the value that came first', () => {
    const names = namesAt(0);
    expect(names.add('en', 'page_view')).toBe(true);
    expect(names.add('en', 'scroll')).toBe(false);
    expect([names.get('en'), names.get('ne'), names.has('en'), names.has('')]).toEqual(['page_view', undefined, true, false]);
    expect(names.add('', '')).toBe(true);
    expect([names.get(''), names.has('')]).toEqual(['', true]);
  });

  it('of one query are not those of the next', () => {
    namesAt(0).add('en', 'page_view');
    const names = namesAt(0);
    expect([names.has('en'), names.get('en')]).toEqual([false, undefined]);
    names.add('v', '2');
    expect([names.has('v'), names.has('en')]).toEqual([true, false]);
  });

  it('of a query within another are its own', () => {
    const outer = namesAt(1);
    outer.add('en', 'page_view');
    namesAt(2).add('en', 'scroll');
    expect([outer.get('en'), outer.add('en', 'x')]).toEqual(['page_view', false]);
  });

  it.each([1, 95, 96, 97, 255, 256, 257, 2_000])('are found among %d, wherever they are looked for first', (count) => {
    for (const all of [alike(count), Array.from({ length: count }, (_, i) => `n${i}`)]) {
      const names = namesAt(0);
      expect(all.every((name, i) => !names.has(name) && names.add(name, `v${i}`))).toBe(true);
      expect(all.every((name, i) => names.get(name) === `v${i}` && !names.add(name, 'x'))).toBe(true);
      expect(names.has(`${all[0]}0`)).toBe(false);
    }
  });
});

describe('what is kept of a query', () => {
  it('ends with it, and is no long name', () => {
    const names = namesAt(0);
    names.add('en', 'page_view');
    expect([names.add('x'.repeat(257), '1'), names.has('x'.repeat(257))]).toEqual([true, false]);
    names.end();
    expect(names.get('en')).toBeUndefined();
  });
});
