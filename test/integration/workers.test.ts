/** Several processes on one port, as `consentry serve` starts them. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Build, buildProgram, type Program, startProgram } from '../support/build.ts';
import { type Collector, startCollector } from '../support/collector.ts';
import { type Answer, send } from '../support/send.ts';

/** One policy for every place: what is done with analytics of somebody who said nothing. */
const writePolicy = (silence: string): string => `schema: 1
id: everywhere
title: One policy for every place
version: 2026.11.0
effective: 2018-05-25
model: opt-out
match: ["*", "ZZ"]
purposes:
  necessary:       { granted: forward, unknown: forward, denied: forward }
  functional:      { granted: forward, unknown: forward, denied: drop }
  analytics:       { granted: forward, unknown: ${silence}, denied: drop }
  personalization: { granted: forward, unknown: forward, denied: drop }
  advertising:     { granted: forward, unknown: forward, denied: drop }
signals:
  record: { may: [grant, deny] }
anonymize: { ip: drop, ids: drop, join-ids: keep, user-agent: family, device: coarse, page: path, text: drop, referrer: origin, undeclared: drop, time: exact, geo: country }
consent: { valid-for: 180d, record-refusals: true }
failure: { store: denied, geo: "ZZ", evidence: drop }
`;

describe('two workers', { timeout: 60_000 }, () => {
  let build: Build;
  let collector: Collector;
  let folder: string;
  let program: Program;
  let port: number;
  let adminPort: number;

  beforeAll(async () => {
    build = await buildProgram();
  }, 120_000);
  afterAll(() => build.remove());

  const configure = (extra: object = {}): void => {
    const config = {
      site: 'shop',
      listen: { host: '127.0.0.1', port: 0 },
      admin: { host: '127.0.0.1', port: 0 },
      upstream: collector.url,
      workers: 2,
      policies: join(folder, 'policies'),
      routes: [{ path: '/collect', purposes: ['analytics'], recipient: 'own' }],
      evidence: { mode: 'off' },
      timeouts: { drain: '2s' },
      ...extra,
    };
    writeFileSync(join(folder, 'consentry.yaml'), JSON.stringify(config));
  };
  const start = async (): Promise<void> => {
    program = startProgram(build.main, ['serve'], folder);
    const line = await program.find('listening');
    port = line.port as number;
    adminPort = line.adminPort as number;
  };
  const hit = (): Promise<Answer> => send(port, { target: '/collect?x=1' });
  const children = (): number[] =>
    execFileSync('ps', ['-o', 'pid=', '--ppid', String(program.child.pid)])
      .toString()
      .split(/\s+/)
      .filter((pid) => pid !== '')
      .map(Number);
  const metric = async (series: string): Promise<number> => {
    const text = (await send(adminPort, { target: '/metrics' })).body.toString();
    return text
      .split('\n')
      .filter((line) => line.startsWith(series))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  };
  const readiness = async (): Promise<number> => (await send(adminPort, { target: '/readyz' })).status;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'consentry-workers-'));
    mkdirSync(join(folder, 'policies'));
    writeFileSync(join(folder, 'policies/everywhere.yaml'), writePolicy('forward'));
    collector = await startCollector();
    configure();
  });
  afterEach(async () => {
    program.child.kill('SIGTERM');
    await program.ended;
    await collector.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('share one port, and their metrics are summed', async () => {
    await start();
    expect(children()).toHaveLength(2);
    expect(await readiness()).toBe(200);
    for (let i = 0; i < 20; i++) expect((await hit()).status).toBe(200);
    expect(collector.arrived).toHaveLength(20);
    expect(await metric('consentry_hits_total')).toBe(20);
    expect(await metric('consentry_workers')).toBe(2);
  });

  it('are started again when one crashes, and the other serves meanwhile', async () => {
    await start();
    const [victim, survivor] = children();
    process.kill(victim as number, 'SIGKILL');
    await program.find('a worker ended by itself');
    for (let i = 0; i < 10; i++) expect((await hit()).status).toBe(200);
    expect(await readiness()).toBe(200);
    await vi.waitFor(async () => expect(await metric('consentry_workers')).toBe(2), { timeout: 20_000 });
    expect(children()).toContain(survivor);
    expect(children()).not.toContain(victim);
    expect(await metric('consentry_worker_restarts_total')).toBe(1);
  });

  it('are tried again until they can start, where what made one fail is mended', async () => {
    await start();
    const broken = join(folder, 'policies/broken.yaml');
    writeFileSync(broken, 'nonsense: [\n');
    await program.find('the policies were not loaded');
    process.kill(children()[0] as number, 'SIGKILL');
    const reasons = () => program.lines.filter(({ msg }) => String(msg).includes('a worker ended')).map(({ reason }) => reason);
    await vi.waitFor(() => expect(reasons()).toEqual(expect.arrayContaining(['SIGKILL', 2])), { timeout: 30_000 });
    for (let i = 0; i < 5; i++) expect((await hit()).status).toBe(200);
    rmSync(broken);
    await vi.waitFor(async () => expect(await metric('consentry_workers')).toBe(2), { timeout: 30_000, interval: 500 });
  });

  it('go on by the configuration of their siblings where the file has changed meanwhile, until it is read anew', async () => {
    await start();
    const restart = async (): Promise<void> => {
      const restarts = await metric('consentry_worker_restarts_total');
      process.kill(children()[0] as number, 'SIGKILL');
      await vi.waitFor(async () => {
        expect(await metric('consentry_worker_restarts_total')).toBe(restarts + 1);
        expect(await metric('consentry_workers')).toBe(2);
      }, 30_000);
    };
    const at = async (path: string): Promise<number[]> => {
      const answers = Array.from({ length: 8 }, () => send(port, { target: path }));
      return [...new Set((await Promise.all(answers)).map(({ status }) => status))];
    };
    writeFileSync(join(folder, 'consentry.yaml'), 'nonsense: [\n');
    await restart();
    expect([await at('/collect'), await at('/other')]).toEqual([[200], [404]]);
    const routes = [{ path: '/other', purposes: ['analytics'], recipient: 'own' }];
    configure({ routes, consent: { path: '/elsewhere' } });
    program.child.kill('SIGHUP');
    await vi.waitFor(async () => expect([await at('/collect'), await at('/other')]).toEqual([[404], [200]]), 20_000);
    configure({ routes: [], consent: { path: '/elsewhere' } });
    await restart();
    expect([await at('/collect'), await at('/other')]).toEqual([[404], [200]]);
    expect([await at('/consent'), await at('/elsewhere')]).toEqual([[200], [404]]);
  });

  it('hear a SIGHUP that comes while they start, once they serve', async () => {
    program = startProgram(build.main, ['serve'], folder);
    await program.find('generated a key');
    program.child.kill('SIGHUP');
    await program.find('listening');
    await vi.waitFor(() => expect(program.lines.filter(({ msg }) => msg === 'policies loaded')).toHaveLength(3), 20_000);
  });

  it('take a signal that comes twice at once for one, and end at once by a later one', async () => {
    collector.answer = (_req, res) => void setTimeout(() => res.writeHead(200).end('late'), 1_500);
    configure({ timeouts: { drain: '20s' } });
    await start();
    const slow = hit();
    await vi.waitFor(() => expect(collector.arrived).toHaveLength(1));
    program.child.kill('SIGTERM');
    await program.find('draining');
    program.child.kill('SIGTERM');
    expect((await slow).body.toString()).toBe('late');
    expect(await program.ended).toBe(0);

    collector.answer = () => undefined;
    await start();
    const workers = children();
    const cut = hit().catch(() => null);
    await vi.waitFor(() => expect(collector.arrived).toHaveLength(2));
    program.child.kill('SIGTERM');
    await program.find('draining');
    await new Promise((resolve) => setTimeout(resolve, 700));
    program.child.kill('SIGTERM');
    await program.ended;
    const isThere = (pid: number): boolean =>
      existsSync(`/proc/${pid}/fd`) && readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0] !== 'Z';
    await vi.waitFor(() => expect(workers.filter(isThere)).toEqual([]), 2_000);
    await cut;
  });

  it.runIf(process.env.CONSENTRY_LONG === '1')('are ended and replaced where one hangs', { timeout: 180_000 }, async () => {
    await start();
    const [victim] = children();
    process.kill(victim as number, 'SIGSTOP');
    await program.find('a worker does not answer', 120_000);
    await vi.waitFor(async () => expect(await metric('consentry_workers')).toBe(2), 30_000);
    expect(children()).not.toContain(victim);
  });

  it('drain also where one of them is only just starting', async () => {
    // Who does not drain is killed only after that, when the test has long given up.
    configure({ timeouts: { drain: '120s' } });
    await start();
    process.kill(children()[0] as number, 'SIGKILL');
    await program.find('a worker ended by itself');
    await vi.waitFor(() => expect(children()).toHaveLength(2));
    program.child.kill('SIGTERM');
    expect(await program.ended).toBe(0);
  });

  it('read the policies anew together on SIGHUP', async () => {
    await start();
    expect((await hit()).status).toBe(200);
    writeFileSync(join(folder, 'policies/everywhere.yaml'), writePolicy('drop'));
    program.child.kill('SIGHUP');
    // Each process may say twice that it loaded, for the changed file and for the signal: only the hits tell that all have.
    const forwarded = async (): Promise<number> => {
      const before = collector.arrived.length;
      await Promise.all(Array.from({ length: 8 }, hit));
      return collector.arrived.length - before;
    };
    await vi.waitFor(async () => expect(await forwarded()).toBe(0), { timeout: 20_000, interval: 200 });
    expect(await forwarded()).toBe(0);
  });

  it('read the routes anew too, and keep them where the file has a mistake', async () => {
    await start();
    const at = async (path: string): Promise<number[]> => {
      const answers = Array.from({ length: 8 }, () => send(port, { target: path }));
      return [...new Set((await Promise.all(answers)).map(({ status }) => status))];
    };
    const reload = async (routes: unknown, said: string): Promise<void> => {
      configure({ routes });
      const before = program.lines.length;
      program.child.kill('SIGHUP');
      const lines = () => program.lines.slice(before).filter(({ msg }) => String(msg).includes(said));
      await vi.waitFor(() => expect(lines()).toHaveLength(3), { timeout: 20_000 });
    };
    expect([await at('/collect'), await at('/other')]).toEqual([[200], [404]]);
    await reload([{ path: '/other', purposes: ['analytics'], recipient: 'own' }], 'policies loaded');
    expect([await at('/collect'), await at('/other')]).toEqual([[404], [200]]);
    await reload([], 'the policies were not loaded');
    await reload([{ path: '/collect', vendor: 'nobody' }], 'the policies were not loaded');
    expect([await at('/collect'), await at('/other')]).toEqual([[404], [200]]);
    expect(await metric('consentry_policy_last_reload_success')).toBe(0);
  });

  it('are none of ours where somebody else starts processes by node:cluster: each serves by itself', async () => {
    configure({ workers: 1 });
    const manager = join(folder, 'manager.mjs');
    writeFileSync(
      manager,
      `import cluster from 'node:cluster';
       cluster.setupPrimary({ exec: ${JSON.stringify(build.main)}, args: ['serve'] });
       const worker = cluster.fork();
       process.on('SIGTERM', () => worker.process.kill('SIGTERM'));
       worker.on('exit', (code) => process.exit(code));`,
    );
    program = startProgram(manager, [], folder);
    port = (await program.find('listening')).port as number;
    expect((await hit()).status).toBe(200);
    program.child.kill('SIGTERM');
    expect(await program.ended).toBe(0);
  });

  it('drain together: what is under way ends, and the process ends with 0', async () => {
    collector.answer = (_req, res) => void setTimeout(() => res.writeHead(200).end('late'), 700);
    await start();
    const slow = Promise.all([hit(), hit(), hit()]);
    await vi.waitFor(() => expect(collector.arrived).toHaveLength(3));
    program.child.kill('SIGTERM');
    expect((await slow).map(({ status, body }) => [status, body.toString()])).toEqual([
      [200, 'late'],
      [200, 'late'],
      [200, 'late'],
    ]);
    expect(await program.ended).toBe(0);
  });

  it('generate one key, which all of them read', async () => {
    await start();
    const tokens = new Set<string>();
    for (let i = 0; i < 6; i++) {
      const answer = await send(port, {
        method: 'POST',
        target: '/consent',
        headers: [
          ['Content-Type', 'application/json'],
          ['Sec-Fetch-Site', 'same-origin'],
          ...(tokens.size === 0 ? [] : [['Cookie', [...tokens].at(-1) as string] as const]),
        ],
        body: JSON.stringify({ purposes: { analytics: i % 2 === 0 }, action: 'save' }),
      });
      expect(answer.status).toBe(201);
      tokens.add((answer.header('set-cookie') ?? '').split(';')[0] as string);
    }
    // One subject throughout: every process believed the others' cookies.
    const subjects = [...tokens].map(
      (token) => (JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString()) as { sub: string }).sub,
    );
    expect(new Set(subjects).size).toBe(1);
    expect(readFileSync(join(folder, 'data/consentry.keys'), 'utf8')).toMatch(/^k1:/);
  });

  it('do not start where the port is taken, and say so once', async () => {
    configure({ listen: { host: '127.0.0.1', port: Number(new URL(collector.url).port) } });
    program = startProgram(build.main, ['serve'], folder);
    expect(await program.ended).toBe(2);
    expect(program.lines.filter(({ msg }) => String(msg).includes('cannot listen')).length).toBeGreaterThan(0);
  });
});
