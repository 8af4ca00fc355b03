/** Cookies of consent tools: what each tool's own form says, and that a cookie from before any choice says nothing. */
import { describe, expect, it } from 'vitest';
import { type Purpose, purposesIn } from '../../../src/consent/state.ts';
import { readSignals } from '../../../src/signals/read.ts';
import { DEFAULT_SIGNAL_RULES } from '../../../src/signals/rules.ts';
import { DEFAULT_SIGNAL_OPTIONS } from '../../../src/signals/signal-options.ts';

const NOW = Date.UTC(2026, 10, 1);
const OPTIONAL: Purpose[] = ['functional', 'analytics', 'personalization', 'advertising'];

function ask(cookie: string) {
  const readings = readSignals({ rawHeaders: [], query: '', cookie, body: null }, DEFAULT_SIGNAL_OPTIONS, NOW);
  const rule = { ...DEFAULT_SIGNAL_RULES['cmp-cookies'], mayGrant: true };
  return readings.map((reading) => {
    const vote = reading.vote(rule, { tcfVendor: null });
    return { yes: purposesIn(vote.grants), no: purposesIn(vote.denies), unreadable: vote.unreadable !== 0, said: reading.said };
  });
}

const encode = (value: unknown) => encodeURIComponent(JSON.stringify(value));
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');

const ONETRUST = 'groups=C0001%3A1%2CC0002%3A1%2CC0003%3A0%2CC0004%3A0';
const COOKIEBOT = (rest: string) =>
  `CookieConsent={stamp:%27x%27%2Cnecessary:true%2C${rest}%2Cver:1%2Cutc:1700000000000%2Cregion:%27de%27}`;
const COOKIEYES = 'consentid:abc,consent:yes';
const MIXED: { yes: Purpose[]; no: Purpose[] } = { yes: ['analytics'], no: ['advertising'] };
const REFUSED = { yes: [], no: OPTIONAL };

describe('a choice', () => {
  it.each([
    [
      'OneTrust, counted',
      `OptanonConsent=interactionCount=1&${ONETRUST}`,
      { yes: ['analytics'], no: ['functional', 'advertising'] },
    ],
    [
      'OneTrust, banner closed',
      `OptanonConsent=${ONETRUST}; OptanonAlertBoxClosed=2026-10-01`,
      { yes: ['analytics'], no: ['functional', 'advertising'] },
    ],
    [
      'OneTrust, encoded as a whole',
      `OptanonConsent=${encodeURIComponent(`interactionCount=1&${ONETRUST}`)}`,
      { yes: ['analytics'], no: ['functional', 'advertising'] },
    ],
    ['OneTrust, numbered groups', 'OptanonConsent=interactionCount=2&groups=1%3A1%2C2%3A0%2C4%3A0', REFUSED],
    [
      'OneTrust, two groups of one purpose',
      'OptanonConsent=interactionCount=2&groups=C0002%3A1%2CC0004%3A1%2CC0005%3A0',
      { yes: ['analytics'], no: ['advertising'] },
    ],
    [
      'Cookiebot',
      COOKIEBOT('preferences:true%2Cstatistics:true%2Cmarketing:false%2Cmethod:%27explicit%27'),
      { yes: ['functional', 'analytics'], no: ['advertising'] },
    ],
    [
      'Cookiebot, nothing accepted',
      COOKIEBOT('preferences:false%2Cstatistics:false%2Cmarketing:false%2Cmethod:%27explicit%27'),
      REFUSED,
    ],
    ['Cookiebot 0', 'CookieConsent=0', REFUSED],
    [
      'vanilla-cookieconsent, other categories in services',
      `cc_cookie=${encode({ categories: ['necessary', 'analytics'], services: { necessary: [], analytics: [], ads: [] } })}`,
      { yes: ['analytics'], no: ['functional', 'personalization', 'advertising'] },
    ],
    ['vanilla-cookieconsent, only necessary', `cc_cookie=${encode({ categories: ['necessary'] })}`, REFUSED],
    [
      'vanilla-cookieconsent, expired',
      `cc_cookie=${encode({ categories: ['analytics'], expirationTime: NOW - 1 })}`,
      { yes: [], no: ['functional', 'personalization', 'advertising'] },
    ],
    ['Klaro', `klaro=${encode({ matomo: true, 'facebook-pixel': false })}`, MIXED],
    [
      'c15t',
      'c15t=c.necessary:1,c.measurement:1,i.t:1790000000000',
      { yes: ['analytics'], no: ['functional', 'personalization', 'advertising'] },
    ],
    ['CookieYes', `cookieyes-consent=${COOKIEYES},action:yes,necessary:yes,analytics:yes,advertisement:no`, MIXED],
    ['Complianz', 'cmplz_banner-status=dismissed; cmplz_statistics=allow; cmplz_marketing=deny', MIXED],
    [
      'Didomi',
      `didomi_token=${encodeURIComponent(base64({ purposes: { enabled: ['measure_content_performance'], disabled: ['create_ads_profile'] } }))}`,
      MIXED,
    ],
    [
      'Shopify',
      `_tracking_consent=${encode({ con: { CMP: { a: '1', m: '0', p: '', s: '' } }, purposes: { a: true, p: true, m: true, t: true } })}`,
      MIXED,
    ],
    ['tarteaucitron', 'tarteaucitron=!gtag=true!facebookpixel=false!youtube=wait', MIXED],
    ['Matomo, given', 'mtm_consent=1790000000000', { yes: ['analytics'], no: [] }],
    ['Matomo, removed', 'mtm_consent_removed=1790000000000; mtm_consent=1780000000000', REFUSED],
    ['Matomo, opted out', 'matomo_ignore=ignore%3D1', REFUSED],
    ['in quotes', `klaro="${encode({ matomo: true, 'facebook-pixel': false })}"`, MIXED],
  ])('%s', (_name, cookie, vote) => {
    expect(ask(cookie)).toEqual([expect.objectContaining({ ...vote, unreadable: false })]);
  });

  it('takes the stricter one of a cookie that came twice', () => {
    const [yes, no] = [encode({ matomo: true }), encode({ matomo: false, chat: true })];
    for (const cookie of [`klaro=${yes}; klaro=${no}`, `klaro=${no}; klaro=${yes}`]) {
      expect(ask(cookie)).toEqual([expect.objectContaining({ yes: [], no: ['analytics'] })]);
    }
    expect(ask(`cmplz_banner-status=dismissed; cmplz_marketing=allow; cmplz_marketing=deny; cmplz_statistics=allow`)).toEqual([
      expect.objectContaining({ yes: ['analytics'], no: ['advertising'] }),
    ]);
    expect(ask(`klaro=${yes}; klaro=x`)).toEqual([expect.objectContaining({ yes: [], unreadable: true })]);
  });

  it('says nothing through categories that nobody mapped, and is no refusal then', () => {
    expect(ask(`klaro=${encode({ 'chat-widget': true, matomo: false })}`)).toEqual([
      expect.objectContaining({ yes: [], no: ['analytics'] }),
    ]);
    expect(ask(`cc_cookie=${encode({ categories: ['necessary', 'widgets'] })}`)).toEqual([
      expect.objectContaining({ yes: [], no: [], said: 'no mapped category' }),
    ]);
  });
});

describe('no choice', () => {
  it.each([
    ['OneTrust at the first page view', `OptanonConsent=interactionCount=0&${ONETRUST}`],
    ['OneTrust with an empty second cookie', `OptanonConsent=${ONETRUST}; OptanonAlertBoxClosed=`],
    ['Cookiebot -1', 'CookieConsent=-1'],
    ['Cookiebot implied', COOKIEBOT('preferences:true%2Cstatistics:true%2Cmarketing:true%2Cmethod:%27implied%27')],
    ['CookieYes without an action', `cookieyes-consent=${COOKIEYES},action:,necessary:yes,analytics:no`.replace('action:,', '')],
    ['Complianz before the banner was dismissed', 'cmplz_marketing=allow; cmplz_statistics=allow'],
    ['Didomi without purposes', `didomi_token=${base64({ user_id: 'x' })}`],
    [
      'Shopify defaults',
      `_tracking_consent=${encode({ purposes: { a: true, p: true, m: true, t: true }, con: { CMP: { a: '', m: '', p: '', s: '' } } })}`,
    ],
    ['tarteaucitron waiting', 'tarteaucitron=!gtag=wait'],
    ['c15t without a time', 'c15t=c.necessary:1,c.marketing:1'],
    ['Matomo with no time', 'mtm_consent=yes'],
    ['Klaro empty', `klaro=${encode({})}`],
  ])('%s', (_name, cookie) => {
    expect(ask(cookie)).toEqual([{ yes: [], no: [], unreadable: false, said: 'no choice made' }]);
  });
});

describe('an unreadable cookie', () => {
  it.each([
    'OptanonConsent=not-a-real-value',
    'OptanonConsent=interactionCount=1&groups=C0001%3Ayes',
    'CookieConsent=true',
    'CookieConsent={necessary:true}',
    'cc_cookie=%7B%22categories%22%3A%22all%22%7D',
    'cc_cookie=%',
    'klaro=%7B%22matomo%22%3A1%7D',
    'klaro=[]',
    'c15t=yes',
    'cookieyes-consent=yes',
    'cookieyes-consent=action:yes,analytics:maybe',
    'cmplz_marketing=perhaps',
    'didomi_token=%%%',
    'didomi_token=e30x',
    '_tracking_consent=3',
    'tarteaucitron=gtag',
    'tarteaucitron=!gtag=perhaps',
  ])('%s', (cookie) => {
    expect(ask(cookie)).toEqual([{ yes: [], no: [], unreadable: true, said: 'unreadable' }]);
  });
});
