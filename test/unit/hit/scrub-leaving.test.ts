/**
 * What leaves of a hit, written down: each kind of field with each kind of value, and hits of every carrier, under four decisions.
 * The files in `test/vectors` are for reading, too; after a change that is meant, `npx vitest -u` writes them anew.
 */
import { brotliCompressSync, deflateRawSync, deflateSync, gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { scrubHit } from '../../../src/hit/scrub.ts';
import { loadAllProfiles } from '../../support/profiles.ts';
import {
  ANONYMIZE_ALL,
  LENIENT,
  NO_ADVERTISING,
  type PlainHit,
  type RequestOptions,
  STRICT,
  scrubRequest,
} from '../../support/scrub.ts';

const profiles = loadAllProfiles();
const file = (name: string): string => `../../vectors/leaves/${name}.txt`;

const DECISIONS: Readonly<Record<string, RequestOptions>> = {
  strict: { actions: ANONYMIZE_ALL, rules: STRICT, action: 'anonymize' },
  lenient: {
    actions: ANONYMIZE_ALL,
    rules: { ...LENIENT, ids: 'pseudonymize-daily', userAgent: 'keep', device: 'keep' },
    action: 'anonymize',
    pseudonymize: (value) => Buffer.from(`of the day ${value.length}`).toString('hex').slice(0, 32),
    country: 'US',
    subdivision: 'CA',
  },
  'without advertising': { actions: NO_ADVERTISING, rules: STRICT, action: 'forward', country: 'US', subdivision: 'CA' },
  'anonymized and without advertising': {
    actions: ['forward', 'forward', 'anonymize', 'drop', 'drop'],
    rules: {
      ...STRICT,
      ip: { v4: 16, v6: 32 },
      page: 'origin',
      text: 'keep',
      undeclared: 'scan',
      geo: 'none',
      device: 'drop',
      userAgent: 'drop',
      time: 'exact',
    },
    action: 'anonymize',
  },
};

function leaving(vendor: string, hit: PlainHit, options: RequestOptions): string[] {
  const profile = profiles.get(vendor);
  if (profile === undefined) throw new Error(vendor);
  const request = scrubRequest(profile, hit, options);
  const outcome = scrubHit(request);
  const report = outcome.report.map(({ place, class: carrier, deed }) => `  ${place}: ${carrier} ${deed}`);
  if (!outcome.ok) return [`  refused: ${outcome.reason}`, ...report];
  const { method, target, headers, body } = outcome.hit;
  const lines = [`  ${method} ${target}`];
  for (let i = 0; i < headers.length; i += 2) lines.push(`  ${headers[i]}: ${headers[i + 1]}`);
  if (body !== null) lines.push(`  | ${showBody(body)}`);
  const forbidden = outcome.forbidden.map(({ place, value }) => `  guarded, from ${place}: ${value}`);
  return [...lines, `  address: ${outcome.address}`, ...report, ...forbidden];
}

function showBody(body: Buffer): string {
  if (body[0] === 0x1f) return `gzip ${gunzipSync(body).toString()}`;
  const text = body.toString();
  return text.includes('\ufffd') ? `${body.length > 0 ? 'packed' : ''}` : text.replaceAll('\r', '\\r').replaceAll('\n', '\\n');
}

/** One or two fields of each class and type, as GA4's and Snowplow's profiles declare them. */
const FIELDS: readonly (readonly [vendor: string, field: string])[] = [
  ...[
    'cid',
    'uid',
    '_ono',
    'gclid',
    'dl',
    'dr',
    'ep.link_url',
    'dt',
    'ul',
    'sr',
    'uap',
    'uamb',
    'device.category',
    'ua',
    'uafvl',
  ],
  ...[
    '_uip',
    'user_location.country_id',
    'ur',
    'geoid',
    'ti',
    'timestamp_micros',
    'ep.unknown',
    'never_declared',
    'email',
    'fbclid',
    'en',
    'cu',
  ],
].map((field) => ['ga4', field] as const);

const VALUES = [
  '',
  '1',
  'true',
  'abc',
  'page_view',
  'EUR',
  'de',
  'de-AT',
  'US-CA',
  'CA',
  '1920x1080',
  '141.0.7390.55',
  'Windows',
  'mobile',
  '1790000002',
  '1790000002345678',
  '2026-11-25T12:34:56Z',
  '159566452.1795435686',
  '9f8e7d6c-1b2a-4c3d-8e9f-0a1b2c3d4e5f',
  'a1b2c3d4e5f60718293a4b5c6d7e8f90',
  'anna.muster@example.com',
  'Anna Muster',
  'Dear anna.muster@example.com, hello',
  '+49 30 1234567',
  '203.0.113.77',
  '198.51.100.9:443',
  '2001:db8::1',
  '0.0.0.0',
  'unknown',
  'Cj0KCQjwAbCdEfGh1234',
  '/kasse/danke',
  '/kunde/anna@example.com/48213377',
  'https://shop.example/',
  'https://shop.example/tee/gruen?utm_source=news&page=2#top',
  'https://shop.example/kasse;jsessionid=9f8e7d6c5b4a3921?email=anna%40example.com&gclid=Cj0KCQjwAbCdEfGh1234&q=tee',
  'https://u-4821337712.shop.example/a',
  'https://203.0.113.77/a',
  'android-app://com.example.shop/',
  'not an address',
  'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15',
  '{"a":1,"email":"anna@example.com"}',
  'x'.repeat(600),
];

describe.each(Object.entries(DECISIONS))('%s: what leaves', (name, options) => {
  it('of one field', async () => {
    const text: string[] = [];
    for (const [vendor, field] of FIELDS)
      for (const value of VALUES) {
        const shown = value.length > 200 ? `${value.slice(0, 10)}… (${value.length})` : value;
        const base = '/g/collect?v=2&tid=G-ABC123';
        const request = scrubRequest(
          profiles.get(vendor) as Exclude<ReturnType<typeof profiles.get>, undefined>,
          { target: `${base}&${field}=${encodeURIComponent(value)}` },
          options,
        );
        const outcome = scrubHit(request);
        const left = outcome.ok
          ? decodeURIComponent(outcome.hit.target.replace(`${base}&`, '').replace(base, '-')).replaceAll(
              value.length > 200 ? value : '\n',
              shown,
            )
          : `refused: ${outcome.reason}`;
        const deeds = outcome.report.map(({ place, class: carrier, deed }) => `${place} ${carrier} ${deed}`);
        const guarded = outcome.ok ? outcome.forbidden.slice(1).map((secret) => secret.value.slice(0, 60)) : [];
        text.push(
          `${field}=${shown}\n  ${left}${deeds.length > 0 ? `   [${deeds.join(', ')}]` : ''}${guarded.length > 0 ? `   guarded: ${guarded.join(' ')}` : ''}`,
        );
      }
    await expect(`${text.join('\n')}\n`).toMatchFileSnapshot(file(`fields ${name}`));
  });

  it('of whole hits', async () => {
    const text = HITS.flatMap(([title, vendor, hit, more]) => [
      `# ${title} (${vendor})`,
      ...leaving(vendor, hit, { ...options, ...more }),
      '',
    ]);
    await expect(text.join('\n')).toMatchFileSnapshot(file(`hits ${name}`));
  });
});

const json = (value: unknown): string => JSON.stringify(value);
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const GA = '/g/collect?v=2&tid=G-ABC123&en=page_view&cid=159566452.1795435686';
const PAGE = encodeURIComponent(
  'https://shop.example/kasse?gclid=Cj0KCQjwAbCdEfGh1234&x=1&back=%2Fa%3Ffbclid%3DIwAR2aBcDeFgHiJk#f=1',
);
const SEGMENT = {
  type: 'track',
  event: 'Order Completed',
  messageId: '9f8e7d6c-1b2a-4c3d-8e9f-0a1b2c3d4e5f',
  anonymousId: 'a1b2c3d4-e5f6-4718-893a-4b5c6d7e8f90',
  userId: 'u-48213377',
  timestamp: '2026-11-25T12:34:56.789Z',
  properties: {
    revenue: 12.5,
    currency: 'EUR',
    email: 'anna.muster@example.com',
    nested: [{ gclid: 'Cj0KCQjwAbCdEfGh1234' }, null, true],
  },
  context: {
    ip: '203.0.113.77',
    locale: 'de-DE',
    page: { url: 'https://shop.example/kasse?email=a%40b.example', title: 'Kasse' },
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0',
  },
};

const HITS: readonly (readonly [title: string, vendor: string, hit: PlainHit, more?: RequestOptions])[] = [
  [
    'headers of a browser',
    'ga4',
    {
      target: GA,
      headers: [
        'host',
        'shop.example',
        'User-Agent',
        'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0',
        'accept',
        'image/avif',
        'Accept-Language',
        'de-AT,de;q=0.9,en;q=0.5',
        'Sec-CH-UA',
        '"Chromium";v="141", "Not?A_Brand";v="8"',
        'Sec-CH-UA-Mobile',
        '?0',
        'Sec-CH-UA-Platform',
        '"Linux"',
        'Origin',
        'https://shop.example',
        'Referer',
        'https://shop.example/kasse?email=anna@example.com&gclid=Cj0KCQjwAbCdEfGh1234',
        'DNT',
        '1',
        'Cookie',
        '_ga=GA1.1.159566452.1795435686; _gcl_au=1.1.1234567890.1790000000; theme=dark; PHPSESSID=9f8e7d6c5b4a; _fbp=fb.1.1790000002345.123456789',
      ],
    },
  ],
  [
    'headers of other people',
    'ga4',
    {
      target: GA,
      headers: [
        'X-Client-Data',
        'CIa2yQEIprbJAQ==',
        'X-Forwarded-For',
        '203.0.113.77',
        'If-None-Match',
        '"abc123def456"',
        'Authorization',
        'Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.x',
        'User-Agent',
        'App/1.0 (user anna.muster@example.com)',
        'Accept-Language',
        'de, anna@example.com',
        'Sec-CH-UA-Platform',
        '"anna"',
        'X-Plain',
        'hello',
        'X-Empty',
        '',
        'User-Agent',
        'second',
        'Origin',
        'null',
        'DNT',
        'maybe',
      ],
    },
  ],
  [
    'click ids in addresses',
    'ga4',
    {
      target: `${GA}&dl=${PAGE}&dr=${PAGE}&ep.note=came+with+Cj0KCQjwAbCdEfGh1234`,
      headers: ['Referer', decodeURIComponent(PAGE)],
    },
  ],
  ['consent flags', 'ga4', { target: `${GA}&gcs=G111&gcd=13t3t3t3t5&npa=0&dma=1` }],
  ['flags that are none', 'ga4', { target: `${GA}&gcs=Ganna&gcd=anna` }],
  [
    'names twice, without value, of no form',
    'ga4',
    { target: `${GA}&cid=2.3&en=second&flag&anna@example.com&=x&&ep.a@b=1&a%20b=1&${'n'.repeat(200)}=1` },
  ],
  [
    'lines of a form',
    'ga4',
    {
      method: 'POST',
      target: '/g/collect?v=2&tid=G-ABC123&cid=159566452.1795435686',
      headers: ['Content-Type', 'text/plain;charset=UTF-8'],
      body: 'en=page_view&dt=Kasse&ep.email=anna@example.com\r\nen=scroll&epn.percent=90\r\n\r\n?en=third&gclid=Cj0KCQjwAbCdEfGh1234',
    },
  ],
  ['no id that the collector needs', 'ga4', { target: '/g/collect?v=2&en=page_view' }],
  [
    'a path with matrix and more',
    'matomo',
    {
      target:
        '/matomo.php;jsessionid=9f8e7d6c5b4a3921;a=1?idsite=1&rec=1&_id=0123456789abcdef&url=https%3A%2F%2Fshop.example%2F&action_name=Tee',
      headers: [],
    },
    { routePath: '/matomo.php' },
  ],
  ['below a route with a star', 'matomo', { target: '/m/matomo.php?idsite=1&rec=1&uid=anna' }, { routePath: '/m/*' }],
  [
    'below a route with a star, with an id in the path',
    'matomo',
    { target: '/m/4821337712/matomo.php?idsite=1&rec=1' },
    { routePath: '/m/*' },
  ],
  [
    'a batch of Matomo',
    'matomo',
    {
      method: 'POST',
      target: '/matomo.php',
      headers: ['Content-Type', 'application/json'],
      body: json({
        requests: [
          '?idsite=1&rec=1&_id=0123456789abcdef&uid=anna&url=https%3A%2F%2Fshop.example%2F%3Femail%3Da%40b.example',
          '?idsite=1&rec=1&ping=1',
        ],
        token_auth: '0123456789abcdef0123456789abcdef',
      }),
    },
  ],
  ['Segment', 'segment', { method: 'POST', target: '/v1/t', headers: ['Content-Type', 'application/json'], body: json(SEGMENT) }],
  [
    'Segment, packed',
    'segment',
    {
      method: 'POST',
      target: '/v1/t',
      headers: ['Content-Type', 'application/json', 'Content-Encoding', 'gzip'],
      body: gzipSync(json(SEGMENT)),
    },
  ],
  [
    'Segment, packed by others',
    'segment',
    { method: 'POST', target: '/v1/t', headers: ['Content-Encoding', 'br'], body: brotliCompressSync(json(SEGMENT)) },
  ],
  [
    'Segment, packed without a word',
    'segment',
    { method: 'POST', target: '/v1/t', headers: [], body: deflateSync(json(SEGMENT)) },
  ],
  [
    'Segment, packed raw',
    'segment',
    { method: 'POST', target: '/v1/t', headers: ['Content-Encoding', 'deflate'], body: deflateRawSync(json(SEGMENT)) },
  ],
  ['Segment in base64', 'segment', { method: 'POST', target: '/v1/t', headers: [], body: base64(json(SEGMENT)) }],
  [
    'a batch of Segment',
    'segment',
    {
      method: 'POST',
      target: '/v1/batch',
      headers: ['Content-Type', 'application/json'],
      body: json({ batch: [SEGMENT, { ...SEGMENT, type: 'page' }], sentAt: '2026-11-25T12:34:57Z', writeKey: 'key' }),
    },
  ],
  [
    'names of members twice, and odd ones',
    'segment',
    {
      method: 'POST',
      target: '/v1/t',
      headers: [],
      body: '{"type":"track","type":"anna@example.com","event":"x","anna@example.com":1,"properties":{"a b":"x","":"y"}, "n" : [ ] , "o":{}}',
    },
  ],
  [
    'Snowplow',
    'snowplow',
    {
      target: `/i?e=pv&tv=js-4.0.0&aid=shop&p=web&duid=9f8e7d6c-1b2a-4c3d-8e9f-0a1b2c3d4e5f&uid=anna&url=${PAGE}&page=Tee&cx=${base64(json({ schema: 'iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0', data: [{ schema: 'iglu:com.snowplowanalytics.snowplow/web_page/jsonschema/1-0-0', data: { id: '9f8e7d6c-1b2a-4c3d-8e9f-0a1b2c3d4e5f' } }] }))}&dtm=1790000002345&res=1920x1080&lang=de`,
    },
  ],
  [
    'Snowplow, plain context',
    'snowplow',
    {
      target: `/i?e=pv&p=web&co=${encodeURIComponent(json({ schema: 'iglu:a/b/jsonschema/1-0-0', data: [{ schema: 'iglu:x/y/jsonschema/1-0-0', data: { userId: 'a1b2c3d4-e5f6-4718-893a-4b5c6d7e8f90', sessionIndex: 3, email: 'a@b.example' } }] }))}&co=twice`,
    },
  ],
  ['Snowplow, a context that is none', 'snowplow', { target: '/i?e=pv&p=web&cx=bm9uc2Vuc2U&ue_px=%%%&ue_pr={broken' }],
  [
    'a whole hit in base64',
    'ga4',
    {
      target: `/g/collect?v=2&tid=G-ABC123&en=page_view&x7q=${base64('/g/collect?v=2&tid=G-ABC123&cid=159566452.1795435686&em=tv.abc')}`,
    },
  ],
  [
    'Meta',
    'meta',
    {
      target: `/tr?id=1234567890123456&ev=PageView&dl=${PAGE}&rl=&if=false&ts=1790000002345&fbp=fb.1.1790000002345.123456789&fbc=fb.1.1790000002345.IwAR2aBcDeFgHiJk&ud[em]=${'a1'.repeat(32)}&cd[value]=12.5&cd[currency]=EUR&sw=1920&sh=1080&v=2.9&r=stable&ec=0&o=4126&it=1790000002000&coo=false&dpo=`,
    },
  ],
  [
    'TikTok',
    'tiktok',
    {
      method: 'POST',
      target: '/api/v2/pixel',
      headers: ['Content-Type', 'application/json'],
      body: json({
        event: 'ViewContent',
        event_id: 'e1',
        message_id: 'm1',
        context: {
          ad: { callback: 'x' },
          user: { anonymous_id: 'a1b2c3d4', email: 'x'.repeat(64) },
          page: { url: 'https://shop.example/?ttclid=E.C.P.abc' },
          ip: '203.0.113.77',
          userAgent: 'Mozilla/5.0',
        },
        properties: { value: 1, currency: 'EUR' },
        limited_data_use: false,
      }),
    },
  ],
  [
    'Microsoft',
    'uet',
    {
      target: `/action/0?ti=12345678&Ver=2&mid=9f8e7d6c-1b2a-4c3d-8e9f-0a1b2c3d4e5f&sid=a1b2c3d4&vid=e5f60718&asc=G&p=${PAGE}&r=&lt=900&evt=pageLoad&sv=1&rn=123456`,
    },
  ],
  ['a pixel in a mail', 'email-open', { target: '/o/a1b2c3d4e5f60718.gif?u=anna%40example.com&c=news-11' }],
  [
    'a site of its own',
    'generic',
    {
      target: '/pixel.gif?event=open&page=%2Ftee&email=anna%40example.com&n=3&long=a1b2c3d4e5f60718293a&plain=hello+world',
      headers: ['Cookie', 'id=a1b2c3d4e5f60718293a; theme=dark', 'X-Id', 'a1b2c3d4e5f60718293a'],
    },
  ],
  [
    'JSON of a site of its own',
    'generic',
    {
      method: 'POST',
      target: '/pixel',
      headers: ['Content-Type', 'application/json'],
      body: json({
        event: 'open',
        user: { name: 'Anna', id: 7 },
        list: ['a', 'b@c.example'],
        deep: { a: { b: { c: 'x' } } },
        ok: true,
        none: null,
      }),
    },
  ],
  [
    'lines of JSON',
    'sentry',
    {
      method: 'POST',
      target: '/api/1/envelope/',
      headers: ['Content-Type', 'application/x-sentry-envelope'],
      body: '{"event_id":"9f8e7d6c1b2a4c3d8e9f0a1b2c3d4e5f","sent_at":"2026-11-25T12:34:56Z"}\n{"type":"event","length":41}\n{"message":"failed","user":{"id":"anna"},"level":"error"}\n',
    },
  ],
  [
    'several forms of one thing',
    'generic',
    {
      method: 'POST',
      target: '/pixel',
      headers: ['Content-Type', 'multipart/form-data; boundary=x'],
      body: '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--',
    },
  ],
  [
    'the same without a word',
    'generic',
    { method: 'POST', target: '/pixel', headers: [], body: '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--' },
  ],
  [
    'bytes that nobody knows',
    'generic',
    { method: 'POST', target: '/pixel', headers: [], body: Buffer.from([0xff, 0xfe, 1, 2, 3]) },
  ],
  ['XML', 'generic', { method: 'POST', target: '/pixel', headers: [], body: '<a b="c"/>' }],
  ['words', 'generic', { method: 'POST', target: '/pixel', headers: [], body: 'hello world' }],
  ['broken JSON', 'generic', { method: 'POST', target: '/pixel', headers: [], body: '{"a":' }],
  [
    'a coding that nobody knows',
    'generic',
    { method: 'POST', target: '/pixel', headers: ['Content-Encoding', 'zstd'], body: 'a=1' },
  ],
  [
    'an empty body',
    'generic',
    { method: 'POST', target: '/pixel?a=1', headers: ['Content-Type', 'text/plain'], body: Buffer.alloc(0) },
  ],
  [
    'a body with a mark of its order',
    'generic',
    {
      method: 'POST',
      target: '/pixel',
      headers: ['Content-Type', 'application/json; charset=utf-8'],
      body: '\ufeff{"event":"open","email":"a@b.example"}',
    },
  ],
  [
    'more depth than is looked into',
    'generic',
    { method: 'POST', target: '/pixel', headers: [], body: `${'{"a":'.repeat(20)}1${'}'.repeat(20)}` },
  ],
];
