/** A guarded path in another spelling is judged or refused: in Germany without consent no collector gets it, however lenient it is. */
import Router from '@koa/router';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { type KoaCollector, STANDS, startKoaCollector } from '../support/koa-collector.ts';
import { generateSpellings, isTakenForCollect, KNOWN_SPELLINGS, sendSpelling } from '../support/spellings.ts';

const COUNT = process.env.CONSENTRY_LONG === '1' ? 6_000 : 300;
const SPELLINGS = [...KNOWN_SPELLINGS, ...generateSpellings(COUNT, 20_261_123)];

/** Beside the guarded path there are ways that lead to the collector without consent. */
const ROUTES = [
  { path: '/collect', vendor: 'ga4' },
  { path: '/static/*', pass: true },
  { path: '/sdk.js', pass: true },
  { path: '/need/*', purposes: ['necessary' as const] },
];

/** Whatever may answer a hit that was dropped, refused or not found. */
const ANSWERS = [204, 400, 404, 0];

it('the server that takes all spellings does', () => {
  for (const spelling of ['/collect', '//collect', '/%2563ollect', '/x/..;/COLLECT/', '\\collect', '//x/collect', '/collect%00'])
    expect([spelling, isTakenForCollect(spelling)]).toEqual([spelling, true]);
  for (const spelling of ['/', '/static/a.js', '/need/collect', '/collector']) expect(isTakenForCollect(spelling)).toBe(false);
});

describe(`${SPELLINGS.length} spellings through the proxy`, () => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await startGateway({ routes: ROUTES });
  });
  afterAll(() => test.close());

  it.each(['GET', 'POST', 'OPTIONS'])('%s: none reaches the collector as a hit', async (method) => {
    test.collector.forget();
    for (const spelling of SPELLINGS) {
      const status = await sendSpelling(test.port, spelling, method);
      if (!isTakenForCollect(spelling)) continue;
      expect([spelling, status]).toEqual([spelling, expect.toBeOneOf([...ANSWERS, 200, 405])]);
    }
    const taken = test.collector.arrived.filter(({ target, rawHeaders }) => {
      // A preflight may come, but bare.
      if (method === 'OPTIONS') return rawHeaders.includes('Cookie') || target.includes('?');
      return isTakenForCollect(target);
    });
    expect(taken.map(({ target }) => target)).toEqual([]);
  });

  it('the ways beside it are open', async () => {
    test.collector.forget();
    await sendSpelling(test.port, '/static/a.js');
    await sendSpelling(test.port, '/need/x');
    expect(test.collector.arrived.map(({ target }) => target)).toEqual(['/static/a.js', '/need/x']);
  });
});

describe.each(STANDS)(`${SPELLINGS.length} spellings through a guard of koa, %s`, (stand) => {
  let test: KoaCollector;
  const handled: string[] = [];
  beforeAll(async () => {
    test = await startKoaCollector(
      { routes: ROUTES },
      (app, guard) => {
        const router = new Router({ sensitive: false, strict: false });
        router.all('/collect', (ctx) => {
          handled.push(`router: ${ctx.url}`);
          ctx.status = 200;
        });
        app.use(guard);
        app.use(router.routes());
        app.use((ctx) => {
          handled.push(ctx.url);
          ctx.status = 200;
        });
      },
      stand,
    );
  });
  afterAll(() => test.close());

  it.each(['GET', 'POST', 'PUT'])('%s: none reaches a handler that takes it for the hit', async (method) => {
    handled.length = 0;
    for (const spelling of SPELLINGS) await sendSpelling(test.port, spelling, method);
    expect(handled.filter((entry) => entry.startsWith('router') || isTakenForCollect(entry))).toEqual([]);
  });

  it('a path that nobody guards goes on', async () => {
    handled.length = 0;
    expect(await sendSpelling(test.port, '/other/%63ollect')).toBe(200);
    expect(handled).toEqual(['/other/%63ollect']);
  });
});
