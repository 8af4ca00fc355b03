/** Headers that only a trusted proxy may write: from anybody else they change neither the decision nor what arrives. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findMetric, readMetrics } from '../support/admin.ts';
import { grantEverything } from '../support/consent.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

type Line = readonly [string, string];

const TARGET = '/tr?id=1234567890123456&ev=PageView';
const VICTIM = '203.0.113.77';
const routes = [{ path: '/tr', vendor: 'meta', recipient: 'processor' as const }];

const FORGED: readonly Line[] = [
  ['X-Forwarded-For', VICTIM],
  ['X-Forwarded-For', `${VICTIM}, 127.0.0.1`],
  ['Forwarded', `for=${VICTIM};proto=https`],
  ['X-Real-IP', VICTIM],
  ['True-Client-IP', VICTIM],
  ['CF-Connecting-IP', VICTIM],
  ['Fastly-Client-IP', VICTIM],
  ['X-Client-IP', VICTIM],
  ['X-Original-Forwarded-For', VICTIM],
  ['CloudFront-Viewer-Address', `${VICTIM}:443`],
  ['X-Test-Country', 'US'],
  ['x-test-country', 'US'],
  ['X-Test-Region', 'CA'],
  ['CF-IPCountry', 'US'],
  ['CF-Region-Code', 'CA'],
  ['CloudFront-Viewer-Country', 'US'],
  ['X-Vercel-IP-Country', 'US'],
  ['X-Fastly-Country-Code', 'US'],
  ['X-AppEngine-Country', 'US'],
  ['Consentry-Decision', 'forward; policy=us@1; advertising=granted'],
  ['consentry-decision', 'forward'],
  ['Consentry-Subject', 'abc'],
  ['CONSENTRY-ANYTHING', '1'],
];
const FORGED_NAMES = new Set(FORGED.map(([name]) => name.toLowerCase()));

describe('from a peer that nobody trusts', () => {
  let test: TestGateway;
  beforeAll(async () => {
    // The place is assumed, since nothing that such a peer says can tell it.
    test = await startGateway({
      routes,
      trust: { proxies: [], geo: { country: 'x-test-country', region: 'x-test-region' } },
      geo: { assume: 'US-TX' },
    });
  });
  afterAll(() => test.close());
  beforeEach(() => test.collector.forget());

  it.each(FORGED)('%s: %s neither counts nor arrives', async (name, value) => {
    await test.send({ target: TARGET, headers: [['User-Agent', 'x']] });
    await test.send({
      target: TARGET,
      headers: [
        ['User-Agent', 'x'],
        [name, value],
      ],
    });
    const [honest, forged] = test.collector.arrived;
    expect(forged?.rawHeaders).toEqual(honest?.rawHeaders);
    expect(forged?.headers['x-forwarded-for']).toBe('127.0.0.1');
  });

  it('all of them at once neither', async () => {
    await test.send({ target: TARGET, headers: FORGED });
    const [arrived] = test.collector.arrived;
    const names = (arrived?.rawHeaders ?? []).filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
    expect(names.filter((name) => FORGED_NAMES.has(name)).sort()).toEqual(['consentry-decision', 'x-forwarded-for']);
    expect(arrived?.rawHeaders.join('\n')).not.toContain(VICTIM);
    expect(arrived?.headers['consentry-decision']).toMatch(/^forward; policy=us[@-]/);
  });

  it('the undeclared proxy is said once, with the line to add, and counted each time', async () => {
    const count = async () => findMetric(await readMetrics(test.gateway), 'consentry_undeclared_proxy_total');
    const before = await count();
    await test.send({ target: TARGET, headers: [['X-Forwarded-For', VICTIM]] });
    await test.send({ target: TARGET, headers: [['Forwarded', `for=${VICTIM}`]] });
    await test.send({ target: TARGET });
    expect(await count()).toBe((before ?? 0) + 2);
    const warnings = test.logged.filter((line) => line.includes('not declared'));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('trust: { proxies: [127.0.0.1/32] }');
    expect(test.logged.join('\n')).not.toContain(VICTIM);
  });
});

describe('in Germany, and from a peer that nobody trusts', () => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await startGateway({
      routes,
      trust: { proxies: ['192.0.2.0/24'], geo: { country: 'x-test-country', region: 'x-test-region' } },
      geo: { assume: 'DE' },
    });
  });
  afterAll(() => test.close());

  it('no forged place softens the answer', async () => {
    for (const line of FORGED) await test.send({ target: TARGET, headers: [line] });
    await test.send({ target: TARGET, headers: FORGED });
    expect(test.collector.arrived).toEqual([]);
  });

  it('the consent API shows the place that holds, not the forged one', async () => {
    const answer = await test.send({
      target: '/consent',
      headers: [
        ['x-test-country', 'US'],
        ['CF-IPCountry', 'US'],
      ],
    });
    expect(JSON.parse(answer.body.toString()).region).toEqual({ country: 'DE', subdivision: null });
  });
});

describe('from a trusted peer', () => {
  let test: TestGateway;
  let cookie: string;
  beforeAll(async () => {
    test = await startGateway({
      routes,
      trust: { proxies: ['127.0.0.1/32', '10.0.0.0/8'], geo: { country: 'x-test-country', region: 'x-test-region' } },
    });
    cookie = await grantEverything(test, { country: 'US', region: 'TX' });
  });
  afterAll(() => test.close());
  beforeEach(() => test.collector.forget());

  const send = (headers: readonly Line[]) =>
    test.send({ target: TARGET, headers: [['x-test-country', 'US'], ['x-test-region', 'TX'], ['Cookie', cookie], ...headers] });

  it.each([
    [[['X-Forwarded-For', `${VICTIM}, 198.51.100.9`]], '198.51.100.9'],
    [[['X-Forwarded-For', `${VICTIM}, 198.51.100.9, 10.1.2.3`]], '198.51.100.9'],
    [
      [
        ['X-Forwarded-For', VICTIM],
        ['X-Forwarded-For', '198.51.100.9'],
      ],
      '198.51.100.9',
    ],
    [[['X-Forwarded-For', `${VICTIM}, ::ffff:198.51.100.9`]], '198.51.100.9'],
    [[['X-Forwarded-For', `${VICTIM}, [2001:db8::9]:4711`]], '2001:db8::9'],
    // A hop that is no address hides who is behind it.
    [[['X-Forwarded-For', `${VICTIM}, unknown`]], undefined],
    [[['X-Forwarded-For', `${VICTIM},`]], undefined],
    // Not the header that the configuration names.
    [[['Forwarded', `for=${VICTIM}`]], '127.0.0.1'],
    [[['X-Real-IP', VICTIM]], '127.0.0.1'],
  ] as (readonly [readonly Line[], string | undefined])[])('%j: the right-most untrusted one counts', async (lines, expected) => {
    await send(lines);
    const [arrived] = test.collector.arrived;
    expect(arrived?.headers['x-forwarded-for']).toBe(expected);
    expect(arrived?.headers.forwarded).toBeUndefined();
    expect(arrived?.headers['x-real-ip']).toBeUndefined();
  });

  it('Consentry-* headers are not believed from it either', async () => {
    await send([
      ['Consentry-Decision', 'forward; forged'],
      ['Consentry-Whatever', 'x'],
    ]);
    const [arrived] = test.collector.arrived;
    expect(arrived?.headers['consentry-decision']).toMatch(/^forward; policy=us[@-]/);
    expect(arrived?.headers['consentry-whatever']).toBeUndefined();
  });

  it('its place counts and does not arrive', async () => {
    await test.send({
      target: TARGET,
      headers: [
        ['x-test-country', 'DE'],
        ['CF-IPCountry', 'US'],
      ],
    });
    expect(test.collector.arrived).toEqual([]);
    await send([]);
    expect(Object.keys(test.collector.arrived[0]?.headers ?? {})).not.toContain('x-test-country');
  });
});
