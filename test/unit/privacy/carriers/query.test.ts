import { describe, expect, it } from 'vitest';
import { countPairs, rewritePairs } from '../../../../src/privacy/carriers/query.ts';

const without = (text: string, ...names: string[]): string => rewritePairs(text, '&', (name) => !names.includes(name));

describe('countPairs', () => {
  it.each([
    ['', 0],
    ['&&', 0],
    ['a', 1],
    ['a=1&b=2', 2],
    ['&&a=1&&b&', 2],
    ['a;b', 1],
  ])('%j: %d', (text, count) => {
    expect(countPairs(text, '&')).toBe(count);
    expect(countPairs(text.replaceAll('&', '|').replaceAll(';', '&').replaceAll('|', ';'), ';')).toBe(count);
  });
});

describe('rewritePairs', () => {
  it.each(['', 'a=1', 'a=1&b=2', '&&a=1&&b', 'a=%zz&b=%41', 'a=1&a=2&a[]=3', '=x&='])('keeps %s byte for byte', (text) => {
    expect(without(text, 'zzz')).toBe(text);
  });

  it.each([
    ['x=1&a=1', 'a=1'],
    ['a=1&x=1', 'a=1'],
    ['a=1&x=1&b=%32', 'a=1&b=%32'],
    ['x=1&x=2', ''],
    ['x&a', 'a'],
    ['x=1&&a=1', 'a=1'],
    ['%78=1&a=%20', 'a=%20'],
  ])('removes from %s what the visitor says', (text, expected) => {
    expect(without(text, 'x')).toBe(expected);
  });

  it('writes a new value encoded and leaves the name as it was', () => {
    expect(rewritePairs('a%20b=1&c=2', '&', (name) => (name === 'a b' ? 'x&y=z' : true))).toBe('a%20b=x%26y%3Dz&c=2');
  });

  it('shows names and values decoded, a bare name with null', () => {
    const seen: unknown[] = [];
    rewritePairs('ud%5Bem%5D=a%40b+c&flag&e=%C3%B6%FF', '&', (name, value) => Boolean(seen.push([name, value])));
    expect(seen).toEqual([
      ['ud[em]', 'a@b c'],
      ['flag', null],
      ['e', 'Ã¶ÿ'],
    ]);
  });

  it('takes the padding of base64 for a part of it', () => {
    const [one, two] = ['{"e":"view!"}', '{"e":"views!"}'].map((text) => btoa(text)) as [string, string];
    expect([one, two].map((text) => text.replace(/^[^=]*/, ''))).toEqual(['==', '=']);
    const seen: unknown[] = [];
    rewritePairs(`${one}&a=1&${two}&eyJhYmNkZWZnaGlqa2w=1&content_group_longer=`, '&', (name, value) =>
      Boolean(seen.push([name, value])),
    );
    expect(seen).toEqual([
      [one, null],
      ['a', '1'],
      [two, null],
      ['eyJhYmNkZWZnaGlqa2w', '1'],
      ['content_group_longer', ''],
    ]);
  });

  it('writes an answer to a bare name in its place', () => {
    expect(rewritePairs('a=1&%7Bx%7D&c', '&', (_, value) => (value === null ? '{y}' : true))).toBe('a=1&%7By%7D&%7By%7D');
  });

  it('takes a pair that is known as it was, and does not visit it', () => {
    const known = { text: 'b=%32', verdict: '3', written: 'b=3' };
    const visited: string[] = [];
    const asked: number[] = [];
    const rewrite = (verdict: boolean | string): string =>
      rewritePairs(
        'a=1&b=%32&c=4',
        '&',
        (name) => Boolean(visited.push(name)),
        (start) => {
          asked.push(start);
          return start === 4 ? { ...known, verdict } : null;
        },
      );
    expect(['3', true, false].map(rewrite)).toEqual(['a=1&b=3&c=4', 'a=1&b=%32&c=4', 'a=1&c=4']);
    expect(visited.slice(0, 2)).toEqual(['a', 'c']);
    expect(asked.slice(0, 3)).toEqual([0, 4, 10]);
  });

  it('reads parameters of a path', () => {
    expect(rewritePairs('src=1;u1=a;ord=2', ';', (name) => name !== 'u1')).toBe('src=1;ord=2');
  });
});
