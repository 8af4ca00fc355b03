import { describe, expect, it } from 'vitest';
import { isRandomToken } from '../../../src/privacy/random-token.ts';

describe('isRandomToken', () => {
  it.each([
    ['a1b2c3d4e5f60718', true],
    ['Cj0KCQjwOpenGclidAbC123_dEfG-hIjK', true],
    ['1lhj4ygq8x72h3k9', true],
    ['cus_lixqVeWyPvtbl4', true],
    ['cus_QADPqMNKpNOMOx', true],
    ['cus_dashboard', false],
    ['internationalisation', false],
    ['2026-11-23-black-friday', false],
    ['20261123_Black_Friday_Teaser', false],
    ['20269923_Xk_Friday', true],
    ['ProductDetailPageView2', false],
    ['short1', false],
  ])('%s: %s', (token, expected) => {
    expect(isRandomToken(token)).toBe(expected);
  });
});
