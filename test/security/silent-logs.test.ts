/** Nothing of a visitor stands in the log or in the metrics, whatever happens to their hits. */
import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readMetrics } from '../support/admin.ts';
import { decide, grantEverything } from '../support/consent.ts';
import { bodyOf, CORPUS_HITS, type CorpusHit, pathOf, profileOf, requestOf } from '../support/corpus-hits.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { sendRaw } from '../support/send.ts';

const MARK = 'mark3d';
const PURPOSES = ['functional', 'analytics', 'personalization', 'advertising'] as const;

/** What a hit of a test of its own carries, in every place that a hit has. */
const MARKED: [string, string][] = [
  ['X-Forwarded-For', '203.0.113.77'],
  ['User-Agent', `${MARK}-agent`],
  ['Referer', `https://shop.example/${MARK}-page?mail=ada@${MARK}.example`],
  ['Cookie', `_ga=GA1.1.${MARK}; session=${MARK}-session`],
  ['Authorization', `Bearer ${MARK}-bearer`],
  ['X-Own', `${MARK}-header`],
];

const hostOf = (hit: CorpusHit): string => `${hit.id}.example`;

function requestAt(hit: CorpusHit, country: string, cookie: string): ReturnType<typeof requestOf> {
  const { headers = [], ...request } = requestOf(hit);
  const cookies = headers.filter(([name]) => name === 'cookie').map(([, value]) => value);
  const kept = headers.filter(([name]) => name !== 'host' && name !== 'cookie');
  const own: [string, string][] = [
    ['host', hostOf(hit)],
    ['cookie', [...cookies, cookie].join('; ')],
    ['x-test-country', country],
    ['x-forwarded-for', '203.0.113.77'],
  ];
  return { ...request, headers: [...own, ...kept] };
}

/** A route as an operator would write it: without what a path says of a person. */
function routePathOf(hit: CorpusHit): string {
  const [first = '', ...more] = pathOf(hit).slice(1).split('/');
  return more.length > 0 ? `/${first}/*` : `/${first.split(';')[0]}`;
}

describe('the log and the metrics', () => {
  it('hold nothing of a hit: dropped, forwarded, anonymized, refused, failed, answered ahead', async () => {
    const routes = [
      { path: '/hit', purposes: ['analytics' as const] },
      { path: '/first/*', purposes: ['analytics' as const], respond: 'pixel' as const },
      { path: '/mail', purposes: ['analytics' as const], subject: 'query:who' },
      { path: '/tr', vendor: 'meta' },
      ...CORPUS_HITS.map((hit) => ({
        path: routePathOf(hit),
        host: hostOf(hit),
        vendor: profileOf(hit),
        recipient: 'processor' as const,
        ...(hit.vendor === 'own-pixel' && { purposes: ['analytics' as const] }),
      })),
    ];
    const notices = { 'n-1': { hash: 'x', purposes: [...PURPOSES] } };
    const options = { routes, consent: { notices, rate: { 'per-minute': 3 } }, limits: { body: '4KiB' } };
    const test = await startGateway(options);
    try {
      const cookie = await grantEverything(test, { country: 'DE', notice: 'n-1' });
      for (const hit of CORPUS_HITS) {
        await test.send(requestAt(hit, 'DE', cookie));
        await test.send(requestAt(hit, 'US', cookie));
      }
      await sendOdd(test, cookie);
      await failEverywhere(test, cookie);
      const said = test.logged.join('');
      expect(said.length).toBeGreaterThan(200);
      const metrics = await readMetrics(test.gateway);
      expect(metrics).toMatch(/consentry_faults_total\{.*reason="body-/);
      expect(metrics).toMatch(/consentry_upstream_failures_total\{/);
      // Where the collector is, the operator has written.
      const text = `${said}\n${metrics}`.replaceAll(test.collector.url, '');
      for (const secret of [MARK, '203.0.113.77', '127.0.0.1', cookie.split('=')[1] ?? '?']) {
        expect(findLines(text, secret), secret).toEqual([]);
      }
      const values = new Set(CORPUS_HITS.flatMap(({ identifiers }) => identifiers.map(({ value }) => value)));
      let searched = 0;
      for (const value of values) {
        // What is as short as a number or a word stands anywhere by chance.
        if (value.length < 8 || /^[a-z/-]+$/.test(value)) continue;
        searched++;
        expect(findLines(text, value), value).toEqual([]);
      }
      for (const hit of CORPUS_HITS) {
        const query = hit.url.split('?')[1] ?? '';
        if (query.length > 20) expect(text.includes(query.slice(0, 20)), hit.id).toBe(false);
        const body = bodyOf(hit)?.toString() ?? '';
        if (body.length > 30) expect(text.includes(body.slice(0, 30)), hit.id).toBe(false);
      }
      if (CORPUS_HITS.length > 0) expect(searched).toBeGreaterThan(100);
    } finally {
      await test.close();
    }
  }, 60_000);

  it('hold nothing where a proxy is not declared', async () => {
    const test = await startGateway({
      trust: { proxies: [] },
      geo: { assume: 'DE' },
      routes: [{ path: '/hit', purposes: ['analytics'] }],
    });
    try {
      await test.send({ target: `/hit?who=${MARK}`, headers: MARKED });
      expect(test.logged.join('')).toContain('not declared');
      expect(findLines(test.logged.join(''), MARK)).toEqual([]);
      expect(findLines(test.logged.join(''), '203.0.113.77')).toEqual([]);
    } finally {
      await test.close();
    }
  });
});

/** Refusals, faults and the consent API, with the marks in every place. */
async function sendOdd(test: TestGateway, cookie: string): Promise<void> {
  const marked = MARKED.map(([name, value]): [string, string] =>
    name === 'Cookie' ? [name, `${value}; ${cookie}`] : [name, value],
  );
  for (const headers of [MARKED, marked]) {
    await test.send({ target: `/hit?who=${MARK}`, headers: [['x-test-country', 'DE'], ...headers] });
    await test.send({ target: `/first/${MARK}?who=${MARK}`, headers: [['x-test-country', 'DE'], ...headers] });
    await test.send({ target: `/mail?who=${MARK}`, headers });
    await test.send({ target: `/nowhere/${MARK}?who=${MARK}`, headers });
    await test.send({ target: `/hit%2f${MARK}`, headers });
    await test.send({ method: 'PATCH', target: `/hit?${MARK}`, headers });
    await test.send({
      method: 'POST',
      target: `/tr?${MARK}`,
      headers: [['x-test-country', 'FR'], ...headers],
      body: `{"broken": "${MARK}`,
    });
    await test.send({ method: 'POST', target: `/hit?${MARK}`, headers, body: MARK.repeat(2_000) });
    await test.send({ target: `/_consentry/check?${MARK}`, headers: [['X-Original-URI', `/hit?who=${MARK}`], ...headers] });
    await test.send({ target: `/consent?${MARK}`, headers });
    await test.send({ method: 'POST', target: `/consent?${MARK}`, headers, body: `{"purposes": "${MARK}"}` });
    await test.send({
      method: 'POST',
      target: '/consent',
      headers: [['Origin', `https://${MARK}.example`], ...headers],
      body: MARK,
    });
    await test.send({ method: 'PUT', target: '/consent/external', headers, body: `{"externalId": "${MARK}"}` });
  }
  await sendRaw(
    test.port,
    `GET /hit?${MARK} HTTP/1.1\r\nHost: ${MARK}\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
    300,
  );
  await sendRaw(test.port, `${MARK} ${MARK}\r\n\r\n`, 300);
}

/** The collector gone, a policy broken, an answer that breaks off. */
async function failEverywhere(test: TestGateway, cookie: string): Promise<void> {
  const headers: [string, string][] = [
    ['x-test-country', 'DE'],
    ['Cookie', `${cookie}; _ga=${MARK}`],
  ];
  test.collector.answer = (req) => void req.socket.destroy();
  await test.send({ target: `/hit?who=${MARK}`, headers });
  await test.send({ target: `/first/x?who=${MARK}`, headers });
  test.collector.answer = (_req, res) =>
    void res.writeHead(200, { 'set-cookie': `id=${MARK}`, location: `https://${MARK}.example` }).end();
  await test.send({ target: `/hit?who=${MARK}`, headers });
  const file = readdirSync(test.policies).find((name) => name === 'eu.yaml') ?? '';
  appendFileSync(join(test.policies, file), '\nnonsense: [\n');
  await test.gateway.reload();
  await decide(test, { country: 'DE', action: 'withdraw', cookie });
  await test.collector.close();
  await test.send({ target: `/tr?who=${MARK}`, headers: [...headers, ['x-test-country', 'ZZ']] });
}

function findLines(text: string, secret: string): string[] {
  return text.split('\n').filter((line) => line.includes(secret));
}
