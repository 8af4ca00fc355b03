import { describe, expect, it } from 'vitest';
import { mayHoldToken, readTokens, stripToken } from '../../../src/hit/token-field.ts';

describe('mayHoldToken', () => {
  it.each([
    ['a=1&consentry-token=x', true],
    ['consentry-token', true],
    ['a=1&consentry%2Dtoken=x', true],
    ['%63onsentry-token=y', true],
    ['a=1&%43onsentry-token=y', false],
    ['a=1&c=2&consentry=3&x=consentry-token', false],
    ['', false],
  ])('%j: %s', (query, expected) => {
    expect(mayHoldToken(query)).toBe(expected);
  });
});

describe('stripToken', () => {
  it.each([
    ['a=1&consentry-token=x&b=2', 'a=1&b=2'],
    ['consentry-token=x', null],
    ['a=1&consentry%2Dtoken=x&%63onsentry-token=y', 'a=1'],
    ['a=1&c=2&consentry=3', 'a=1&c=2&consentry=3'],
    ['a=%zz&&b', 'a=%zz&&b'],
    ['', ''],
  ])('%j → %j', (query, expected) => {
    expect(stripToken(query)).toBe(expected);
  });
});

describe('readTokens', () => {
  it('reads every one of them', () => {
    expect(readTokens('a=1&consentry-token=x%2B&consentry%2Dtoken=y')).toEqual(['x+', 'y']);
  });
});
