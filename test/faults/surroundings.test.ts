/** What the gateway stands on breaks: the way to the collector, the geo file, the clock, the processor, the table of open files. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LoadShed } from '../../src/ops/load-shed.ts';
import { buildProgram, startProgram } from '../support/build.ts';
import { type Collector, startCollector } from '../support/collector.ts';
import { corpusPath } from '../support/corpus.ts';
import { type FaultProxy, type Faults, startFaultProxy } from '../support/fault-proxy.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { type Answer, send } from '../support/send.ts';

const CALIFORNIA = [
  ['x-test-country', 'US'],
  ['x-test-region', 'CA'],
] as const;
const GERMANY = [['x-test-country', 'DE']] as const;
const ROUTES = [{ path: '/hit', purposes: ['analytics' as const] }];

describe('the way to the collector', () => {
  let collector: Collector;
  let proxy: FaultProxy;
  let test: TestGateway;
  beforeAll(async () => {
    collector = await startCollector();
    collector.answer = (_req, res) => void res.writeHead(200, { 'Content-Length': '2000' }).end('x'.repeat(2_000));
    proxy = await startFaultProxy(Number(new URL(collector.url).port));
    test = await startGateway({
      upstream: `http://127.0.0.1:${proxy.port}`,
      routes: [...ROUTES, { path: '/at-once', purposes: ['analytics'], respond: 'pixel' }],
      timeouts: { upstream: '500ms' },
      store: 'memory:',
    });
  });
  afterAll(async () => {
    await test.close();
    await proxy.close();
    await collector.close();
  });
  afterEach(() => proxy.heal());

  /** The status, or `broken` where the answer did not come whole. */
  async function ask(path = '/hit'): Promise<number | 'broken'> {
    try {
      const { status, body, header } = await test.send({ target: path, headers: CALIFORNIA });
      const length = header('content-length');
      return length !== undefined && body.length !== Number(length) ? 'broken' : status;
    } catch {
      return 'broken';
    }
  }

  it.each<[string, Partial<Faults>, (number | 'broken')[]]>([
    ['refuses connections', { refuse: true }, [502]],
    ['hangs', { hang: true }, [504]],
    ['is slow, but in time', { delayMs: 200 }, [200]],
    ['is too slow', { delayMs: 2_500 }, [504]],
    ['is cut in the head', { cutAfter: 10 }, [502]],
    ['is cut in the body', { cutAfter: 600 }, ['broken']],
    ['flips bits', { flip: true }, [502]],
    ['drips', { drip: true }, ['broken', 504]],
  ])('%s: an answer in time, and by itself well again', async (_name, faults, expected) => {
    proxy.reset();
    Object.assign(proxy.faults, faults);
    const began = performance.now();
    expect(await ask()).toBeOneOf(expected);
    expect(performance.now() - began).toBeLessThan(5_000);
    // Whoever is answered first never notices.
    expect(await ask('/at-once')).toBe(200);
    proxy.heal();
    proxy.reset();
    await expect.poll(() => ask(), { timeout: 5_000 }).toBe(200);
  });

  it('resets all connections while a hundred hits are under way: each is answered, none twice', async () => {
    collector.arrived.length = 0;
    proxy.faults.delayMs = 100;
    const hits = Array.from({ length: 100 }, () => ask());
    setTimeout(() => proxy.reset(), 60);
    for (const answer of await Promise.all(hits)) expect(answer).toBeOneOf([200, 502, 'broken']);
    expect(collector.arrived.length).toBeLessThanOrEqual(100);
  });

  it('leaves no connection behind when visitors leave', async () => {
    proxy.reset();
    await expect.poll(() => proxy.count()).toBe(0);
    proxy.faults.hang = true;
    const visitors = Array.from({ length: 20 }, () => {
      const socket: Socket = connect(test.port, '127.0.0.1', () =>
        socket.write('GET /hit HTTP/1.1\r\nHost: x\r\nx-test-country: US\r\nx-test-region: CA\r\n\r\n'),
      );
      return socket;
    });
    await expect.poll(() => proxy.count()).toBeGreaterThan(20);
    for (const socket of visitors) socket.destroy();
    await expect.poll(() => proxy.count(), { timeout: 5_000 }).toBe(0);
  });
});

describe('the geo file', () => {
  const good = corpusPath('geo/GeoLite2-City-Test.mmdb');
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'consentry-geo-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.skipIf(good === null).each<[string, (path: string) => void]>([
    ['is missing', (path) => rmSync(path)],
    ['is empty', (path) => truncateSync(path, 0)],
    ['is half there', (path) => truncateSync(path, 5_000)],
    ['is something else', (path) => writeFileSync(path, 'no database'.repeat(1_000))],
  ])('%s: the gateway does not start, and says which file', async (_name, spoil) => {
    const path = join(folder, 'geo.mmdb');
    cpSync(good ?? '', path);
    spoil(path);
    await expect(startGateway({ routes: ROUTES, geo: { database: path }, store: 'memory:' })).rejects.toMatchObject({
      problems: [expect.stringContaining(path)],
    });
  });

  it.skipIf(good === null)('goes while the gateway runs: places stay, and nobody becomes a stranger or a native', async () => {
    const path = join(folder, 'geo.mmdb');
    cpSync(good ?? '', path);
    const test = await startGateway({
      routes: ROUTES,
      geo: { database: path },
      trust: { proxies: ['127.0.0.1/32'], geo: 'none' },
      store: 'memory:',
    });
    const from = (address: string): Promise<Answer> => test.send({ target: '/hit', headers: [['X-Forwarded-For', address]] });
    rmSync(path);
    await from('216.160.83.56');
    expect(test.collector.arrived).toHaveLength(1);
    await from('10.9.8.7');
    expect(test.collector.arrived).toHaveLength(1);
    await test.close();
  });
});

describe('the clock', () => {
  it('goes back an hour: what was withdrawn stays so, and what was granted is not lost', async () => {
    let now = Date.UTC(2026, 10, 23, 12);
    const test = await startGateway(
      { routes: ROUTES, store: 'memory:', consent: { notices: { n: { hash: 'h', purposes: ['analytics'] } } } },
      { now: () => now },
    );
    const call = (method: string, body: object | null, cookie = ''): Promise<Answer> =>
      test.send({
        method,
        target: '/consent',
        headers: [
          ...GERMANY,
          ['Sec-Fetch-Site', 'same-origin'],
          ...(body === null ? [] : ([['Content-Type', 'application/json']] as const)),
          ...(cookie === '' ? [] : ([['Cookie', cookie]] as const)),
        ],
        body: body === null ? null : JSON.stringify(body),
      });
    const granted = await call('POST', { purposes: { analytics: true }, action: 'save', notice: { version: 'n' } });
    expect(granted.status).toBe(201);
    const cookie = (granted.header('set-cookie') ?? '').split(';')[0] ?? '';
    const hits = async (with_: string): Promise<number> => {
      test.collector.arrived.length = 0;
      await test.send({ target: '/hit', headers: [...GERMANY, ['Cookie', with_]] });
      return test.collector.arrived.length;
    };
    expect(await hits(cookie)).toBe(1);
    await call('DELETE', null, cookie);
    expect(await hits(cookie)).toBe(0);
    for (const hours of [-1, -24, 1, 24 * 400]) {
      now = Date.UTC(2026, 10, 23, 12) + hours * 3_600_000;
      expect([hours, await hits(cookie)]).toEqual([hours, 0]);
    }
    await test.close();
  });

  it('jumps ahead: a yes is too old, and is not counted', async () => {
    let now = Date.UTC(2026, 10, 23, 12);
    const test = await startGateway(
      { routes: ROUTES, store: 'memory:', consent: { notices: { n: { hash: 'h', purposes: ['analytics'] } } } },
      { now: () => now },
    );
    const granted = await test.send({
      method: 'POST',
      target: '/consent',
      headers: [...GERMANY, ['Sec-Fetch-Site', 'same-origin'], ['Content-Type', 'application/json']],
      body: JSON.stringify({ purposes: { analytics: true }, action: 'save', notice: { version: 'n' } }),
    });
    const cookie = (granted.header('set-cookie') ?? '').split(';')[0] ?? '';
    now += 20 * 365 * 86_400_000;
    await test.send({ target: '/hit', headers: [...GERMANY, ['Cookie', cookie]] });
    expect(test.collector.arrived).toEqual([]);
    await test.close();
  });
});

describe('overload', () => {
  it('answers hits as dropped ones, the consent API and files with 503, and forwards nothing', async () => {
    const shed = { isOverloaded: true, takeWorstMs: () => 900, close: () => undefined };
    const test = await startGateway({ routes: [...ROUTES, { path: '/sdk.js', pass: true }], store: 'memory:' }, { shed });
    const hit = await test.send({ target: '/hit', headers: [...CALIFORNIA, ['Sec-Fetch-Dest', 'image']] });
    expect([hit.status, hit.header('content-type')]).toEqual([200, 'image/gif']);
    expect((await test.send({ method: 'POST', target: '/hit', headers: CALIFORNIA, body: 'x' })).status).toBe(204);
    for (const target of ['/consent', '/sdk.js']) {
      const refused = await test.send({ target });
      expect([refused.status, refused.header('retry-after')]).toEqual([503, '1']);
    }
    expect(test.collector.arrived).toEqual([]);
    shed.isOverloaded = false;
    await test.send({ target: '/hit', headers: CALIFORNIA });
    expect(test.collector.arrived).toHaveLength(1);
    await test.close();
  });

  it('is two late looks in a row, not one, and ends by itself', async () => {
    let clock = 0;
    let late = 0;
    const shed = new LoadShed({
      intervalMs: 5,
      lagMs: 100,
      clock: () => {
        clock += 5 + late;
        return clock;
      },
    });
    const looks = (count: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, count * 15));
    await looks(3);
    expect(shed.isOverloaded).toBe(false);
    late = 150;
    await looks(4);
    expect(shed.isOverloaded).toBe(true);
    expect(shed.takeWorstMs()).toBeGreaterThanOrEqual(100);
    late = 0;
    await looks(3);
    expect(shed.isOverloaded).toBe(false);
    shed.close();
  });
});

describe('open files', () => {
  it.skipIf(spawnSync('which', ['prlimit']).status !== 0)(
    'run out: the process lives, and serves again when there are some',
    async () => {
      const build = await buildProgram();
      const folder = mkdtempSync(join(tmpdir(), 'consentry-files-'));
      const collector = await startCollector();
      try {
        const config = {
          listen: { host: '127.0.0.1', port: 0 },
          admin: { host: '127.0.0.1', port: 0 },
          upstream: collector.url,
          store: 'memory:',
          workers: 1,
          trust: { proxies: ['127.0.0.1/32'], geo: { country: 'x-test-country', region: 'x-test-region' } },
          routes: ROUTES,
          evidence: { mode: 'all', dir: join(folder, 'evidence') },
        };
        writeFileSync(join(folder, 'consentry.yaml'), JSON.stringify(config));
        const program = startProgram(build.main, ['serve'], folder);
        const port = Number((await program.find('listening')).port);
        // Started first: loading its modules opens more files than serving does.
        execFileSync('prlimit', ['--pid', String(program.child.pid), '--nofile=60:60']);
        const many = Array.from({ length: 200 }, () => {
          const socket = connect(port, '127.0.0.1');
          socket.on('error', () => undefined);
          return socket;
        });
        await new Promise((resolve) => setTimeout(resolve, 500));
        const hit = (): Promise<number> =>
          send(port, { target: '/hit', headers: CALIFORNIA }).then(
            ({ status }) => status,
            () => 0,
          );
        await hit();
        expect(program.child.exitCode).toBeNull();
        for (const socket of many) socket.destroy();
        await expect.poll(hit, { timeout: 10_000 }).toBe(200);
        program.child.kill('SIGTERM');
        expect(await program.ended).toBe(0);
      } finally {
        await collector.close();
        rmSync(folder, { recursive: true, force: true });
        build.remove();
      }
    },
    120_000,
  );
});
