/** nginx, HAProxy, Apache and Node in front of one echo, where they are installed: how others read what the gateway emits. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from './redis.ts';

export interface OtherServer {
  readonly name: string;
  readonly port: number;
}

export interface OtherServers {
  readonly servers: readonly OtherServer[];
  /** Servers that are not installed here. */
  readonly missing: readonly string[];
  close(): Promise<void>;
}

/** Lines that a proxy adds or makes anew for each connection. */
const NOT_COMPARED =
  /^(connection|keep-alive|content-length|transfer-encoding|via|forwarded|max-forwards|x-forwarded-.*|x-real-ip)$/;

/** Answers with a hash over what it read: method, target, headers and body. */
async function startEcho(): Promise<Server> {
  const server = createServer((req, res) => {
    const hash = createHash('sha256');
    req.on('data', (chunk: Buffer) => hash.update(chunk));
    req.on('end', () => {
      const headers = Object.entries(req.headers)
        .filter(([name]) => !NOT_COMPARED.test(name))
        .map(([name, value]) => `${name}: ${String(value).replace(/\s+/g, ' ').trim()}`)
        .sort();
      hash.update(`${req.method} ${req.url}\n${headers.join('\n')}`);
      res.writeHead(200, { 'X-Echo': hash.digest('hex'), 'Content-Length': '0' }).end();
    });
  });
  server.maxHeadersCount = 0;
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

const CONFIGURATIONS: Record<
  string,
  { command: string; args(folder: string): string[]; write(port: number, echo: number, folder: string): string }
> = {
  nginx: {
    command: 'nginx',
    args: (folder) => ['-c', join(folder, 'nginx.conf'), '-p', folder, '-e', 'stderr'],
    write: (port, echo, folder) => `daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr crit;
events { worker_connections 512; }
http { access_log off; client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  large_client_header_buffers 8 32k; client_max_body_size 2m; underscores_in_headers on; ignore_invalid_headers off;
  server { listen 127.0.0.1:${port} backlog=1024; merge_slashes off;
    location / { proxy_pass http://127.0.0.1:${echo}; proxy_http_version 1.1; proxy_set_header Host $http_host; proxy_set_header Connection ""; } } }`,
  },
  haproxy: {
    command: 'haproxy',
    args: (folder) => ['-f', join(folder, 'haproxy.conf'), '-q'],
    write: (port, echo) => `global
  tune.bufsize 65536
  tune.maxrewrite 8192
defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 2s
frontend f
  bind 127.0.0.1:${port}
  default_backend b
backend b
  server s 127.0.0.1:${echo}
`,
  },
  apache: {
    command: 'apache2',
    args: (folder) => ['-X', '-f', join(folder, 'apache.conf')],
    write: (port, echo, folder) => `ServerRoot /usr/lib/apache2
ServerName localhost
PidFile ${folder}/apache.pid
DefaultRuntimeDir ${folder}
ErrorLog ${folder}/error.log
Listen 127.0.0.1:${port}
LoadModule mpm_worker_module modules/mod_mpm_worker.so
LoadModule authz_core_module modules/mod_authz_core.so
LoadModule proxy_module modules/mod_proxy.so
LoadModule proxy_http_module modules/mod_proxy_http.so
LimitRequestFieldSize 32768
LimitRequestFields 0
LimitRequestLine 32768
AllowEncodedSlashes NoDecode
UseCanonicalName Off
ProxyPreserveHost On
ProxyPass / http://127.0.0.1:${echo}/ nocanon
KeepAlive On
`,
  },
};

export async function startOtherServers(): Promise<OtherServers> {
  const folder = mkdtempSync(join(tmpdir(), 'consentry-servers-'));
  const echo = await startEcho();
  const echoPort = (echo.address() as AddressInfo).port;
  const servers: OtherServer[] = [{ name: 'node', port: echoPort }];
  const missing: string[] = [];
  const processes: ChildProcess[] = [];
  for (const [name, { command, args, write }] of Object.entries(CONFIGURATIONS)) {
    const isThere = spawnSync('which', [command], { env: { PATH: `${process.env.PATH}:/usr/sbin` } }).status === 0;
    if (!isThere || (name === 'apache' && !existsSync('/usr/lib/apache2/modules/mod_proxy_http.so'))) {
      missing.push(name);
      continue;
    }
    const port = await findPort();
    writeFileSync(join(folder, `${name}.conf`), write(port, echoPort, folder));
    const child = spawn(command, args(folder), {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: `${process.env.PATH}:/usr/sbin` },
    });
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    processes.push(child);
    await waitUntil(async () => {
      if (child.exitCode !== null) throw new Error(`${name} does not start: ${said}`);
      return await listens(port);
    });
    servers.push({ name, port });
  }
  return {
    servers,
    missing,
    async close() {
      for (const child of processes) {
        if (child.exitCode !== null) continue;
        const gone = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGKILL');
        await gone;
      }
      echo.closeAllConnections();
      await new Promise((resolve) => echo.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What a server makes of the bytes: a status and an echo for each request that it read. */
export function askServer(port: number, bytes: Buffer): Promise<string[]> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(bytes));
    socket.setTimeout(4_000, () => socket.destroy());
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      const heads = text.split(/(?=HTTP\/1\.[01] \d{3})/).filter((head) => head.startsWith('HTTP/'));
      resolve(heads.map((head) => /x-echo: ([0-9a-f]{64})/i.exec(head)?.[1] ?? `status ${head.slice(9, 12)}`));
    });
  });
}

function findPort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
