import { describe, expect, it } from 'vitest';
import { compileInvariant } from '../../../src/policy/invariants.ts';
import { loadPolicies } from '../../../src/policy/load.ts';
import { printViolations } from '../../../src/policy/print-verification.ts';
import { verifyPolicies } from '../../../src/policy/verify.ts';
import { BASES, compileTexts, PACK_DAY, writeFile } from '../../support/policy-set.ts';

const UNKNOWN = writeFile('unknown', 'extends: base/opt-in\nmatch: ["ZZ"]');
const ROW = writeFile('row', 'extends: base/opt-in\nmatch: ["*"]');

function verify(own: string, others: Record<string, string> = { 'unknown.yaml': UNKNOWN, 'row.yaml': ROW }): string {
  const set = compileTexts({ ...BASES, ...others, 'x.yaml': writeFile('x', own) });
  return printViolations(verifyPolicies(set, PACK_DAY));
}

describe('policy verify', () => {
  it('finds the shipped pack sound', async () => {
    const loaded = await loadPolicies('policies', { now: PACK_DAY });
    if (!loaded.ok) throw new Error('the pack does not load');
    const started = performance.now();
    const { cases, violations } = verifyPolicies(loaded.set, PACK_DAY);
    console.info(`verify: ${cases} cases in ${Math.round(performance.now() - started)} ms`);
    expect(violations).toEqual([]);
    expect(cases).toBeGreaterThan(100_000);
  });

  it('a no that is forwarded', () => {
    expect(
      verify('extends: base/opt-out\nmatch: ["MX"]\npurposes: { analytics: { denied: forward } }').replace(
        /\(\d+ cases\)/,
        '(some)',
      ),
    ).toBe(
      'violated: a recorded no to an optional purpose is never forwarded (some)\n  smallest: MX on 2026-11-23, record cookie-denies\n  got analytics: forward (denied, x)',
    );
  });

  it('a place without a rule', () => {
    expect(verify('extends: base/opt-in\nmatch: ["MX"]', { 'unknown.yaml': UNKNOWN })).toContain(
      'violated: no place is without a rule',
    );
  });

  it('an opt-in place that forwards on silence', () => {
    expect(verify('extends: base/opt-in\nmatch: ["MX"]\npurposes: { functional: { unknown: forward } }')).toContain(
      'violated: opt-in places forward no optional purpose on silence',
    );
  });

  it('a no that is softer than silence', () => {
    const told = verify('extends: base/opt-in\nmatch: ["MX"]\npurposes: { analytics: { denied: anonymize } }');
    expect(told).toContain('violated: a more restrictive signal or record never yields a softer action');
    expect(told).toContain('which is softer than: MX on 2026-11-23, record none');
  });

  it('an unknown place that is softer than a known one', () => {
    const told = verify('extends: base/opt-in\nmatch: ["MX"]', {
      'unknown.yaml': writeFile('unknown', 'extends: base/opt-out\nmatch: ["ZZ"]'),
      'row.yaml': ROW,
    });
    // Silence of the visitor: nobody has said anything.
    expect(told).toContain('violated: on silence an unknown place is at least as strict as any');
    expect(told).toContain('smallest: ZZ on 2026-11-23, record none');
  });

  it('an invariant of an operator, where it does not hold, with the smallest case', () => {
    const set = compileTexts({
      ...BASES,
      'unknown.yaml': UNKNOWN,
      'row.yaml': ROW,
      'us.yaml': writeFile('us', 'extends: base/opt-out\nmatch: ["US"]'),
    });
    const check = (source: Parameters<typeof compileInvariant>[0]) =>
      printViolations(verifyPolicies(set, PACK_DAY, [compileInvariant(source)]));
    expect(
      check({ name: 'no advertising on a denial of GPC', when: { signals: { gpc: 'deny' } }, never: { advertising: 'forward' } }),
    ).toContain('smallest: AD (and 250 like it) on 2026-11-23, record granted, gpc says deny');
    expect(
      check({ name: 'only in the US', when: { places: ['US'], signals: { gpc: 'deny' } }, never: { advertising: 'forward' } }),
    ).toBe('');
    expect(check({ name: 'necessary passes', always: { necessary: 'forward' } })).toBe('');
    expect(
      check({ name: 'the US anonymizes', when: { places: ['US'] }, always: { analytics: ['anonymize', 'drop'] } }),
    ).toContain('smallest: US on');
  });
});
