import { describe, expect, it } from 'vitest';
import { decodeTcString, hasPurpose, hasSpecialFeature, type TcString } from '../../../src/signals/tcf.ts';
import { DEFAULT_TC_MAX_AGE_MS, findTcVoid } from '../../../src/signals/tcf-validity.ts';
import { hasVendor } from '../../../src/signals/vendor-set.ts';
import { TC_DAY, type TcParts, writeTcBomb, writeTcString } from '../../support/tc-string.ts';

const NOW = Date.parse(TC_DAY);
const OPTIONS = { cmps: null, tcMaxAgeMs: DEFAULT_TC_MAX_AGE_MS };

function decode(text: string): TcString {
  const tc = decodeTcString(text);
  if (!tc.ok) throw new Error(tc.reason);
  return tc;
}

describe('decodeTcString', () => {
  it('reads purposes, special features, vendors and segments', () => {
    const tc = decode(writeTcString({ purposes: [1, 8, 24], specialFeatures: [2], vendors: [7, 755], publisher: [1, 9] }));
    expect([1, 2, 8, 24].map((id) => hasPurpose(tc.consents, id))).toEqual([true, false, true, true]);
    expect([1, 2].map((id) => hasSpecialFeature(tc, id))).toEqual([false, true]);
    expect([0, 7, 8, 755, 756, 70_000].map((id) => hasVendor(tc.vendorConsents, id))).toEqual([
      false,
      true,
      false,
      true,
      false,
      false,
    ]);
    expect(tc.disclosedVendors && hasVendor(tc.disclosedVendors, 755)).toBe(true);
    expect(tc.publisher && hasPurpose(tc.publisher.consents, 9)).toBe(true);
  });

  it.each([0, 25, 32, -1])('holds no purpose %s', (id) => {
    expect(hasPurpose(0xffffff, id)).toBe(false);
  });

  it('keeps a range of every vendor as one pair', () => {
    const tc = decode(writeTcBomb(200));
    expect(tc.vendorConsents.kind).toBe('ranges');
    expect(hasVendor(tc.vendorConsents, 65_535)).toBe(true);
  });

  it.each([
    ['', 'empty'],
    ['C'.repeat(8193), 'too-long'],
    ['BOhwdphOxFC7tAHABBFRC', 'version-1'],
    ['DAAA', 'version'],
    [' C', 'not-base64url'],
    [`${writeTcString()}=`, 'not-base64url'],
    [`${writeTcString()}.`, 'segment-empty'],
    [`${writeTcString({ vendors: [3] })}.${writeTcString({ vendors: [3] })}`, 'segment-repeated'],
    [writeTcString({ disclosed: null }).slice(0, -4), 'truncated'],
    [writeTcString({ restrictions: [{ purpose: 1, type: 0, vendors: [[9, 3]] }] }), 'out-of-range'],
    [writeTcString({ restrictions: [{ purpose: 1, type: 0, vendors: [[0, 3]] }] }), 'out-of-range'],
    [`${writeTcString({ disclosed: null })}${'.oAAA'.repeat(8)}`, 'segments'],
  ])('refuses %#: %s', (text, reason) => {
    expect(decodeTcString(text)).toEqual({ ok: false, reason });
  });

  it('passes over a segment of a type that is not known yet', () => {
    expect(decodeTcString(`${writeTcString()}.oAAA`).ok).toBe(true);
  });
});

describe('findTcVoid', () => {
  const cases: readonly [string, TcParts, string | null][] = [
    ['valid', {}, null],
    ['global scope', { isServiceSpecific: false }, 'global-scope'],
    ['CMP 0', { cmpId: 0 }, 'cmp-unknown'],
    ['CMP 1', { cmpId: 1 }, 'cmp-unknown'],
    ['policy 3 after September 2023', { policyVersion: 3 }, 'policy-version'],
    ['policy 6, of a later version', { policyVersion: 6 }, null],
    ['interest for purpose 1', { interests: [1] }, 'legitimate-interest'],
    ['interest for purpose 5', { interests: [5] }, 'legitimate-interest'],
    ['interest for purpose 2', { interests: [2] }, null],
    ['no disclosed vendors since March 2026', { disclosed: null }, 'vendors-not-disclosed'],
    ['no disclosed vendors before', { disclosed: null, lastUpdated: '2026-02-28' }, null],
    ['updated before it was made', { created: '2026-11-01', lastUpdated: '2026-10-01' }, 'dates'],
    ['from next week', { lastUpdated: '2026-11-08' }, 'future'],
    ['from tomorrow, by another clock', { lastUpdated: '2026-11-02' }, null],
    ['13 months old', { lastUpdated: '2025-10-02', policyVersion: 5 }, null],
    ['older', { lastUpdated: '2025-09-29', policyVersion: 5 }, 'expired'],
  ];
  it.each(cases)('%s', (_name, parts, reason) => {
    expect(findTcVoid(decode(writeTcString(parts)), OPTIONS, NOW)).toBe(reason);
  });

  it('asks the list of CMPs, and when an id was deleted', () => {
    const tc = decode(writeTcString({ cmpId: 31 }));
    const ask = (cmps: [number, number | null][]) => findTcVoid(tc, { ...OPTIONS, cmps: new Map(cmps) }, NOW);
    expect(ask([[31, null]])).toBeNull();
    expect(ask([[32, null]])).toBe('cmp-unknown');
    expect(ask([[31, NOW - 1]])).toBe('cmp-deleted');
    expect(ask([[31, NOW + 1]])).toBeNull();
  });

  it('trusts no string where nobody knows the time', () => {
    expect(findTcVoid(decode(writeTcString()), OPTIONS, null)).toBe('no-clock');
  });
});
