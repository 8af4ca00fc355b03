import { expect, it } from 'vitest';
import { fitLine, percentile } from '../../soak/fit.ts';

it('finds the slope of a line, and is sure of it', () => {
  const { slope, error } = fitLine(Array.from({ length: 10 }, (_, x) => [x, 3 * x + 7] as const));
  expect(slope).toBeCloseTo(3);
  expect(error).toBeCloseTo(0);
});

it('is not sure of noise', () => {
  const { slope, error } = fitLine(Array.from({ length: 10 }, (_, x) => [x, (x % 2) * 100] as const));
  expect(Math.abs(slope)).toBeLessThan(2 * error);
});

it('finds percentiles', () => {
  const values = Array.from({ length: 100 }, (_, i) => 99 - i);
  expect([percentile(values, 50), percentile(values, 99), percentile([], 99)]).toEqual([50, 99, 0]);
});
