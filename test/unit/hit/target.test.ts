import { describe, expect, it } from 'vitest';
import { readTarget } from '../../../src/hit/target.ts';

describe('readTarget', () => {
  it.each([
    ['/collect', '/collect', null],
    ['/collect?', '/collect', ''],
    ['/collect?a=1&b=%zz?', '/collect', 'a=1&b=%zz?'],
    ['/a.b/c~d/;x=1,2', '/a.b/c~d/;x=1,2', null],
    ['/', '/', null],
  ])('leaves %s as it is', (raw, path, query) => {
    expect(readTarget(raw)).toEqual({ path, query });
  });

  it.each([
    ['//collect', '/collect'],
    ['/./collect', '/collect'],
    ['/x/../collect', '/collect'],
    ['/../../collect', '/collect'],
    ['/x/..;a/collect', '/collect'],
    ['/x/..%3ba/collect', '/collect'],
    ['/x/..%253B/collect', '/collect'],
    ['/a%2541', '/a%2541'],
    ['/%63ollect', '/collect'],
    ['/coll%65ct', '/collect'],
    ['/%7euser', '/~user'],
    ['/a%c3%b6', '/a%C3%B6'],
    ['/collect/.', '/collect/'],
    ['http://evil.example/collect', '/collect'],
    ['HTTP://evil.example:81', '/'],
    ['http://evil.example?x=1', '/'],
  ])('gives %s the one spelling %s', (raw, path) => {
    expect(readTarget(raw)?.path).toBe(path);
  });

  it.each([
    '*',
    '',
    'collect',
    'evil.example:443',
    '/a%2fb',
    '/a%5Cb',
    '/a\\b',
    '/a%00',
    '/%2e%2e/collect',
    '/x/%252e%252e/collect',
    '/x/..%252Fcollect',
    '/x%25255cy',
    '/x%2500',
    '/a%',
    '/a%4',
    '/a%zz',
    '/a#b',
    '/a?b#c',
    '/a b',
    '/a?b c',
    '/ä',
    '/a\u0001',
    'ftp://x/collect',
    'http:///collect',
  ])('refuses %j, which servers read differently', (raw) => {
    expect(readTarget(raw)).toBeNull();
  });

  it('is its own fixed point', () => {
    for (const raw of ['//a//b/./c/', '/%41/%7E;p=1/..', '/a/b/../../c']) {
      const once = readTarget(raw)?.path ?? '';
      expect(readTarget(once)?.path).toBe(once);
    }
  });
});
