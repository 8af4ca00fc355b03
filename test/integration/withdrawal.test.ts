/** A no counts from the next hit on, whatever cookie comes with it; a cookie that cannot be believed is a no, everywhere. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decide, grantEverything } from '../support/consent.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

type Line = readonly [string, string];

const GERMANY: readonly Line[] = [['x-test-country', 'DE']];
const CALIFORNIA: readonly Line[] = [
  ['x-test-country', 'US'],
  ['x-test-region', 'CA'],
];
const DAY_MS = 86_400_000;
const NAME = '__Host-consentry';
const routes = [
  { path: '/tr', vendor: 'meta', recipient: 'processor' as const },
  { path: '/own', purposes: ['analytics' as const] },
];
const consent = {
  notices: {
    n: { hash: 'x', purposes: ['functional' as const, 'analytics' as const, 'personalization' as const, 'advertising' as const] },
  },
};
const environment = { CONSENTRY_KEYS: `2026a:${randomBytes(32).toString('base64url')}` };

describe('a decision', () => {
  let test: TestGateway;
  let other: TestGateway;
  let now = Date.parse('2026-11-23T12:00:00Z');
  beforeAll(async () => {
    test = await startGateway({ routes, consent }, { environment, now: () => now });
    other = await startGateway({ routes, consent, site: 'other' }, { environment, now: () => now });
  });
  afterAll(() => Promise.all([test.close(), other.close()]));
  beforeEach(() => {
    now = Date.parse('2026-11-23T12:00:00Z');
    test.collector.forget();
  });

  /** Whether a Meta hit with this Cookie header reaches the collector. */
  async function reaches(
    place: readonly Line[],
    cookies: string | readonly string[],
    target = '/tr?id=1234567890123456&ev=PageView',
  ) {
    test.collector.forget();
    const lines = typeof cookies === 'string' ? [cookies] : cookies;
    const answer = await test.send({ target, headers: [...place, ...lines.map((line): Line => ['Cookie', line])] });
    expect(answer.status).toBeOneOf([200, 204]);
    return test.collector.arrived.length > 0;
  }
  const withdraw = async (cookie: string | null, place = GERMANY) =>
    test.send({
      method: 'DELETE',
      target: '/consent',
      headers: [...place, ['Sec-Fetch-Site', 'same-origin'], ...(cookie === null ? [] : ([['Cookie', cookie]] as const))],
    });
  const cookieOf = (answer: { header(name: string): string | undefined }): string =>
    (answer.header('set-cookie') ?? '').split(';')[0] ?? '';

  it.each([
    ['Germany', GERMANY],
    ['California', CALIFORNIA],
  ])('in %s: granted, forwarded, withdrawn, dropped, also with the old cookie', async (_where, place) => {
    const old = await grantEverything(test, {
      country: place[0]?.[1] ?? '',
      ...(place.length > 1 && { region: 'CA' }),
      notice: 'n',
    });
    expect(await reaches(place, old)).toBe(true);
    const answer = await withdraw(old, place);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body.toString()).state).toMatchObject({ advertising: 'withdrawn', analytics: 'withdrawn' });
    expect(await reaches(place, cookieOf(answer))).toBe(false);
    expect(await reaches(place, old)).toBe(false);
    const shown = await test.send({ target: '/consent', headers: [...place, ['Cookie', old]] });
    expect(JSON.parse(shown.body.toString()).state.advertising).toBe('withdrawn');
  });

  it('withdrawn in one purpose counts for that one alone', async () => {
    const old = await grantEverything(test, { country: 'DE', notice: 'n' });
    await decide(test, { cookie: old, purposes: { advertising: false }, action: 'save' });
    expect(await reaches(GERMANY, old)).toBe(false);
    expect(await reaches(GERMANY, old, '/own?a=1')).toBe(true);
  });

  it('a yes after the no counts again', async () => {
    const cookie = await grantEverything(test, { country: 'DE', notice: 'n' });
    await withdraw(cookie);
    now += 60_000;
    await decide(test, { cookie, purposes: { advertising: true }, notice: 'n' });
    expect(await reaches(GERMANY, cookie)).toBe(true);
  });

  it('without a cookie withdrawal sets a no that names nobody', async () => {
    const answer = await withdraw(null);
    expect(answer.status).toBe(200);
    const cookie = cookieOf(answer);
    expect(await reaches(CALIFORNIA, cookie)).toBe(false);
    expect(cookieOf(await withdraw(null))).toBe(cookie);
  });

  const spoil: readonly (readonly [string, (good: string, foreign: string) => string | readonly string[]])[] = [
    ['garbled', (good) => `${good.slice(0, -6)}AAAAAA`],
    ['cut off', (good) => good.slice(0, -10)],
    ['empty', () => `${NAME}=`],
    ['nothing like a token', () => `${NAME}=yes`],
    ['without its signature', (good) => good.replace(/\.[^.]*$/, '.')],
    ['with the algorithm none', (good) => `${NAME}=eyJhbGciOiJub25lIiwidHlwIjoiY29uc2VudCtqd3QifQ.${good.split('.')[1]}.`],
    ['doubled', (good) => `${good}; ${good}`],
    ['doubled over two lines', (good) => [good, good]],
    ['doubled with another name between', (good) => `${good}; a=b; ${NAME}=x`],
    ['of another site', (_good, foreign) => foreign],
    ['beside that of another site', (good, foreign) => `${foreign}; ${good}`],
    ['quoted', (good) => good.replace('=', '="').concat('"')],
    ['too long', (good) => `${good}${'A'.repeat(5_000)}`],
  ];
  it.each(spoil)('a cookie that is %s reads as a no, in Germany and in California', async (_how, make) => {
    const good = await grantEverything(test, { country: 'US', region: 'CA', notice: 'n' });
    const foreign = await grantEverything(other, { country: 'US', region: 'CA', notice: 'n' });
    expect(await reaches(CALIFORNIA, good)).toBe(true);
    expect(await reaches(CALIFORNIA, '')).toBe(true);
    const bad = make(good, foreign);
    expect(await reaches(CALIFORNIA, bad)).toBe(false);
    expect(await reaches(GERMANY, bad)).toBe(false);
    // Analytics is anonymized where the policy says so to a no: the cookie itself never leaves.
    await reaches(CALIFORNIA, bad, '/own?a=1');
    for (const { rawHeaders } of test.collector.arrived) expect(rawHeaders.join('\n')).not.toContain(NAME);
  });

  it('a cookie with a good signature whose subject nobody knows reads as a no', async () => {
    const stranger = await startGateway({ routes, consent }, { environment, now: () => now });
    const cookie = await grantEverything(stranger, { country: 'US', region: 'CA', notice: 'n' });
    await stranger.close();
    expect(await reaches(CALIFORNIA, cookie)).toBe(false);
    expect(await reaches(GERMANY, cookie)).toBe(false);
  });

  it('a yes expires, a no does not', async () => {
    const yes = await grantEverything(test, { country: 'DE', notice: 'n' });
    const no = await decide(test, { country: 'US', region: 'CA', purposes: { advertising: false }, action: 'reject_all' });
    const anonymous = cookieOf(await withdraw(null));
    for (const days of [179, 181, 399, 500, 3_000]) {
      now = Date.parse('2026-11-23T12:00:00Z') + days * DAY_MS;
      expect([days, await reaches(GERMANY, yes)]).toEqual([days, days < 180]);
      expect([days, await reaches(CALIFORNIA, no)]).toEqual([days, false]);
      expect([days, await reaches(CALIFORNIA, anonymous)]).toEqual([days, false]);
    }
  });
});
