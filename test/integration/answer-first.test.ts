/** Hits whose visitors are answered at once, while the collector is away, comes back, or the gateway ends. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readMetrics } from '../support/admin.ts';
import { decide, grantEverything } from '../support/consent.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const LONG = process.env.CONSENTRY_LONG === '1';
const DOWN_MS = LONG ? 60_000 : 3_000;
const HITS_PER_SECOND = LONG ? 500 : 200;

/** A collector on one port that can be stopped and started again. */
class Collector {
  readonly arrived: { target: string; repeated: boolean; body: string }[] = [];
  /** What it does with a hit; answers by default. */
  mood: 'answers' | 'hangs' | 'dies' | 'busy' = 'answers';
  #server: Server | null = null;
  #port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const server = createServer((req, res) => {
      let body = '';
      req.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      req.on('end', () => {
        if (this.mood === 'hangs') return;
        if (this.mood === 'busy') return void res.writeHead(503).end();
        this.arrived.push({ target: req.url ?? '', repeated: req.headers['consentry-repeated'] === 'possible', body });
        if (this.mood === 'dies') req.socket.destroy();
        else res.writeHead(200).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    server?.closeAllConnections();
    await new Promise<void>((resolve) => (server === null ? resolve() : server.close(() => resolve())));
  }
}

const NOTICE = { 'n-1': { hash: 'x', purposes: ['functional', 'analytics', 'personalization', 'advertising'] } } as const;

describe('answer first', () => {
  let collector: Collector;
  let test: TestGateway;
  let cookie: string;

  const start = (extra: Parameters<typeof startGateway>[0] = {}): Promise<TestGateway> =>
    startGateway({
      upstream: collector.url,
      routes: [{ path: '/pixel', purposes: ['analytics'], respond: 'pixel' }],
      consent: { notices: { 'n-1': { ...NOTICE['n-1'], purposes: [...NOTICE['n-1'].purposes] } } },
      timeouts: { upstream: '500ms', drain: '200ms' },
      ...extra,
    });
  const hit = (target: string, token = cookie) =>
    test.send({ target, headers: [['x-test-country', 'DE'], ...(token === '' ? [] : [['Cookie', token] as const])] });
  const metric = async (result: string): Promise<number> => {
    const text = await readMetrics(test.gateway);
    return Number(new RegExp(`consentry_deliveries_total\\{[^}]*result="${result}"\\} (\\d+)`).exec(text)?.[1] ?? 0);
  };

  beforeEach(async () => {
    collector = new Collector();
    await collector.start();
    test = await start();
    cookie = await grantEverything(test, { country: 'DE', notice: 'n-1' });
  });
  afterEach(async () => {
    await test.close();
    await collector.stop();
  });

  it(
    `answers every hit while the collector is away for ${DOWN_MS / 1000} s, and delivers each of them once`,
    async () => {
      const memoryBefore = process.memoryUsage().rss;
      let sent = 0;
      let answered = 0;
      const end = performance.now() + DOWN_MS + 2_000;
      setTimeout(() => void collector.stop(), 500);
      setTimeout(() => void collector.start(), 500 + DOWN_MS);
      const hits: Promise<void>[] = [];
      for (let next = performance.now(); performance.now() < end; next += 1000 / HITS_PER_SECOND) {
        const number = sent++;
        hits.push(
          hit(`/pixel?n=${number}`).then(({ status }) => {
            if (status === 200) answered++;
          }),
        );
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())));
      }
      await Promise.all(hits);
      expect(answered).toBe(sent);
      const numbers = (): Set<string> => new Set(collector.arrived.map(({ target }) => target));
      await vi.waitFor(() => expect(numbers().size).toBe(sent), { timeout: 60_000, interval: 100 });
      await new Promise((resolve) => setTimeout(resolve, 500));
      const unmarked = collector.arrived.filter(({ repeated }) => !repeated).map(({ target }) => target);
      expect(new Set(unmarked).size).toBe(unmarked.length);
      expect(await metric('spooled')).toBeGreaterThan((DOWN_MS / 1000) * HITS_PER_SECOND * 0.5);
      expect(await metric('lost')).toBe(0);
      if (LONG) expect(process.memoryUsage().rss - memoryBefore).toBeLessThan(150 * 1024 * 1024);
    },
    DOWN_MS + 90_000,
  );

  it('marks a hit that a dying collector may have seen', async () => {
    collector.mood = 'dies';
    await hit('/pixel?n=1');
    await vi.waitFor(() => expect(collector.arrived).toHaveLength(1));
    collector.mood = 'answers';
    await vi.waitFor(() => expect(collector.arrived.length).toBeGreaterThan(1), { timeout: 5_000 });
    expect(collector.arrived.map(({ repeated }) => repeated)).toEqual([false, true]);
  });

  it('keeps what a collector has no time for', async () => {
    collector.mood = 'busy';
    await hit('/pixel?n=1');
    await vi.waitFor(async () => expect(await metric('spooled')).toBe(1));
    collector.mood = 'answers';
    await vi.waitFor(() => expect(collector.arrived).toHaveLength(1), { timeout: 5_000 });
  });

  it('deletes a waiting hit whose subject withdrew in the meantime', async () => {
    const other = await grantEverything(test, { country: 'DE', notice: 'n-1' });
    await collector.stop();
    await hit('/pixel?n=mine');
    await hit('/pixel?n=other', other);
    await vi.waitFor(async () => expect(await metric('spooled')).toBe(2));
    await decide(test, { cookie, purposes: { analytics: false }, notice: 'n-1' });
    await collector.start();
    await vi.waitFor(() => expect(collector.arrived).toHaveLength(1), { timeout: 10_000 });
    await vi.waitFor(async () => expect(await metric('changed')).toBe(1));
    expect(collector.arrived[0]?.target).toBe('/pixel?n=other');
  });

  it('judges a waiting hit by what its own signals said', async () => {
    await collector.stop();
    const gpc = (country: string, target: string) =>
      test.send({
        target,
        headers: [
          ['x-test-country', country],
          ['x-test-region', 'CA'],
          ['Sec-GPC', '1'],
        ],
      });
    await gpc('US', '/pixel?n=gpc');
    await vi.waitFor(async () => expect(await metric('spooled')).toBe(1));
    await collector.start();
    await vi.waitFor(async () => expect((await metric('taken')) + (await metric('changed'))).toBe(1), { timeout: 10_000 });
    expect(await metric('changed')).toBe(0);
  });

  it('spools at a clean stop what is in flight, marked, and the next start sends it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'consentry-stop-'));
    await test.close();
    test = await start({ store: `lmdb:${folder}` });
    cookie = await grantEverything(test, { country: 'DE', notice: 'n-1' });
    collector.mood = 'hangs';
    await hit('/pixel?n=1');
    await test.close();
    collector.mood = 'answers';
    test = await start({ store: `lmdb:${folder}` });
    await vi.waitFor(() => expect(collector.arrived).toHaveLength(1), { timeout: 10_000 });
    expect(collector.arrived).toEqual([{ target: '/pixel?n=1', repeated: true, body: '' }]);
    rmSync(folder, { recursive: true, force: true });
  });
});
