/** Header lines of a hit: what an anonymized one has, what a forwarded one loses, and which identifiers are remembered from them. */
import { describe, expect, it } from 'vitest';
import { ScrubContext } from '../../../src/hit/scrub-context.ts';
import { anonymizeHeaders, readHeader, stripHeaders } from '../../../src/hit/scrub-headers.ts';
import { Searcher } from '../../../src/privacy/search.ts';
import { readProfile } from '../../../src/vendors/load.ts';
import { type Actions, LENIENT, NO_ADVERTISING, type RequestOptions, STRICT, scrubRequest } from '../../support/scrub.ts';

const read = readProfile(
  'demo.yaml',
  `
schema: 1
vendor: demo
title: A vendor with headers and cookies of every kind
purposes: [analytics]
recipient: own
click-ids: advertising
endpoints: []
fields: []
cookies:
  - { names: [visit], class: online-id }
  - { names: [ad], class: online-id, purpose: advertising }
  - { names: [choice], class: consent, purpose: advertising }
  - { names: [theme], class: utility, purpose: advertising }
headers:
  - { names: [X-Kind], class: utility, type: slug }
  - { names: [x-visitor], class: online-id, placeholder: nobody }
  - { names: [x-size], class: device, type: size }
  - { names: [x-ad, accept-charset], class: online-id, purpose: advertising, placeholder: nobody }
`,
);
if (!read.ok) throw new Error(read.errors.map(({ message }) => message).join('\n'));
const { profile } = read;

interface HeaderOptions extends RequestOptions {
  readonly banned?: readonly string[];
  /** Fields that were counted before. */
  readonly count?: number;
}

interface Left {
  readonly headers: readonly string[];
  /** Place, class and deed of each entry. */
  readonly report: readonly string[];
  /** Place, class and value of each secret, but for the client address. */
  readonly secrets: readonly string[];
  readonly ctx: ScrubContext;
}

function leave(scrub: (ctx: ScrubContext) => readonly string[], headers: readonly string[], options: HeaderOptions): Left {
  const { banned, count = 0, ...rest } = options;
  const request = { ...scrubRequest(profile, { target: '/', headers }, rest), clientAddress: null };
  const ctx = new ScrubContext(request, banned === undefined ? null : new Searcher(banned));
  ctx.count = count;
  return {
    headers: scrub(ctx),
    report: ctx.report.map(({ place, class: carrier, deed }) => `${place} ${carrier} ${deed}`),
    secrets: ctx.secrets.map(({ place, class: carrier, value }) => `${place} ${carrier} ${value}`),
    ctx,
  };
}

const anonymize = (headers: readonly string[], options: HeaderOptions = {}): Left => leave(anonymizeHeaders, headers, options);
const strip = (headers: readonly string[], options: HeaderOptions = {}): Left =>
  leave(stripHeaders, headers, { actions: NO_ADVERTISING, ...options });

/** What an anonymized hit has of one header; null where it has none. */
function made(name: string, value: string, options: HeaderOptions = {}): string | null {
  const { headers } = anonymize([name, value], options);
  expect(headers).toEqual(headers.length === 0 ? [] : [name, headers[1]]);
  return headers[1] ?? null;
}

const KEEP: RequestOptions = { rules: { ...STRICT, device: 'keep', userAgent: 'keep', page: 'keep', referrer: 'keep' } };
const DROP: RequestOptions = { rules: { ...STRICT, device: 'drop', userAgent: 'drop', page: 'drop' } };
const FORWARD_ALL: Actions = ['forward', 'forward', 'forward', 'forward', 'forward'];
/** The hit is anonymized although the purpose of most of its cookies and headers is forwarded. */
const ANALYTICS_FORWARDED: RequestOptions = { actions: ['forward', 'forward', 'forward', 'drop', 'drop'], action: 'anonymize' };
const ANALYTICS_ANONYMIZED: Actions = ['forward', 'forward', 'anonymize', 'drop', 'drop'];

describe('readHeader', () => {
  it.each<[string[], string]>([
    [['content-type', 'a'], 'a'],
    [['Content-TYPE', 'a', 'content-type', 'b'], 'a'],
    [['accept', 'x', 'Content-Type', 'a'], 'a'],
    // Another name of the same length, a value of that name, a name without a value.
    [['content-xxxx', 'a'], ''],
    [['x', 'content-type', 'y', 'b'], ''],
    [['x', '1', 'content-type'], ''],
    [[], ''],
  ])('%j: %j', (headers, value) => {
    expect(readHeader(headers, 'content-type')).toBe(value);
  });
});

describe('an anonymized hit', () => {
  it('has listed headers in a fixed order and case, and the first value of each that has one', () => {
    const sent = [
      ...['content-encoding', 'GZIP', 'Content-type', 'text/json', 'sp-anonymous', '*', 'dnt', '1'],
      ...['referer', 'https://shop.example/tee', 'ORIGIN', 'https://shop.example'],
      ...['sec-ch-ua-platform', '"Windows"', 'sec-ch-ua-mobile', '?0', 'sec-ch-ua', '"Chromium";v="141.0.0.0"'],
      ...['accept-language', '', 'Accept-Language', 'de-AT', 'accept-language', 'fr', 'accept', 'image/*'],
      ...['user-agent', 'Mozilla/5.0 (X11) Firefox/140.0', 'DNT', '0', 'X-None'],
    ];
    const { headers, report } = anonymize(sent);
    expect(headers).toEqual([
      ...['User-Agent', 'Mozilla/5.0 (Linux) Firefox', 'Accept', '*/*', 'Accept-Language', 'de'],
      ...['Sec-CH-UA', '"Chromium";v="141"', 'Sec-CH-UA-Mobile', '?0', 'Sec-CH-UA-Platform', '"Windows"'],
      ...['Origin', 'https://shop.example', 'Referer', 'https://shop.example/', 'DNT', '1', 'SP-Anonymous', '*'],
      ...['Content-Type', 'application/json', 'Content-Encoding', 'gzip'],
    ]);
    expect(report).toEqual([
      'header:user-agent device coarsened',
      'header:accept device coarsened',
      'header:accept-language device coarsened',
      'header:sec-ch-ua device coarsened',
      'header:referer url coarsened',
      'header:content-type device coarsened',
      'header:content-encoding device coarsened',
    ]);
  });

  it('reports what went, and nothing where everything stays', () => {
    expect(anonymize(['Origin', 'null', 'Referer', 'about:blank', 'DNT', '2', 'Content-Type', 'image/png']).report).toEqual([
      'header:origin url stripped',
      'header:referer url stripped',
      'header:dnt device stripped',
      'header:content-type device stripped',
    ]);
    expect(anonymize(['Accept', '*/*', 'DNT', '1', 'Content-Type', 'text/plain']).report).toEqual([]);
  });

  it.each<[string, string, RequestOptions, string | null]>([
    ['Sec-CH-UA-Mobile', '?0', {}, '?0'],
    ['Sec-CH-UA-Mobile', '?1', {}, '?1'],
    ['Sec-CH-UA-Mobile', '?2', {}, null],
    ['Sec-CH-UA-Mobile', '?1', DROP, null],
    ['Sec-CH-UA-Platform', '"macOS"', {}, '"macOS"'],
    ['Sec-CH-UA-Platform', '"anna"', {}, null],
    ['Sec-CH-UA-Platform', '"macOS"', DROP, null],
    ['Accept-Language', 'de-AT', DROP, null],
    ['Sec-CH-UA', '"Chromium";v="141"', DROP, null],
    ['Accept', 'text/html', DROP, '*/*'],
    ['DNT', '0', {}, '0'],
    ['DNT', '1', {}, '1'],
    ['DNT', '', {}, null],
    ['SP-Anonymous', '*', {}, '*'],
    ['SP-Anonymous', '1', {}, null],
    ['User-Agent', 'Mozilla/5.0 (X11) Firefox/140.0', KEEP, 'Mozilla/5.0 (X11) Firefox/140.0'],
    ['User-Agent', 'Mozilla/5.0 (X11) Firefox/140.0', {}, 'Mozilla/5.0 (Linux) Firefox'],
    ['User-Agent', 'Mozilla/5.0 (X11) Firefox/140.0', DROP, null],
    ['User-Agent', 'Firefox/140.0 anna@example.com', KEEP, 'Mozilla/5.0 (Other) Firefox'],
    // The origin of a page in lower case, where it is nobody's own and the policy tells pages.
    ['Origin', 'https://Shop.example:8443', {}, 'https://shop.example:8443'],
    ['Origin', 'https://anna:secret@shop.example/x?y', {}, null],
    ['Origin', 'https://shop.example/x?y', {}, 'https://shop.example'],
    ['Origin', 'https://u4821377.shop.example', {}, null],
    ['Origin', 'https://shop.example', DROP, null],
    ['Origin', 'null', KEEP, null],
    ['Referer', 'https://shop.example/tee?a=1', KEEP, 'https://shop.example/tee?a=1'],
    ['Referer', 'https://shop.example/tee?a=1', {}, 'https://shop.example/'],
    ['Referer', 'https://shop.example/tee?a=1', { rules: { ...STRICT, referrer: 'keep' } }, 'https://shop.example/tee'],
    ['Referer', 'https://shop.example/tee?a=1', DROP, null],
  ])('%s: %s (%#)', (name, value, options, left) => {
    expect(made(name, value, options)).toBe(left);
  });

  it.each<[string, string | null]>([
    ['gzip', 'gzip'],
    ['x-gzip', 'x-gzip'],
    ['deflate', 'deflate'],
    ['br', 'br'],
    [' Br\t', 'br'],
    ['identity', null],
    ['agzip', null],
    ['gzip, br', null],
    ['gzipanna', null],
  ])('Content-Encoding: %j', (value, left) => {
    expect(made('Content-Encoding', value)).toBe(left);
  });

  it.each<[string, string | null]>([
    ['application/json', 'application/json'],
    ['text/json', 'application/json'],
    ['text/plain', 'text/plain'],
    ['application/x-www-form-urlencoded', 'application/x-www-form-urlencoded'],
    ['application/x-ndjson', 'application/x-ndjson'],
    ['application/x-sentry-envelope', 'application/x-sentry-envelope'],
    ['application/octet-stream', 'application/octet-stream'],
    ['application/gzip', 'application/gzip'],
    ['application/x-gzip', 'application/gzip'],
    ['application/reports+json', 'application/reports+json'],
    [' TEXT/Plain ', 'text/plain'],
    ['multipart/form-data; boundary=anna', null],
    ['text/plain2', null],
    ['text/plain; boundary=anna', 'text/plain'],
    ['text/plain;charset=utf-8', 'text/plain;charset=UTF-8'],
    ['text/plain ; charset=utf-8', 'text/plain;charset=UTF-8'],
    ['text/plain; charset = utf-8 ', 'text/plain;charset=UTF-8'],
    ['text/plain;\tCharset="UTF-8"', 'text/plain;charset=UTF-8'],
    ['text/plain; charset="utf-8" ', 'text/plain;charset=UTF-8'],
    ['text/json; charset=utf8', 'application/json;charset=UTF-8'],
    ['text/plain; x=y; charset=utf-8', 'text/plain;charset=UTF-8'],
    ['text/plain; charset=utf-8; x=y', 'text/plain;charset=UTF-8'],
    ['text/plain; xcharset=utf-8', 'text/plain'],
    ['text/plain; charset=utf-8x', 'text/plain'],
    ['text/plain; charset=utf-16', 'text/plain'],
    ['text/plain; charsetx=utf-8', 'text/plain'],
    ['text/plain; charset=xutf-8', 'text/plain'],
  ])('Content-Type: %j', (value, left) => {
    expect(made('Content-Type', value)).toBe(left);
  });

  describe('Accept-Language where the policy keeps it', () => {
    const languages = (count: number): string => `de${',fr'.repeat(count)}`;
    it.each([
      ...[
        'd',
        '*',
        'de',
        'de-AT',
        'de-a-b-c',
        'de-abcdefgh',
        'abcdefgh',
        '12345678',
        'de-AT,de;q=0.9, en;q=0.8',
        'de ,fr',
        'de;\tfr',
      ],
      ...[
        'de  ;  q=0.123',
        'de;q=0',
        'de;q=1',
        'de;q=1.000',
        'de,*;q=0.5',
        'fr,de-a-b-c',
        'fr,abcdefgh',
        'fr,de-abcdefgh',
        'fr,d-a',
      ],
      languages(20),
      `de,${' '.repeat(194)}fr`,
    ])('%j stays', (value) => {
      expect(made('Accept-Language', value, KEEP)).toBe(value);
    });

    it.each<[string, string | null]>([
      ['abcdefghi', null],
      ['anna@example.com', null],
      ['-de', null],
      [' de', 'de'],
      ['de ', 'de'],
      ['de,', 'de'],
      ['de_AT', 'de'],
      ['de-', 'de'],
      ['de-a-b-c-d', 'de'],
      ['de-abcdefghi', 'de'],
      ['de,abcdefghi', 'de'],
      ['de,fr-', 'de'],
      ['de,fr-a-b-c-d', 'de'],
      ['de,fr-abcdefghi', 'de'],
      ['de;q=2', 'de'],
      ['de;q=0.', 'de'],
      ['de;q=0.1234', 'de'],
      ['de;q=0.x', 'de'],
      ['de;q=00', 'de'],
      ['de fr', 'de'],
      ['de, fr (anna)', 'de'],
      [languages(21), 'de'],
      [`de,${' '.repeat(195)}fr`, 'de'],
      // The form of a language, and a number of somebody.
      ['de-1234567-8901-234', 'de'],
    ])('%j becomes %j', (value, left) => {
      expect(made('Accept-Language', value, KEEP)).toBe(left);
    });
  });

  describe('Sec-CH-UA where the policy keeps it', () => {
    const brands = (count: number): string => `"Chromium";v="14"${', "A";v="8"'.repeat(count - 1)}`;
    it.each([
      '"Chromium";v="141.0.0.0", "Not?A_Brand";v="8"',
      '"Not(A:Brand) a-b.c/d=e" ; v="99"',
      '"Not;A Brand"\t;\tv="99",\t"Chromium";v="1"',
      '"A";v="1","B";v="2"',
      `"${'A b '.repeat(10)}";v="1"`,
      `"A";v="${'1.'.repeat(10)}"`,
      brands(8),
    ])('%s stays', (value) => {
      expect(made('Sec-CH-UA', value, KEEP)).toBe(value);
    });

    it.each<[string, string | null]>([
      ['"Google Chrome";v="141.0", x', '"Google Chrome";v="141"'],
      ['x "Chromium";v="141.0"', '"Chromium";v="141"'],
      ['"Chromium";v="141.0",  ', '"Chromium";v="141.0",  '],
      [`"Chromium";v="14","${'A b '.repeat(10)}c";v="1"`, '"Chromium";v="14"'],
      [`"Chromium";v="14","A";v="${'1.'.repeat(10)}1"`, '"Chromium";v="14"'],
      ['"Chromium";v="14","";v="1"', '"Chromium";v="14"'],
      ['"Chromium";v="14","A";v=""', '"Chromium";v="14"'],
      ['"Chromium";v="14","A";v="b"', '"Chromium";v="14"'],
      ['"Chromium";v="14","A@b";v="1"', '"Chromium";v="14"'],
      ['"Chromium";v="14";"A";v="1"', '"Chromium";v="14"'],
      ['"Chromium";v="14","A"x;v="1"', '"Chromium";v="14"'],
      ['"Chromium";v="14","A";xv="1"', '"Chromium";v="14"'],
      [brands(9), '"Chromium";v="14"'],
      ['"Chromium";v="14","9f8e7d6c5b4a3928";v="1"', '"Chromium";v="14"'],
    ])('%s becomes %s', (value, left) => {
      expect(made('Sec-CH-UA', value, KEEP)).toBe(left);
    });
  });

  it.each<[string, string, string | null]>([
    ['User-Agent', 'Firefox/140.0 zaphod', 'Mozilla/5.0 (Other) Firefox'],
    ['Accept-Language', 'de-zaphod', 'de'],
    ['Origin', 'https://zaphod.example', null],
    ['Referer', 'https://shop.example/zaphod', null],
  ])('%s keeps nothing that is banned', (name, value, left) => {
    expect(made(name, value, KEEP)).toBe(value);
    expect(made(name, value, { ...KEEP, banned: ['zaphod'] })).toBe(left);
  });

  it('remembers what stays, for a second look', () => {
    const sent = [
      'User-Agent',
      'Firefox/140.0',
      'Accept-Language',
      'de',
      'Origin',
      'https://shop.example',
      'Referer',
      'https://shop.example/a',
    ];
    expect(anonymize(sent, KEEP).ctx.kept).toEqual(['Firefox/140.0', 'de', 'https://shop.example', 'https://shop.example/a']);
  });

  it('remembers identifiers of the referrer', () => {
    const { secrets } = anonymize(['Referer', 'https://shop.example/anna@example.com?gclid=Cj0KCQabc']);
    expect(secrets).toEqual(['header:referer?gclid click-id Cj0KCQabc', 'header:referer direct anna@example.com']);
  });

  it('has declared headers by their rules, each once', () => {
    const sent = ['X-Kind', 'web', 'X-KIND', 'other', 'x-visitor', 'anna77', 'X-Size', '1437x873', 'x-ad', 'zaphod'];
    const { headers, report, secrets } = anonymize(sent);
    expect(headers).toEqual(['x-kind', 'web', 'x-visitor', 'nobody', 'x-size', '1440x900', 'x-ad', 'nobody']);
    expect(report).toEqual([
      'header:x-visitor online-id replaced',
      'header:x-size device coarsened',
      'header:x-ad online-id replaced',
    ]);
    expect(secrets).toEqual(['header:x-visitor online-id anna77', 'header:x-ad online-id zaphod']);
  });

  it('loses declared headers that do not have their form, or whose purpose is dropped', () => {
    expect(anonymize(['x-kind', 'anna@example.com', 'x-size', 'big']).headers).toEqual([]);
    const dropped = anonymize(['x-ad', 'zaphod', 'X-Kind', 'web'], ANALYTICS_FORWARDED);
    expect(dropped.headers).toEqual(['x-kind', 'web']);
    expect(dropped.report).toEqual(['header:x-ad online-id stripped']);
    expect(dropped.secrets).toEqual(['header:x-ad online-id zaphod']);
  });

  it('loses everything else, and reports what is not of the transport', () => {
    const sent = [
      'Cache-Control',
      'no-cache',
      'Sec-GPC',
      '1',
      'Sec-Fetch-Site',
      'none',
      'X-Empty',
      '',
      'Secret',
      'abc',
      'Host',
      'a',
    ];
    const { headers, report, secrets } = anonymize(sent);
    expect(headers).toEqual([]);
    expect(report).toEqual(['header:secret undeclared stripped']);
    expect(secrets).toEqual([]);
  });

  it('has cookies only that are declared for a purpose that is forwarded', () => {
    const sent = ['cookie', 'visit=anna77; ad=zaphod; other=1', 'X-Other', 'x'];
    const { headers, report, secrets } = anonymize(sent, ANALYTICS_FORWARDED);
    expect(headers).toEqual(['Cookie', 'visit=anna77']);
    expect(report).toEqual([
      'cookie:ad online-id stripped',
      'cookie:other undeclared stripped',
      'header:x-other undeclared stripped',
    ]);
    expect(secrets).toEqual(['cookie:ad online-id zaphod']);
    expect(anonymize(sent).headers).toEqual([]);
    expect(anonymize(sent, { ...ANALYTICS_FORWARDED, banned: ['anna77'] }).headers).toEqual([]);
  });
});

describe('a header that identifies by its name', () => {
  it.each([
    ...[
      'if-none-match',
      'if-modified-since',
      'x-client-data',
      'traceparent',
      'tracestate',
      'baggage',
      'sentry-trace',
      'x-request-id',
    ],
    ...['x-correlation-id', 'x-amzn-trace-id', 'x-cloud-trace-context', 'cf-ray', 'x-msisdn', 'x-uidh', 'x-acr'],
    ...['x-up-calling-line-id', 'authorization', 'proxy-authorization', 'x-forwarded-for', 'forwarded', 'true-client-ip'],
    ...['anonymousid', 'x-umami-cache', 'via', 'x-real-ip', 'clientip', 'x-ip-country', 'ip-x', 'x-device-id', 'x-original-for'],
  ])('%s', (name) => {
    for (const left of [anonymize([name.toUpperCase(), 'abc']), strip([name.toUpperCase(), 'abc'])]) {
      expect(left.headers).toEqual([]);
      expect(left.report).toEqual([`header:${name} undeclared stripped`]);
      expect(left.secrets).toEqual([`header:${name} online-id abc`]);
    }
  });

  it.each([
    'x-traceparent',
    'traceparent-x',
    'x-via',
    'viable',
    'x-ipx',
    'x-idx',
    'x-id-x',
    'forx',
    'x-forx',
    'x-for-x',
    'x-plan',
  ])('%s does not', (name) => {
    const { headers, report, secrets } = strip([name, 'abc']);
    expect([headers, report, secrets]).toEqual([[], [`header:${name} undeclared stripped`], []]);
  });

  it('any other is searched for identifiers by their looks, short ones too', () => {
    expect(strip(['X-Note', 'anna@example.com from 1::2']).secrets).toEqual([
      'header:x-note direct anna@example.com',
      'header:x-note ip 1::2',
    ]);
  });
});

describe('a hit that is forwarded in part', () => {
  const transport = (
    'accept accept-encoding accept-language access-control-request-headers access-control-request-method cache-control ' +
    'content-encoding content-length content-type dnt expect host origin pragma priority save-data sec-gpc sp-anonymous te ' +
    'upgrade-insecure-requests user-agent connection sec-ch-ua sec-ch-ua-model sec-fetch-site sec-purpose purpose x-requested-with ' +
    'device-memory downlink dpr ect rtt viewport-height viewport-width width'
  ).split(' ');

  it.each(transport)('keeps %s', (name) => {
    const sent = [name, 'abc'];
    const { headers, report, ctx } = strip(sent);
    expect(headers).toBe(sent);
    expect(report).toEqual([]);
    expect(ctx.kept).toEqual(['abc']);
    expect(strip(sent, { banned: ['abc'] }).headers).toEqual([]);
  });

  it.each([
    ['Sec-Browsing-Topics', '(1 2);v=chrome.1:1:2, ();p=P0000000000000000000000000000000'],
    ['Sec-Private-State-Token', 'AAAB'],
    ['Sec-Redemption-Record', '"https://issuer.example";redemption-record=abc'],
    ['Sec-Ad-Auction-Fetch', '?1'],
  ])('loses %s, which is of advertising or a token', (name, value) => {
    expect(strip([name, value]).headers).toEqual([]);
  });

  it('keeps the charsets of the browser, unless they are declared', () => {
    expect(strip(['Accept-Charset', 'zaphod', 'X-Sec-GPC', '1', 'Sec', '1']).headers).toEqual([]);
    const charset = { ...profile, header: () => null };
    const request = scrubRequest(charset, { target: '/', headers: ['Accept-Charset', 'utf-8'] }, { actions: NO_ADVERTISING });
    expect(stripHeaders(new ScrubContext(request, null))).toEqual(['Accept-Charset', 'utf-8']);
  });

  it('stays line for line where nothing of it is forbidden', () => {
    const sent = [
      'HOST',
      'a',
      'x-Kind',
      'web',
      'Cookie',
      'visit=1;  theme',
      'x-visitor',
      'anna77',
      'Referer',
      'https://a.example/?x=1',
    ];
    const left = strip(sent.map((line) => line.replace(';  theme', '')));
    expect(left.headers).toEqual([...sent.slice(0, 5), 'visit=1', ...sent.slice(6)]);
    expect(left.ctx.kept).toEqual(['a', 'web', '1', 'anna77', 'https://a.example/?x=1']);
    expect(left.secrets).toEqual([]);
    const same = ['DNT', '1', 'X-None'];
    expect(strip(same).report).toEqual([]);
  });

  it('loses what is forbidden, and keeps the other lines in their order', () => {
    const sent = ['DNT', '1', 'X-Plan', 'pro', 'dnt', '0', 'X-Plan', 'pro', 'Host', 'a'];
    const { headers, report } = strip(sent);
    expect(headers).toEqual(['DNT', '1', 'dnt', '0', 'Host', 'a']);
    expect(report).toEqual(['header:x-plan undeclared stripped', 'header:x-plan undeclared stripped']);
    expect(sent).toHaveLength(10);
  });

  it('keeps what nobody declares where every purpose is forwarded', () => {
    const sent = ['X-Plan', 'pro', 'Cookie', 'a=1', 'Referer', 'https://a.example/?gclid=1'];
    const { headers, report, ctx } = strip(sent, { actions: FORWARD_ALL });
    expect(headers).toBe(sent);
    expect(report).toEqual([]);
    expect(ctx.kept).toEqual(['pro', '1', 'https://a.example/?gclid=1']);
    expect(strip(sent, { actions: FORWARD_ALL, banned: ['pro'] }).headers).toEqual(sent.slice(2));
  });

  it('treats declared headers by the action of their purpose', () => {
    const sent = ['X-Kind', 'web', 'X-Visitor', 'anna77', 'X-Size', '1437x873', 'X-Ad', 'zaphod'];
    const forwarded = strip(sent);
    expect(forwarded.headers).toEqual(sent.slice(0, 6));
    expect(forwarded.report).toEqual(['header:x-ad online-id stripped']);
    expect(forwarded.secrets).toEqual(['header:x-ad online-id zaphod']);
    expect(strip(sent, { banned: ['anna77'] }).headers).toEqual(['X-Kind', 'web', 'X-Size', '1437x873']);
    const anonymized = strip([...sent, 'X-Size', 'big'], { actions: ANALYTICS_ANONYMIZED, action: 'forward' });
    expect(anonymized.headers).toEqual(['X-Kind', 'web', 'X-Visitor', 'nobody', 'X-Size', '1440x900']);
    expect(anonymized.report).toEqual([
      'header:x-visitor online-id replaced',
      'header:x-size device coarsened',
      'header:x-ad online-id stripped',
      'header:x-size device stripped',
    ]);
  });

  it('takes click ids out of the referrer, where they are not forwarded', () => {
    const sent = ['Referer', 'https://a.example/?gclid=Cj0KCQabc&x=1'];
    const { headers, report, secrets, ctx } = strip(sent);
    expect(headers).toEqual(['Referer', 'https://a.example/?x=1']);
    expect(report).toEqual(['header:referer?gclid click-id stripped']);
    expect(secrets).toEqual(['header:referer?gclid click-id Cj0KCQabc']);
    expect(ctx.kept).toEqual(['https://a.example/?x=1']);
    const personalizationDropped: Actions = ['forward', 'forward', 'forward', 'drop', 'forward'];
    expect(strip(sent, { actions: personalizationDropped }).headers).toBe(sent);
    expect(strip(['Referer', 'https://a.example/zaphod'], { banned: ['zaphod'] }).headers).toEqual([]);
  });

  it('keeps no header of the browser that names somebody', () => {
    const { headers, report, secrets, ctx } = strip([
      'Accept',
      'anna@example.com',
      'User-agent',
      'Firefox/140.0 (1::2)',
      'DNT',
      '1',
    ]);
    expect(headers).toEqual(['User-agent', 'Mozilla/5.0 (Other) Firefox', 'DNT', '1']);
    expect(report).toEqual(['header:accept undeclared stripped', 'header:user-agent undeclared stripped']);
    expect(secrets).toEqual(['header:accept direct anna@example.com', 'header:user-agent ip 1::2']);
    expect(ctx.kept).toEqual(['1']);
  });

  it.each([
    'Chrome/141.0.73.55',
    '"Chromium";v="141.0.73.55"',
    'App/2024.1125.103000',
    'App/2024_1125_103000',
    'App/12345.123456.123456',
    'App/1.0.73.55.1',
    'Build/RP1A.200720.012.1234',
    'Build/ABCD123E.200720.012.12345678',
    'Build/A1.200720.012.1234',
    'Chrome/141.0.73.55 Safari/141.0.73.55',
  ])('takes the version in %s for no identifier', (agent) => {
    expect(strip(['User-Agent', agent]).headers).toEqual(['User-Agent', agent]);
  });

  it.each([
    'Foo/1.0 198.51.100.9',
    'Foo/198.51.100.9',
    'Chrome 198.51.100.9',
    'Chrome (198.51.100.9)',
    'Chrome:198.51.100.9',
    'v=198.51.100.9',
    'App/2024-1125-103000',
    'Build/RP1A.2007200.012.1234567',
    'Chrome/141.0.73.55 (198.51.100.9)',
    'Build/9f8e7d6c5b4a3928',
  ])('takes what is in %s for an identifier', (agent) => {
    expect(strip(['User-Agent', agent]).headers[1]).toMatch(/^Mozilla\/5\.0 \(Other\) (?:Chrome|Other)$/);
  });
});

describe('cookies of a hit that is forwarded in part', () => {
  const cookies = (header: string, options: HeaderOptions = {}): Left => strip(['Cookie', header, 'X-Plan', 'pro'], options);

  it('stay where their purpose is forwarded', () => {
    const { headers, report, secrets, ctx } = cookies('visit=anna77; ad=zaphod;visit="b"; other=someone');
    expect(headers).toEqual(['Cookie', 'visit=anna77; visit="b"']);
    expect(report).toEqual([
      'cookie:ad online-id stripped',
      'cookie:other undeclared stripped',
      'header:x-plan undeclared stripped',
    ]);
    expect(secrets).toEqual(['cookie:ad online-id zaphod', 'cookie:other undeclared someone']);
    expect(ctx.kept).toEqual(['anna77', '"b"']);
    expect(cookies('ad=zaphod').headers).toEqual([]);
    expect(cookies('visit=anna77', { banned: ['anna77'] }).headers).toEqual([]);
  });

  it.each([
    [
      'a list, percent-encoded',
      encodeURIComponent('["","",1790000000,"https://a.example/?gclid=Cj0KCQ&b=1"]'),
      encodeURIComponent('["","",1790000000,"https://a.example/?b=1"]'),
    ],
    ['JSON in base64', Buffer.from('{"gclid":"Cj0KCQ","b":"1"}').toString('base64'), Buffer.from('{"b":"1"}').toString('base64')],
    ['JSON as it is', '{"$ref":{"u":"https://a.example/?fbclid=Cj0KCQ"}}', '{"$ref":{"u":"https://a.example/"}}'],
    ['one by its form', 'fb.1.1790000002345.Cj0KCQ', null],
  ])('lose click ids that are in them: %s', (_, value, left) => {
    const { headers, secrets } = cookies(`visit=${value}; visit=1`);
    expect(headers).toEqual(['Cookie', left === null ? 'visit=1' : `visit=${left}; visit=1`]);
    expect(secrets.join(' ')).toContain('Cj0KCQ');
    const all = { actions: ['forward', 'forward', 'forward', 'forward', 'forward'] } as const;
    expect(cookies(`visit=${value}`, all).headers.slice(0, 2)).toEqual(['Cookie', `visit=${value}`]);
  });

  it('count as fields, and past the limit nothing stays', () => {
    const { headers, report, ctx } = cookies('visit=1; visit=2; ad=zaphod', { count: 9999 });
    expect(headers).toEqual(['Cookie', 'visit=1']);
    expect(report).toEqual(['header:x-plan undeclared stripped']);
    expect([ctx.count, ctx.refusal]).toEqual([10_002, 'body-limits']);
  });

  it.each<[string, string[]]>([
    // Choices and settings are no identifiers, nor is an empty value.
    ['choice=granted77', []],
    ['choice=anna%40example.com', []],
    ['theme=dark-blue77', []],
    ['theme=anna%40example.com', []],
    ['ad=', []],
    // A short value counts where the cookie is declared.
    ['ad=ann', ['ad online-id ann']],
    ['other=ann', []],
    ['ad=zaphod', ['ad online-id zaphod']],
    // As what it decodes to, which the guard knows in every encoding.
    ['ad=%61nn', ['ad online-id ann']],
    ['ad=%7aaphod', ['ad online-id zaphod']],
    ['other=%7aaphod', ['other undeclared zaphod']],
    [`ad=%78${'x'.repeat(198)}`, [`ad online-id ${'x'.repeat(199)}`]],
    // Identifiers inside, by their looks.
    ['other=anna@example.com!', ['other undeclared anna@example.com!', 'other direct anna@example.com']],
    ['other={anna~1::2}', ['other undeclared {anna~1::2}', 'other ip 1::2']],
    ['other="1::2 x"', ['other undeclared 1::2 x', 'other ip 1::2']],
    ['other=x=1::2', ['other undeclared x=1::2', 'other ip 1::2']],
    ['other=x&1::2', ['other undeclared x&1::2', 'other ip 1::2']],
    ['other=x/1::2', ['other undeclared x/1::2', 'other ip 1::2']],
    ['other=(1::2)', ['other undeclared (1::2)', 'other ip 1::2']],
    ['other=x%201%3A%3A2', ['other undeclared x 1::2', 'other ip 1::2']],
    // Of the address of a page what identifies in it, click ids by their names; where the cookie is declared, all of it.
    ['other=%2Ftee%3Fgclid%3DCj0', ['other?gclid click-id Cj0']],
    ['other=https%3A%2F%2Fshop.example%2Ftee', []],
    ['other=https://shop.example/u/anna%40example.com', ['other direct anna@example.com']],
    ['other=//shop', ['other undeclared //shop']],
    ['other=www.shop.example', []],
    ['other=/9jq+b2Kx', ['other undeclared /9jq+b2Kx']],
    ['ad=https://shop.example/tee', ['ad online-id https://shop.example/tee']],
  ])('%s is remembered as %j', (cookie, secrets) => {
    expect(cookies(cookie).secrets).toEqual(secrets.map((secret) => `cookie:${secret}`));
  });
});

describe('LENIENT rules', () => {
  it('tell the address of the page without what identifies', () => {
    const sent = ['Referer', 'https://shop.example/tee/4821377?a=1&email=anna@example.com#x'];
    const { headers, report, secrets } = anonymize(sent, { rules: LENIENT });
    expect(headers).toEqual(['Referer', 'https://shop.example/tee/-?a=1']);
    expect(report).toEqual(['header:referer url coarsened']);
    expect(secrets).toEqual(['header:referer?email direct anna@example.com']);
  });
});

describe('what comes in a header', () => {
  const valuesOf = (headers: readonly string[]): string[] => anonymize(headers).ctx.secrets.map(({ value }) => value);

  it.each(['constructor', '__proto__', 'toString;charset=utf-8'])(
    'is no content type because objects know the word: %s',
    (type) => {
      expect(anonymize(['Content-Type', type]).headers).toEqual([]);
    },
  );

  it.each([
    'https://shop.example/?gclid=Cj0KCQabc&uid=anna77',
    'https%3A%2F%2Fshop.example%2F%3Fgclid%3DCj0KCQabc%26uid%3Danna77',
  ])('is remembered from a cookie that holds an address: %s', (value) => {
    expect(valuesOf(['Cookie', `x=${value}`])).toEqual(expect.arrayContaining(['Cj0KCQabc', 'anna77']));
  });

  it('is remembered also where an anonymized hit leaves the whole header out', () => {
    expect(valuesOf(['Pragma', 'anna@example.com'])).toContain('anna@example.com');
    expect(valuesOf(['Pragma', 'no-cache'])).not.toContain('no-cache');
  });
});
