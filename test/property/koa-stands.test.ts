/**
 * Whether a guard of koa stands among the middlewares or reads the connections by itself: the handlers see the same of every hit, and
 * the visitor the same of every answer. 400 hits, 8,000 with CONSENTRY_LONG=1.
 */
import { koaBody } from 'koa-body';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type KoaCollector, STANDS, startKoaCollector } from '../support/koa-collector.ts';
import { createRandom, type Random } from '../support/random.ts';
import type { Answer, Sent } from '../support/send.ts';

const ROUNDS = process.env.CONSENTRY_LONG === '1' ? 8_000 : 400;
const ENDS_MS = process.env.CONSENTRY_LONG === '1' ? 1_800_000 : 120_000;

const routes = [
  { path: '/g/collect', vendor: 'ga4', purposes: ['analytics' as const], recipient: 'processor' as const },
  { path: '/e/*', purposes: ['functional' as const], respond: 'pixel' as const },
  { path: '/need', purposes: ['necessary' as const] },
  { path: '/sdk.js', pass: true },
];

/** What the handlers saw of the hits, by their number. */
const seen = STANDS.map(() => new Map<string, unknown>());
let stands: KoaCollector[];

beforeAll(async () => {
  stands = await Promise.all(
    STANDS.map((stand, at) =>
      startKoaCollector(
        { routes },
        (app, guard) => {
          app.proxy = true;
          app.use(guard);
          app.use(koaBody());
          app.use((ctx) => {
            const { method, url, originalUrl, ip, secure } = ctx;
            const { remoteAddress } = ctx.req.socket;
            const { body } = ctx.request as { body?: unknown };
            const { headers, rawHeaders } = ctx.req;
            const what = {
              method,
              url,
              originalUrl,
              ip,
              secure,
              remoteAddress,
              headers,
              rawHeaders,
              body,
              cookie: ctx.cookies.get('a'),
            };
            seen[at]?.set(String(ctx.query.n), what);
            ctx.status = ctx.query.s === undefined ? 200 : Number(ctx.query.s);
            ctx.set({ ETag: '"v"', 'X-Id': 'abc', 'Set-Cookie': ['_ga=GA1.1.1.1; Path=/', 'other=1'] });
            if (ctx.status !== 204) ctx.body = ctx.query.big === undefined ? 'answer' : 'x'.repeat(200_000);
          });
        },
        stand,
      ),
    ),
  );
});
afterAll(() => Promise.all(stands.map((stand) => stand.close())));

function buildHit(random: Random, n: number): Sent {
  const path = random.pick(['/g/collect', '/g/collect', '/e/x', '/e/y/z', '/need', '/sdk.js', '/other', '/G/collect', '/need/']);
  const method = random.pick(['GET', 'GET', 'GET', 'POST', 'POST', 'HEAD', 'OPTIONS', 'PUT']);
  const extras = [
    '',
    '&gclid=Cj0KCQiA-TESTCLICK_0123456789',
    '&em=lena@example.net',
    '&s=204',
    '&s=302',
    '&big=1',
    '&dl=https%3A%2F%2Fa.example',
  ];
  const target = `${path}?n=${n}&v=2&tid=G-ABC123DEF4&cid=1234567890.1700000000${random.pick(extras)}${random.pick(extras)}`;
  const headers: [string, string][] = [['x-test-country', random.pick(['DE', 'FR', 'US', 'US', 'BR'])]];
  if (headers[0]?.[1] === 'US') headers.push(['x-test-region', random.pick(['CA', 'TX', 'WY'])]);
  const maybe = (probability: number, ...line: [string, string]) => random.chance(probability) && headers.push(line);
  maybe(0.3, 'Sec-GPC', '1');
  maybe(0.5, 'Cookie', random.pick(['_ga=GA1.1.5.5; a=b', '__Host-consentry=garbled; a=1', '_gcl_au=1.1.2.3']));
  maybe(0.5, 'X-Forwarded-For', random.pick(['203.0.113.77', '2001:db8::77, 10.0.0.1', 'unknown']));
  maybe(0.3, 'X-Forwarded-Proto', random.pick(['https', 'http', 'https, http']));
  maybe(0.3, 'Origin', 'https://shop.example');
  maybe(0.3, 'Referer', 'https://shop.example/p?email=lena@example.net');
  maybe(0.3, 'User-Agent', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36');
  maybe(0.2, 'X_Underscored', '1');
  if (method !== 'POST' && method !== 'PUT') return { method, target, headers };
  const [type, body] = random.pick([
    ['application/json', '{"en":"view","email":"lena@example.net"}'],
    ['text/plain', 'en=view&gclid=Cj0KCQiA-TESTCLICK_0123456789'],
    ['application/x-www-form-urlencoded', 'a=1&b=two'],
    ['application/json', ''],
  ] as const);
  headers.push(['Content-Type', type]);
  return { method, target, headers, body };
}

/** What a visitor sees but for the time. */
function asSeen({ status, headers, body }: Answer): unknown {
  return { status, headers: headers.filter(([name]) => name !== 'date').sort(), body: body.toString('latin1') };
}

it(
  `handlers and visitors see the same, ${ROUNDS} times`,
  async () => {
    const random = createRandom(11);
    for (let n = 0; n < ROUNDS; n++) {
      const hit = buildHit(random, n);
      const answers = await Promise.all(stands.map((stand) => stand.send(hit)));
      const [one, other] = answers.map(asSeen);
      expect(other, JSON.stringify(hit)).toEqual(one);
    }
    expect([...(seen[1]?.entries() ?? [])].sort()).toEqual([...(seen[0]?.entries() ?? [])].sort());
    expect(seen[1]?.size).toBeGreaterThan(ROUNDS / 5);
  },
  ENDS_MS,
);
