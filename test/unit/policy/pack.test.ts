import { describe, expect, it } from 'vitest';
import { loadPolicies } from '../../../src/policy/load.ts';
import { formatProblem } from '../../../src/policy/problem.ts';

const NOW = Date.UTC(2026, 10, 23);

describe('the shipped pack', () => {
  it('loads, and every test in it holds', async () => {
    const loaded = await loadPolicies('policies', { now: NOW });
    expect(loaded.ok ? [] : loaded.errors.map(formatProblem)).toEqual([]);
    expect(loaded.ok && loaded.warnings.map(formatProblem)).toEqual([]);
  });
});
