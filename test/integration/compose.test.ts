/** docker-compose.yml: its form, its files, and the same processes run by hand. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadConfig } from '../../src/config.ts';
import { createGateway, type Gateway } from '../../src/gateway.ts';
import { createLimitedServer, listen } from '../../src/ops/server.ts';
import { readMetrics, TEST_KEYS } from '../support/admin.ts';
import { hasRedis, type RedisServer, startRedis, waitUntil } from '../support/redis.ts';
import { send } from '../support/send.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const hasNginx = spawnSync('nginx', ['-v']).status === 0;

/** The keys of the Compose specification that the file uses; a misspelt one is an error here, as it would be there. */
const Service = z.strictObject({
  image: z.string().regex(/:[\w.-]+$/, 'a version is named'),
  build: z.string().optional(),
  restart: z.enum(['unless-stopped']),
  read_only: z.boolean().optional(),
  cap_drop: z.array(z.string()).optional(),
  security_opt: z.array(z.string()).optional(),
  tmpfs: z.array(z.string().startsWith('/')).optional(),
  stop_grace_period: z.string().optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).optional(),
  volumes: z.array(z.string()).optional(),
  ports: z.array(z.string().regex(/^(127\.0\.0\.1:)?\d+:\d+$/)).optional(),
  networks: z.record(z.string(), z.strictObject({ ipv4_address: z.string() })).optional(),
  depends_on: z
    .union([
      z.array(z.string()),
      z.record(z.string(), z.strictObject({ condition: z.enum(['service_healthy', 'service_started']) })),
    ])
    .optional(),
  healthcheck: z
    .strictObject({ test: z.array(z.string()), interval: z.string(), timeout: z.string(), retries: z.int() })
    .optional(),
});
const Compose = z.strictObject({
  name: z.string(),
  'x-gateway': z.unknown(),
  services: z.record(z.string(), Service),
  networks: z.record(
    z.string(),
    z.strictObject({ ipam: z.strictObject({ config: z.array(z.strictObject({ subnet: z.string() })) }) }),
  ),
  volumes: z.record(z.string(), z.strictObject({})),
});

describe('docker-compose.yml', () => {
  const compose = Compose.parse(parse(read('docker-compose.yml'), { merge: true }));
  const services = Object.entries(compose.services);

  it('mounts files that exist, and volumes that are declared', () => {
    let mounted = 0;
    for (const [name, { volumes = [] }] of services) {
      for (const volume of volumes) {
        const [source = '', target = ''] = volume.split(':');
        expect(target, `${name}: ${volume}`).toMatch(/^\//);
        if (source.startsWith('./')) expect(existsSync(join(root, source)), `${name}: ${source}`).toBe(true);
        else expect(Object.keys(compose.volumes), name).toContain(source);
        mounted++;
      }
    }
    expect(mounted).toBeGreaterThan(10);
  });

  it('names services that are there wherever one waits for or speaks to another', () => {
    const names = Object.keys(compose.services);
    for (const [, { depends_on = [] }] of services) {
      for (const name of Array.isArray(depends_on) ? depends_on : Object.keys(depends_on)) expect(names).toContain(name);
    }
    for (const [name, { depends_on }] of services) {
      if (depends_on === undefined || Array.isArray(depends_on)) continue;
      for (const [other, { condition }] of Object.entries(depends_on)) {
        if (condition === 'service_healthy')
          expect(compose.services[other]?.healthcheck, `${name} waits for ${other}`).toBeDefined();
      }
    }
    const files = ['consentry.yaml', 'balancer.conf', 'prometheus.yml', 'grafana/datasource.yaml'];
    const spokenTo = files.flatMap((file) =>
      Array.from(read(`docs/compose/${file}`).matchAll(/\b(gateway-\d|collector|redis|prometheus):\d+/g), ([, name]) => name),
    );
    expect(new Set(spokenTo)).toEqual(new Set(['gateway-1', 'gateway-2', 'collector', 'redis', 'prometheus']));
  });

  it('gives the gateways no more than they need, and the admin listener to this machine alone', () => {
    for (const name of ['gateway-1', 'gateway-2']) {
      const service = compose.services[name];
      expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], tmpfs: ['/tmp'] });
      expect((service?.ports ?? []).every((port) => port.startsWith('127.0.0.1:'))).toBe(true);
      expect(service?.environment?.CONSENTRY_KEYS).toMatch(/^\$\{CONSENTRY_KEYS:\?/);
    }
    expect(compose.services.redis?.command).toEqual(expect.arrayContaining(['--appendonly', 'yes', 'noeviction']));
  });

  it('has a configuration that trusts the balancer and nobody else, and loads', () => {
    const loaded = loadConfig({ config: join(root, 'docs/compose/consentry.yaml') }, {}, root);
    if (!loaded.ok) throw new Error(loaded.problems.join('\n'));
    expect(loaded.config.trust.proxies).toEqual([`${compose.services.balancer?.networks?.default?.ipv4_address}/32`]);
  });

  it('builds an image that runs as nobody special, with everything that the program reads', () => {
    const dockerfile = read('Dockerfile');
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(dockerfile).toMatch(/^HEALTHCHECK /m);
    for (const [, path = ''] of dockerfile.matchAll(/^COPY (?!--from)(?:package.json )?(\S+) /gm)) {
      expect(existsSync(join(root, path)), path).toBe(true);
      const ignored = read('.dockerignore').split('\n');
      expect(ignored, path).not.toContain(path.split('/')[0]);
    }
    const shipped = (JSON.parse(read('package.json')) as { files: string[] }).files.filter((path) => path.startsWith('src/'));
    for (const path of shipped) expect(dockerfile).toContain(`COPY ${path} `);
  });
});

describe.skipIf(!hasNginx || !hasRedis)('the same processes by hand', () => {
  let folder: string;
  let redis: RedisServer;
  const gateways: { gateway: Gateway; port: number; stop(): Promise<void> }[] = [];
  const nginx: ChildProcess[] = [];
  let balancer: number;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'consentry-compose-'));
    redis = await startRedis(['--appendonly', 'yes', '--appendfsync', 'always', '--maxmemory-policy', 'noeviction']);
    const collector = await startNginx(
      'collector',
      read('docs/compose/collector.conf').replace('/dev/stdout', join(folder, 'hits.log')),
    );
    for (let i = 1; i <= 2; i++) gateways.push(await startOne(collector, i));
    const [first, second] = gateways.map(({ port }) => `127.0.0.1:${port}`) as [string, string];
    const conf = read('docs/compose/balancer.conf').replace('gateway-1:8080', first).replace('gateway-2:8080', second);
    balancer = await startNginx('balancer', conf.replace('/dev/stderr', join(folder, 'balancer-error.log')));
  }, 60_000);
  afterAll(async () => {
    for (const child of nginx) child.kill('SIGTERM');
    for (const { stop } of gateways) await stop();
    await redis?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  async function startNginx(name: string, conf: string): Promise<number> {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const file = join(folder, `${name}.conf`);
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (kind) => `${kind}_temp_path ${folder}/${name}-${kind};`,
    );
    writeFileSync(
      file,
      `daemon off;\npid ${folder}/${name}.pid;\nerror_log ${folder}/${name}.log;\nworker_processes 1;\nevents {}\nhttp {\n${paths.join('\n')}\n${conf.replace('listen 8080', `listen 127.0.0.1:${port}`)}\n}\n`,
    );
    nginx.push(spawn('nginx', ['-c', file, '-e', `${folder}/${name}.log`], { stdio: 'ignore' }));
    await waitUntil(async () =>
      send(port, { target: '/up' }).then(
        () => true,
        () => false,
      ),
    );
    return port;
  }

  async function startOne(collector: number, index: number): Promise<(typeof gateways)[number]> {
    const file = join(folder, `consentry-${index}.yaml`);
    const text = read('docs/compose/consentry.yaml')
      .replace('http://collector:8080', `http://127.0.0.1:${collector}`)
      .replace('redis://redis:6379', redis.url)
      .replace('/etc/consentry/policies', join(root, 'policies'))
      .replace('172.30.0.10/32', '127.0.0.1/32')
      .replace('/data/evidence', join(folder, `evidence-${index}`));
    writeFileSync(file, text);
    const loaded = loadConfig({ config: file }, {}, folder);
    if (!loaded.ok) throw new Error(loaded.problems.join('\n'));
    const environment = { CONSENTRY_KEYS: TEST_KEYS };
    const gateway = await createGateway(loaded.config, { log: pino({ level: 'silent' }), inProcess: false, environment });
    const limits = { headerBytes: 16_384, bodyBytes: 65_536, headerTimeoutMs: 5_000, bodyTimeoutMs: 5_000, idleTimeoutMs: 5_000 };
    const server = createLimitedServer(gateway.handle, limits);
    let isStopped = false;
    return {
      gateway,
      port: await listen(server, '127.0.0.1', 0),
      async stop() {
        if (isStopped) return;
        isStopped = true;
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
        await gateway.close();
      },
    };
  }

  const hits = (): string[] =>
    (existsSync(join(folder, 'hits.log')) ? readFileSync(join(folder, 'hits.log'), 'utf8') : '').split('\n');
  const pixel = (name: string, cookie?: string) =>
    send(balancer, {
      target: `/pixel.gif?p=${name}`,
      headers: [
        ['Accept', 'image/gif'],
        ['User-Agent', 'test'],
        ...(cookie === undefined ? [] : [['Cookie', cookie] as [string, string]]),
      ],
    });
  const arrived = (name: string): number => hits().filter((line) => line.includes(`p=${name} `)).length;

  it('drops without a decision, and a decision at one gateway counts at the other at once', async () => {
    for (let i = 0; i < 4; i++) expect((await pixel('before')).status).toBe(200);
    const answer = await send(balancer, {
      method: 'POST',
      target: '/consent',
      headers: [
        ['Content-Type', 'application/json'],
        ['Sec-Fetch-Site', 'same-origin'],
      ],
      body: '{"action": "accept_all", "notice": {"version": "2026-11", "language": "en"}}',
    });
    expect(answer.status).toBe(201);
    const cookie = answer.header('set-cookie')?.split(';')[0] ?? '';
    for (let i = 0; i < 4; i++) await pixel('after', cookie);
    await waitUntil(() => arrived('after') === 4);
    expect(arrived('before')).toBe(0);
    expect(hits().find((line) => line.includes('p=after'))).toMatch(/ forward; policy=.*analytics=granted/);
    const served = await Promise.all(
      gateways.map(async ({ gateway }) => (await readMetrics(gateway)).includes('outcome="forwarded"')),
    );
    expect(served).toEqual([true, true]);

    await send(balancer, {
      method: 'DELETE',
      target: '/consent',
      headers: [
        ['Sec-Fetch-Site', 'same-origin'],
        ['Cookie', cookie],
      ],
    });
    for (let i = 0; i < 4; i++) await pixel('withdrawn', cookie);
    expect(arrived('withdrawn')).toBe(0);
  });

  it('goes on with one gateway gone', async () => {
    await gateways[0]?.stop();
    for (let i = 0; i < 6; i++) expect((await pixel(`alone-${i}`)).status).toBe(200);
  });
});
