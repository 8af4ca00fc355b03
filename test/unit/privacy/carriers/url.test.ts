import { describe, expect, it } from 'vitest';
import { isUrl, joinUrl, readOrigin, splitUrl } from '../../../../src/privacy/carriers/url.ts';

describe('splitUrl', () => {
  it.each([
    'https://shop.example/a/b?x=1&y=2#z=3',
    'https://shop.example',
    '//cdn.example/x',
    '/kasse?x=1',
    '?x=1',
    '#token=1',
    'android-app://com.example/',
    'https://u:p@host:8443/?',
    'http://[2001:db8::1]:80/x',
    'a:b:c',
    '',
  ])('puts %s together again as it was', (text) => {
    const parts = splitUrl(text);
    expect(parts === null ? null : joinUrl(parts)).toBe(text);
  });
});

describe('readOrigin', () => {
  it.each([
    ['https://Shop.Example:8443/x', 'https://shop.example:8443'],
    ['https://anna:secret@shop.example/x', 'https://shop.example'],
    ['http://[2001:db8::1]:80/', 'http://[2001:db8::1]:80'],
    ['//shop.example/x', '//shop.example'],
    ['android-app://com.example/', null],
    ['/path', null],
    ['https://shop example/', null],
  ])('of %s is %s', (text, expected) => {
    const parts = splitUrl(text);
    expect(parts === null ? null : readOrigin(parts)).toBe(expected);
  });
});

describe('isUrl', () => {
  it.each([
    ['https://a.b/c', true],
    ['//a/b', true],
    ['/a?b=c', true],
    ['/a', false],
    ['a=b', false],
    ['mailto:a@b.c', false],
  ])('%s: %s', (text, expected) => {
    expect(isUrl(text)).toBe(expected);
  });
});
