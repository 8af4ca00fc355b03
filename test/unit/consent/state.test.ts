import { describe, expect, it } from 'vitest';
import {
  ACTION_RANK,
  ACTIONS,
  ALL_PURPOSES,
  COLUMNS,
  columnOf,
  isPurpose,
  NO_PURPOSES,
  OPTIONAL_PURPOSES,
  PURPOSE_INDEX,
  PURPOSES,
  purposeBit,
  purposeSet,
  purposesIn,
  STATES,
  stricterAction,
} from '../../../src/consent/state.ts';

describe('purposes', () => {
  it('are five, from the least to the most intrusive, and all but the first may be refused', () => {
    expect(PURPOSES).toEqual(['necessary', 'functional', 'analytics', 'personalization', 'advertising']);
    expect(OPTIONAL_PURPOSES).toEqual(['functional', 'analytics', 'personalization', 'advertising']);
  });

  it('have the index of their place in the list', () => {
    expect(Object.keys(PURPOSE_INDEX)).toEqual(PURPOSES);
    for (const [index, purpose] of PURPOSES.entries()) expect(PURPOSE_INDEX[purpose]).toBe(index);
  });

  it.each(['analytics', 'necessary'])('%s is one', (name) => expect(isPurpose(name)).toBe(true));

  it.each(['', 'marketing', 'toString', '__proto__', 'constructor', 2, null, undefined, ['analytics'], {}])(
    '%j is none',
    (value) => expect(isPurpose(value)).toBe(false),
  );
});

describe('a set of purposes', () => {
  it('has a bit of its own for each', () => {
    expect(PURPOSES.map(purposeBit)).toEqual([1, 2, 4, 8, 16]);
    expect([NO_PURPOSES, ALL_PURPOSES]).toEqual([0, 31]);
  });

  it('holds what was put into it, whatever the order, and twice is once', () => {
    expect(purposesIn(purposeSet(['advertising', 'functional', 'advertising']))).toEqual(['functional', 'advertising']);
    expect(purposesIn(NO_PURPOSES)).toEqual([]);
    expect(purposesIn(ALL_PURPOSES)).toEqual(PURPOSES);
    for (let set = 0; set <= ALL_PURPOSES; set++) expect(purposeSet(purposesIn(set))).toBe(set);
  });
});

describe('a state', () => {
  it('is one of five, and each has its column', () => {
    expect(STATES).toEqual(['granted', 'denied', 'withdrawn', 'expired', 'unknown']);
    expect(STATES.map(columnOf)).toEqual(['granted', 'denied', 'denied', 'unknown', 'unknown']);
    expect(COLUMNS).toEqual(['granted', 'unknown', 'denied']);
  });
});

describe('of two actions', () => {
  it('the stricter one is that which lets less through, in either order', () => {
    expect(ACTIONS).toEqual(['forward', 'anonymize', 'drop']);
    for (const [i, a] of ACTIONS.entries()) {
      expect(ACTION_RANK[a]).toBe(i);
      for (const [j, b] of ACTIONS.entries()) expect(stricterAction(a, b)).toBe(ACTIONS[Math.max(i, j)]);
    }
  });
});
