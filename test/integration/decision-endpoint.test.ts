/** The decision endpoint, asked as nginx, Traefik and Envoy ask; and a real nginx in front of its own collector. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { grantEverything } from '../support/consent.ts';
import { CORPUS_HITS, type CorpusHit, comparedHeaders, pathOf, profileOf, requestOf } from '../support/corpus-hits.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { type Sent, send } from '../support/send.ts';

const NOTICE = { 'n-1': { hash: 'x', purposes: ['functional', 'analytics', 'personalization', 'advertising'] as const } };
const notices = NOTICE as unknown as Record<string, { hash: string; purposes: ('analytics' | 'advertising')[] }>;
const CHECK = '/_consentry/check';

describe('the decision endpoint', () => {
  let test: TestGateway;
  let cookie: string;
  beforeAll(async () => {
    test = await startGateway({ routes: [{ path: '/g/collect', vendor: 'ga4' }], consent: { notices } });
    cookie = await grantEverything(test, { country: 'DE', notice: 'n-1' });
  });
  afterAll(() => test.close());

  const ask = async (headers: [string, string][], target = CHECK, method = 'GET'): Promise<[number, string | undefined]> => {
    const answer = await test.send({ method, target, headers: [['x-test-country', 'DE'], ...headers] });
    return [answer.status, answer.header('consentry-decision')];
  };

  it('says yes to a GET hit that may be forwarded with nothing to strip', async () => {
    expect(
      await ask([
        ['X-Original-URI', '/g/collect?v=2'],
        ['Cookie', cookie],
      ]),
    ).toEqual([204, expect.stringMatching(/^forward; policy=eu@.*analytics=granted/)]);
    expect(
      await ask([
        ['X-Forwarded-Uri', '/g/collect?v=2'],
        ['X-Forwarded-Method', 'GET'],
        ['X-Forwarded-Host', 'shop.example'],
        ['Cookie', cookie],
      ]),
    ).toEqual([204, expect.any(String)]);
    expect(await ask([['Cookie', cookie]], `${CHECK}/g/collect?v=2`)).toEqual([204, expect.any(String)]);
    expect(test.collector.arrived).toEqual([]);
  });

  it.each<[string, [string, string][], string, string]>([
    ['without consent', [['X-Original-URI', '/g/collect']], CHECK, 'GET'],
    [
      'to a POST, whose body it does not see',
      [
        ['X-Original-URI', '/g/collect'],
        ['X-Original-Method', 'POST'],
      ],
      CHECK,
      'GET',
    ],
    ['to a path under no route', [['X-Original-URI', '/elsewhere']], CHECK, 'GET'],
    ['to a request that nobody describes', [], CHECK, 'GET'],
    [
      'to a request that is described in two ways',
      [
        ['X-Original-URI', '/g/collect'],
        ['X-Forwarded-Uri', '/other'],
      ],
      CHECK,
      'GET',
    ],
    ['to a visitor’s own description behind Envoy', [['X-Original-URI', '/g/collect']], `${CHECK}/admin`, 'GET'],
    ['to a spelling that servers read differently', [['X-Original-URI', '/g%2fcollect']], CHECK, 'GET'],
  ])('says no %s', async (title, headers, target, method) => {
    const withCookie: [string, string][] = title === 'without consent' ? headers : [...headers, ['Cookie', cookie]];
    expect((await ask(withCookie, target, method))[0]).toBe(403);
  });

  it('says no to somebody who is no proxy of ours', async () => {
    const stranger = await startGateway({
      routes: [{ path: '/g/collect', vendor: 'ga4' }],
      trust: { proxies: ['192.0.2.1/32'] },
      geo: { assume: 'US' },
    });
    try {
      const answer = await stranger.send({ target: CHECK, headers: [['X-Original-URI', '/g/collect']] });
      expect([answer.status, answer.header('consentry-decision')]).toEqual([403, undefined]);
    } finally {
      await stranger.close();
    }
  });
});

const nginx = ['/usr/sbin/nginx', '/usr/bin/nginx'].find((path) => existsSync(path));
const hits = CORPUS_HITS.filter(({ method }) => method === 'GET');
/** One host per hit, so that vendors with the same path do not meet. */
const hostOf = (hit: CorpusHit): string => `${hit.id}.example`;

function requestAt(hit: CorpusHit, cookie: string | null): Sent {
  const request = requestOf(hit, [['x-test-country', 'DE']]);
  const lines = (request.headers ?? []).filter(([name]) => name !== 'host' && name !== 'cookie');
  const own = hit.headers.cookie;
  const cookies = [own, cookie].filter((value) => value != null).join('; ');
  return { ...request, headers: [['host', hostOf(hit)], ...lines, ...(cookies === '' ? [] : [['cookie', cookies] as const])] };
}

/** The lines that the collector has to get for the hit to be untouched, whatever their order. */
const linesOf = (raw: readonly string[]): string[] => comparedHeaders(raw).sort();

describe.skipIf(nginx === undefined || hits.length === 0)(
  `nginx auth_request in front of empty_gif, ${hits.length} GET hits`,
  () => {
    it('passes exactly those that the proxy forwards untouched', async () => {
      const test = await startGateway({
        routes: hits.map((hit) => ({
          // Google's conversions carry their fields in the path.
          path: pathOf(hit).replace(/;.*$/, '/*'),
          host: hostOf(hit),
          vendor: profileOf(hit),
          ...(hit.vendor === 'own-pixel' && { purposes: ['analytics' as const] }),
        })),
        consent: { notices },
      });
      const folder = mkdtempSync(join(tmpdir(), 'consentry-nginx-'));
      const port = await freePort();
      writeFileSync(join(folder, 'nginx.conf'), nginxConf(folder, port, test.port));
      execFileSync(nginx as string, ['-t', '-c', join(folder, 'nginx.conf')], { stdio: 'pipe' });
      const server = spawn(nginx as string, ['-c', join(folder, 'nginx.conf')], { stdio: 'ignore' });
      try {
        await untilListening(port);
        const cookie = await grantEverything(test, { country: 'DE', notice: 'n-1' });
        const passed = { yes: 0, silence: 0 };
        for (const withConsent of [true, false]) {
          for (const hit of hits) {
            const sent = requestAt(hit, withConsent ? cookie : null);
            test.collector.arrived.length = 0;
            await test.send(sent);
            const [arrived] = test.collector.arrived;
            const asked = requestOf(hit);
            const untouched =
              arrived !== undefined &&
              arrived.target === asked.target &&
              linesOf(arrived.rawHeaders).join() === linesOf((asked.headers ?? []).flat()).join();
            const answer = await send(port, sent);
            expect([hit.id, withConsent, answer.status]).toEqual([hit.id, withConsent, untouched ? 200 : 403]);
            if (untouched) passed[withConsent ? 'yes' : 'silence']++;
          }
        }
        expect(passed.yes).toBeGreaterThan(hits.length / 2);
        expect(passed.silence).toBeLessThan(hits.length / 10);
      } finally {
        server.kill();
        await test.close();
        rmSync(folder, { recursive: true, force: true });
      }
    });
  },
);

/** The configuration that docs/nginx.md shows, on free ports. */
function nginxConf(folder: string, port: number, consentry: number): string {
  return `daemon off; pid ${folder}/pid; error_log ${folder}/error.log;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  server {
    listen 127.0.0.1:${port};
    location / { auth_request /_consentry/check; empty_gif; }
    location = /_consentry/check {
      internal;
      proxy_pass http://127.0.0.1:${consentry};
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_set_header Host $host;
      proxy_set_header X-Original-URI $request_uri;
      proxy_set_header X-Original-Method $request_method;
      proxy_set_header X-Forwarded-Uri "";
      proxy_set_header X-Forwarded-For $remote_addr;
    }
  }
}
`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function untilListening(port: number): Promise<void> {
  for (let round = 0; round < 100; round++) {
    try {
      await send(port, { target: '/' });
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error('nginx did not start');
}
