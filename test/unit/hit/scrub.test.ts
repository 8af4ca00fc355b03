import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { guardHit } from '../../../src/hit/guard.ts';
import type { OutgoingHit, ScrubOutcome } from '../../../src/hit/outgoing.ts';
import { scrubHit } from '../../../src/hit/scrub.ts';
import { readProfile } from '../../../src/vendors/load.ts';
import { loadAllProfiles } from '../../support/profiles.ts';
import {
  type Actions,
  LENIENT,
  NO_ADVERTISING,
  type PlainHit,
  type RequestOptions,
  STRICT,
  scrubRequest,
} from '../../support/scrub.ts';

const profiles = loadAllProfiles();

function request(vendor: string, hit: PlainHit, options?: RequestOptions) {
  const profile = profiles.get(vendor);
  if (profile === undefined) throw new Error(vendor);
  return scrubRequest(profile, hit, options);
}

function run(vendor: string, hit: PlainHit, options?: RequestOptions): ScrubOutcome {
  return scrubHit(request(vendor, hit, options));
}

function scrub(vendor: string, hit: PlainHit, options?: RequestOptions): OutgoingHit {
  const outcome = run(vendor, hit, options);
  if (!outcome.ok) throw new Error(outcome.reason);
  return outcome.hit;
}

/** Value of a field of the query, decoded; null where it is gone. */
function field(hit: OutgoingHit, name: string): string | null {
  return new URL(hit.target, 'http://x').searchParams.get(name);
}

const GA4 = '/g/collect?v=2&tid=G-ABC123&en=page_view';
const URL_WITH_IDS = encodeURIComponent(
  'https://shop.example.com/kasse/danke?order=1&gclid=Cj0KCQjwAbC&email=anna%40example.com#top',
);

describe('the path of an anonymized hit', () => {
  it('is that of its route, whatever that holds and stands behind it', () => {
    const target = '/v22.0/4839201746538290/events;utm_source=a?access_token=EAAB1';
    const outcome = run('meta-capi', { method: 'POST', target, body: '{"data":[{"event_name":"Purchase"}]}' }, { rules: STRICT });
    if (!outcome.ok) throw new Error(outcome.reason);
    expect(outcome.hit.target).toBe('/v22.0/4839201746538290/events?access_token=EAAB1');
    expect(guardHit(outcome.hit, outcome.forbidden)).toEqual({ ok: true });
  });
});

describe('cookies that tell of pages', () => {
  const cookies =
    '_landing_page=%2Ftee; _orig_referrer=https%3A%2F%2Fsearch.example%2F; last=https://shop.example.com/tee; title=Red%20Tee; id=zaphod77';
  const target = `${GA4}&dl=${encodeURIComponent('https://shop.example.com/tee')}&dr=${encodeURIComponent('https://search.example/')}&dt=Red%20Tee`;

  it.each([
    ['anonymized', { rules: STRICT }],
    ['forwarded in part', { actions: NO_ADVERTISING }],
  ] as const)('cost a hit that is %s neither its page nor its referrer', (_, options) => {
    const outcome = run('ga4', { target, headers: ['Cookie', cookies] }, options);
    if (!outcome.ok) throw new Error(outcome.reason);
    expect(field(outcome.hit, 'dl')).toBe('https://shop.example.com/tee');
    expect(field(outcome.hit, 'dr')).toBe('https://search.example/');
    expect(guardHit(outcome.hit, outcome.forbidden)).toEqual({ ok: true });
  });
});

describe('a hit that is forwarded in part', () => {
  const part = (hit: PlainHit): OutgoingHit => scrub('ga4', hit, { actions: NO_ADVERTISING });

  it('stays byte for byte where nothing of it is forbidden', () => {
    const target = `${GA4}&dl=https://shop.example.com/a%2Fb?x=1&cid=1.2&npa=1&gcs=G101&&ep.x=%zz`;
    const headers = ['host', 'shop.example', 'USER-agent', 'Mozilla/5.0', 'cookie', '_ga=GA1.1.1.2; _ga_ABC=x'];
    const body = Buffer.from('en=a&_et=5\r\nen=b');
    const out = part({ method: 'POST', target, headers, body });
    expect(out.target).toBe(target);
    expect(out.headers).toEqual(headers);
    expect(out.body).toBe(body);
  });

  it('keeps the mark of a query without fields', () => {
    expect(part({ method: 'POST', target: '/g/collect?', body: 'v=2&tid=G-ABC123&en=a' }).target).toBe('/g/collect?');
    expect(part({ target: '/g/collect?gclid=Cj0KCQjwAbC' }).target).toBe('/g/collect');
  });

  it('loses click ids, advertising cookies and what nobody declared, and nothing else', () => {
    const out = part({
      target: `${GA4}&cid=159566452.1795435686&gclid=Cj0KCQjwAbC&zzz=1&dl=${URL_WITH_IDS}&ep.plan=pro`,
      headers: [
        'X-Unknown',
        'abc',
        'Referer',
        'https://shop.example.com/?fbclid=IwAR2a&p=1',
        'Cookie',
        '_ga=GA1.1.1.2; _gcl_au=1.1.3; PHPSESSID=9f8e7d6c; _fbp=fb.1.2.3',
      ],
    });
    expect(field(out, 'cid')).toBe('159566452.1795435686');
    expect(field(out, 'gclid')).toBeNull();
    expect(field(out, 'zzz')).toBeNull();
    expect(field(out, 'ep.plan')).toBe('pro');
    expect(field(out, 'dl')).toBe('https://shop.example.com/kasse/danke?order=1&email=anna%40example.com#top');
    expect(out.headers).toEqual(['Referer', 'https://shop.example.com/?p=1', 'Cookie', '_ga=GA1.1.1.2']);
  });

  it('sets the restricted mode, never softer than what came', () => {
    const set = (flags: string): string => part({ target: `${GA4}${flags}` }).target.replace(GA4, '');
    expect(set('&gcs=G111&gcd=13t3t3t3t5&npa=0')).toBe('&gcs=G101&gcd=13p3t3p3p5&npa=1');
    expect(set('&gcs=G100&gcd=13q3q3q3q5&npa=1')).toBe('&gcs=G100&gcd=13q3q3q3q5&npa=1');
    expect(set('')).toBe('&npa=1&gcs=G101');
  });

  it('lets nothing pass for a consent flag that is none', () => {
    const out = part({ target: `${GA4}&gcs=G111anna&gcd=tel:79696c6d617a2e616e6e6137` });
    expect(out.target).toBe(`${GA4}&npa=1&gcs=G101`);
    expect(scrub('ga4', { target: `${GA4}&gcd=2001:db8::7` }).target).toBe(`${GA4}&npa=1&gcs=G100`);
  });

  it('removes a click id by its value from fields that are kept', () => {
    const out = part({ target: `${GA4}&dl=${URL_WITH_IDS}&ep.note=${encodeURIComponent('came with Cj0KCQjwAbC today')}` });
    expect(out.target).not.toContain('Cj0KCQjwAbC');
  });

  it('passes consent strings verbatim', () => {
    const tc = 'CQnSI_AQnSI_AAfUOBDECnFgAAAAAAAAAAig';
    expect(field(part({ target: `${GA4}&gdpr_consent=${tc}` }), 'gdpr_consent')).toBe(tc);
  });
});

describe('an anonymized hit', () => {
  it('is built from listed headers in a fixed order and case', () => {
    const out = scrub('ga4', {
      target: GA4,
      headers: [
        ...[
          'referer',
          'https://shop.example.com/kasse?email=a@b.example',
          'X-B',
          '1',
          'cookie',
          '_ga=1.2',
          'accept-language',
          'de-AT,de;q=0.9',
          'Sec-GPC',
          '1',
        ],
        ...[
          'USER-AGENT',
          'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36',
          'content-type',
          'Text/Plain; charset=utf-8; x=y',
          'accept',
          'image/*',
        ],
      ],
    });
    expect(out.headers).toEqual([
      ...[
        'User-Agent',
        'Mozilla/5.0 (Windows) Chrome',
        'Accept',
        '*/*',
        'Accept-Language',
        'de',
        'Referer',
        'https://shop.example.com/',
      ],
      ...['Content-Type', 'text/plain;charset=UTF-8'],
    ]);
  });

  it('goes to the route, with one value of each declared field of its type', () => {
    const out = scrub(
      'ga4',
      {
        target: '/x/anna@example.com/g/collect;u=1?v=2&v=3&tid=G-ABC&tid=anna&en=page_view&cu=EUR&cu=x&epn.value=12&foo=1&%65n=y',
      },
      { routePath: '/g/collect' },
    );
    expect(out.target.replace(/&npa=1.*/, '')).toBe('/g/collect?v=2&tid=G-ABC&en=page_view&cu=EUR&epn.value=12');
    expect(field(scrub('ga4', { target: `${GA4}&cu=anna@example.com` }), 'cu')).toBeNull();
  });

  it('has placeholders where the collector needs a field', () => {
    expect(field(scrub('ga4', { target: `${GA4}&cid=159566452.1795435686` }), 'cid')).toBe('555.1');
    const body = JSON.stringify({
      api_key: 'phc_x',
      batch: [{ event: 'a', distinct_id: 'u-48213', properties: { distinct_id: 'u-48213' } }],
    });
    expect(scrub('posthog', { target: '/e/', body }).body?.toString()).toBe(
      '{"api_key":"phc_x","batch":[{"event":"a","distinct_id":"anonymous","properties":{"distinct_id":"anonymous"}}]}',
    );
  });

  it.each([
    ['page', { page: 'keep' as const }, 'dl', 'https://shop.example.com/kasse/danke?order=1'],
    ['page', { page: 'path' as const }, 'dl', 'https://shop.example.com/kasse/danke'],
    ['page', { page: 'origin' as const }, 'dl', 'https://shop.example.com/'],
    ['page', { page: 'drop' as const }, 'dl', null],
    ['referrer', { page: 'keep' as const, referrer: 'keep' as const }, 'dr', 'https://mail.example.org/read/-?x=1'],
    ['referrer', { referrer: 'origin' as const }, 'dr', 'https://mail.example.org/'],
    ['referrer', { referrer: 'drop' as const }, 'dr', null],
    ['device', { device: 'keep' as const }, 'sr', '1437x873'],
    ['device', { device: 'coarse' as const }, 'sr', '1440x900'],
    ['device', { device: 'drop' as const }, 'sr', null],
    ['text', { text: 'keep' as const }, 'dt', 'Danke, -! Bis bald'],
    ['text', { text: 'drop' as const }, 'dt', null],
    ['time', { time: 'exact' as const }, '_ts', '1795435619283'],
    ['time', { time: 'hour' as const }, '_ts', '1795435200000'],
    ['join-ids', { joinIds: 'keep' as const }, '_p', '1795435685522'],
    ['join-ids', { joinIds: 'drop' as const }, '_p', null],
    ['geo', { geo: 'region' as const }, 'ur', 'US-TX'],
    ['geo', { geo: 'country' as const }, 'ur', 'US'],
    ['geo', { geo: 'none' as const }, 'ur', null],
    ['ip', { ip: { v4: 24, v6: 48 } }, '_uip', '198.51.100.0'],
    ['ip', { ip: 'drop' as const }, '_uip', null],
    ['undeclared', { undeclared: 'scan' as const }, 'ep.plan', 'pro'],
    ['undeclared', { undeclared: 'scan' as const }, 'ep.customer_mail', null],
    ['undeclared', { undeclared: 'scan' as const }, 'ep.note', null],
    ['undeclared', { undeclared: 'drop' as const }, 'ep.plan', null],
  ])('%s: %j makes %s %s', (_, rules, name, expected) => {
    const dr = encodeURIComponent('https://mail.example.org/read/u-48213?x=1&u=anna@example.com');
    const dt = encodeURIComponent('Danke, anna@example.com! Bis bald');
    const target = `${GA4}&dl=${URL_WITH_IDS}&dr=${dr}&dt=${dt}&sr=1437x873&_ts=1795435619283&_p=1795435685522&ur=US-TX&_uip=198.51.100.77&ep.plan=pro&ep.customer_mail=x&ep.note=YW5uYUBleGFtcGxlLmNvbQ`;
    expect(field(scrub('ga4', { target }, { rules: { ...STRICT, ...rules } }), name)).toBe(expected);
  });

  it('keeps a value out of kept fields when another field gave it away', () => {
    const out = scrub(
      'ga4',
      { target: `${GA4}&uid=zaphod.b&dt=${encodeURIComponent('Hallo zaphod.b')}&ep.x=zaphod.b` },
      { rules: LENIENT },
    );
    expect(out.target).not.toContain('zaphod');
  });

  it('gives pseudonyms in the form of the field, never to a no', () => {
    const rules = { ...STRICT, ids: 'pseudonymize-daily' as const };
    const pseudonymize = (value: string): string => `p${value.length}`;
    const id = (vendor: string, target: string, name: string, actions?: Actions): string | null =>
      field(
        scrub(vendor, { target }, { rules, pseudonymize, ...(actions === undefined ? {} : { actions, action: 'anonymize' }) }),
        name,
      );
    expect(id('matomo', '/matomo.php?idsite=3&_id=e822a5927d60b2e3', '_id')).toMatch(/^[0-9a-f]{16}$/);
    expect(id('snowplow', '/i?e=pv&duid=a82b3e80-9426-4a04-8909-85a5879c31ae', 'duid')).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(id('ga4', `${GA4}&cid=159566452.1795435686`, 'cid')).toMatch(/^\d{1,10}\.\d{1,10}$/);
    expect(id('ga4', `${GA4}&uid=u-48213`, 'uid')).toBeNull();
    const request_ = request('matomo', { target: '/matomo.php?idsite=3&_id=e822a5927d60b2e3' }, { rules, pseudonymize });
    const denied = request_.judgement.purposes.map((decision) => ({ ...decision, state: 'withdrawn' as const }));
    const outcome = scrubHit({ ...request_, judgement: { ...request_.judgement, purposes: denied } });
    expect(outcome.ok && field(outcome.hit, '_id')).toBeNull();
  });

  it('drops fields whose purpose is dropped, and keeps those whose purpose is forwarded', () => {
    const actions: Actions = ['forward', 'forward', 'forward', 'drop', 'anonymize'];
    const out = scrub(
      'ga4',
      { target: `${GA4}&cid=159566452.1795435686&gclid=Cj0KCQ&em=tv.1~em.abc` },
      { actions, action: 'anonymize' },
    );
    expect(field(out, 'cid')).toBe('159566452.1795435686');
    expect(field(out, 'gclid')).toBeNull();
    expect(field(out, 'em')).toBeNull();
  });

  it.each([
    ['meta', '/tr?id=1122&ev=PageView', 'US', 'CA', 'dpo=LDU&dpoco=0&dpost=0'],
    ['uet', '/action/0?ti=1&evt=x&asc=G', 'DE', undefined, 'asc=D'],
    ['x', '/i/adsct?txn_id=o7z1d', 'DE', undefined, 'restricted_data_use=restrict_optimization'],
    ['google-ads', '/pagead/conversion/1/?gtm=45Pe&label=x&gcs=G111', 'DE', undefined, 'npa=1'],
    ['google-ads', '/activity;src=1;dma=1;dma_cps=syphamo', 'DE', undefined, ';dma_cps=-'],
  ])('sets the restricted mode of %s', (vendor, target, country, subdivision, expected) => {
    const out = scrub(vendor, { target }, { country, ...(subdivision === undefined ? {} : { subdivision }) });
    expect(out.target).toContain(expected);
  });

  it('tells Meta the state only where the policy lets the region be told', () => {
    const options = { country: 'US', subdivision: 'CA', rules: { ...STRICT, geo: 'region' as const } };
    expect(scrub('meta', { target: '/tr?id=1&ev=PageView' }, options).target).toContain('dpo=LDU&dpoco=1&dpost=1000');
  });

  it('adds the restricted mode to each event of a JSON body', () => {
    const body = JSON.stringify({ event_source_id: 'C1', data: [{ event: 'a' }, { event: 'b', limited_data_use: false }] });
    expect(scrub('tiktok', { target: '/open_api/v1.3/event/track/', body }).body?.toString()).toBe(
      '{"event_source_id":"C1","data":[{"event":"a","limited_data_use":true},{"event":"b","limited_data_use":true}]}',
    );
  });

  it('is refused where nothing stays that the collector could use, and where it is a recording', () => {
    expect(run('ga4', { target: '/g/collect?x=1' })).toMatchObject({ ok: false, reason: 'nothing-left' });
    expect(run('posthog', { target: '/s/?compression=gzip', body: '{}' })).toMatchObject({ ok: false, reason: 'opaque' });
    expect(run('clarity', { target: '/collect', body: '{}' })).toMatchObject({ ok: false, reason: 'opaque' });
  });
});

describe('identifiers where nobody looks for them', () => {
  const keep = { ...LENIENT, userAgent: 'keep' as const, device: 'keep' as const };
  const headers = (name: string, value: string, rules = keep): string[] => [
    ...scrub('ga4', { target: GA4, headers: [name, value] }, { rules }).headers,
  ];

  it.each(['9f8e7d6c5b4a39281706f5e4d3c2b1a0', 'a82b3e80-9426-4a04-8909-85a5879c31ae', '203.0.113.77'])(
    'the name %s of a field or member goes with its value',
    (id) => {
      expect(scrub('linkedin', { target: `/collect?pid=1&fmt=gif&${id}=1` }, { rules: LENIENT }).target).not.toContain(id);
      const body = JSON.stringify({ type: 'track', properties: { [id]: 1, plan: 'pro', [`${id}@example.com`]: { a: null } } });
      expect(scrub('segment', { method: 'POST', target: '/v1/t', body }, { rules: LENIENT }).body?.toString()).toBe(
        '{"type":"track","properties":{"plan":"pro"}}',
      );
    },
  );

  it('a browser header is kept in its form only', () => {
    const agent =
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6.0.1 Safari/605.1.15';
    const brands = '"Chromium";v="141.0.0.0", "Not?A_Brand";v="8"';
    expect(headers('User-Agent', agent)).toEqual(['User-Agent', agent]);
    expect(headers('Sec-CH-UA', brands)).toEqual(['Sec-CH-UA', brands]);
    expect(headers('Accept-Language', 'de-AT,de;q=0.9, en;q=0.8')).toEqual(['Accept-Language', 'de-AT,de;q=0.9, en;q=0.8']);
    expect(headers('User-Agent', `${agent} anna@example.com`)).toEqual(['User-Agent', 'Mozilla/5.0 (Macintosh) Safari']);
    expect(headers('Accept-Language', 'de, 203.0.113.77')).toEqual(['Accept-Language', 'de']);
    expect(headers('Sec-CH-UA', '"u-9f8e7d6c5b4a39281706f5e4";v="1"')).toEqual([]);
  });

  it('a browser header that names somebody belongs to the strictest purpose', () => {
    const sent = ['User-Agent', 'Shop/1.2.3.4 (anna@example.com)', 'Accept', '*/*', 'Sec-CH-UA', '"Chromium";v="141.0.0.0"'];
    const out = scrub('ga4', { target: GA4, headers: sent }, { actions: NO_ADVERTISING });
    expect(out.headers).toEqual(['User-Agent', 'Mozilla/5.0 (Other) Other', ...sent.slice(2)]);
  });

  it.each(['https://9f8e7d6c5b4a39281706f5e4.shop.example', 'https://u4821377.shop.example', 'http://203.0.113.77:8080'])(
    'the host of %s is no origin for everybody',
    (origin) => {
      expect(headers('Origin', origin)).toEqual([]);
      expect(headers('Referer', `${origin}/a`)).toEqual([]);
      expect(field(scrub('ga4', { target: `${GA4}&dl=${encodeURIComponent(origin)}` }, { rules: keep }), 'dl')).toBeNull();
    },
  );
});

describe('the report', () => {
  it('names place, class and deed, never a value', () => {
    const outcome = run('ga4', {
      target: `${GA4}&uid=anna@example.com&dl=${URL_WITH_IDS}&anna@example.com=1&u48213777=2`,
      headers: ['Cookie', '_ga=GA1.1.1234567890.1790000001; u-4821377=1'],
    });
    expect(outcome.report).toContainEqual({ place: 'query:uid', class: 'direct', deed: 'stripped' });
    expect(outcome.report).toContainEqual({ place: 'query:dl', class: 'url', deed: 'cut' });
    expect(outcome.report).toContainEqual({ place: 'cookie:_ga', class: 'online-id', deed: 'stripped' });
    expect(JSON.stringify(outcome.report)).not.toMatch(/anna|4821377|1234567890|Cj0K/);
  });
});

describe('the client address', () => {
  const address = (vendor: string, options: RequestOptions): string | null => {
    const outcome = scrubHit(request(vendor, { target: '/x?n=pageview&d=shop.example&u=/' }, options));
    if (!outcome.ok) throw new Error(outcome.reason);
    return outcome.address;
  };

  it('belongs to the strictest purpose, unless the profile says which needs it', () => {
    expect(address('ga4', { actions: NO_ADVERTISING })).toBeNull();
    expect(address('plausible', { actions: NO_ADVERTISING })).toBe('203.0.113.77');
    expect(address('generic', { actions: NO_ADVERTISING })).toBe('203.0.113.77');
  });

  it('is masked or removed in an anonymized hit', () => {
    expect(address('plausible', { rules: LENIENT })).toBe('203.0.113.0');
    expect(address('plausible', { rules: STRICT })).toBeNull();
  });
});

describe('the parts of a hit', () => {
  const read = readProfile(
    'demo.yaml',
    `
schema: 1
vendor: demo
title: A vendor with endpoints below a folder
purposes: [analytics]
recipient: own
click-ids: advertising
endpoints: ["/e", "/e/**"]
opaque: [/e/recording]
fields:
  - { names: [v], class: utility, type: slug, required: true }
  - { names: ["n", m], class: text }
  - { names: [x, z], class: online-id, purpose: advertising }
`,
  );
  if (!read.ok) throw new Error(read.errors.map(({ message }) => message).join('\n'));
  const { profile } = read;

  interface DemoOptions extends RequestOptions {
    readonly clientAddress?: string | null;
  }

  function demo(hit: PlainHit, { clientAddress = null, ...options }: DemoOptions = {}): ScrubOutcome {
    return scrubHit({ ...scrubRequest(profile, hit, options), clientAddress });
  }

  function passed(hit: PlainHit, options?: DemoOptions): Extract<ScrubOutcome, { ok: true }> {
    const outcome = demo(hit, options);
    if (!outcome.ok) throw new Error(outcome.reason);
    return outcome;
  }

  const places = (outcome: ScrubOutcome): string[] => outcome.report.map(({ place }) => place);
  const values = (hit: PlainHit, options?: DemoOptions): string[] =>
    passed(hit, options).forbidden.map(({ place, value }) => `${place} ${value}`);
  const FORWARD: DemoOptions = { actions: NO_ADVERTISING };

  it.each([
    ['/e/track', '/e/*', '/e/track'],
    ['/e/a.b_c-D/9', '/e/*', '/e/a.b_c-D/9'],
    ['/e/12345', '/e/*', '/e/12345'],
    ['/e/123456', '/e/*', '/e/'],
    ['/e/a123456b', '/e/*', '/e/'],
    ['/e/abcdefabcdefabc', '/e/*', '/e/abcdefabcdefabc'],
    ['/e/abcdefabcdefabcd', '/e/*', '/e/'],
    ['/e/an%6Ea', '/e/*', '/e/'],
    ['/e/anna@example.com', '/e/*', '/e/'],
    ['/e/track;u=anna', '/e/*', '/e/track'],
    ['/e/track;v=1;u=anna', '/e/*', '/e/track;v=1'],
    // A path that the vendor does not have.
    ['/f/track', '/f/*', '/f/'],
    // A route of one path is sent to as it is.
    ['/e/track', '/e', '/e'],
    ['/e/track;u=anna', '/e/track', '/e/track'],
    ['/e/track;v=1', '/e/track', '/e/track;v=1'],
    // Fields of a path that does not stay have nothing to stand behind.
    ['/e/anna@example.com;v=1', '/e/*', '/e/'],
    ['/e/track', '*/e', '*/e'],
  ])('an anonymized hit to %s of the route %s goes to %s', (path, routePath, sent) => {
    expect(passed({ target: `${path}?v=2` }, { routePath }).hit.target).toBe(`${sent}?v=2`);
  });

  it('the path of a forwarded hit stays, less what is forbidden in it', () => {
    const target = (text: string): string => passed({ target: text }, FORWARD).hit.target;
    expect(target('/e/123456')).toBe('/e/123456');
    expect(target('/e;v=1;x=anna77;n=2?v=1')).toBe('/e;v=1;n=2?v=1');
    expect(target('/e;x=anna77')).toBe('/e');
    expect(target('/e?x=anna77')).toBe('/e');
    expect(target('/e?x=anna77&v=1')).toBe('/e?v=1');
    expect(target('/e?')).toBe('/e?');
    const outcome = passed({ target: '/e;x=anna77?x=zaphod' }, FORWARD);
    expect(places(outcome)).toEqual(['path:x', 'query:x']);
    expect(outcome.forbidden.map(({ place, value }) => `${place} ${value}`)).toEqual(['path:x anna77', 'query:x zaphod']);
  });

  it('identifiers in a path are remembered where the path does not stay', () => {
    const hit = { target: '/e/anna@example.com;x=anna77?v=1' };
    expect(values(hit, { routePath: '/e/*' })).toEqual(['path:? anna@example.com', 'path:x anna77']);
    expect(values({ target: '/e/zaphod@example.com?v=1' }, { routePath: '/e/*' })).toEqual(['path:? zaphod@example.com']);
    // The key of the site in the path of its route is nobody's.
    expect(values({ target: '/e/9f8e7d6c5b4a39281706?v=1' }, { routePath: '/e/9f8e7d6c5b4a39281706' })).toEqual([]);
    expect(values({ target: '/e/9f8e7d6c5b4a39281706?v=1' }, { ...FORWARD, routePath: '/e/*' })).toEqual([]);
  });

  it('method and body stay, and the address is the one that may be known', () => {
    const body = Buffer.from('v=1&n=hello');
    const outcome = passed({ method: 'POST', target: '/e', body }, { ...FORWARD, clientAddress: '203.0.113.77' });
    expect(outcome.hit).toEqual({ method: 'POST', target: '/e', headers: [], body });
    expect(outcome).toMatchObject({ address: null, forbidden: [{ place: 'address', value: '203.0.113.77' }] });
    expect(passed({ target: '/e?v=1' }).hit.body).toBeNull();
  });

  it('the body is read by the headers that came with it', () => {
    const compressed = brotliCompressSync(Buffer.from('v=1&x=anna77'));
    const headers = ['content-encoding', 'br', 'content-type', 'text/plain'];
    expect(places(passed({ method: 'POST', target: '/e', headers, body: compressed }, FORWARD))).toEqual(['body:form:x']);
    const multipart = { method: 'POST', target: '/e?v=1', headers: ['Content-Type', 'Multipart/form-data'], body: 'v=1' };
    expect(demo(multipart, FORWARD)).toEqual({ ok: false, reason: 'multipart', report: [] });
  });

  it('a target of a megabyte is read, a longer one is refused unread', () => {
    const target = '/e?v=1&x=anna77&n='.padEnd(1_048_576, 'a');
    expect(passed({ target }, FORWARD).hit.target).toHaveLength(1_048_576 - '&x=anna77'.length);
    expect(demo({ target: `${target}a` }, FORWARD)).toEqual({ ok: false, reason: 'body-limits', report: [] });
  });

  it('after a refusal the body is not looked at', () => {
    const target = `/e?${'v=1&'.repeat(10_000)}v=1`;
    const body = 'x=anna77';
    expect(demo({ method: 'POST', target, body }, FORWARD)).toEqual({ ok: false, reason: 'body-limits', report: [] });
    const multipart = { headers: ['content-type', 'multipart/form-data'], body: 'v=1' };
    expect(demo({ method: 'POST', target, ...multipart }, FORWARD)).toEqual({ ok: false, reason: 'body-limits', report: [] });
  });

  it('a recording is refused where it would be anonymized only', () => {
    expect(demo({ target: '/e/recording?v=1' })).toEqual({ ok: false, reason: 'opaque', report: [] });
    expect(passed({ target: '/e/recording?v=1' }, FORWARD).hit.target).toBe('/e/recording?v=1');
    expect(passed({ target: '/e?v=/e/recording' }).hit.target).toBe('/e?v=/e/recording');
  });

  it('an anonymized hit without what the collector needs is refused, a forwarded one is not', () => {
    const hit = { target: '/e?x=anna77' };
    expect(demo(hit)).toEqual({
      ok: false,
      reason: 'nothing-left',
      report: [{ place: 'query:x', class: 'online-id', deed: 'stripped' }],
    });
    expect(passed(hit, FORWARD).hit.target).toBe('/e');
    expect(passed({ target: '/e?v=1' }).hit.target).toBe('/e?v=1');
    expect(passed({ method: 'POST', target: '/e', body: 'v=1' }).hit.target).toBe('/e');
    const none = scrubRequest({ ...profile, isAnyRequired: false }, hit);
    expect(scrubHit(none)).toMatchObject({ ok: true, hit: { target: '/e' } });
  });

  describe('a removed value that stands in one that stays', () => {
    const keep: DemoOptions = { rules: { ...LENIENT, ip: 'drop', userAgent: 'keep' } };

    it.each([
      // In an anonymized hit it goes, however it is written.
      ['/e?v=1&x=zaphod&n=Hello+zaphod&m=tea', keep, '/e?v=1&m=tea', ['query:x zaphod']],
      ['/e?v=1&n=Hello+emFwaG9kIQ&m=tea&x=zaphod', keep, '/e?v=1&m=tea', ['query:x zaphod']],
      ['/e?v=1&n=Hello+zaphod&x=zaphod&z=trillian', keep, '/e?v=1', ['query:x zaphod', 'query:z trillian']],
      // In a forwarded one it stays, because the purpose that keeps it may know it, and the guard does not look for it.
      ['/e?x=zaphod&n=Hello+zaphod&m=tea', FORWARD, '/e?n=Hello+zaphod&m=tea', []],
      ['/e?x=zaphod&n=Hello+emFwaG9kIQ', FORWARD, '/e?n=Hello+emFwaG9kIQ', []],
      ['/e?x=zaphod&n=Hello&z=trillian', FORWARD, '/e?n=Hello', ['query:x zaphod', 'query:z trillian']],
      ['/e?x=zaphod&n=Hello+zaphod&z=trillian', FORWARD, '/e?n=Hello+zaphod', ['query:z trillian']],
      // A click id goes always.
      ['/e?gclid=Cj0KCQabc&n=Cj0KCQabc&m=tea', FORWARD, '/e?m=tea', ['query:gclid Cj0KCQabc']],
      ['/e?gclid=Cj0KCQabc&n=see+Q2owS0NRYWJj&m=tea', FORWARD, '/e?m=tea', ['query:gclid Cj0KCQabc']],
      ['/e?gclid=Cj0KCQabc&n=Cj0KCQabc&x=zaphod&m=zaphod', FORWARD, '/e?m=zaphod', ['query:gclid Cj0KCQabc']],
      ['/e?gclid=Cj0KCQabc&n=tea', FORWARD, '/e?n=tea', ['query:gclid Cj0KCQabc']],
      // Halves of it in two values are none.
      ['/e?gclid=Cj0KCQabc&n=Cj0KC&m=Qabc', FORWARD, '/e?n=Cj0KC&m=Qabc', ['query:gclid Cj0KCQabc']],
    ] as const)('%s (%#)', (target, options, left, forbidden) => {
      expect(passed({ target }, options).hit.target).toBe(left);
      expect(values({ target }, options)).toEqual(forbidden);
    });

    it('is looked for in the headers, too: the address of the client alone', () => {
      const headers = ['User-Agent', 'Firefox/140.0', 'Accept-Language', 'de'];
      const withAddress = ['User-Agent', 'Firefox/140.0 203.0.113.77', 'Accept-Language', 'de'];
      const known = (sent: readonly string[], options: DemoOptions): Extract<ScrubOutcome, { ok: true }> =>
        passed({ target: '/e?v=1', headers: sent }, { ...options, clientAddress: '203.0.113.77' });
      const secret = [{ place: 'address', value: '203.0.113.77' }];
      expect(known(headers, keep)).toMatchObject({ hit: { headers }, forbidden: secret });
      expect(known(withAddress, keep).hit.headers).toEqual([
        'User-Agent',
        'Mozilla/5.0 (Other) Firefox',
        'Accept-Language',
        'de',
      ]);
      expect(known(withAddress, keep)).toMatchObject({ forbidden: secret });
      expect(known(headers, FORWARD)).toMatchObject({ hit: { headers }, forbidden: secret });
    });

    it('the report tells what the hit that leaves has lost', () => {
      const outcome = passed({ target: '/e?v=1&x=zaphod&n=Hello+zaphod' }, keep);
      expect(outcome.report).toEqual([
        { place: 'query:x', class: 'online-id', deed: 'stripped' },
        { place: 'query:n', class: 'text', deed: 'stripped' },
      ]);
    });
  });
});

describe('an identifier that was removed elsewhere', () => {
  const json = (body: unknown): string =>
    scrub('segment', { method: 'POST', target: '/v1/t', body: JSON.stringify(body) }, { rules: LENIENT }).body?.toString() ?? '';

  it.each([
    ['with a line break in it', { traits: { address: { street: '12 High Street\nFlat Seven' } } }, '12 High Street\nFlat Seven'],
    ['with a tab in it', { traits: { name: 'Anna\tMuster' } }, 'for Anna\tMuster'],
    ['behind a line break', { userId: 'annam' }, 'tea\nannam'],
  ])('goes from a value that stays, %s', (_name, holder, label) => {
    expect(json({ type: 'track', event: 'Order', ...holder, properties: { label } })).not.toContain('label');
    expect(json({ type: 'track', event: 'Order', properties: { label: 'green tea' } })).toContain('green tea');
  });

  it('goes where its letters are written as pairs of escapes', () => {
    const body =
      '{"type":"track","event":"Order","userId":"ann\\ud83d\\ude00mus","properties":{"label":"hi ann\\ud83d\\ude00mus"}}';
    const out = scrub('segment', { method: 'POST', target: '/v1/t', body }, { rules: LENIENT });
    expect(out.body?.toString()).not.toContain('label');
  });

  it('goes where its letters are one byte each', () => {
    const out = scrub('ga4', { target: `${GA4}&uid=J%FCrgen%20M%FCller&dt=Profil%20J%FCrgen%20M%FCller` }, { rules: LENIENT });
    expect(out.target).not.toContain('M%FCller');
  });

  it('goes from base64 whose plus signs came as spaces', () => {
    const data = Buffer.from('{"type":"track","event":"Order","properties":{"label":"a~>~>anna~>~>"}}').toString('base64');
    const spaced = encodeURIComponent(data.replaceAll('+', ' '));
    const out = scrub('segment', { target: `/v1/pixel/track?data=${spaced}&userId=a~%3E~%3Eanna~%3E~%3E` }, { rules: LENIENT });
    expect(Buffer.from(field(out, 'data') ?? '', 'base64').toString()).not.toContain('anna');
  });

  it('goes from a body in two codings', () => {
    const text = '{"type":"track","event":"Order","userId":"customer-anna","properties":{"label":"hello customer-anna"}}';
    const body = gzipSync(brotliCompressSync(text));
    const headers = ['Content-Type', 'application/json', 'Content-Encoding', 'br, gzip'];
    const out = run('segment', { method: 'POST', target: '/v1/t', headers, body }, { rules: LENIENT });
    const left = out.ok && out.hit.body !== null ? brotliDecompressSync(gunzipSync(out.hit.body)).toString() : '';
    expect(left).not.toContain('anna');
  });
});

describe('a short word that is somebody in one field and something in another', () => {
  it.each([
    ['ga4', '/g/collect?v=2&tid=G-ABC123&cid=1.2&en=x&cu=EUR&up.currency=EUR'],
    ['ga4', '/g/collect?v=2&tid=G-ABC123&cid=1.2&en=gold&up.plan=gold'],
    ['adobe', '/b/ss/shop/1/JS?c1=Tee&ch=Tee&cc=EUR&v5=EUR'],
    ['matomo', '/matomo.php?idsite=1&rec=1&dimension1=shop&url=https%3A%2F%2Fshop.example%2F'],
  ])('stops no hit of %s: %s', (vendor, target) => {
    for (const rules of [STRICT, LENIENT]) {
      const outcome = run(vendor, { target }, { rules });
      expect(outcome).toMatchObject({ ok: true });
      if (outcome.ok) expect(guardHit(outcome.hit, outcome.forbidden)).toEqual({ ok: true });
    }
  });
});
