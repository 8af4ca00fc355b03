import { describe, expect, it } from 'vitest';
import { OWN_TOKENS } from '../../../src/consent/own-tokens.ts';
import { expireCookies } from '../../../src/hit/expire-cookies.ts';
import { received } from '../../support/hits.ts';
import { loadAllProfiles } from '../../support/profiles.ts';
import { fakeJudgement, fakeRoute } from '../../support/routes.ts';

const profiles = loadAllProfiles();
const route = fakeRoute({ path: '/collect' });
const hit = (cookie: string, host = 'px.shop.example'): ReturnType<typeof received> =>
  received({
    headers: [
      ['Host', host],
      ['Cookie', cookie],
    ],
  });
const names = (lines: readonly string[]): string[] =>
  lines.filter((_, i) => i % 2 === 1).map((line) => line.replace(/ Secure; SameSite=None(?:; Path=\/)?/, ''));

describe('expireCookies', () => {
  it('deletes declared cookies of a refused purpose, for the host and its parents', () => {
    const judgement = fakeJudgement({}, { advertising: 'denied', analytics: 'unknown' });
    expect(names(expireCookies(hit('_ga=1; _fbp=2; cart=3'), route, judgement))).toEqual([
      '_fbp=; Max-Age=0;',
      '_fbp=; Max-Age=0;; Domain=px.shop.example',
      '_fbp=; Max-Age=0;; Domain=shop.example',
    ]);
  });

  it('deletes what was set for the path of the hit alone, and apart on another site’s page', () => {
    const judgement = fakeJudgement({}, { advertising: 'denied' });
    const headers = [['Host', 'localhost'] as const, ['Cookie', '_fbp=2'] as const];
    const linesOf = (target: string, ...more: (readonly [string, string])[]): readonly string[] =>
      expireCookies(received({ url: target, headers: [...headers, ...more] }), route, judgement).filter((_, i) => i % 2 === 1);
    const everywhere = '_fbp=; Max-Age=0; Secure; SameSite=None; Path=/';
    expect(linesOf('/collect', ['Sec-Fetch-Site', 'same-site'])).toEqual([everywhere]);
    expect(linesOf('/g/collect')).toEqual([everywhere, '_fbp=; Max-Age=0; Secure; SameSite=None']);
    expect(linesOf('/collect', ['Sec-Fetch-Site', 'cross-site'])).toEqual([everywhere, `${everywhere}; Partitioned`]);
  });

  it('leaves the consent cookie, also under a name that the profile declares', () => {
    const judgement = fakeJudgement({}, { advertising: 'denied' });
    const own = OWN_TOKENS.map(({ begin }) => `_fbp=${begin}.e30.AAAA`).join('; ');
    expect(expireCookies(hit(own), route, judgement)).toEqual([]);
    expect(names(expireCookies(hit(`${own}; _fbp=1`), route, judgement))).toContain('_fbp=; Max-Age=0;');
  });

  it.each([
    ['matomo', 'mtm_consent_removed=1790000000; matomo_ignore=ignore; _pk_id.1=2', '_pk_id.1'],
    ['shopify', '_tracking_consent={}; _shopify_y=2', '_shopify_y'],
    ['adobe-edge', 'kndctr_X_AdobeOrg_consent=general=out; kndctr_X_AdobeOrg_identity=2', 'kndctr_X_AdobeOrg_identity'],
    ['criteo', 'optout=1; uid=2', 'uid'],
  ])('leaves what the visitor said to %s itself', (vendor, cookie, deleted) => {
    const profile = profiles.get(vendor);
    if (profile === undefined) throw new Error(vendor);
    const judgement = fakeJudgement({}, { analytics: 'denied', advertising: 'denied' });
    const lines = names(expireCookies(hit(cookie), { ...route, profile }, judgement));
    expect(new Set(lines.map((line) => line.split('=', 1)[0]))).toEqual(new Set([deleted]));
  });

  it('deletes after a withdrawal, and nothing on silence or a yes', () => {
    expect(names(expireCookies(hit('_ga=1'), route, fakeJudgement({}, { analytics: 'withdrawn' })))).toContain(
      '_ga=; Max-Age=0;',
    );
    for (const state of ['unknown', 'expired', 'granted'] as const) {
      expect(expireCookies(hit('_ga=1; _fbp=2'), route, fakeJudgement({}, { analytics: state, advertising: state }))).toEqual([]);
    }
  });

  it('deletes nothing for a store that is down', () => {
    const judgement = fakeJudgement({}, { advertising: 'denied' });
    const down = {
      ...judgement,
      purposes: judgement.purposes.map((one) => ({ ...one, reasons: [{ code: 'store-unavailable' }] })),
    };
    expect(expireCookies(hit('_fbp=2'), route, down)).toEqual([]);
  });

  it('names no domain for an address or a single label, and nothing that is no cookie name', () => {
    const judgement = fakeJudgement({}, { advertising: 'denied' });
    expect(names(expireCookies(hit('_fbp=2', '127.0.0.1:8080'), route, judgement))).toEqual(['_fbp=; Max-Age=0;']);
    expect(names(expireCookies(hit('_fbp=2', 'localhost'), route, judgement))).toEqual(['_fbp=; Max-Age=0;']);
    expect(expireCookies(hit('_fbp\u00e4=2; =x; _fbp'), route, judgement)).toEqual([]);
  });

  it('stays bounded however many cookies come', () => {
    const judgement = fakeJudgement({}, { advertising: 'denied' });
    expect(expireCookies(hit(Array(500).fill('_fbp=1').join('; ')), route, judgement).length).toBeLessThan(130);
  });
});
