/** Deliberate misconfigurations, each found and explained. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHECKS, type Finding } from '../../src/cli/doctor-checks.ts';
import { loadConfig } from '../../src/config.ts';
import { type Collector, startCollector } from '../support/collector.ts';

let collector: Collector;
let folder: string;
beforeAll(async () => {
  collector = await startCollector();
  folder = mkdtempSync(join(tmpdir(), 'consentry-doctor-'));
});
afterAll(async () => {
  await collector.close();
  rmSync(folder, { recursive: true, force: true });
});

const NOW = Date.UTC(2026, 10, 24);

async function examine(change: string, environment: Record<string, string> = {}, now = NOW): Promise<Finding[]> {
  const file = join(folder, 'consentry.yaml');
  const lines = new Map([
    ['upstream', `upstream: ${collector.url}`],
    ['routes', 'routes: [{ path: /g/collect, vendor: ga4 }]'],
    ['trust', 'trust: { proxies: [127.0.0.1/32], geo: cloudflare }'],
    ['consent', 'consent: { notices: { "1": { hash: x, purposes: [analytics] } } }'],
  ]);
  for (const line of change.split('\n').filter(Boolean)) lines.set(line.split(':')[0] as string, line);
  writeFileSync(file, [...lines.values()].join('\n'));
  const loaded = loadConfig({ config: file }, {}, folder);
  if (!loaded.ok) throw new Error(loaded.problems.join('\n'));
  const patient = { config: loaded.config, environment, now };
  return (await Promise.all(CHECKS.map((check) => check(patient)))).flat();
}

describe('consentry doctor', () => {
  it('finds nothing where nothing is wrong', async () => {
    expect(await examine('')).toEqual([]);
  });

  it.each<[string, string, RegExp, ('error' | 'warning')?]>([
    ['trust: { proxies: [0.0.0.0/0], geo: cloudflare }', 'trust.proxies', /lets anybody choose.*proxies: \[10\.0\.0\.5\/32\]/],
    ['trust: { geo: cloudflare }', 'trust.geo', /believed from trust\.proxies only/],
    ['trust: { proxies: [] }', 'geo', /everybody gets the strictest answer/, 'warning'],
    ['geo: { database: ./none.mmdb }', 'geo.database', /give the path of an \.mmdb file/],
    ['routes: []', 'routes', /add routes:/],
    ['routes: [{ path: /g/collect, vendor: ga5 }]', 'routes', /did you mean "ga4"\?/],
    [
      'routes: [{ path: /a/*, vendor: ga4 }, { path: /a/b.js, pass: true }]',
      'routes',
      /make sure that it is a static file/,
      'warning',
    ],
    ['upstream: http://127.0.0.1:1', 'upstream', /nothing listens at http:\/\/127\.0\.0\.1:1; start the collector/],
    ['upstream: http://127.0.0.1:8080', 'upstream', /own address: hits would go round/],
    ['store: "memory:"', 'store', /forgets every decision.*store: lmdb:\.\/data/],
    ['policies: ./nowhere', 'policies', /is not there; copy the pack: cp -r/],
    ['consent: { cookie: { same-site: none, secure: false } }', 'consent.cookie', /refuse same-site: none without secure/],
    ['consent: { cookie: { name: __Host-x, domain: shop.example } }', 'consent.cookie.name', /leave name out/],
    ['consent: {}', 'consent.notices', /no yes will count/, 'warning'],
    ['admin: { host: 0.0.0.0 }', 'admin.host', /write host: 127\.0\.0\.1/, 'warning'],
    ['evidence: { dir: ./consentry.yaml }', 'evidence.dir', /cannot be written by this user; chown it/],
    ['consent: { anchor: { dir: ./consentry.yaml } }', 'consent.anchor.dir', /cannot be written by this user; chown it/],
    ['store: redis://127.0.0.1:1\nevidence: { dir: ./consentry.yaml/log }', 'spool', /cannot be written.*move it away/],
    ['admin: { port: 8080 }', 'admin.port', /choose another one/],
  ])('%s', async (change, about, message, level = 'error') => {
    const findings = await examine(change);
    expect(findings).toContainEqual({ level, about, message: expect.stringMatching(message) });
  });

  it('finds a policy that does not hold, with its line', async () => {
    mkdirSync(join(folder, 'bad'), { recursive: true });
    writeFileSync(join(folder, 'bad', 'x.yaml'), 'schema: 1\nid: x\nmatch: [NO]\n');
    const findings = await examine('policies: ./bad');
    expect(findings).toContainEqual({
      level: 'error',
      about: 'policies',
      message: expect.stringMatching(/^x\.yaml:3:\d+: .*write "NO" in quotes/),
    });
  });

  it('finds records that other users can read', async () => {
    mkdirSync(join(folder, 'open'), { mode: 0o755 });
    writeFileSync(join(folder, 'open', 'consent.mdb'), '', { mode: 0o644 });
    const found = {
      level: 'warning',
      about: 'store',
      message: expect.stringMatching(/can be read by other users.*chmod -R go= \S+open$/),
    };
    expect(await examine('store: lmdb:./open')).toContainEqual(found);
  });

  it('says within seconds that Redis does not answer, instead of waiting for it', async () => {
    const findings = await examine('store: redis://127.0.0.1:1');
    expect(findings).toContainEqual({ level: 'error', about: 'store', message: expect.stringMatching(/redis did not answer/) });
  }, 15_000);

  it('finds keys that are too short, and a clock that stands in the past', async () => {
    expect(await examine('', { CONSENTRY_KEYS: 'k1:c2hvcnQ' })).toContainEqual(
      expect.objectContaining({ level: 'error', about: 'keys' }),
    );
    expect(await examine('', {}, Date.UTC(2020, 0, 1))).toContainEqual(
      expect.objectContaining({ level: 'error', about: 'clock' }),
    );
  });
});
