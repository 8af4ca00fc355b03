/** A gateway that runs does by itself what its records need once a day. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { GatewayOptions } from '../../src/gateway.ts';
import { decide } from '../support/consent.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { waitUntil } from '../support/redis.ts';

const DAY_MS = 86_400_000;
const folder = mkdtempSync(join(tmpdir(), 'consentry-upkeep-'));
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  rmSync(folder, { recursive: true });
});

async function start(now: number, extra: Partial<GatewayOptions> = {}): Promise<TestGateway> {
  const consent = { anchor: { dir: join(folder, 'anchors') }, retain: '30d' };
  const test = await startGateway({ store: `lmdb:${join(folder, 'data')}`, consent }, { now: () => now, ...extra });
  cleanups.push(() => test.close());
  return test;
}

it('anchors every day, and erases what has been kept long enough', async () => {
  const begin = Date.UTC(2026, 10, 23, 12);
  const first = await start(begin);
  await waitUntil(() => existsSync(join(folder, 'anchors', 'anchor-2026-11-23.txt')));
  const granted = await decide(first, { purposes: { analytics: true } });
  const cookie = await decide(first, { purposes: { analytics: false }, cookie: granted });
  await first.close();
  cleanups.pop();

  // One worker of several leaves it to the primary.
  const worker = await start(begin + 31 * DAY_MS, { workers: 2 });
  const later = await start(begin + 31 * DAY_MS);
  await waitUntil(() => later.logged.some((line) => line.includes('"count":1')));
  expect(worker.logged.join('')).not.toContain('anchored');
  const [header = ''] = readFileSync(join(folder, 'anchors', 'anchor-2026-12-24.txt'), 'utf8').split('\n');
  expect(JSON.parse(header)).toMatchObject({ day: '2026-12-24', subjects: 1 });
  expect(later.logged.join('')).toContain((JSON.parse(header) as { root: string }).root);

  const shown = await later.send({
    target: '/consent',
    headers: [
      ['x-test-country', 'DE'],
      ['Cookie', cookie],
    ],
  });
  expect(JSON.parse(shown.body.toString())).toMatchObject({ state: { analytics: 'denied' } });
});
