import { describe, expect, it } from 'vitest';
import { addOwnHeaders, keepBareHeaders, keepHeaders, targetOf } from '../../../src/hit/leave.ts';
import { HeaderTable } from '../../../src/upstream/headers.ts';
import { received } from '../../support/hits.ts';
import { fakeJudgement, fakeRoute, KEEP_LITTLE } from '../../support/routes.ts';

const table = new HeaderTable(['x-my-country']);
const stripOurs = (cookie: string): string =>
  cookie
    .split('; ')
    .filter((pair) => !pair.startsWith('__Host-consentry='))
    .join('; ');

describe('keepHeaders', () => {
  it('keeps order, case and repeats, and takes out what never leaves', () => {
    const shape = {
      headers: [
        ['Host', 'shop.example'],
        ['User-Agent', 'x'],
        ['X-Forwarded-For', '6.6.6.6'],
        ['forwarded', 'for=6.6.6.6'],
        ['True-Client-IP', '6.6.6.6'],
        ['CF-IPCountry', 'DE'],
        ['CloudFront-Viewer-City', 'Berlin'],
        ['X-My-Country', 'DE'],
        ['Consentry-Decision', 'forward'],
        ['Connection', 'keep-alive, X-Odd, Sec-GPC'],
        ['X-Odd', '1'],
        ['Sec-GPC', '1'],
        ['If-None-Match', '"id"'],
        ['Range', 'bytes=0-1'],
        ['Cookie', '_ga=1; __Host-consentry=abc; b=2'],
        ['Cookie', '__Host-consentry=abc'],
        ['X-Twice', 'a'],
        ['X-Twice', 'b'],
        ['Expect', '100-continue'],
        ['TE', 'trailers'],
      ],
    } as const;
    expect(keepHeaders(received(shape, table), stripOurs)).toEqual([
      'User-Agent',
      'x',
      'Sec-GPC',
      '1',
      'Cookie',
      '_ga=1; b=2',
      'X-Twice',
      'a',
      'X-Twice',
      'b',
    ]);
  });
});

describe('keepBareHeaders', () => {
  it('keeps nothing that tells one visitor from another', () => {
    const headers = [
      ['Origin', 'https://shop.example'],
      ['Cookie', 'a=1'],
      ['User-Agent', 'x'],
      ['Referer', 'https://shop.example/?email=a'],
      ['Access-Control-Request-Headers', 'content-type'],
    ] as const;
    expect(keepBareHeaders(received({ headers }))).toEqual([
      'Origin',
      'https://shop.example',
      'Access-Control-Request-Headers',
      'content-type',
    ]);
  });
});

describe('keepBareHeaders of a preflight for the token', () => {
  it.each([
    ['content-type,consentry-token', ['Access-Control-Request-Headers', 'content-type']],
    ['Consentry-Token', []],
    ['x-consentry-token', ['Access-Control-Request-Headers', 'x-consentry-token']],
  ])('asks the collector about the others: %s', (asked, expected) => {
    expect(keepBareHeaders(received({ method: 'OPTIONS', headers: [['Access-Control-Request-Headers', asked]] }))).toEqual(
      expected,
    );
  });
});

describe('targetOf', () => {
  it.each([
    [null, '/collect', 'a=1', '/collect?a=1'],
    [null, '/collect', '', '/collect?'],
    [null, '/collect', null, '/collect'],
    [{ base: '/base', cut: 0 }, '/collect', null, '/base/collect'],
    [{ base: '/g/collect', cut: 8 }, '/collect', 'v=2', '/g/collect?v=2'],
    [{ base: '/in/', cut: 3 }, '/t/a', null, '/in/a'],
  ])('rewrites by %j', (rewrite, path, query, expected) => {
    expect(targetOf(fakeRoute({ path: '/x', rewrite }), path, query)).toBe(expected);
  });
});

describe('addOwnHeaders', () => {
  const hit = { method: 'GET', target: '/collect', headers: ['Accept', '*/*'], body: null };
  const judgement = fakeJudgement({ analytics: 'forward' }, { advertising: 'denied' });
  const region = { country: 'US', subdivision: 'CA', source: 'database', disagrees: null };
  const base = { judgement, region, anonymize: KEEP_LITTLE, host: 'shop.example' } as const;

  it('names the true client once and the decision to a recipient of the site', () => {
    const out = addOwnHeaders(hit, {
      ...base,
      route: fakeRoute({ path: '/collect' }),
      action: 'forward',
      address: '203.0.113.9',
    });
    expect(out.headers).toEqual([
      'Host',
      'shop.example',
      'Accept',
      '*/*',
      'X-Forwarded-For',
      '203.0.113.9',
      'Consentry-Decision',
      'forward; policy=eu@2026.11.0#0123456789abcdef; analytics=granted',
    ]);
  });

  it('tells a third party nothing', () => {
    const route = fakeRoute({ path: '/collect', recipient: 'third-party' });
    expect(addOwnHeaders(hit, { ...base, route, action: 'forward', address: null }).headers).toEqual([
      'Host',
      'shop.example',
      'Accept',
      '*/*',
    ]);
  });

  it('does not tell a finer place by the name of its policy than anonymize.geo allows', () => {
    const out = addOwnHeaders(hit, { ...base, route: fakeRoute({ path: '/collect' }), action: 'anonymize', address: null });
    expect(out.headers.at(-1)).toBe('anonymize; analytics=granted');
  });
});
