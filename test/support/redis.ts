/** Redis servers of a test's own, from `redis-server` on the PATH: one, a cluster, or a set with sentinels. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether this machine can start servers; tests that need them are skipped where it cannot, unless CONSENTRY_REQUIRE names redis. */
export const hasRedis =
  spawnSync('redis-server', ['--version']).status === 0 || process.env.CONSENTRY_REQUIRE?.split(',').includes('redis') === true;

export interface RedisServer {
  readonly port: number;
  readonly url: string;
  readonly folder: string;
  /** Runs `redis-cli` against it and gives back what it printed. */
  cli(...args: string[]): string;
  signal(name: NodeJS.Signals): void;
  /** Ends it at once, as a crash would, and waits until it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data. */
  restart(): Promise<void>;
  remove(): Promise<void>;
}

export interface RedisServers {
  readonly url: string;
  readonly servers: readonly RedisServer[];
  close(): Promise<void>;
}

export async function startRedis(settings: readonly string[] = []): Promise<RedisServer> {
  return startServer(await findPort(), settings);
}

/** Three masters and three replicas. */
export async function startRedisCluster(settings: readonly string[] = []): Promise<RedisServers> {
  const clustered = [
    '--cluster-enabled',
    'yes',
    '--cluster-node-timeout',
    '1000',
    '--repl-ping-replica-period',
    '1',
    ...settings,
  ];
  const servers = await Promise.all((await findPorts(6)).map((port) => startServer(port, clustered)));
  const addresses = servers.map(({ port }) => `127.0.0.1:${port}`);
  const made = spawnSync('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-replicas', '1', '--cluster-yes'], {
    encoding: 'utf8',
  });
  if (made.status !== 0) throw new Error(`no cluster: ${made.stdout}${made.stderr}`);
  await waitUntil(() => servers.every((server) => server.cli('cluster', 'info').includes('cluster_state:ok')));
  await waitUntil(
    () => servers.filter((server) => server.cli('info', 'replication').includes('master_link_status:up')).length === 3,
  );
  return { url: `redis-cluster://${addresses.slice(0, 3).join(',')}`, servers, close: () => removeAll(servers) };
}

/** A master, two replicas, three sentinels. `servers` holds the first three, in this order. */
export async function startRedisSentinel(settings: readonly string[] = []): Promise<RedisServers> {
  const ports = await findPorts(6);
  const [masterPort = 0, ...others] = ports;
  const data = [
    await startServer(masterPort, settings),
    ...(await Promise.all(
      others.slice(0, 2).map((port) => startServer(port, ['--replicaof', '127.0.0.1', String(masterPort), ...settings])),
    )),
  ];
  await waitUntil(() => data.slice(1).every((replica) => replica.cli('info', 'replication').includes('master_link_status:up')));
  const sentinels = await Promise.all(others.slice(2).map((port) => startSentinel(port, masterPort)));
  await waitUntil(() =>
    sentinels.every((sentinel) => /num-other-sentinels\n2\n/.test(sentinel.cli('sentinel', 'master', 'main'))),
  );
  await waitUntil(() => sentinels.every((sentinel) => /num-slaves\n2\n/.test(sentinel.cli('sentinel', 'master', 'main'))));
  const url = `redis-sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/main`;
  return { url, servers: data, close: () => removeAll([...sentinels, ...data]) };
}

function startSentinel(port: number, masterPort: number): Promise<RedisServer> {
  const lines = [
    `port ${port}`,
    `sentinel monitor main 127.0.0.1 ${masterPort} 2`,
    'sentinel down-after-milliseconds main 800',
    'sentinel failover-timeout main 3000',
  ];
  return startServer(port, [], lines);
}

async function startServer(
  port: number,
  settings: readonly string[],
  sentinelLines: readonly string[] | null = null,
): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'consentry-redis-'));
  let process_: ChildProcess | null = null;
  const server: RedisServer = {
    port,
    url: `redis://127.0.0.1:${port}`,
    folder,
    cli: (...args) => spawnSync('redis-cli', ['-p', String(port), ...args], { encoding: 'utf8', timeout: 2000 }).stdout,
    signal: (name) => void process_?.kill(name),
    async kill() {
      const running = process_;
      if (running === null || running.exitCode !== null || running.signalCode !== null) return;
      const gone = new Promise((resolve) => running.once('exit', resolve));
      running.kill('SIGKILL');
      await gone;
    },
    async restart() {
      const config = join(folder, 'sentinel.conf');
      const own = [
        '--port',
        String(port),
        '--dir',
        folder,
        '--save',
        '',
        '--appendonly',
        'yes',
        '--repl-diskless-sync-delay',
        '0',
        '--bind',
        '127.0.0.1',
      ];
      if (sentinelLines !== null) writeFileSync(config, sentinelLines.join('\n'));
      const args =
        sentinelLines === null ? [...own, ...settings] : [config, '--sentinel', '--dir', folder, '--bind', '127.0.0.1'];
      process_ = spawn('redis-server', args, { stdio: 'ignore' });
      await waitUntil(() => server.cli('ping').trim() === 'PONG');
    },
    async remove() {
      await server.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await server.restart();
  return server;
}

async function removeAll(servers: readonly RedisServer[]): Promise<void> {
  await Promise.all(servers.map((server) => server.remove()));
}

export async function waitUntil(holds: () => boolean | Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const until = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > until) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function findPorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await findPort());
  return [...ports];
}

/** Below the ephemeral range, and so that a cluster's bus (port + 10,000) is a port too. */
async function findPort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    if ((await isFree(port)) && (await isFree(port + 10_000))) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
