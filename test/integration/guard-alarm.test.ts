/** What is seen of a hit that scrubbing left an identifier in: with scrubbing switched off, the guard alone stands before the collector. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import type { Guard, ScrubRequest } from '../../src/hit/outgoing.ts';
import { findMetric, readMetrics } from '../support/admin.ts';
import { startGateway } from '../support/gateway.ts';
import { waitUntil } from '../support/redis.ts';

vi.mock('../../src/hit/scrub.ts', async (original) => {
  const real = await original<typeof import('../../src/hit/scrub.ts')>();
  return {
    // The guard is given the hit as it came.
    scrubHit: (request: ScrubRequest, guard: Guard) => real.scrubHit(request, (_, forbidden) => guard(request.hit, forbidden)),
  };
});

const TRAVELLERS = [
  ['GET', '/g/collect?v=2&tid=G-1&auid=1111111111.2222222222&en=page_view', 'query:auid', 'target'],
  ['GET', '/g/collect?v=2&tid=G-1&en=page_view&anna_muster=anna.muster%40example.com', 'query:?', 'target'],
  ['POST', '/g/collect?v=2&tid=G-1&en=page_view', 'body:auid', 'body'],
] as const;

it('names the place in the words of the profile: in metrics, the log and the decision log', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'consentry-guard-'));
  const test = await startGateway({
    routes: [{ path: '/g/collect', vendor: 'ga4', recipient: 'processor' }],
    evidence: { mode: 'all', dir },
  });
  try {
    for (const [method, target] of TRAVELLERS) {
      const answer = await test.send({
        method,
        target,
        headers: [
          ['x-test-country', 'US'],
          ['x-test-region', 'CA'],
          ['sec-gpc', '1'],
        ],
        body: method === 'POST' ? Buffer.from('en=scroll&auid=annamuster77') : null,
      });
      expect(answer.status).toBe(204);
    }
    expect(test.collector.arrived.map(({ target }) => target)).toEqual([]);
    const metrics = await readMetrics(test.gateway);
    expect(findMetric(metrics, 'consentry_guard_finds_total{route="/g/collect",carrier="query",part="target"}')).toBe(2);
    expect(findMetric(metrics, 'consentry_guard_finds_total{route="/g/collect",carrier="body",part="body"}')).toBe(1);
    const said = test.logged.join('');
    for (const [, , place, part] of TRAVELLERS) expect(said).toContain(`"place":"${place}","part":"${part}"`);
    const lines = (): string =>
      readdirSync(dir)
        .filter((name) => name.endsWith('.ndjson'))
        .map((name) => readFileSync(join(dir, name), 'utf8'))
        .join('');
    await waitUntil(() => lines().split('"fault":"guard"').length === 4);
    for (const [, , place, part] of TRAVELLERS) expect(lines()).toContain(`"found":{"place":"${place}","part":"${part}"}`);
    expect(`${said}${lines()}${metrics}`).not.toMatch(/anna/i);
  } finally {
    await test.close();
    rmSync(dir, { recursive: true, force: true });
  }
});
