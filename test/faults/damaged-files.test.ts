/** Files under the gateway that were damaged or replaced: it says which and does not start, or goes on with what it has read. */
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConfigInput } from '../../src/config-schema.ts';
import { corpusPath } from '../support/corpus.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import type { Answer } from '../support/send.ts';

const ROUTES: ConfigInput = {
  routes: [{ path: '/hit', purposes: ['analytics'] }],
  consent: { notices: { n: { hash: 'h', purposes: ['analytics'] } } },
};
const GERMANY = ['x-test-country', 'DE'] as const;

let folder: string;
let test: TestGateway | null = null;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'consentry-damaged-'));
});
afterEach(async () => {
  await test?.close();
  test = null;
  rmSync(folder, { recursive: true, force: true });
});

function decide(to: TestGateway, cookie = ''): Promise<Answer> {
  return to.send({
    method: 'POST',
    target: '/consent',
    headers: [GERMANY, ['Sec-Fetch-Site', 'same-origin'], ['Content-Type', 'application/json'], ['Cookie', cookie]],
    body: JSON.stringify({ purposes: { analytics: true }, action: 'save', notice: { version: 'n' } }),
  });
}
const cookieOf = (answer: Answer): string => (answer.header('set-cookie') ?? '').split(';')[0] ?? '';

describe('the file of the records', () => {
  const start = (): Promise<TestGateway> => startGateway({ ...ROUTES, store: `lmdb:${folder}` });
  let cookies: string[];
  beforeEach(async () => {
    const before = await start();
    cookies = [];
    for (let i = 0; i < 100; i++) cookies.push(cookieOf(await decide(before)));
    await before.close();
  });

  it.each<[string, (path: string) => void]>([
    ['is something else', (path) => writeFileSync(path, 'no database'.repeat(10_000))],
    ['is zeros', (path) => writeFileSync(path, Buffer.alloc(100_000))],
    ['is cut to less than a page', (path) => truncateSync(path, 100)],
    ['is cut to a page and a half', (path) => truncateSync(path, 6_000)],
  ])('%s: the gateway does not start, and says which', async (_name, spoil) => {
    const path = join(folder, 'consent.mdb');
    spoil(path);
    await expect(start()).rejects.toMatchObject({ problems: [expect.stringContaining(folder)] });
  });

  it('is cut in half: the process lives, and whom it cannot read has granted nothing', async () => {
    const path = join(folder, 'consent.mdb');
    truncateSync(path, Math.floor(statSync(path).size / 2));
    const cut = await start().catch((error: unknown) => error as { problems: string[] });
    if ('problems' in cut) return expect(cut.problems.join()).toContain(folder);
    test = cut;
    for (const cookie of cookies) {
      const { status } = await test.send({ target: '/hit', headers: [GERMANY, ['Cookie', cookie]] });
      expect(status).toBeOneOf([200, 204]);
    }
    expect(test.collector.arrived.length).toBeLessThan(cookies.length);
  });
});

describe('the geo file', () => {
  const good = corpusPath('geo/GeoLite2-City-Test.mmdb');

  it.skipIf(good === null).each<[string, (path: string) => void]>([
    ['cut', (path) => truncateSync(path, 5_000)],
    ['overwritten', (path) => writeFileSync(path, Buffer.alloc(statSync(path).size, 'x'))],
    ['spoiled in the middle', (path) => writeFileSync(path, readFileSync(path).fill(0xff, 2_000, 8_000))],
  ])('is %s while the gateway runs, and read anew: places stay as they were', async (_name, spoil) => {
    const path = join(folder, 'geo.mmdb');
    cpSync(good ?? '', path);
    test = await startGateway({
      ...ROUTES,
      geo: { database: path },
      trust: { proxies: ['127.0.0.1/32'], geo: 'none' },
      store: 'memory:',
    });
    const from = (address: string): Promise<Answer> | undefined =>
      test?.send({ target: '/hit', headers: [['X-Forwarded-For', address]] });
    spoil(path);
    await test.gateway.reload();
    // Never looked up before: nothing of this comes from a cache.
    await from('216.160.83.56');
    expect(test.collector.arrived).toHaveLength(1);
    await from('81.2.69.142');
    await from('10.9.8.7');
    expect(test.collector.arrived).toHaveLength(1);
  });
});
