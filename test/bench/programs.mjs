/** Starts what is measured, each on a port of its own, and what they are measured with. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** Whether a program is installed. */
export function isInstalled(command) {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
}

const canPin = isInstalled('taskset') && spawnSync('nproc').stdout.toString().trim() !== '1';

/** The program under test has core 0 to itself, as far as nobody else is on the machine; load and collector share core 1. */
function pinned(core, command, args) {
  return canPin ? ['taskset', ['-c', String(core), command, ...args]] : [command, args];
}

export function findPort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Everything that was started, to be ended at the end. */
const children = [];

export function endAll() {
  // Not SIGKILL: nginx's workers would live on without their master, and a profile (--cpu-prof) is written at the end.
  for (const child of children) child.kill('SIGTERM');
}

export function start(core, command, args, { until, env, cwd } = {}) {
  const [file, all] = pinned(core, command, args);
  const child = spawn(file, all, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env }, cwd });
  children.push(child);
  return new Promise((resolve, reject) => {
    let said = '';
    const hear = (chunk) => {
      said = (said + chunk.toString()).slice(-20_000);
      if (until?.test(said)) resolve(child);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('exit', (code) => reject(new Error(`${command} ${args[0]} ended with ${code}: ${said}`)));
    if (until === undefined) setTimeout(() => resolve(child), 500);
  });
}

export function startRival(name, port, upstream, ...more) {
  return start(0, process.execPath, [join(HERE, 'rivals', `${name}.mjs`), String(port), upstream, ...more], { until: /ready/ });
}

/** nginx in the foreground with one worker; as collector (core 1) or as a rival (core 0). */
export async function startNginx(core, folder, server) {
  mkdirSync(folder, { recursive: true });
  const config = `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 4096; }
http { access_log off; keepalive_requests 100000000; keepalive_timeout 60s; client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p;
 fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s; client_body_buffer_size 16k; client_max_body_size 1m;
 ${server} }`;
  writeFileSync(join(folder, 'nginx.conf'), config);
  const child = await start(core, 'nginx', ['-c', join(folder, 'nginx.conf'), '-p', folder]);
  return { pid: () => workerOf(child.pid) };
}

export function collectorBlock(port) {
  return `server { listen 127.0.0.1:${port}; location = /stub { stub_status; } location / { empty_gif; error_page 405 =200 /ok; } location = /ok { empty_gif; } }`;
}

export function nginxProxyBlock(port, upstream) {
  return `upstream c { server ${upstream.replace('http://', '')}; keepalive 256; keepalive_requests 100000000; }
 server { listen 127.0.0.1:${port}; location / { proxy_pass http://c; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering on; } }`;
}

export async function startHaproxy(folder, port, upstream) {
  mkdirSync(folder, { recursive: true });
  const config = `global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 5s
  http-reuse always
frontend f
  bind 127.0.0.1:${port}
  option forwardfor
  default_backend b
backend b
  server c ${upstream.replace('http://', '')}
`;
  writeFileSync(join(folder, 'haproxy.cfg'), config);
  const child = await start(0, 'haproxy', ['-db', '-f', join(folder, 'haproxy.cfg')]);
  return { pid: () => child.pid };
}

/** taskset replaces itself by the program; nginx works in a child. */
function workerOf(pid) {
  const path = `/proc/${pid}/task/${pid}/children`;
  const [first] = existsSync(path) ? readFileSync(path, 'utf8').trim().split(' ') : [];
  return first === undefined || first === '' ? pid : Number(first);
}

/**
 * @param main another build than this checkout's, to compare with
 * @param cores one, or several as taskset reads them
 * @param nodeArgs options of Node itself, separated by spaces
 */
export async function startConsentry(config, folder, main = MAIN, cores = 0, nodeArgs = process.env.BENCH_NODE_ARGS ?? '') {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'consentry.yaml'), JSON.stringify(config));
  const child = await start(cores, process.execPath, [...nodeArgs.split(' ').filter(Boolean), main, 'serve'], {
    until: /"msg":"listening"/,
    cwd: folder,
  });
  const end = () =>
    new Promise((resolve) => {
      child.removeAllListeners('exit');
      child.on('exit', resolve);
      child.kill('SIGTERM');
    });
  return { pid: () => child.pid, end };
}
