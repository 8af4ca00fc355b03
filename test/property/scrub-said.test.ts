/**
 * Seeded identifiers sent through a whole gateway that anonymizes everything: neither the collector nor the visitor's answer, the log, the
 * metrics or the decision log tells them. Rounds: 300, with CONSENTRY_LONG=1 6,000.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { createRandom } from '../support/random.ts';
import { createSeededHit, isIn } from '../support/seeded-hits.ts';
import { spellOut } from '../support/spell-out.ts';

const ROUNDS = process.env.CONSENTRY_LONG === '1' ? 6_000 : 300;
const SHIPPED = fileURLToPath(new URL('../../policies', import.meta.url));
const VENDORS = ['generic', 'plausible', 'email-open', 'matomo', 'segment'];
const ACTIONS = '{ granted: anonymize, unknown: anonymize, denied: anonymize }';
const EVERYWHERE = `schema: 1
id: everywhere
title: Everything anonymized, for this test
version: 2026.11.0
effective: 2018-05-25
model: none
match: ["*", "ZZ"]
purposes: { necessary: ${ACTIONS}, functional: ${ACTIONS}, analytics: ${ACTIONS}, personalization: ${ACTIONS}, advertising: ${ACTIONS} }
signals:
  record: { may: [grant, deny] }
anonymize: { ip: drop, ids: drop, join-ids: drop, user-agent: family, device: coarse, page: keep, text: keep, referrer: keep, undeclared: scan, time: exact, geo: country }
consent: { valid-for: 180d, record-refusals: false }
failure: { store: denied, geo: "ZZ", evidence: continue }
`;

/** Every file below a folder as one text. */
function readAll(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n');
}

describe('identifiers in hits through a whole gateway', () => {
  const folder = mkdtempSync(join(tmpdir(), 'consentry-said-'));
  const evidence = join(folder, 'evidence');
  let gateway: TestGateway;

  beforeAll(async () => {
    const policies = join(folder, 'policies');
    mkdirSync(policies);
    cpSync(join(SHIPPED, 'vendors'), join(policies, 'vendors'), { recursive: true });
    writeFileSync(join(policies, 'everywhere.yaml'), EVERYWHERE);
    gateway = await startGateway({
      policies,
      store: 'memory:',
      evidence: { mode: 'all', dir: evidence },
      routes: VENDORS.map((vendor) => ({ path: '/collect/*', host: `${vendor}.example`, vendor, purposes: ['analytics'] })),
    });
    // A collector that says back what it was told.
    gateway.collector.answer = (req, res) => void res.writeHead(200, { 'content-type': 'text/plain' }).end(req.url);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it(`are told to nobody (${ROUNDS} rounds)`, async () => {
    const random = createRandom(8_086);
    const secrets: string[] = [];
    const problems: string[] = [];
    let arrived = 0;
    for (let round = 0; round < ROUNDS && problems.length < 5; round++) {
      const { secret, hit } = createSeededHit(random);
      const pairs = (hit.headers ?? []).flatMap((name, i, all): [string, string][] =>
        i % 2 ? [] : [[name, all[i + 1] as string]],
      );
      const answer = await gateway.send({
        method: hit.method ?? 'GET',
        target: hit.target.replace('/collect', '/collect/x'),
        headers: [['Host', `${random.pick(VENDORS)}.example`], ...pairs],
        body: hit.body ?? null,
      });
      secrets.push(secret);
      // CORS names the visitor's own Origin to the visitor's own browser, and to nobody else.
      const headers = answer.headers.filter(([name]) => name !== 'access-control-allow-origin');
      const told = [answer.body.toString('utf8'), JSON.stringify(headers)];
      for (const sent of gateway.collector.arrived) {
        arrived++;
        told.push(...spellOut({ method: sent.method, target: sent.target, headers: sent.rawHeaders, body: sent.body }));
      }
      gateway.collector.forget();
      if (isIn(told, secret)) problems.push(`${secret} in ${JSON.stringify(hit)}`);
    }
    expect(problems).toEqual([]);
    expect(arrived).toBeGreaterThan(ROUNDS / 6);
    const metrics = await gateway.gateway.registry.metrics();
    // The decision log is whole when the gateway has ended.
    await gateway.close();
    const said = [gateway.logged.join('\n'), metrics, readAll(evidence)];
    expect(said[2]?.length).toBeGreaterThan(ROUNDS * 50);
    expect(secrets.filter((secret) => isIn(said, secret))).toEqual([]);
  }, 600_000);
});
