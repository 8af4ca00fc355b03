/** California and the other United States: an opt-out signal on the hit stops advertising, and only that. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decide } from '../support/consent.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

type Line = readonly [string, string];

const CALIFORNIA: readonly Line[] = [
  ['x-test-country', 'US'],
  ['x-test-region', 'CA'],
];

const META = '/tr?id=1234567890123456&ev=PageView&dl=https%3A%2F%2Fshop.example%2Fp&fbp=fb.1.1700000000000.1234567890';
const GA4 =
  '/g/collect?v=2&tid=G-ABC123DEF4&cid=1234567890.1700000000&en=page_view&gclid=Cj0KCQiA-TESTCLICK_0123456789abcdef&auid=987654321.1700000000' +
  '&dl=https%3A%2F%2Fshop.example%2Fp%3Fgclid%3DCj0KCQiA-TESTCLICK_0123456789abcdef%26sku%3D7';
const COOKIES = '_ga=GA1.1.1234567890.1700000000; _gcl_au=1.1.987654321.1700000000; _fbp=fb.1.1700000000000.1234567890';
const ADVERTISING_IDS = ['Cj0KCQiA', '987654321', 'fb.1.1700000000000'];

describe('in the United States', () => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await startGateway({
      routes: [
        { path: '/tr', vendor: 'meta', recipient: 'processor' },
        { path: '/g/collect', vendor: 'ga4', purposes: ['analytics'], recipient: 'processor' },
      ],
    });
  });
  afterAll(() => test.close());
  beforeEach(() => test.collector.forget());

  const send = (target: string, headers: readonly Line[], cookie = COOKIES) =>
    test.send({ target, headers: [...headers, ['User-Agent', 'Mozilla/5.0 (X11) Firefox/130.0'], ['Cookie', cookie]] });

  it('without a signal both leave byte for byte', async () => {
    await send(META, CALIFORNIA);
    await send(GA4, CALIFORNIA);
    expect(test.collector.arrived.map(({ target, headers }) => [target, headers.cookie])).toEqual([
      [META, COOKIES],
      [GA4, COOKIES],
    ]);
    expect(test.collector.arrived[0]?.headers['consentry-decision']).toMatch(/^forward; policy=us-ca@.*; .*advertising=unknown/);
  });

  const signals: readonly (readonly [string, readonly Line[]])[] = [
    ['alone', [['Sec-GPC', '1']]],
    [
      'first of two lines',
      [
        ['Sec-GPC', '1'],
        ['Sec-GPC', '0'],
      ],
    ],
    [
      'second of two lines, in another case',
      [
        ['Sec-GPC', '0'],
        ['sec-gpc', '1'],
      ],
    ],
    ['joined by a proxy', [['Sec-GPC', '0, 1']]],
    [
      'named by Connection',
      [
        ['Sec-GPC', '1'],
        ['Connection', 'close, Sec-GPC'],
      ],
    ],
  ];
  it.each(signals)('Sec-GPC: 1 %s drops advertising and keeps the statistics', async (_how, lines) => {
    const dropped = await send(META, [...CALIFORNIA, ...lines]);
    expect(dropped.status).toBe(200);
    expect(dropped.header('content-type')).toBe('image/gif');
    expect(test.collector.arrived).toEqual([]);

    await send(GA4, [...CALIFORNIA, ...lines]);
    const [arrived] = test.collector.arrived;
    expect(arrived?.headers['sec-gpc']?.toString().split(', ')).toContain('1');
    expect(arrived?.target).toContain('cid=1234567890.1700000000');
    expect(arrived?.target).toContain('sku%3D7');
    expect(arrived?.headers.cookie).toContain('_ga=GA1.1.1234567890.1700000000');
    const everything = `${arrived?.target}\n${arrived?.rawHeaders.join('\n')}`;
    for (const id of ADVERTISING_IDS) expect(everything).not.toContain(id);
    expect(arrived?.headers['consentry-decision']).toMatch(/^forward; .*analytics=unknown.*advertising=denied/);
  });

  it.each(['0', 'true', '', '01', '1.0', '"1"'])('Sec-GPC: %j changes nothing', async (value) => {
    await send(META, [...CALIFORNIA, ['Sec-GPC', value]]);
    await send(GA4, [...CALIFORNIA, ['Sec-GPC', value]]);
    expect(test.collector.arrived.map(({ target, headers }) => [target, headers.cookie])).toEqual([
      [META, COOKIES],
      [GA4, COOKIES],
    ]);
  });

  it('beats an older yes of the record', async () => {
    const cookie = await decide(test, { country: 'US', region: 'CA', purposes: { advertising: true, analytics: true } });
    await send(META, CALIFORNIA, cookie);
    expect(test.collector.arrived).toHaveLength(1);
    await send(META, [...CALIFORNIA, ['Sec-GPC', '1']], cookie);
    expect(test.collector.arrived).toHaveLength(1);
  });

  it.each([
    ['state unknown', [['x-test-country', 'US']]],
    [
      'state that does not exist',
      [
        ['x-test-country', 'US'],
        ['x-test-region', 'ZZ'],
      ],
    ],
    [
      'state in the form US-CA',
      [
        ['x-test-country', 'US'],
        ['x-test-region', 'US-CA'],
      ],
    ],
    [
      'lower case',
      [
        ['x-test-country', 'us'],
        ['x-test-region', 'ca'],
      ],
    ],
  ] as (readonly [string, readonly Line[]])[])(
    '%s: forwarded without a signal, advertising dropped with one',
    async (_how, place) => {
      await send(META, place);
      await send(GA4, place);
      expect(test.collector.arrived).toHaveLength(2);
      await send(META, [...place, ['Sec-GPC', '1']]);
      await send(GA4, [...place, ['Sec-GPC', '1']]);
      expect(test.collector.arrived).toHaveLength(3);
      expect(test.collector.arrived[2]?.headers['sec-gpc']).toBe('1');
    },
  );

  it('a place said twice in two ways is no place: prior consent', async () => {
    await send(GA4, [
      ['x-test-country', 'US'],
      ['x-test-country', 'DE'],
      ['x-test-region', 'CA'],
    ]);
    expect(test.collector.arrived).toEqual([]);
  });
});
