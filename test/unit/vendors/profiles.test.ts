/** What the profiles of the pack keep and take away, by vendor: everything anonymized, and only advertising refused. */
import { describe, expect, it } from 'vitest';
import { guardHit } from '../../../src/hit/guard.ts';
import { scrubHit } from '../../../src/hit/scrub.ts';
import { loadAllProfiles } from '../../support/profiles.ts';
import { NO_ADVERTISING, type PlainHit, type RequestOptions, STRICT, scrubRequest } from '../../support/scrub.ts';
import { spellOut } from '../../support/spell-out.ts';

const profiles = loadAllProfiles();

/** Everything that leaves, decoded. */
function leave(vendor: string, hit: PlainHit, options: RequestOptions): string {
  const profile = profiles.get(vendor);
  if (profile === undefined) throw new Error(vendor);
  const outcome = scrubHit(scrubRequest(profile, hit, options));
  if (!outcome.ok) throw new Error(outcome.reason);
  expect(guardHit(outcome.hit, outcome.forbidden)).toEqual({ ok: true });
  return spellOut(outcome.hit).join('\n');
}

const query = (path: string, fields: Record<string, string>): PlainHit => ({
  target: `${path}${path.includes('?') ? '&' : '?'}${new URLSearchParams(fields).toString().replaceAll('+', '%20')}`,
});
const json = (target: string, body: unknown): PlainHit => ({
  method: 'POST',
  target,
  headers: ['Content-Type', 'application/json'],
  body: JSON.stringify(body),
});

/** A hit, what of it leaves and what does not. */
type Row = readonly [vendor: string, name: string, hit: PlainHit, kept: readonly string[], gone: readonly string[]];

const GA4 = '/g/collect?v=2&tid=G-ABC123&en=purchase';
const MATOMO = '/matomo.php?idsite=1&rec=1';
const IDFA = '7A3CBEA0-BDF5-11E4-8DFC-AA07A5B093DB';
const IDFV = 'BB3CBEA0-BDF5-11E4-8DFC-AA07A5B093DB';
const SHA = 'a94a8fe5ccb19ba61c4c0873d391e987982fbbd3';
const HASH = 'b'.repeat(64);
const PURCHASE = {
  event_name: 'Purchase',
  user_data: { em: [HASH] },
  custom_data: { value: 9.99, contents: [{ id: 'SKU_12345', quantity: 1 }] },
};
const COMMON = ['segment', 'rudderstack', 'jitsu'] as const;
const TRACK = { segment: '/v1/t', rudderstack: '/v1/track', jitsu: '/api/s/track' } as const;

describe('everything anonymized', () => {
  const rows: Row[] = [
    [
      'ga4',
      'fields of the tag that tell nothing',
      query(GA4, {
        dh: 'shop.example.com',
        tt: 'internal',
        gdid: 'dYWJhMj',
        gcut: '3',
        _glv: '1',
        apve: '1',
        apvf: 'f',
        _prs: 'ok',
      }),
      ['dh=shop.example.com', 'tt=internal', 'gdid=dYWJhMj', 'gcut=3', '_glv=1', 'apve=1', 'apvf=f', '_prs=ok'],
      [],
    ],
    [
      'ga4',
      'fields of server-side tagging, their flags lowered',
      query(GA4, { 'sst.etld': 'google.de', 'sst.adr': '1', 'sst.gcsub': 'region1', pae: '1', 'sst.gcd': '13l3l3l3l1' }),
      ['sst.etld=google.de', 'sst.adr=1', 'sst.gcsub=region1', 'pae=1', 'sst.gcd=13m3m3m3m1'],
      [],
    ],
    [
      'ga4',
      'campaigns and promotions',
      query(GA4, {
        cs: 'google',
        cm: 'cpc',
        cn: 'spring',
        ci: '20345678901',
        pi: 'P1',
        pn: 'Summer sale',
        lo: 'home',
        ck: 'dr muster',
      }),
      ['cs=google', 'cm=cpc', 'cn=spring', 'ci=20345678901', 'pi=P1', 'pn=Summer sale', 'lo=home'],
      ['dr muster'],
    ],
    [
      'ga4',
      'items longer than a name',
      query(GA4, {
        pr1: 'idSKU_12345~nmGreen tea with a longer name than most~brAcme~caDrinks~c2Tea~c3Green~va100 g~lnRelated products~pr12.5~qt1',
        pr200: 'idSKU_2~nmanna@muster.de',
        prefix: 'anna',
      }),
      ['idSKU_12345~nmGreen tea', 'pr12.5~qt1'],
      ['anna', 'SKU_2'],
    ],
    [
      'ga4',
      'items of the Measurement Protocol',
      json('/mp/collect?measurement_id=G-ABC123', {
        events: [
          {
            name: 'purchase',
            params: { items: [{ item_id: 'SKU_12345', item_name: 'Tee', quantity: 2, customer_name: 'Anna Muster' }] },
          },
        ],
      }),
      ['"item_id":"SKU_12345"', '"item_name":"Tee"', '"quantity":2'],
      ['Anna'],
    ],
    ...COMMON.map(
      (vendor): Row => [
        vendor,
        'options of destinations',
        json(TRACK[vendor], {
          type: 'track',
          event: 'Order Completed',
          nonInteraction: true,
          projectId: 'nQiJzCWnp7',
          integrations: { All: true, Salesforce: { owner: 'anna muster', ref: '471199' } },
          _metadata: { bundled: ['Google Analytics'], nodeVersion: '20.1.0', owner: 'anna' },
          context: {
            consent: { categoryPreferences: { Advertising: false }, by: 'anna' },
            library: { name: 'js', version: '1.2.3', by: 'anna' },
          },
          properties: { products: [{ product_id: 'SKU_12345' }] },
        }),
        [
          '"nonInteraction":true',
          '"projectId":"nQiJzCWnp7"',
          '"integrations":{"All":true',
          '"bundled":["Google Analytics"]',
          '"nodeVersion":"20.1.0"',
          '"Advertising":false',
          '"version":"1.2.3"',
          'SKU_12345',
        ],
        ['anna', '471199'],
      ],
    ),
    [
      'amplitude',
      'plans and ingestion',
      json('/2/httpapi', {
        api_key: 'k1234567890',
        events: [
          {
            event_type: 'Login',
            device_id: 'd12345',
            plan: { branch: 'main', by: 'anna' },
            ingestion_metadata: { source_name: 'web' },
          },
        ],
      }),
      ['"branch":"main"', '"source_name":"web"'],
      ['anna', 'd12345'],
    ],
    [
      'snowplow',
      'of older trackers',
      query('/i?e=pv', { evn: 'com.snowplowanalytics', cv: '1.0.0', ti_sk: 'SKU_12345' }),
      ['evn=com.snow', 'cv=1.0.0', 'SKU_12345'],
      [],
    ],
    [
      'matomo',
      'products keep their places',
      query(MATOMO, {
        revenue: '89.9',
        ec_items: JSON.stringify([
          ['SKU_12345', 'Blue cotton shirt', ['Shirts', 'Men'], 29.95, 1],
          ['SKU_2', 'for anna@muster.de', 'Trousers', 59.95, 1, { 1: 'kunde-4' }],
        ]),
      }),
      ['["SKU_12345","Blue cotton shirt",["Shirts","Men"],29.95,1]', '["SKU_2","","Trousers",59.95,1'],
      ['anna', 'kunde'],
    ],
    [
      'piwik-pro',
      'products',
      query('/ppms.php?idsite=11111111-2222-4333-8444-555555555555', { ec_items: '[["SKU_12345","Shirt",["Shirts"],29.95,1]]' }),
      ['["SKU_12345","Shirt",["Shirts"],29.95,1]'],
      [],
    ],
    [
      'matomo',
      'crashes, media, forms and recordings',
      query(MATOMO, {
        bots: '1',
        cra: 'no anna here',
        cra_st: 'at anna.js:1',
        cra_tp: 'TypeError',
        cra_rl: '12',
        cra_ru: 'https://shop.example/app.js?uid=anna77',
        ma_ttp: '3',
        hsr_smp: '500',
        hsr_ev: '[{"ty":9,"te":"anna"}]',
        fa_fields: '[{"fa_fn":"anna"}]',
        fa_x: 'anna',
      }),
      ['bots=1', 'cra_tp=TypeError', 'cra_rl=12', 'cra_ru=https://shop.example/app.js', 'ma_ttp=3', 'hsr_smp=500'],
      ['anna', 'cra='],
    ],
    [
      'sentry',
      'releases and their files',
      {
        method: 'POST',
        target: '/api/1/envelope/?sentry_version=7',
        headers: ['Content-Type', 'text/plain'],
        body: [
          { dsn: 'https://e12d836b15bb49d7bbf99e64295d995b@o1.ingest.sentry.io/42' },
          { type: 'event' },
          {
            release: SHA,
            level: 'error',
            user: { username: 'annamuster' },
            debug_meta: {
              images: [
                {
                  type: 'sourcemap',
                  code_file: 'https://shop.example/app.js?u=anna',
                  debug_id: '84a04d24-0e60-3810-a8c0-90a65e2df61a',
                },
              ],
            },
          },
        ]
          .map((line) => JSON.stringify(line))
          .join('\n'),
      },
      [
        '"dsn":"https://e12d836b15bb49d7bbf99e64295d995b@o1',
        `"release":"${SHA}"`,
        '"code_file":"https://shop.example/app.js"',
        '84a04d24',
      ],
      ['anna'],
    ],
    [
      'meta',
      'contents',
      query('/tr?id=123456789012345&ev=Purchase', {
        'cd[contents]': '[{"id":"SKU_12345","quantity":1,"item_price":9.99,"buyer":"anna"}]',
        'cd[content_ids]': '["SKU_12345","SKU-2"]',
      }),
      ['[{"id":"SKU_12345","quantity":1,"item_price":9.99}]', '["SKU_12345","SKU-2"]'],
      ['anna'],
    ],
    [
      'meta-capi',
      'the form body',
      {
        method: 'POST',
        target: '/v21.0/123456789012345/events',
        headers: ['Content-Type', 'application/x-www-form-urlencoded'],
        body: `access_token=EAAB1&data=${encodeURIComponent(JSON.stringify([PURCHASE]))}`,
      },
      ['"event_name":"Purchase"', '"opt_out":true', '"value":9.99', '{"id":"SKU_12345","quantity":1}', 'access_token=EAAB1'],
      [HASH],
    ],
    [
      'adobe',
      'products, events and names of pages',
      query('/b/ss/rs/1/JS/s1', {
        AQB: '1',
        pageName: 'Kasse: Danke & Tschüß',
        ch: 'Größen',
        events: 'purchase,event1=29.90,event2,event10,event200',
        products: ';Blue Shirt;1;29.90;event5=3;eVar3=sale,;SKU_12345;2;19.90',
        v3: 'anna',
      }),
      [
        'Kasse: Danke & Tschüß',
        'Größen',
        'purchase,event1=29.90,event2',
        ';Blue Shirt;1;29.90;event5=3;eVar3=sale,;SKU_12345;2;19.90',
      ],
      ['anna'],
    ],
    [
      'google-ads',
      'variables of Floodlight beside client hints',
      query('/pagead/conversion/1?label=x', { u1: 'anna', u100: 'anna', uap: 'Windows' }),
      ['uap=Windows'],
      ['anna'],
    ],
  ];

  it.each(rows)('%s: %s', (vendor, _, hit, kept, gone) => {
    const text = leave(vendor, hit, { rules: STRICT });
    expect([kept.filter((value) => !text.includes(value)), gone.filter((value) => text.includes(value))]).toEqual([[], []]);
  });
});

describe('advertising refused, all else granted', () => {
  const rows: Row[] = [
    [
      'ga4',
      'ids of advertising in parameters and properties',
      query(GA4, {
        'ep.plan': 'pro',
        'ep.sha256_email_address': HASH,
        'ep.fbp': 'fb.1.17.1122334455',
        'ep.gcl_au': '1.1.456789012.17',
        'ep.gcl_aw': 'GCL.17.gawvalue',
        'ep.ttp': 'ttpvalue',
        'ep._uetvid': 'eb4791d0cd0d',
        'ep.scid': 'scidvalue',
        'up.idfa': IDFA,
        'ep.gaid': 'gaidvalue',
        'up.plan': 'gold',
      }),
      ['ep.plan=pro', 'up.plan=gold'],
      [HASH, '1122334455', '456789012', 'gawvalue', 'ttpvalue', 'eb4791d0cd0d', 'scidvalue', IDFA, 'gaidvalue'],
    ],
    [
      'ga4',
      'campaigns of the page view',
      query(GA4, { cs: 'google', ck: 'red shoes', cc: 'ad a', dh: 'shop.example.com', _rnd: '77123' }),
      ['cs=google', 'ck=red shoes', 'cc=ad a', 'dh=shop.example.com'],
      ['77123'],
    ],
    ...COMMON.map(
      (vendor): Row => [
        vendor,
        'ids of devices and of referrers',
        json(TRACK[vendor], {
          type: 'track',
          anonymousId: 'anon-1234',
          context: {
            device: { id: IDFV, advertisingId: IDFA },
            referrer: { id: 'ABCD582CDEF01919', type: 'dataxu' },
            amp: { id: 'amp-1234' },
            instanceId: 'inst-1234',
            active: true,
          },
        }),
        ['anon-1234', IDFV, '"type":"dataxu"', 'amp-1234', 'inst-1234', '"active":true'],
        [IDFA, 'ABCD582CDEF01919'],
      ],
    ),
    [
      'amplitude',
      'ids of devices and the cookie of campaigns',
      {
        ...json('/2/httpapi', {
          api_key: 'k',
          events: [{ event_type: 'x', device_id: 'd12345', idfa: IDFA, adid: 'adid-1234', idfv: IDFV, android_id: 'and-1234' }],
        }),
        headers: ['Content-Type', 'application/json', 'Cookie', 'AMP_abc=sess-1234; AMP_MKTG_abc=mktg-1234'],
      },
      ['d12345', IDFV, 'and-1234', 'sess-1234'],
      [IDFA, 'adid-1234', 'mktg-1234'],
    ],
    [
      'snowplow',
      'ids of devices and cookies in contexts',
      query('/i?e=pv', {
        co: JSON.stringify({
          data: [
            { data: { appleIdfa: IDFA, androidIdfa: 'aidfa-1234', openIdfa: 'oidfa-1234', appleIdfv: IDFV } },
            { data: { _ttp: 'ttpvalue' } },
          ],
        }),
      }),
      [IDFV],
      [IDFA, 'aidfa-1234', 'oidfa-1234', 'ttpvalue'],
    ],
    [
      'posthog',
      'the click id of Meta',
      json('/e/', { api_key: 'phc', event: 'x', properties: { distinct_id: 'd-1234', $fbc: 'fb.1.17.clickvalue' } }),
      ['d-1234'],
      ['clickvalue'],
    ],
    [
      'matomo',
      'products and plug-ins as they came',
      query(MATOMO, {
        ec_items: '[["SKU-1","Shirt",["Shirts"],29.95,1]]',
        cra: 'x is undefined',
        fa_x: '1',
        hsr_ev: '[{"ty":2}]',
      }),
      ['[["SKU-1","Shirt",["Shirts"],29.95,1]]', 'x is undefined', 'fa_x=1', 'hsr_ev=[{"ty":2}]'],
      [],
    ],
  ];

  it.each(rows)('%s: %s', (vendor, _, hit, kept, gone) => {
    const text = leave(vendor, hit, { actions: NO_ADVERTISING });
    expect([kept.filter((value) => !text.includes(value)), gone.filter((value) => text.includes(value))]).toEqual([[], []]);
  });
});
