/** A second policy set judges live hits and changes nothing but its counts. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readShadowMetrics } from '../../src/policy/shadow-metrics.ts';
import { readMetrics } from '../support/admin.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

/** Today's set anonymizes analytics after a no in the US; this one drops it. */
const NEXT = `schema: 1
id: everywhere
title: What comes next
version: 2026.12.0
effective: 2018-05-25
model: none
match: ["*", "ZZ"]
purposes:
  necessary:       { granted: forward, unknown: forward, denied: forward }
  functional:      { granted: forward, unknown: forward, denied: anonymize }
  analytics:       { granted: forward, unknown: forward, denied: drop }
  personalization: { granted: forward, unknown: forward, denied: drop }
  advertising:     { granted: forward, unknown: forward, denied: drop }
signals:
  record: { may: [grant, deny] }
anonymize: { ip: drop, ids: drop, join-ids: drop, user-agent: family, device: coarse, page: path, text: drop, referrer: origin, undeclared: drop, time: hour, geo: country }
consent: { valid-for: 365d, record-refusals: true }
failure: { store: denied, geo: "ZZ", evidence: drop }
`;

describe('policies-next', () => {
  let folder: string;
  let next: string;
  let test: TestGateway;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'consentry-next-'));
    next = join(folder, 'next');
    mkdirSync(next);
    writeFileSync(join(next, 'everywhere.yaml'), NEXT);
    test = await startGateway({ routes: [{ path: '/collect', purposes: ['analytics'] }], 'policies-next': next });
  });
  afterAll(async () => {
    await test.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const hit = (country: string, headers: [string, string][] = []): Promise<unknown> =>
    test.send({ target: '/collect', headers: [['x-test-country', country], ['x-test-region', 'WY'], ...headers] });

  it('counts what it would do otherwise, while the first set acts', async () => {
    await hit('US');
    await hit('DE');
    await hit('US', [['SP-Anonymous', '*']]);
    const shadow = readShadowMetrics(await readMetrics(test.gateway));
    expect(shadow.judged).toBe(3);
    expect(shadow.differences).toContainEqual(
      expect.objectContaining({ cell: 'analytics.denied', from: 'anonymize', to: 'drop', count: 1 }),
    );
    expect(test.collector.arrived.map(({ headers }) => String(headers['consentry-decision']).split(';')[0])).toEqual([
      'forward',
      'anonymize',
    ]);
  });

  it('a broken next set stays out of the way, and says where it is broken', async () => {
    writeFileSync(join(next, 'us.yaml'), 'schema: 1\nid: us\nmatch: [NO]\n');
    await expect.poll(() => test.logged.join(''), { timeout: 5_000 }).toMatch(/us\.yaml:3:\d+/);
    await hit('US');
    expect(test.collector.arrived.length).toBe(3);
  });
});
