/** Consentry's own subject, token and receipt: whatever is granted, and wherever a page puts them, no collector gets them. */
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { grantEverything } from '../support/consent.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

type Line = readonly [string, string];

const PAGE = 'https://shop.example';
const FROM_PAGE: readonly Line[] = [
  ['x-test-country', 'US'],
  ['x-test-region', 'CA'],
  ['Origin', PAGE],
];
const GA4 = '/g/collect?v=2&tid=G-ABC123DEF4&cid=1234567890.1700000000&en=page_view';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const nested = (text: string): string => encodeURIComponent(encodeURIComponent(`${PAGE}/?t=${text}`));

describe('what is Consentry’s own', () => {
  let test: TestGateway;
  let cookie: string;
  let token: string;
  const own: Record<string, string> = {};
  beforeAll(async () => {
    test = await startGateway({
      routes: [
        { path: '/g/collect', vendor: 'ga4', recipient: 'processor' },
        { path: '/by-path/*', purposes: ['analytics'] },
        { path: '/files/*', pass: true },
      ],
      consent: { origins: [PAGE] },
    });
    cookie = await grantEverything(test, { country: 'US', region: 'CA' });
    const answer = await test.send({
      method: 'POST',
      target: '/consent',
      headers: [...FROM_PAGE, ['Content-Type', 'application/json'], ['Sec-Fetch-Site', 'cross-site'], ['Cookie', cookie]],
      body: JSON.stringify({
        purposes: { functional: true, analytics: true, personalization: true, advertising: true },
        action: 'accept_all',
      }),
    });
    const said = JSON.parse(answer.body.toString()) as { token: string; receipt: string };
    token = said.token;
    const value = cookie.slice(cookie.indexOf('=') + 1);
    const { sub } = JSON.parse(Buffer.from(value.split('.')[1] ?? '', 'base64url').toString()) as { sub: string };
    Object.assign(own, { cookie: value, token, receipt: said.receipt, subject: sub });
  });
  afterAll(() => test.close());
  beforeEach(() => test.collector.forget());

  it('leaves a hit that carries it in its place', async () => {
    await test.send({ target: GA4, headers: [...FROM_PAGE, ['Cookie', `${cookie}; a=1`]] });
    await test.send({ target: `${GA4}&consentry-token=${token}`, headers: FROM_PAGE });
    expect(test.collector.arrived.map(({ target, headers }) => [target, headers.cookie])).toEqual([
      [GA4, 'a=1'],
      [GA4, undefined],
    ]);
  });

  it('is cut out of cookies with any name', async () => {
    const headers: Line[] = [...FROM_PAGE, ['Cookie', `${cookie}; old-name=${own.cookie}; a=1; kept=${token}`]];
    await test.send({ target: GA4, headers });
    expect(test.collector.arrived.map(({ headers: { cookie: left } }) => left)).toEqual(['a=1']);
  });

  it.each(['cookie', 'token', 'receipt'] as const)('leaves neither with a preflight nor with a file: the %s', async (name) => {
    const value = own[name] ?? '';
    const asks: Line = ['Access-Control-Request-Method', 'POST'];
    await test.send({ method: 'OPTIONS', target: `/by-path/${value}`, headers: [...FROM_PAGE, asks] });
    await test.send({ method: 'OPTIONS', target: `/by-path/${base64(value)}`, headers: [...FROM_PAGE, asks] });
    await test.send({ target: `/files/${value}/x.js`, headers: FROM_PAGE });
    await test.send({ target: '/files/x.js', headers: [...FROM_PAGE, ['Accept', `text/javascript; t=${value}`]] });
    expect(test.collector.arrived).toEqual([]);
    await test.send({ method: 'OPTIONS', target: '/by-path/x', headers: [...FROM_PAGE, asks] });
    await test.send({ target: '/files/x.js', headers: FROM_PAGE });
    expect(test.collector.arrived.map(({ target }) => target)).toEqual(['/by-path/x', '/files/x.js']);
  });

  it.each(['cookie', 'token', 'receipt', 'subject'] as const)('stops a granted hit with the %s elsewhere', async (name) => {
    const value = own[name] ?? '';
    expect(value.length).toBeGreaterThan(20);
    const headers: readonly Line[] = [...FROM_PAGE, ['Cookie', cookie]];
    const body = JSON.stringify({ events: [{ name: 'a', params: { value } }] });
    await test.send({ target: `${GA4}&ep.a=${value}`, headers });
    await test.send({ target: `${GA4}&dl=${nested(value)}`, headers });
    await test.send({ target: GA4, headers: [...headers, ['Authorization', `Bearer ${value}`]] });
    await test.send({ target: GA4, headers: [...headers, ['Referer', `${PAGE}/?a=${value}`]] });
    await test.send({ method: 'POST', target: GA4, headers, body });
    await test.send({ method: 'POST', target: GA4, headers: [...headers, ['Content-Encoding', 'gzip']], body: gzipSync(body) });
    expect(test.collector.arrived.map(({ target }) => target)).toEqual([]);
  });

  it('stops a hit that came with the token and holds it once more, below another encoding', async () => {
    for (const target of [`&ep.a=${base64(`x${token}`)}`, `&ep.a=${Buffer.from(token).toString('hex')}`])
      await test.send({ target: `${GA4}${target}`, headers: [...FROM_PAGE, ['Consentry-Token', token]] });
    expect(test.collector.arrived).toEqual([]);
  });

  it('is a reason to tell another proxy no', async () => {
    const ask = async (target: string): Promise<number> => {
      const headers: Line[] = [...FROM_PAGE, ['Cookie', cookie], ['X-Original-URI', target], ['X-Original-Method', 'GET']];
      return (await test.send({ target: '/_consentry/check', headers })).status;
    };
    expect(await ask(GA4)).toBe(204);
    expect(await ask(`${GA4}&ep.a=${own.subject}`)).toBe(403);
    expect(await ask(`${GA4}&dl=${nested(own.receipt ?? '')}`)).toBe(403);
  });

  it('stays here also after the subject was erased, of whom the store knows nothing any more', async () => {
    const gone = await grantEverything(test, { country: 'US', region: 'CA' });
    const [value = ''] = gone.slice(gone.indexOf('=') + 1).split(';');
    const { sub } = JSON.parse(Buffer.from(value.split('.')[1] ?? '', 'base64url').toString()) as { sub: string };
    const headers: readonly Line[] = [...FROM_PAGE, ['Sec-Fetch-Site', 'same-origin'], ['Cookie', gone]];
    const erased = await test.send({ method: 'DELETE', target: '/consent', headers });
    expect(erased.status).toBeLessThan(300);
    test.collector.forget();
    for (const id of ['1', sub]) await test.send({ target: `${GA4}&ep.a=${id}`, headers });
    const [control, ...others] = test.collector.arrived.map(({ target }) => target);
    expect(control).toContain('ep.a=1');
    for (const target of others) expect(target).not.toContain(sub);
  });

  it('is no token of somebody else', async () => {
    const other = `${base64('{"alg":"HS256","typ":"JWT"}')}.e30.AAAA`;
    const target = `${GA4}&ep.a=${other}`;
    await test.send({ target, headers: [...FROM_PAGE, ['Cookie', cookie]] });
    expect(test.collector.arrived.map((hit) => hit.target)).toEqual([target]);
  });
});
