/** The koa middleware among others: behind a body parser, in front of strangers' paths, with the consent API, at its beginning and end. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { koaBody } from 'koa-body';
import { describe, expect, it } from 'vitest';
import { consentry, GatewayProblem, guardUpgrade } from '../../src/index.ts';
import { startKoaCollector } from '../support/koa-collector.ts';

type Line = readonly [string, string];

const DE: Line = ['x-test-country', 'DE'];
const CALIFORNIA: readonly Line[] = [
  ['x-test-country', 'US'],
  ['x-test-region', 'CA'],
];
const HIT = '/g/collect?v=2&tid=G-ABC123DEF4&cid=1234567890.1700000000&en=page_view';
const routes = [{ path: '/g/collect', vendor: 'ga4', purposes: ['analytics' as const], recipient: 'processor' as const }];

describe('mounted behind a body parser', () => {
  it('says at the first hit what to do, and lets nothing through', async () => {
    let calls = 0;
    const test = await startKoaCollector({ routes }, (app, guard) => {
      app.use(koaBody());
      app.use(guard);
      app.use((ctx) => {
        calls++;
        ctx.body = 'x';
      });
    });
    const headers: Line[] = [...CALIFORNIA, ['Content-Type', 'application/json']];
    const answer = await test.send({ method: 'POST', target: '/g/collect?v=2', headers, body: '{"a":1}' });
    expect([answer.status, calls]).toEqual([500, 0]);
    expect(answer.body.toString()).toContain('mount it ahead of every body parser');
    await test.close();
  });
});

describe('with unmatched: refuse', () => {
  it('a path under no route reaches no handler', async () => {
    let calls = 0;
    const test = await startKoaCollector({ routes, unmatched: 'refuse' }, (app, guard) => {
      app.use(guard);
      app.use((ctx) => {
        calls++;
        ctx.body = 'x';
      });
    });
    expect((await test.send({ target: '/other', headers: CALIFORNIA })).status).toBe(404);
    expect((await test.send({ method: 'PUT', target: '/other', headers: CALIFORNIA })).status).toBe(405);
    expect((await test.send({ target: HIT, headers: CALIFORNIA })).status).toBe(200);
    expect(calls).toBe(1);
    await test.close();
  });
});

describe('the consent API in the middleware', () => {
  it('takes, shows and withdraws a decision, and the next hit obeys', async () => {
    const reached: string[] = [];
    const test = await startKoaCollector(
      {
        routes: [{ path: '/p', purposes: ['functional'] }],
        consent: { notices: { n: { hash: 'x', purposes: ['functional'] } } },
      },
      (app, guard) => {
        app.use(guard);
        app.use((ctx) => {
          reached.push(ctx.url);
          ctx.body = 'ok';
        });
      },
    );
    const place = DE;
    const page: Line[] = [place, ['Sec-Fetch-Site', 'same-origin'], ['Content-Type', 'application/json']];
    const posted = await test.send({
      method: 'POST',
      target: '/consent',
      headers: page,
      body: JSON.stringify({ purposes: { functional: true }, action: 'save', notice: { version: 'n' } }),
    });
    expect(posted.status).toBe(201);
    const cookie: Line = ['Cookie', (posted.header('set-cookie') ?? '').split(';')[0] ?? ''];
    expect(JSON.parse((await test.send({ target: '/consent', headers: [place, cookie] })).body.toString()).state.functional).toBe(
      'granted',
    );
    await test.send({ target: '/p?1', headers: [place, cookie] });
    expect((await test.send({ method: 'DELETE', target: '/consent', headers: [...page, cookie] })).status).toBe(200);
    await test.send({ target: '/p?2', headers: [place, cookie] });
    expect(reached).toEqual(['/p?1']);
    await test.close();
  });
});

describe('its beginning and end', () => {
  it.each([
    [{ routes: [{ path: '/c', vendr: 'ga4' }] }, /routes\.0\.vendr: unknown key "vendr": write "vendor"/],
    [{ routes: [{ path: '/c', vendor: 'ga5' }] }, /no profile "ga5".*did you mean "ga4"/],
    [{ routes: [{ path: '/c' }] }, /neither the route nor its vendor names a purpose/],
    [{ policies: '/nowhere/at/all' }, /nowhere\/at\/all/],
    [{ trust: { proxies: ['everybody'] } }, /trust\.proxies.*no CIDR/],
    [{ geo: { database: '/nowhere.mmdb' } }, /nowhere\.mmdb/],
  ] as (readonly [object, RegExp])[])('%j: ready rejects and says what to mend', async (options, problem) => {
    const guard = consentry({ store: 'memory:', ...options });
    await expect(guard.ready).rejects.toThrow(GatewayProblem);
    await expect(guard.ready).rejects.toThrow(problem);
    await guard.close();
  });

  it('refuses every upgrade where guardUpgrade was called', async () => {
    const test = await startKoaCollector({ routes }, (app, guard) => void app.use(guard));
    guardUpgrade(test.server);
    const socket = connect(test.port, '127.0.0.1');
    socket.end('GET /g/collect?v=2 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    expect(chunk.toString()).toMatch(/^HTTP\/1\.1 400 /);
    await test.close();
  });
});
