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
const entity = (kind: string, data: object) => ({ schema: `iglu:com.acme/${kind}/jsonschema/1-0-0`, data });
const IKEY = '11111111-2222-4333-8444-555555555555';
const KEY = 'q8fRkT2wLx0ZsJv9YbNm3pHd';
const BASIC = `Basic ${Buffer.from(`${KEY}:`).toString('base64')}`;
const COMMON = ['segment', 'rudderstack', 'jitsu'] as const;
const TRACK = { segment: '/v1/t', rudderstack: '/v1/track', jitsu: '/api/s/track' } as const;

describe('everything anonymized', () => {
  const rows: Row[] = [
    [
      'x',
      'conversions without a value',
      json('/12/measurement/conversions/o7z1d', {
        conversions: [
          { event_id: 'tw-o7z1d-abc12', conversion_time: '2026-11-23T12:00:00.000Z', identifiers: [{ hashed_email: HASH }] },
        ],
      }),
      ['tw-o7z1d-abc12'],
      [HASH],
    ],
    [
      'shopify',
      'the theme of the shop',
      json('/.well-known/shopify/monorail/unstable/produce_batch', {
        events: [{ schema_id: 'trekkie_storefront_page_view/1.4', payload: { shopId: 51827364, themeId: 128374650192 } }],
      }),
      ['128374650192'],
      [],
    ],
    [
      'ga4',
      'promotions and where they stand',
      query(GA4, { pi: 'P_12345', lo: 'L_12345', pn: 'Summer Sale' }),
      ['pi=P_12345', 'lo=L_12345', 'pn=Summer Sale'],
      [],
    ],
    [
      'matomo',
      'the target of content',
      query(MATOMO, { c_t: 'https://shop.example.com/sale?uid=77123', c_p: 'banner-42.png' }),
      ['c_t=https://shop.example.com/sale', 'c_p=banner-42.png'],
      ['77123'],
    ],
    [
      'amplitude',
      'clicks and campaigns',
      json('/2/httpapi', {
        api_key: 'k',
        events: [
          {
            event_type: '[Amplitude] Element Clicked',
            event_properties: {
              '[Amplitude] Element Tag': 'button',
              '[Amplitude] Element ID': 'buy-btn',
              '[Amplitude] Element Text': 'Hello Anna',
              utm_source: 'newsletter',
              utm_term: 'anna muster',
            },
            user_properties: {
              $set: { utm_campaign: 'fs26-sale' },
              $setOnce: { tier: 'annatier' },
            },
          },
        ],
      }),
      ['"button"', 'buy-btn', 'newsletter', 'fs26-sale'],
      ['Anna', 'anna muster', 'annatier'],
    ],
    [
      'mixpanel',
      'the campaign of a page view',
      json('/track', [
        { event: 'x', properties: { token: KEY, utm_source: 'newsletter', utm_campaign: 'fs26-sale', utm_term: 'anna' } },
      ]),
      ['newsletter', 'fs26-sale'],
      ['anna'],
    ],
    [
      'countly',
      'a crash, and the campaign of the first visit',
      query('/i', {
        app_key: KEY,
        crash: JSON.stringify({ _error: 'of anna', _nonfatal: true, _app_version: '1.4.3', _run: 31, _device_id: 'd-77123' }),
        user_details: JSON.stringify({ name: 'Anna', custom: { utm_source: 'newsletter', utm_term: 'muster' } }),
      }),
      ['"_nonfatal":true', '"1.4.3"', '"_run":31', 'newsletter'],
      ['anna', 'Anna', 'd-77123', 'muster'],
    ],
    [
      'uet',
      'a page that loads, told by a server',
      json('/v1/97123456/events', { data: [{ eventType: 'pageLoad', eventTime: 1795435200 }] }),
      ['"eventType":"pageLoad"', '"adStorageConsent":"D"'],
      [],
    ],
    [
      'criteo',
      'the currency of a sale',
      query('/event', { a: '45678', v: '5.29.0', p0: 'e=vc&p=%5Bi%253D7%5D&currency=EUR' }),
      ['currency=EUR'],
      [],
    ],
    [
      'hubspot',
      'which fields a form has, and events',
      json('/submissions/v3/integration/submit/1/2', {
        fields: [{ objectTypeId: '0-1', name: 'email', value: 'anna@muster.de' }],
        context: { hutk: 'hutk-1234', ipAddress: '203.0.113.9', pageUri: 'https://shop.example.com/x?u=anna' },
        legalConsentOptions: { consent: { consentToProcess: true } },
        eventName: 'pe1234567_order',
        email: 'anna@muster.de',
      }),
      ['"name":"email"', '"pageUri":"https://shop.example.com/x"', '"consentToProcess":true', '"eventName":"pe1234567_order"'],
      ['anna', 'hutk-1234', '203.0.113.9'],
    ],
    [
      'ga4',
      'the other spelling of the Measurement Protocol',
      json('/mp/collect?measurement_id=G-ABC123', {
        clientId: '1033501218.1790000001',
        userId: 'anna-4711',
        timestampMicros: '1795435000123456',
        consent: { adUserData: 'GRANTED' },
        events: [{ name: 'x' }],
      }),
      ['"clientId":"555.1"', '"timestampMicros":"1795431600000000"', '"ad_user_data":"DENIED"'],
      ['1033501218', 'anna-4711', 'GRANTED'],
    ],
    [
      'ga4',
      'what events of apps and campaigns send',
      json('/mp/collect?firebase_app_id=1:2:android:3', {
        app_instance_id: '4C8F5B0A9D7E4F21A3B6C5D4E3F2A1B0',
        validation_behavior: 'RELAXED',
        device: { browser: 'Chrome', browser_version: '136.0.7103.60' },
        events: [
          {
            name: 'purchase',
            timestamp_micros: 1795435000123456,
            params: {
              customer_type: 'new',
              campaign: 'spring',
              source: 'google',
              debug_mode: true,
              screen_name: 'Home',
              session_number: 3,
              ga_session_id: 1795434000,
              items: [{ item_id: 'SKU_1', location_id: 'ChIJIQBpAG2ahYAR_6128GcTUEo' }],
            },
          },
        ],
      }),
      [
        '"app_instance_id":"00000000000000000000000000000000"',
        '"validation_behavior":"RELAXED"',
        '"browser":"Chrome","browser_version":"136"',
        '"timestamp_micros":1795431600000000',
        '"customer_type":"new"',
        '"campaign":"spring","source":"google","debug_mode":true,"screen_name":"Home","session_number":3',
        '"location_id":"ChIJIQBpAG2ahYAR_6128GcTUEo"',
        '"ad_user_data":"DENIED","ad_personalization":"DENIED"',
      ],
      ['4C8F5B0A', '1795434000'],
    ],
    [
      'ga4',
      'parts of an item that are clean',
      query(GA4, {
        pr1: 'idSKU_1~nmTee~k0crm~v0anna@muster.de~k1colour~v1red~brannam77123~pr9.5',
        'ep.link_domain': 'partner.example',
      }),
      ['pr1=idSKU_1~nmTee~k1colour~v1red~pr9.5', 'ep.link_domain=partner.example'],
      ['k0crm', 'anna'],
    ],
    [
      'matomo',
      'plug-ins, and times as its interface wants them',
      query(MATOMO, {
        cdt: '2026-11-23 10:11:12',
        hsr_ids: '1,2',
        ma_se: '0,5,10',
        fa_ts: '120',
        fa_su: '1',
        source: 'WordPress',
      }),
      ['cdt=2026-11-23 10:00:00', 'hsr_ids=1,2', 'ma_se=0,5,10', 'fa_ts=120', 'fa_su=1', 'source=WordPress'],
      [],
    ],
    [
      'meta-capi',
      'products, and who may ask',
      {
        ...json('/v24.0/77/events', {
          data: [
            {
              event_name: 'Purchase',
              attribution_data: { campaign_id: '12345', attribution_share: '0.3' },
              original_event_data: { event_name: 'Lead', order_id: 'ORD-1' },
              user_data: { em: [HASH] },
              custom_data: { net_revenue: 70.1, contents: [{ id: 'SKU_1', title: 'Shirt', brand: 'Acme', category: 'Men' }] },
            },
          ],
        }),
        headers: ['Content-Type', 'application/json', 'Authorization', `Bearer ${KEY}`],
      },
      [
        '"campaign_id":"12345","attribution_share":"0.3"',
        '"event_name":"Lead"',
        '"net_revenue":70.1',
        '"title":"Shirt","brand":"Acme","category":"Men"',
        `Bearer ${KEY}`,
      ],
      [HASH, 'ORD-1'],
    ],
    [
      'amplitude',
      'who a group is',
      query('/groupidentify?api_key=k', {
        identification: JSON.stringify([{ group_type: 'company', group_value: 'acme-4711', group_properties: { x: 'anna' } }]),
      }),
      ['"group_type":"company"'],
      ['acme-4711', 'anna'],
    ],
    [
      'appinsights',
      'what of the app and of dependencies tells nothing',
      json('/v2/track', {
        iKey: IKEY,
        name: 'Request',
        tags: {
          'ai.application.ver': '1.2.3',
          'ai.device.locale': 'de-DE',
          'ai.session.isFirst': 'true',
          'ai.device.model': 'anna',
        },
        data: { baseType: 'RemoteDependencyData', baseData: { target: 'api.shop.example.com', data: 'https://api/x?u=anna' } },
      }),
      [
        '"name":"Request"',
        '"ai.application.ver":"1.2.3"',
        '"ai.device.locale":"de"',
        '"ai.session.isFirst":"true"',
        '"target":"api.shop',
      ],
      ['anna'],
    ],
    [
      'adobe-edge',
      'field groups of XDM',
      json('/ee/v1/interact?configId=8c1a2b3c-1111-2222-3333-444455556666', {
        events: [
          {
            xdm: {
              web: { webReferrer: { type: 'search_engine' }, webInteraction: { type: 'other', linkClicks: { value: 1 } } },
              productListItems: [{ SKU: 'SKU_1', discountAmount: 1.5, productCategories: [{ categoryName: 'Men' }] }],
              commerce: {
                order: { taxAmount: 14.35 },
                shipping: { shippingMethod: 'Express', address: { street1: 'Annagasse 1' } },
              },
              marketing: { campaignName: 'spring' },
              mediaCollection: { playhead: 10, sessionID: 'media-1234', sessionDetails: { contentType: 'VOD', name: 'of anna' } },
              _acme: { plan: 'anna' },
              person: { name: { firstName: 'anna' } },
            },
            data: { __adobe: { analytics: { currencyCode: 'EUR', pageURL: 'https://shop.example.com/x?u=anna' } } },
          },
        ],
      }),
      [
        '"type":"search_engine"',
        '"linkClicks":{"value":1}',
        '"discountAmount":1.5',
        '"categoryName":"Men"',
        '"taxAmount":14.35',
        '"shippingMethod":"Express"',
        '"campaignName":"spring"',
        '"playhead":10',
        '"contentType":"VOD"',
        '"currencyCode":"EUR","pageURL":"https://shop.example.com/x"',
      ],
      ['anna', 'Annagasse', 'media-1234'],
    ],
    [
      'adobe-edge',
      'decisions in standards of two words',
      json('/ee/v1/privacy/set-consent?configId=8c1a2b3c-1111-2222-3333-444455556666', {
        query: { consent: { operation: 'update' } },
        consent: [{ standard: 'IAB TCF', version: '2.0', value: 'CPxyz', gdprApplies: true }],
      }),
      ['"operation":"update"', '"standard":"IAB TCF"', '"value":"CPxyz"'],
      [],
    ],
    [
      'adobe',
      'events and products but those that name somebody',
      query('/b/ss/rs/1/JS/s1?AQB=1', {
        t: '23/10/2026 10:11:12 1 -60',
        v0: 'spring_mail',
        events: 'purchase,event1:anna77123,event2',
        products: ';SKU-1;1;29.95;;eVar3=471199,;SKU-2;2;10;;eVar3=Muster, anna',
      }),
      ['t=23/10/2026 10:0:0 1 -60', 'v0=spring_mail', 'events=purchase,event2', 'products=;SKU-1;1;29.95;;,;SKU-2;2;10'],
      ['anna', '471199'],
    ],
    [
      'ga-ua',
      'screens, campaigns and the shop of ga.js',
      query('/collect?v=1&tid=UA-1-1', {
        cd: 'Home',
        cn: 'spring',
        cs: 'google',
        sn: 'facebook',
        sa: 'like',
        utmipc: 'SKU_1',
        utmtto: '89.9',
      }),
      ['cd=Home', 'cn=spring', 'cs=google', 'sn=facebook', 'sa=like', 'utmipc=SKU_1', 'utmtto=89.9'],
      [],
    ],
    [
      'google-ads',
      'the page of Floodlight',
      {
        target:
          '/activity;src=1234567;type=sales0;cat=purch0;u1=kunde4711;~oref=https%3A%2F%2Fshop.example.com%2Fcheckout%3Fu%3Danna?',
      },
      ['~oref=https://shop.example.com/checkout'],
      ['anna', 'kunde4711'],
    ],
    [
      'linkedin',
      'several partners',
      query('/collect?v=2', { pid: '1234567,7654321', conversionValue: '89.9', currency: 'EUR' }),
      ['pid=1234567,7654321', 'conversionValue=89.9', 'currency=EUR'],
      [],
    ],
    [
      'countly',
      'pages of views',
      query('/i?app_key=k', {
        events: JSON.stringify([
          { key: '[CLY]_view', id: 'ev123456', segmentation: { name: '/checkout?u=anna', visit: 1, domain: 'shop.example.com' } },
        ]),
        metrics: JSON.stringify({ _app_version: '1.2.3' }),
      }),
      ['"name":"/checkout"', '"visit":1', '"domain":"shop.example.com"', '"_app_version":"1.2.3"'],
      ['anna', 'ev123456'],
    ],
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
      ['idSKU_12345~nmGreen tea', 'pr12.5~qt1', 'pr200=idSKU_2'],
      ['anna'],
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
    [
      'adobe-edge',
      'of the data layer of Analytics',
      json('/ee/v2/interact?dataStreamId=11111111-2222-4333-8444-555555555555', {
        event: {
          xdm: { eventType: 'web.pageView', productListItems: [{ SKU: 'SKU_12345', currencyCode: 'EUR' }] },
          data: { __adobe: { analytics: { events: 'event7', pageName: 'Start', eVar1: 'KD-4471', owner: 'anna' } } },
        },
      }),
      ['"events":"event7"', '"pageName":"Start"', '"SKU":"SKU_12345","currencyCode":"EUR"'],
      ['KD-4471', 'anna'],
    ],
    [
      'adobe',
      'the organization',
      query('/id', { d_orgid: 'A1B2C3D4E5F60718AB@AdobeOrg', mcorgid: 'A1B2C3D4E5F60718AB@AdobeOrg', d_mid: '48217739' }),
      ['d_orgid=A1B2C3D4E5F60718AB@AdobeOrg', 'mcorgid=A1B2C3D4E5F60718AB@AdobeOrg'],
      ['48217739'],
    ],
    [
      'appinsights',
      'metrics and exceptions',
      json('/v2/track', [
        { iKey: IKEY, data: { baseData: { metrics: [{ name: 'ajaxCount', value: 3 }] } } },
        {
          iKey: IKEY,
          data: {
            baseData: {
              exceptions: [
                {
                  typeName: 'TypeError',
                  message: 'of anna',
                  parsedStack: [{ level: 0, line: 12, fileName: 'https://shop.example/app.3f2a91bc.js', method: 'anna' }],
                },
              ],
            },
          },
        },
      ]),
      ['"name":"ajaxCount","value":3', '"typeName":"TypeError"', '"level":0,"line":12', 'app.3f2a91bc.js'],
      ['anna'],
    ],
    [
      'criteo',
      'a basket',
      query('/event?a=[55512,55513]&v=5.27.1', { p0: 'e=vb&p=%5Bi%253DSKU_12345%2526pr%253D49.9%2526q%253D2%5D&c=EUR&h=anna' }),
      ['a=[55512,55513]', 'SKU_12345'],
      ['anna'],
    ],
    [
      'ga-ua',
      'items of a transaction',
      query('/collect?v=1&tid=UA-7654321-2', {
        t: 'item',
        in: 'Tee',
        ic: 'SKU_12345',
        ip: '9.9',
        pr1id: 'SKU_77889',
        pr1nm: 'Tea',
      }),
      ['in=Tee', 'ic=SKU_12345', 'ip=9.9', 'pr1id=SKU_77889', 'pr1nm=Tea'],
      [],
    ],
    [
      'ga-ua',
      'of ga.js',
      query('/__utm.gif', { utmac: 'UA-7654321-2', utmp: '/x?u=anna', utmcc: '__utma=1.1733445566.1;', utmsr: '1920x1080' }),
      ['utmac=UA-7654321-2', 'utmp=/x', 'utmsr=1920x1080'],
      ['anna', '1733445566'],
    ],
    [
      'ga4',
      'an app',
      json('/mp/collect?firebase_app_id=1:123456789012:android:a1b2c3d4e5f6a7b8&api_secret=k3Jd8sLqTzWv', {
        app_instance_id: 'annas-phone',
        events: [{ name: 'in_app_purchase', params: { value: 9.99, product_id: 'SKU_12345' } }],
      }),
      ['firebase_app_id=1:123456789012:android:a1b2c3d4e5f6a7b8', '"name":"in_app_purchase"', '9.99', 'SKU_12345'],
      ['annas'],
    ],
    [
      'google-ads',
      'Floodlight in the path',
      { target: '/activity;src=9876543;type=sales0;cat=kauf01;cost=149.90;u2=anna;npa=0;auiddc=88776655.17;gcs=G111?' },
      ['/activity;src=9876543;type=sales0;cat=kauf01;cost=149.90;npa=1;gcs=G100'],
      ['anna', '88776655'],
    ],
    [
      'google-ads',
      'an image without a script',
      query('/pagead/conversion/987654321/', { label: 'AbC-D_efG-h12_34-567', guid: 'ON', script: '0' }),
      ['label=AbC-D_efG-h12_34-567', 'npa=1'],
      [],
    ],
    ...(['segment', 'rudderstack', 'mixpanel'] as const).map(
      (vendor): Row => [
        vendor,
        'the key in a header, and in the body as well',
        {
          ...json({ ...TRACK, mixpanel: '/import' }[vendor], {
            [vendor === 'mixpanel' ? 'token' : 'writeKey']: KEY,
            ...(vendor === 'mixpanel' ? {} : { type: 'track' }),
            event: 'Order',
            userId: 'anna',
          }),
          headers: ['Content-Type', 'application/json', 'Authorization', BASIC],
        },
        [BASIC, `:"${KEY}"`, '"Order"'],
        ['anna'],
      ],
    ),
    [
      'segment',
      'a pixel, and counters of the library',
      query('/v1/pixel/track', {
        data: Buffer.from(`{"writeKey":"${KEY}","event":"Opened","userId":"anna"}`).toString('base64'),
      }),
      ['"event":"Opened"', KEY],
      ['anna'],
    ],
    ...COMMON.map(
      (vendor): Row => [
        vendor,
        'products with all that is known of them',
        json(TRACK[vendor], {
          type: 'track',
          event: 'Order Completed',
          context: { app: { build: '1842' }, library: { env: 'browser' } },
          properties: {
            affiliation: 'Online shop',
            products: [{ sku: 'SKU_12345', variant: 'red 38', position: 1, url: 'https://shop.example/p?u=anna', buyer: 'anna' }],
          },
        }),
        [
          '"build":"1842"',
          '"env":"browser"',
          '"affiliation":"Online shop"',
          '"variant":"red 38","position":1',
          'shop.example/p"',
        ],
        ['anna'],
      ],
    ),
    [
      'jitsu',
      'of the older library',
      json('/api/v1/event?token=js.a1b2c3', {
        event_type: 'pageview',
        source_ip: '198.51.100.44',
        eventn_ctx: {
          url: 'https://shop.example/x?u=anna',
          user: { id: 'anna' },
          ids: { fbp: 'fb.1.17.88123' },
          vp_size: '1280x720',
        },
      }),
      ['"event_type":"pageview"', '"url":"https://shop.example/x"', 'token=js.a1b2c3'],
      ['anna', '88123', '198.51'],
    ],
    [
      'linkedin',
      'a batch of conversions',
      json('/rest/conversionEvents', {
        elements: [
          {
            conversion: 'urn:lla:llaPartnerConversion:19283746',
            conversionValue: { currencyCode: 'EUR', amount: '9.9' },
            user: { a: 'anna' },
          },
        ],
      }),
      ['"conversion":"urn:lla:llaPartnerConversion:19283746","conversionValue":{"currencyCode":"EUR","amount":"9.9"}'],
      ['anna'],
    ],
    [
      'meta-capi',
      'the list of options that came empty',
      json('/v21.0/123456789012345/events', { data: [{ ...PURCHASE, data_processing_options: [] }] }),
      ['"data_processing_options":["LDU"]'],
      [HASH, '"data_processing_options":[]'],
    ],
    [
      'mixpanel',
      'products and groups',
      json('/groups', [
        { $token: KEY, $group_key: 'company', $group_id: 'anna', product_id: 'SKU_12345', $set: { name: 'anna' } },
      ]),
      ['"$group_key":"company"', 'SKU_12345'],
      ['anna'],
    ],
    [
      'openpanel',
      'revenue and counters',
      json('/track', {
        type: 'track',
        payload: {
          name: 'order',
          property: 'visits',
          value: 3,
          properties: { __revenue: 4990, sku: 'SKU_12345', __deviceId: 'anna' },
        },
      }),
      ['"property":"visits","value":3', '"__revenue":4990,"sku":"SKU_12345"'],
      ['anna'],
    ],
    [
      'pinterest',
      'products of the tag',
      query('/v3/?tid=2614567890123&event=checkout', {
        ed: '{"line_items":[{"product_id":"SKU_12345","product_variant":"red"}],"buyer":"anna"}',
        pd: '{"np":"gtm","em":"anna"}',
      }),
      ['"product_id":"SKU_12345","product_variant":"red"', '"np":"gtm"', 'pd[opt_out_type]=LDP'],
      ['anna'],
    ],
    [
      'pinterest',
      'products of an image, and of the API',
      {
        ...json('/v5/ad_accounts/5/events?ed[line_items][0][product_id]=SKU_1234567', {
          data: [{ event_name: 'checkout', custom_data: { content_ids: ['SKU_12345'], contents: [{ id: 'SKU_77889' }] } }],
        }),
      },
      ['SKU_1234567', '["SKU_12345"]', '"id":"SKU_77889"', '"opt_out":true', '"opt_out_type":"LDP"'],
      [],
    ],
    [
      'piwik-pro',
      'products of the newer interface',
      query('/ppms.php?idsite=11111111-2222-4333-8444-555555555555', {
        e_t: 'order',
        ts_n: 'jstc_tm',
        currency: 'EUR',
        ec_products: '[["SKU_12345","Shirt",["Shirts"],"29.95",1,"Acme","red"]]',
        device_id: 'anna',
      }),
      ['e_t=order', 'ts_n=jstc_tm', 'currency=EUR', '["SKU_12345","Shirt",["Shirts"],"29.95",1,"Acme","red"]'],
      ['anna'],
    ],
    [
      'posthog',
      'of groups and vitals',
      json('/e/', {
        api_key: 'phc_1',
        event: '$web_vitals',
        properties: { $web_vitals_LCP_value: 1234.5, $group_type: 'company', $group_key: 'anna', sku: 'SKU_12345' },
      }),
      ['"$web_vitals_LCP_value":1234.5,"$group_type":"company"', 'SKU_12345'],
      ['anna'],
    ],
    [
      'reddit',
      'products of the tag',
      query('/rp.gif?id=a2_x&event=Purchase', {
        'm.products': '[{"id":"SKU_12345","name":"Tee","category":"Tops","by":"anna"}]',
      }),
      ['[{"id":"SKU_12345","name":"Tee","category":"Tops"}]', 'opt_out=1'],
      ['anna'],
    ],
    ...(['type', 'event_type'] as const).map(
      (name): Row => [
        'reddit',
        `the API that says ${name}`,
        json('/api/v3/pixels/a2_x/conversion_events', {
          data: {
            events: [
              {
                [name]: { tracking_type: 'Purchase' },
                [name === 'type' ? 'metadata' : 'event_metadata']: {
                  value_decimal: 9.9,
                  value: 9.9,
                  products: [{ id: 'SKU_12345' }],
                },
                user: { email: HASH, data_processing_options: { modes: [], country: 'US' } },
              },
            ],
          },
        }),
        [
          '"tracking_type":"Purchase"',
          '"value":9.9',
          '[{"id":"SKU_12345"}]',
          '"user":{"data_processing_options":{"modes":["LDU"]}}',
        ],
        [HASH],
      ],
    ),
    [
      'sentry',
      'frames in files that a bundler called',
      json('/api/1/store/?sentry_key=1', {
        platform: 'javascript',
        server_name: 'annas-host',
        modules: { react: '18.3.1' },
        exception: {
          values: [
            {
              type: 'TypeError',
              stacktrace: {
                frames: [
                  { filename: 'app:///_next/static/chunks/4bd1b696-100b9d70ed4e49c1.js', module: './src/checkout/cart' },
                  { filename: 'https://shop.example/assets/index-B3xK9dQz.js?u=anna', function: 'n.exports' },
                ],
              },
            },
          ],
        },
        contexts: { trace: { op: 'pageload', status: 'ok', data: 'anna' } },
        measurements: { lcp: { value: 1234.5, unit: 'millisecond' } },
        breadcrumbs: [{ category: 'fetch', level: 'info', message: 'anna' }],
      }),
      [
        'app:///_next/static/chunks/4bd1b696-100b9d70ed4e49c1.js',
        '"module":"./src/checkout/cart"',
        '"filename":"https://shop.example/assets/index-B3xK9dQz.js"',
        '"react":"18.3.1"',
        '"op":"pageload","status":"ok"',
        '"value":1234.5,"unit":"millisecond"',
        '"category":"fetch","level":"info"',
      ],
      ['anna'],
    ],
    [
      'shopify',
      'products of a page and of an order',
      json('/.well-known/shopify/monorail/unstable/produce_batch', {
        events: [
          {
            schema_id: 'custom_storefront_customer_tracking/1.2',
            payload: {
              event_name: 'product_page_rendered',
              resourceId: 7788990011,
              products: ['{"product_gid":"gid://shopify/Product/7788990011","name":"Tee","sku":"SKU_12345","buyer":"anna"}'],
            },
          },
        ],
      }),
      ['product_page_rendered', 'gid://shopify/Product/7788990011', 'SKU_12345', '"marketing_allowed":false'],
      ['anna'],
    ],
    [
      'snap',
      'products and the limited use of the API',
      json('/v3/11111111-2222-4333-8444-555555555555/events', {
        data: [
          {
            event_name: 'PURCHASE',
            user_data: { em: [HASH] },
            custom_data: { content_ids: ['SKU_12345'] },
            data_processing_options: [],
          },
        ],
      }),
      ['["SKU_12345"]', '"data_processing_options":["LDU"]'],
      [HASH],
    ],
    [
      'snap',
      'of the older names',
      query('/p?pid=11111111-2222-4333-8444-555555555555&ev=PURCHASE', {
        item_ids: 'SKU_12345;G-32',
        price: '9.90',
        currency: 'EUR',
        uuid_c1: 'anna',
      }),
      ['item_ids=SKU_12345;G-32', 'price=9.90', 'currency=EUR'],
      ['anna'],
    ],
    [
      'tiktok',
      'the ad and the click that brought an app',
      json('/open_api/v1.3/event/track/', {
        event_source: 'app',
        event_source_id: '7012345678901234567',
        data: [{ event: 'Purchase', ad: { callback: 'E.C.P.callback77', campaign_id: '1712345678901234', attributed: true } }],
      }),
      ['1712345678901234', '"attributed":true', '"limited_data_use":true'],
      ['callback77'],
    ],
    [
      'tiktok',
      'products, also of older batches',
      json('/open_api/v1.2/pixel/batch', {
        pixel_code: 'C4A1B2C3D4E5F6G7H8I0',
        batch: [
          {
            event: 'AddToCart',
            context: { ip: '198.51.100.44', user: { external_id: 'anna' } },
            properties: { contents: [{ content_id: 'SKU_12345' }] },
          },
        ],
      }),
      ['"event":"AddToCart"', '"content_id":"SKU_12345"', '"limited_data_use":true'],
      ['anna', '198.51'],
    ],
    [
      'uet',
      'products of the tag',
      query('/action/0?ti=187654321&evt=custom', {
        ecomm_prodid: 'SKU_12345,G-32',
        items: '[{"id":"SKU_77889","price":9.9,"by":"anna"}]',
      }),
      ['ecomm_prodid=SKU_12345,G-32', '[{"id":"SKU_77889","price":9.9}]', 'asc=D'],
      ['anna'],
    ],
    [
      'x',
      'products and the event of the API',
      {
        ...json('/12/measurement/conversions/o1a2b', {
          conversions: [
            {
              event_id: 'tw-o1a2b-od3c45',
              value: '9.9',
              identifiers: [{ hashed_email: HASH }],
              contents: [{ content_id: 'SKU_12345' }],
            },
          ],
        }),
        headers: [
          'Content-Type',
          'application/json',
          'Authorization',
          'OAuth oauth_nonce="kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg"',
        ],
      },
      ['"event_id":"tw-o1a2b-od3c45"', '"content_id":"SKU_12345"', 'oauth_nonce='],
      [HASH],
    ],
    [
      'umami',
      'vitals',
      json('/api/send', {
        type: 'performance',
        payload: { website: IKEY, lcp: 1234, cls: 0.1, data: { sku: 'SKU_12345', by: 'anna' } },
      }),
      ['"lcp":1234,"cls":0.1', 'SKU_12345'],
      ['anna'],
    ],
    [
      'posthog',
      'campaigns of this visit and of the first, products, apps and the token of a person',
      json('/e/?_=1795436340123', [
        {
          event: 'order completed',
          properties: {
            token: KEY,
            distinct_id: 'd-1',
            utm_source: 'newsletter',
            $session_entry_utm_medium: 'banner',
            $current_url: 'https://shop.example.com/checkout?x=1',
            total: 44.9,
            products: [{ id: 'SKU-77', name: 'Blue hat', price: 19.5 }],
            $app_version: '2.1.0',
            $screen_name: 'ProductList',
            $device_name: 'Annas Galaxy',
            $locale: 'de-DE',
          },
          $set_once: { $initial_utm_source: 'newsletter', $initial_host: 'shop.example.com', referral: 'annamuster' },
        },
        { $token: KEY, $distinct_id: 'd-1', $set: { nick: 'annchen77' } },
      ]),
      [
        'newsletter',
        'banner',
        'shop.example.com/checkout',
        '44.9',
        'SKU-77',
        'Blue hat',
        '19.5',
        '2.1.0',
        'ProductList',
        '"de"',
        KEY,
      ],
      ['d-1', 'Annas Galaxy', 'annamuster', 'annchen77', '1795436340123'],
    ],
    ...(['segment', 'rudderstack'] as const).map(
      (vendor): Row => [
        vendor,
        'kinds of devices and systems, and densities as they are',
        json(TRACK[vendor], {
          type: 'track',
          event: 'x',
          context: {
            screen: { width: 390, density: 3 },
            os: { name: 'iOS', version: '17.1.2' },
            device: { type: 'ios', name: 'Annas iPhone' },
          },
        }),
        ['"density":3', '"name":"iOS"', '"version":"17"', '"type":"ios"'],
        ['Annas iPhone', '17.1.2'],
      ],
    ),
    [
      'tiktok',
      'sets of events by number',
      json('/open_api/v1.3/event/track/', {
        event_source: 'offline',
        event_source_id: '7012345678901234567',
        data: [{ event: 'Purchase', user: { phone: [HASH] } }],
      }),
      ['7012345678901234567', 'Purchase'],
      [HASH],
    ],
    [
      'tiktok',
      'a pixel beside others of the page, and contents as a text',
      json('/api/v2/pixel', {
        event: 'Purchase',
        context: { pixel: { code: 'C4ABCDEFGHIJ0KLMNOP0', codes: 'C4ABCDEFGHIJ0KLMNOP0|C5ABCDEFGHIJ0KLMNOP0' } },
        properties: { contents: '[{"content_id":"SKU-77","price":8}]' },
      }),
      ['"code":"C4ABCDEFGHIJ0KLMNOP0"', 'SKU-77'],
      [],
    ],
    [
      'pinterest',
      'apps and items',
      json('/v5/ad_accounts/1/events', {
        data: [
          {
            event_name: 'checkout',
            device_model: 'Pixel 9 Pro',
            os_version: '12.1.4',
            custom_data: { contents: [{ id: 'SKU-77', item_name: 'Blue hat', item_brand: 'Acme' }] },
          },
        ],
      }),
      ['SKU-77', 'Blue hat', 'Acme', '"os_version":"12"'],
      ['Pixel 9 Pro'],
    ],
    [
      'snap',
      'apps',
      json('/v3/1/events', {
        data: [{ event_name: 'PURCHASE', app_data: { app_id: 'com.example.shop', extinfo: ['i2', 'iPhone13,2'] } }],
      }),
      ['PURCHASE', 'com.example.shop'],
      ['iPhone13,2'],
    ],
    [
      'snap',
      'the restricted mode of the second version',
      json('/v2/conversion', { pixel_id: IKEY, event_type: 'PURCHASE', price: '5' }),
      ['"data_use":["lmu"]'],
      [],
    ],
    [
      'pinterest',
      'the restricted mode, wherever it was said',
      query('/v3/', { tid: '2612345678901', event: 'init', pd: JSON.stringify({ opt_out_type: '', np: 'gtm' }) }),
      ['pd[opt_out_type]=LDP', '"opt_out_type":"LDP"', 'gtm'],
      [],
    ],
    [
      'taboola',
      'many actions at once',
      json('/actions-handler/log/3/bulk-s2s-action', {
        actions: [
          {
            'click-id': 'GiA123xyz',
            name: 'purchase',
            revenue: 49.9,
            'page-url': 'https://shop.example.com/a?b=c',
            'client-ip': '198.51.100.7',
          },
        ],
      }),
      ['purchase', '49.9', 'https://shop.example.com/a"'],
      ['GiA123xyz', '198.51.100.7'],
    ],
    [
      'umami',
      'fields of the older script',
      json('/api/collect', {
        type: 'event',
        payload: {
          website: IKEY,
          url: '/a',
          event_name: 'signup',
          cache: 'cache-of-somebody',
          browser: 'firefox',
          event_data: { email: 'a@b.example' },
        },
      }),
      ['signup', 'firefox', '/a'],
      ['cache-of-somebody', 'a@b.example'],
    ],
    [
      'swetrix',
      'campaigns',
      json('/log', { pid: 'STEzHcB1rALV', so: 'newsletter', me: 'banner', ca: 'spring_sale', te: 'anna muster' }),
      ['newsletter', 'banner', 'spring_sale'],
      ['anna muster'],
    ],
    [
      'openpanel',
      'groups',
      json('/track', { type: 'assign_group', payload: { groupIds: ['org-4711'], id: 'org-4712', profileId: 'kd-471199' } }),
      ['assign_group'],
      ['org-4711', 'org-4712', 'kd-471199'],
    ],
    [
      'shopify',
      'products wherever they stand, and carts',
      json('/shopify', {
        name: 'product_added_to_cart',
        data: {
          cartLine: {
            quantity: 2,
            cost: { totalAmount: { amount: 39.8, currencyCode: 'EUR' } },
            merchandise: {
              id: '42113668841684',
              sku: 'SKU-77',
              title: 'Size M',
              price: { amount: 19.9, currencyCode: 'EUR' },
              product: { title: 'Blue hat', vendor: 'Acme', type: 'Hats', url: '/products/hat?variant=4711' },
            },
          },
          cart: { id: 'gid://shopify/Cart/cartofsomebody' },
        },
        init: { data: { customer: { nick: 'annchen77' } } },
      }),
      ['39.8', '19.9', 'EUR', '42113668841684', 'SKU-77', 'Size M', 'Blue hat', 'Acme', 'Hats', '/products/hat"'],
      ['cartofsomebody', 'annchen77', '4711"'],
    ],
    [
      'snowplow',
      'entities by their schemas',
      json('/com.snowplowanalytics.snowplow/tp2', {
        data: [
          {
            e: 'pv',
            co: JSON.stringify({
              data: [
                entity('product', { id: 'SKU-77', name: 'Blue hat', price: 19.5, size: 'M' }),
                entity('user', { id: 'U-778899', name: 'annchen77' }),
                entity('screen', { id: 'b7d0f3d1-1111-4222-8333-444455556666', name: 'ProductList' }),
                entity('checkout_step', { step: 2, shipping_postcode: '10115', delivery_provider: 'DHL' }),
                entity('mobile_context', { osType: 'android', deviceModel: 'SM-S918B', appSetId: IDFV }),
              ],
            }),
          },
        ],
      }),
      ['SKU-77', 'Blue hat', '19.5', '"size":"M"', 'ProductList', '"step":2', 'DHL', 'android'],
      ['U-778899', 'annchen77', 'b7d0f3d1', '10115', 'SM-S918B', IDFV],
    ],
    [
      'snowplow',
      'links and forms',
      query('/i?e=ue', {
        ue_pr: JSON.stringify({
          data: entity('change_form', { formId: 'login', elementId: 'field', nodeName: 'INPUT', type: 'tel', value: 4711 }),
        }),
      }),
      ['login', 'field', 'INPUT', 'tel'],
      ['4711'],
    ],
    [
      'snowplow',
      'events of a webhook',
      query('/com.snowplowanalytics.iglu/v1', {
        schema: 'iglu:com.acme/campaign/jsonschema/1-0-0',
        aid: 'shop',
        user: 'annchen77',
      }),
      ['iglu:com.acme/campaign', 'shop'],
      ['annchen77'],
    ],
    [
      'snowplow',
      'where a redirect leads',
      query('/r/tp2', { u: 'https://partner.example/land?mail=annchen77' }),
      ['https://partner.example/land'],
      ['annchen77'],
    ],
    [
      'reddit',
      'versions of the pixel',
      query('/rp.gif', { id: 'a2_abc', event: 'PageVisit', v: 'rdt_65e23bc5' }),
      ['v=rdt_65e23bc5'],
      [],
    ],
  ];

  it.each(rows)('%s: %s', (vendor, _, hit, kept, gone) => {
    const text = leave(vendor, hit, { rules: STRICT });
    expect([kept.filter((value) => !text.includes(value)), gone.filter((value) => text.includes(value))]).toEqual([[], []]);
  });
});

describe('advertising refused, all else granted', () => {
  const rows: Row[] = [
    ['ga4', 'services that may learn of it', query(GA4, { dma: '1', dma_cps: 'syphamo' }), ['dma=1', 'dma_cps=-'], ['syphamo']],
    ['ga4', 'no services where none are named', query(GA4, { dma: '0' }), ['dma=0', 'npa=1'], ['dma_cps']],
    [
      'ga4',
      'personalized advertising from servers',
      json('/mp/collect?measurement_id=G-ABC123', { client_id: '1.2', non_personalized_ads: false, events: [{ name: 'x' }] }),
      ['"non_personalized_ads":true', '"ad_personalization":"DENIED"'],
      [],
    ],
    [
      'generic',
      'JSON without a name, in base64',
      { target: `/px.gif?${Buffer.from(JSON.stringify({ e: 'view', gclid: 'clickid77' })).toString('base64url')}` },
      ['view'],
      ['clickid77'],
    ],
    [
      'generic',
      'JSON without a name, in base64 with padding',
      { target: `/px.gif?${btoa(JSON.stringify({ e: 'view', gclid: 'clickid77' }))}` },
      ['view'],
      ['clickid77'],
    ],
    [
      'generic',
      'an address without a name',
      { target: `/px.gif?${encodeURIComponent('https://shop.example.com/?a=b&gclid=clickid77')}` },
      ['https://shop.example.com/?a=b'],
      ['clickid77'],
    ],
    [
      'ga4',
      'apps and times of events',
      json('/mp/collect?firebase_app_id=1:2:android:3', {
        app_instance_id: '4C8F5B0A9D7E4F21A3B6C5D4E3F2A1B0',
        events: [{ name: 'x', timestamp_micros: 1795435000123456, params: { advertising_id: IDFA } }],
      }),
      ['4C8F5B0A', '1795435000123456', '"ad_user_data":"DENIED","ad_personalization":"DENIED"'],
      [IDFA],
    ],
    [
      'adobe-edge',
      'XDM but what Adobe Advertising reads',
      json('/ee/v1/interact?configId=8c1a2b3c-1111-2222-3333-444455556666', {
        events: [
          {
            xdm: {
              web: { webInteraction: { region: 'body' } },
              search: { keywords: 'shoes' },
              application: { version: '1.2.3' },
              endUserIDs: { _experience: { aaid: { id: 'aaid-1234' } } },
              identityMap: { ECID: [{ id: 'ecid-1234' }], AdCloud: [{ id: 'cloud-1234' }] },
              _acme: { crm: 'crm-1234', gclid: 'gclidvalue' },
              _experience: {
                adcloud: { conversionDetails: { trackingCode: 'ef-1234' } },
                analytics: { event1to100: { event1: { value: 2 } } },
              },
            },
          },
        ],
      }),
      [
        'ecid-1234',
        '"region":"body"',
        '"keywords":"shoes"',
        '"version":"1.2.3"',
        'aaid-1234',
        'crm-1234',
        '"event1":{"value":2}',
      ],
      ['gclidvalue', 'ef-1234', 'cloud-1234'],
    ],
    [
      'mixpanel',
      'profiles, and the id of iOS for advertising',
      json('/engage', [
        {
          $token: 'k',
          $distinct_id: 'd-1234',
          $time: 1795435000123,
          $ignore_time: true,
          $remove: { plan: 'gold' },
          $unset: ['seats'],
        },
        { $token: 'k', $distinct_id: 'd-1234', $delete: '', properties: { $ios_ifa: IDFA } },
      ]),
      ['1795435000123', '"$ignore_time":true', '"plan":"gold"', '"seats"', '"$delete":""'],
      [IDFA],
    ],
    [
      'hubspot',
      'properties of events',
      {
        ...query('/__ptq.gif?k=1&a=1234567', { cpi: '77', _order_value: '89.9', fi: IKEY }),
        headers: ['Cookie', 'hs_ab_test=1; __cfruid=cf-1234'],
      },
      ['cpi=77', '_order_value=89.9', IKEY, 'hs_ab_test=1', 'cf-1234'],
      [],
    ],
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
    [
      'email-open',
      'cookies of the host that serve advertising',
      { target: '/open.gif?c=news-11&u=recipient77', headers: ['Cookie', '_fbp=fb.1.1790000002345.112233; li_fat_id=fatvalue'] },
      ['news-11', 'recipient77'],
      ['112233', 'fatvalue'],
    ],
    [
      'amplitude',
      'a value that stands for none',
      json('/2/httpapi', {
        api_key: 'k',
        events: [
          {
            event_type: '$identify',
            device_id: 'd12345',
            user_properties: { $unset: { gclid: '-' }, $set: { gclid: 'clickvalue' } },
          },
        ],
      }),
      ['"$unset":{"gclid":"-"}'],
      ['clickvalue'],
    ],
    [
      'adobe',
      'groups of variables',
      { target: '/b/ss/rs/1/JS/s1?AQB=1&cid.&crm.&id=u-48213&.crm&.cid&c.&user.&plan=x&gclid=clickvalue&.user&.c&AQE=1' },
      ['AQB=1&cid.&crm.&id=u-48213&.crm&.cid&c.&user.&plan=x&.user&.c&AQE=1'],
      ['clickvalue'],
    ],
    [
      'openpanel',
      'properties that nobody knows',
      json('/track', { type: 'track', payload: { name: 'x', properties: { $plan: 'pro', tier: 'gold', gclid: 'clickvalue' } } }),
      ['"$plan":"pro"', '"tier":"gold"'],
      ['clickvalue'],
    ],
    ...(['segment', 'rudderstack'] as const).map(
      (vendor): Row => [
        vendor,
        'sessions and campaigns that the libraries add',
        json(TRACK[vendor], {
          type: 'track',
          context: {
            campaign: { id: 'abc123' },
            sessionStart: true,
            autoTrack: { sessionId: 17321 },
            protocols: { sourceId: 'src-1' },
            fbp: 'fb.1.17.1122334455',
          },
        }),
        ['abc123', 'sessionStart', '17321', 'src-1'],
        ['1122334455'],
      ],
    ),
    [
      'sentry',
      'sessions, logs, spans, check-ins and what users wrote',
      json('/api/1/envelope/', {
        trace: { transaction: '/account', user_segment: 'vip' },
        fingerprint: ['{{ default }}'],
        request: { method: 'GET', url: 'https://shop.example.com/?gclid=clickid77' },
        exception: { values: [{ stacktrace: { frames: [{ context_line: 'go()', vars: { a: 'one' } }] } }] },
        aggregates: [{ did: 'user-1', exited: 5 }],
        duration: 12.5,
        name: 'Anna',
        comments: 'broken',
        monitor_slug: 'nightly',
        items: [{ body: 'logged in', attributes: { 'user.id': { value: 'user-2' } } }],
        span_id: 'ddd43a4192642f0b',
        data: { 'sentry.op': 'ui' },
      }),
      [
        '/account',
        'vip',
        'default',
        'GET',
        'go()',
        'one',
        'user-1',
        '12.5',
        'Anna',
        'broken',
        'nightly',
        'user-2',
        'ddd43a4192642f0b',
        '"ui"',
      ],
      ['clickid77'],
    ],
    [
      'shopify',
      "a site's own events, and the customer",
      json('/shopify', {
        name: 'x',
        seq: 3,
        customData: { plan: 'gold' },
        context: { document: { characterSet: 'UTF-8', location: { href: 'https://shop.example.com/?gclid=clickid77' } } },
        customerPrivacy: { analyticsProcessingAllowed: true },
        init: { data: { customer: { id: '4711' } } },
      }),
      ['"seq":3', 'gold', 'UTF-8', 'analyticsProcessingAllowed', '4711'],
      ['clickid77'],
    ],
    [
      'shopify',
      'what a customer allows, however an event calls it',
      json('/.well-known/shopify/monorail/unstable/produce_batch', {
        events: [
          { schema_id: 'trekkie_storefront_page_view/1.4', payload: { analyticsAllowed: true, marketingAllowed: true } },
          {
            name: 'page_viewed',
            customerPrivacy: { analyticsProcessingAllowed: true, marketingAllowed: true, saleOfDataAllowed: false },
          },
        ],
      }),
      [
        '{"analyticsAllowed":true,"marketingAllowed":false}',
        '{"analyticsProcessingAllowed":true,"marketingAllowed":false,"saleOfDataAllowed":false}',
      ],
      [],
    ],
    ['snowplow', 'the address of a network card', query('/i', { e: 'pv', mac: '12:34:56:78:9a:bc' }), ['12:34:56:78:9a:bc'], []],
    [
      'umami',
      'what was told of the browser',
      json('/api/send', { type: 'event', payload: { website: IKEY, browser: 'firefox', os: 'Windows 10', device: 'desktop' } }),
      ['firefox', 'Windows 10', 'desktop'],
      [],
    ],
    [
      'posthog',
      'how flags are asked for',
      json('/flags/', { token: KEY, evaluation_contexts: ['web'], disable_flags: false }),
      ['"web"', 'disable_flags'],
      [],
    ],
  ];

  it.each(rows)('%s: %s', (vendor, _, hit, kept, gone) => {
    const text = leave(vendor, hit, { actions: NO_ADVERTISING });
    expect([kept.filter((value) => !text.includes(value)), gone.filter((value) => text.includes(value))]).toEqual([[], []]);
  });
});

describe('pseudonyms', () => {
  const rules = { ...STRICT, ids: 'pseudonymize-daily' as const };
  const pseudonymize = (value: string): string => `p${value.length}`;
  const UUID = /^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/;
  const inBody = (text: string, name: string): unknown => {
    const value = new RegExp(`"${name}":("[^"]*"|[^,}]*)`).exec(text)?.[1];
    return value === undefined ? null : JSON.parse(value);
  };

  it.each([
    ['ga4', 'session_id', 1795435000, /^\d{1,15}$/, 'number'],
    ['amplitude', 'session_id', 1795435000123, /^\d{1,15}$/, 'number'],
    ['rudderstack', 'sessionId', 1795435000123, /^\d{1,15}$/, 'number'],
    ['ga4', 'app_instance_id', '4C8F5B0A9D7E4F21A3B6C5D4E3F2A1B0', /^[\da-f]{32}$/, 'string'],
    ['snowplow', 'tabId', '8674946d-95bf-4526-b495-9b52f6a6b055', UUID, 'string'],
    ['snowplow', 'firstEventId', '80c7ed8f-1db0-4cd1-b73f-e9da3b66b266', UUID, 'string'],
    ['sentry', 'trace_id', '771a43a4192642f0b136d5159a501700', /^[\da-f]{32}$/, 'string'],
    ['sentry', 'span_id', 'b0e6f15b45c36b12', /^[\da-f]{16}$/, 'string'],
  ])('%s takes %s', (vendor, name, value, form, type) => {
    const member = { [name]: value };
    const hits: Record<string, PlainHit> = {
      ga4: json('/mp/collect?measurement_id=G-ABC123&api_secret=s', { ...member, events: [{ name: 'x', params: member }] }),
      amplitude: json('/2/httpapi', { api_key: KEY, events: [{ event_type: 'x', ...member }] }),
      rudderstack: json('/v1/track', { type: 'track', event: 'x', context: member }),
      snowplow: json('/com.snowplowanalytics.snowplow/tp2', {
        schema: 'iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4',
        data: [{ e: 'pv', co: JSON.stringify({ data: [entity('session', member)] }) }],
      }),
      sentry: json('/api/42/store/', { platform: 'javascript', level: 'error', contexts: { trace: member } }),
    };
    const text = leave(vendor, hits[vendor] as PlainHit, { rules, pseudonymize });
    const found = inBody(text, name);
    expect(text).not.toContain(String(value));
    expect(String(found)).toMatch(form);
    expect(typeof found).toBe(type);
  });

  it('are none of what a collector reads as a time, a key or an address', () => {
    const hit = query(MATOMO, { _id: 'e822a5927d60b2e3', _refts: '1795435000', token_auth: KEY });
    expect(leave('matomo', hit, { rules, pseudonymize })).not.toMatch(/_refts|token_auth/);
    const mirror = query('/collect?pid=123&fmt=gif', { e_ipv6: 'AQZW5jcnlwdGVkLWlwLXY2' });
    expect(leave('linkedin', mirror, { rules, pseudonymize })).not.toContain('e_ipv6');
  });

  it('leave the state of an identity as it is', () => {
    const identityMap = { Email: [{ id: 'id-1234', authenticatedState: 'authenticated', primary: true }] };
    const hit = json('/ee/v1/interact?configId=8c1a2b3c-1111-2222-3333-444455556666', { events: [{ xdm: { identityMap } }] });
    const text = leave('adobe-edge', hit, { rules, pseudonymize });
    expect(text).toContain('"identityMap":{"Email":[{"id":"p7","authenticatedState":"authenticated","primary":true}]}');
  });
});
