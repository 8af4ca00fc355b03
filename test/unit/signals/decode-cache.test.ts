import { describe, expect, it } from 'vitest';
import { DecodeCache } from '../../../src/signals/decode-cache.ts';

function createCounting(maxEntries: number, maxBytes: number) {
  const decoded: string[] = [];
  const cache = new DecodeCache(
    (text) => {
      decoded.push(text);
      return { text };
    },
    { maxEntries, maxBytes },
  );
  return { cache, decoded };
}

describe('DecodeCache', () => {
  it('decodes a string once, refusals included', () => {
    const { cache, decoded } = createCounting(8, 1e6);
    expect(cache.get('a')).toBe(cache.get('a'));
    expect(decoded).toEqual(['a']);
  });

  it('never holds more entries than it may, whatever comes', () => {
    const { cache } = createCounting(64, 1e9);
    for (let i = 0; i < 10_000; i++) {
      cache.get(`string ${i}`);
      expect(cache.size).toBeLessThanOrEqual(64);
    }
  });

  it('never holds more bytes than it may', () => {
    const { cache } = createCounting(1e6, 64 * 1024);
    for (let i = 0; i < 200; i++) cache.get(`${i}`.padEnd(1000));
    expect(cache.size * 1000).toBeLessThan(64 * 1024);
  });

  it('keeps what is asked for while others come and go', () => {
    const { cache, decoded } = createCounting(16, 1e9);
    for (let i = 0; i < 1000; i++) {
      cache.get('regular');
      cache.get(`passing ${i}`);
    }
    expect(decoded.filter((text) => text === 'regular')).toHaveLength(1);
  });
});
