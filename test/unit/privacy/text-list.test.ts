/** Texts of a hit, found by what they are, however many there are. */
import { describe, expect, it } from 'vitest';
import { TextList } from '../../../src/privacy/text-list.ts';

describe('a list of texts', () => {
  it.each([0, 1, 47, 48, 49, 50, 200])('of %d finds each, and no other', (count) => {
    const list = new TextList();
    const texts = Array.from({ length: count }, (_, i) => `text ${i}`);
    for (const text of texts) {
      expect(list.has(text)).toBe(false);
      list.add(text);
    }
    expect(texts.map((text) => list.has(`${text}`))).toEqual(texts.map(() => true));
    expect(['', 'text', `text ${count}`].some((text) => list.has(text))).toBe(false);
  });
});
