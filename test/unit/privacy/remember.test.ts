import { describe, expect, it } from 'vitest';
import { detach, remember } from '../../../src/privacy/remember.ts';

/** A function that counts what it is asked. */
function counted(capacity: number, maxLength?: number): { length: (text: string) => number | null; asked: string[] } {
  const asked: string[] = [];
  const measure = (text: string): number | null => {
    asked.push(text);
    return text === '' ? null : text.length;
  };
  return { length: remember(measure, capacity, maxLength), asked };
}

describe('remember', () => {
  it('works out an answer once, also where it is null', () => {
    const { length, asked } = counted(10);
    expect([length('abc'), length('abc'), length(''), length('')]).toEqual([3, 3, null, null]);
    expect(asked).toEqual(['abc', '']);
  });

  it('forgets all when it is full', () => {
    const { length, asked } = counted(2);
    for (const text of ['a', 'b', 'a', 'b', 'c', 'c', 'a']) length(text);
    expect(asked).toEqual(['a', 'b', 'c', 'a']);
  });

  it('gives each text its own answer, in whatever order they come, and works none out twice while it remembers it', () => {
    const texts = ['', 'a', 'bb', 'ccc', 'dd', 'eeeee', 'a-long-one'];
    const { length, asked } = counted(6, 8);
    let seed = 1;
    for (let round = 0; round < 2_000; round++) {
      seed = (seed * 48_271) % 2_147_483_647;
      // Now in order, now not.
      const text = texts[(seed % 3 === 0 ? seed : round) % texts.length] as string;
      expect(length(text)).toBe(text === '' ? null : text.length);
    }
    expect(asked.filter((text) => text.length <= 8).sort()).toEqual(texts.slice(0, 6).sort());
  });

  it('keeps no text that is longer than it may be', () => {
    const { length, asked } = counted(10, 3);
    for (const text of ['abc', 'abc', 'abcd', 'abcd']) length(text);
    expect(asked).toEqual(['abc', 'abcd', 'abcd']);
    const usual = counted(10);
    for (const text of ['x'.repeat(512), 'x'.repeat(512), 'x'.repeat(513), 'x'.repeat(513)]) usual.length(text);
    expect(usual.asked.map((text) => text.length)).toEqual([512, 513, 513]);
  });
});

describe('detach', () => {
  it.each(['', 'plain', 'ümlaut 漢字 😀', '"quoted" \\ and \u0000\n', '\ud800 alone \udc00'])(
    'gives the same text: %j',
    (text) => {
      expect(detach(text)).toBe(text);
    },
  );
});
