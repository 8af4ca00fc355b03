import { expect, it } from 'vitest';
import { fitLine, median, percentile } from '../../soak/fit.ts';
import { createRandom } from '../../support/random.ts';

it('finds the slope of a line, and is sure of it', () => {
  const { slope, low, high } = fitLine(Array.from({ length: 10 }, (_, x) => [x, 3 * x + 7] as const));
  for (const value of [slope, low, high]) expect(value).toBeCloseTo(3);
});

it('is not sure of noise', () => {
  const random = createRandom(1);
  const { low, high } = fitLine(Array.from({ length: 60 }, (_, x) => [x, random.below(1_000)] as const));
  expect(low).toBeLessThan(0);
  expect(high).toBeGreaterThan(0);
});

it('finds a slope in noise, where it is steeper than the noise', () => {
  const random = createRandom(2);
  const { low, high } = fitLine(Array.from({ length: 60 }, (_, x) => [x, 5 * x + random.below(50)] as const));
  expect(low).toBeGreaterThan(4);
  expect(high).toBeLessThan(6);
});

it('is not bent by single points that are far off', () => {
  const { slope } = fitLine(Array.from({ length: 30 }, (_, x) => [x, x % 10 === 9 ? 1_000 : x] as const));
  expect(slope).toBeCloseTo(1, 0);
});

it('is sure of nothing with two points', () => {
  expect(
    fitLine([
      [0, 0],
      [1, 1],
    ]),
  ).toEqual({ slope: 1, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY });
});

it('finds medians and percentiles', () => {
  const values = Array.from({ length: 100 }, (_, i) => 99 - i);
  expect([percentile(values, 50), percentile(values, 99), percentile([], 99)]).toEqual([50, 99, 0]);
  expect([median(values), median([3, 1, 2]), median([])]).toEqual([49.5, 2, 0]);
});
