import { describe, expect, it } from 'vitest';
import { type AnswerRules, filterAnswer, rulesForAnswer } from '../../../src/hit/answer-filter.ts';
import { HeaderTable } from '../../../src/upstream/headers.ts';
import { received } from '../../support/hits.ts';
import { fakeJudgement, fakeRoute } from '../../support/routes.ts';

const table = new HeaderTable();
const open: AnswerRules = { untouched: true, cookieAction: () => 'forward', mayRedirect: true, host: 'shop.example' };
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
    ['https://ads.example/sync', 'redirect'],
    ['//ads.example/sync', 'redirect'],
    ['/\\ads.example', 'redirect'],
    ['https://shop.example@ads.example/', 'redirect'],
    ['javascript:alert(1)', 'redirect'],
    ['https://shop.example/thanks', 'kept'],
    ['/thanks', 'kept'],
    ['?x=1', 'kept'],
  ])('without advertising a redirect to %s is: %s', (location, expected) => {
    const result = filter(['Location', location], { mayRedirect: false }, 302);
    expect(result === 'redirect' ? 'redirect' : 'kept').toBe(expected);
  });
});

describe('rulesForAnswer', () => {
  const delivery = (actions: Parameters<typeof fakeJudgement>[0]): AnswerRules =>
    rulesForAnswer({
      received: received({ headers: [['Host', 'shop.example']] }),
      route: fakeRoute({ path: '/collect' }),
      outgoing: { method: 'GET', target: '/', headers: [], body: null },
      judgement: fakeJudgement(actions),
      untouched: false,
      address: null,
      answered: false,
    });

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
});
