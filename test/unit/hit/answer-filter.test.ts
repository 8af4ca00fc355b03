import { describe, expect, it } from 'vitest';
import { type AnswerRules, filterAnswer, rulesForAnswer, rulesForBare } from '../../../src/hit/answer-filter.ts';
import { HeaderTable } from '../../../src/upstream/headers.ts';
import { received } from '../../support/hits.ts';
import { fakeJudgement, fakeRoute } from '../../support/routes.ts';

const table = new HeaderTable();
const open: AnswerRules = {
  untouched: true,
  cookieAction: () => 'forward',
  mayRedirect: true,
  host: 'shop.example',
  lines: [],
  allowsToken: false,
};
const filter = (raw: string[], rules: Partial<AnswerRules> = {}, status = 200): unknown => {
  const filtered = filterAnswer(status, raw, { ...open, ...rules }, table);
  return 'refused' in filtered ? filtered.refused : filtered.headers;
};

describe('filterAnswer', () => {
  it('passes an untouched hit’s answer, but not into a shared cache', () => {
    expect(
      filter(['Content-Type', 'image/gif', 'ETag', '"x"', 'Cache-Control', 'public, max-age=9', 'Connection', 'close']),
    ).toEqual(['Content-Type', 'image/gif', 'ETag', '"x"', 'Cache-Control', 'private, no-store']);
  });

  it('takes the length that a 204 cannot have, which somebody would wait for', () => {
    const raw = ['Content-Length', '5', 'X-Kept', '1'];
    expect(filter(raw, {}, 204)).toEqual(['X-Kept', '1', 'Cache-Control', 'private, no-store']);
    expect(filter(raw)).toEqual([...raw, 'Cache-Control', 'private, no-store']);
  });

  it('takes validators, invitations to send more and unknown headers from a changed hit’s answer', () => {
    const raw = [
      'ETag',
      '"id"',
      'Last-Modified',
      'x',
      'Accept-CH',
      'Sec-CH-UA-Model',
      'Epik',
      'id',
      'Content-Type',
      'text/plain',
    ];
    expect(filter(raw, { untouched: false })).toEqual(['Content-Type', 'text/plain', 'Cache-Control', 'private, no-store']);
  });

  it('keeps a Set-Cookie only where its purpose reads forward', () => {
    const raw = ['Set-Cookie', '_ga=1; Path=/', 'Set-Cookie', '_fbp=2', 'Set-Cookie', 'other'];
    const cookieAction = (name: string): 'forward' | 'drop' => (name === '_ga' ? 'forward' : 'drop');
    expect(filter(raw, { cookieAction })).toEqual(['Set-Cookie', '_ga=1; Path=/', 'Cache-Control', 'private, no-store']);
  });

  it.each([
    ['_ga;x=1', ''],
    ['_ga; Path=/a=b', ''],
    ['_ga', ''],
    ['=_ga', ''],
    ['\t_ga =1', '_ga'],
    // A cookie without a name, which comes back as `_ga=1`.
    ['=_ga=1', '_ga'],
    [' = _ga=1; Path=/', '_ga'],
  ])('reads in %j the name that it comes back with: %j', (line, expected) => {
    const names: string[] = [];
    const cookieAction = (name: string): 'drop' => {
      names.push(name);
      return 'drop';
    };
    filter(['Set-Cookie', line], { cookieAction });
    expect(names).toEqual([expected]);
  });

  it.each([
    ['Refresh', '0; url=https://ads.example/sync'],
    ['Link', '<https://ads.example/sync>; rel=preload; as=image'],
    ['Report-To', '{"endpoints":[{"url":"https://ads.example"}]}'],
    ['Observe-Browsing-Topics', '?1'],
    ['Attribution-Reporting-Register-Source', '{}'],
  ])('passes %s with advertising only', (name, value) => {
    expect(filter([name, value])).toEqual([name, value, 'Cache-Control', 'private, no-store']);
    expect(filter([name, value], { mayRedirect: false })).toEqual(['Cache-Control', 'private, no-store']);
  });

  it('lets nobody clear the site, and the decision with it', () => {
    expect(filter(['Clear-Site-Data', '"cookies"'])).toEqual(['Cache-Control', 'private, no-store']);
  });

  it.each([
    ['https://ads.example/sync', 'redirect'],
    ['//ads.example/sync', 'redirect'],
    ['/\\ads.example', 'redirect'],
    ['https://shop.example@ads.example/', 'redirect'],
    ['javascript:alert(1)', 'redirect'],
    ['https://shop.example/thanks', 'kept'],
    ['/thanks', 'kept'],
    ['?x=1', 'kept'],
    ['next', 'kept'],
    ['//shop.example/thanks', 'kept'],
    ['/\t/ads.example/sync', 'redirect'],
    ['/\t\\ads.example', 'redirect'],
    ['ht\ttp:ads.example', 'redirect'],
    ['http:ads.example', 'redirect'],
  ])('without advertising a redirect to %s is: %s', (location, expected) => {
    const result = filter(['Location', location], { mayRedirect: false }, 302);
    expect(result === 'redirect' ? 'redirect' : 'kept').toBe(expected);
  });
});

describe('rulesForBare', () => {
  const preflight = (asked: string): AnswerRules =>
    rulesForBare(received({ method: 'OPTIONS', headers: [['Access-Control-Request-Headers', asked]] }));

  it('allows the token header that the collector does not know, beside what it allows', () => {
    const rules = preflight('content-type, Consentry-Token');
    expect(
      filter(['Access-Control-Allow-Origin', 'https://shop.example', 'Access-Control-Allow-Headers', 'content-type'], rules),
    ).toEqual([
      'Access-Control-Allow-Origin',
      'https://shop.example',
      'Access-Control-Allow-Headers',
      'content-type, consentry-token',
      'Cache-Control',
      'private, no-store',
    ]);
    expect(filter(['Access-Control-Allow-Origin', '*'], rules)).toContain('consentry-token');
    expect(filter([], rules)).not.toContain('consentry-token');
    expect(filter(['Access-Control-Allow-Origin', '*'], preflight('content-type'))).not.toContain('consentry-token');
  });
});

describe('rulesForAnswer', () => {
  const delivery = (actions: Parameters<typeof fakeJudgement>[0]): AnswerRules =>
    rulesForAnswer(
      {
        received: received({ headers: [['Host', 'shop.example']] }),
        route: fakeRoute({ path: '/collect' }),
        judgement: fakeJudgement(actions),
        untouched: false,
      },
      '__Host-consentry',
    );

  it('judges a cookie by its purpose, an undeclared one by the strictest that the profile names', () => {
    const rules = delivery({ analytics: 'forward', advertising: 'drop' });
    expect([rules.cookieAction('_ga'), rules.cookieAction('_fbp'), rules.cookieAction('else')]).toEqual([
      'forward',
      'drop',
      'forward',
    ]);
    expect(rules.mayRedirect).toBe(false);
    expect(delivery({ analytics: 'anonymize' }).cookieAction('else')).toBe('anonymize');
  });

  it('keeps Consentry’s own cookie from every collector', () => {
    const rules = delivery({ necessary: 'forward', functional: 'forward', analytics: 'forward', advertising: 'forward' });
    expect([rules.cookieAction('__Host-consentry'), rules.cookieAction('else')]).toEqual(['drop', 'forward']);
  });
});
