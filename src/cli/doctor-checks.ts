/** What `consentry doctor` looks at. Each check answers with findings that say what is wrong and the line that mends it. */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import ipaddr from 'ipaddr.js';
import { type Config, SHIPPED_POLICIES } from '../config.ts';
import { loadKeyring } from '../consent/key-file.ts';
import { spoolFolder } from '../gateway/answered.ts';
import { compileRoutes } from '../gateway/routes.ts';
import { GeoDatabase } from '../hit/geo-database.ts';
import { loadPolicies } from '../policy/load.ts';
import { formatProblem } from '../policy/problem.ts';
import { embeddedStoreFolder, openStore } from '../store/open.ts';
import { readUpstreamUrl, UpstreamPools } from '../upstream/client.ts';
import { loadProfiles } from '../vendors/load.ts';

export interface Finding {
  readonly level: 'error' | 'warning';
  /** What was looked at: a key of the configuration, or a part. */
  readonly about: string;
  readonly message: string;
}

export interface Patient {
  readonly config: Config;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

type Check = (patient: Patient) => Finding[] | Promise<Finding[]>;

const DAY_MS = 86_400_000;
/** GeoLite2's licence asks to be current within 30 days; places move slowly, so that three months are the alarm. */
const OLD_GEO_MS = 90 * DAY_MS;
/** No clock is earlier than the day of this release. */
const RELEASED_AT = Date.UTC(2026, 10, 23);

const error = (about: string, message: string): Finding => ({ level: 'error', about, message });
const warning = (about: string, message: string): Finding => ({ level: 'warning', about, message });

export const CHECKS: readonly Check[] = [
  checkClock,
  checkPolicies,
  checkRoutes,
  checkTrust,
  checkGeo,
  checkKeys,
  checkStore,
  checkConsent,
  checkListeners,
  checkFolders,
  checkCollectors,
];

function checkClock({ now }: Patient): Finding[] {
  return now < RELEASED_AT - DAY_MS
    ? [
        error(
          'clock',
          `the clock says ${new Date(now).toISOString().slice(0, 10)}: consent would be dated wrongly; set it, for example with chrony`,
        ),
      ]
    : [];
}

async function checkPolicies({ config, now }: Patient): Promise<Finding[]> {
  if (!existsSync(config.policies))
    return [error('policies', `${config.policies} is not there; copy the pack: cp -r ${SHIPPED_POLICIES} ${config.policies}`)];
  const loaded = await loadPolicies(config.policies, { now });
  if (!loaded.ok) return loaded.errors.map((problem) => error('policies', formatProblem(problem)));
  return loaded.warnings.map((problem) => warning('policies', formatProblem(problem)));
}

async function checkRoutes({ config }: Patient): Promise<Finding[]> {
  const own = join(config.policies, 'vendors');
  const profiles = await loadProfiles(existsSync(own) ? own : join(SHIPPED_POLICIES, 'vendors'));
  if (!profiles.ok)
    return profiles.errors.map((problem) =>
      error('policies/vendors', `${problem.file}:${problem.line}:${problem.column}: ${problem.message}`),
    );
  if (config.routes.length === 0)
    return [error('routes', 'there are none, so that every path answers 404; add routes: [{ path: /collect, vendor: ga4 }]')];
  const pools = new UpstreamPools({ timeoutMs: 1_000, connections: 1 });
  const compiled = compileRoutes(config, profiles.profiles, pools);
  await pools.close();
  if (!compiled.ok) return compiled.problems.map((problem) => error('routes', problem));
  return compiled.table.routes
    .filter(
      ({ pass, path, host }) =>
        pass &&
        compiled.table.routes.some(
          (other) => other.prefix && !other.pass && path.startsWith(other.path) && (other.host === null || other.host === host),
        ),
    )
    .map(({ pattern }) =>
      warning(
        'routes',
        `${pattern} is passed although a route with a prefix guards the paths around it; make sure that it is a static file`,
      ),
    );
}

function checkTrust({ config }: Patient): Finding[] {
  const findings: Finding[] = [];
  for (const cidr of config.trust.proxies) {
    try {
      const [, bits] = ipaddr.parseCIDR(cidr.includes('/') ? cidr : `${cidr}/${cidr.includes(':') ? 128 : 32}`);
      if (bits === 0)
        findings.push(
          error(
            'trust.proxies',
            `${cidr} lets anybody choose their address and their law; name your proxy: proxies: [10.0.0.5/32]`,
          ),
        );
    } catch {
      findings.push(error('trust.proxies', 'an entry is no CIDR; write addresses like 10.0.0.0/8 or 192.0.2.7/32'));
    }
  }
  if (config.trust.geo !== 'none' && config.trust.proxies.length === 0) {
    findings.push(
      error('trust.geo', 'geo headers are believed from trust.proxies only, and there are none; add proxies: [10.0.0.5/32]'),
    );
  }
  return findings;
}

function checkGeo({ config, now }: Patient): Finding[] {
  const { database, assume } = config.geo;
  if (database === null && assume === null && config.trust.geo === 'none') {
    return [
      warning(
        'geo',
        'nothing tells where a visitor is, so that everybody gets the strictest answer; set trust.geo: cloudflare, or geo: { database: ./GeoLite2-City.mmdb }',
      ),
    ];
  }
  if (database === null) return [];
  try {
    const { builtAt } = GeoDatabase.open(database);
    const days = Math.floor((now - builtAt) / DAY_MS);
    return days * DAY_MS > OLD_GEO_MS ? [warning('geo.database', `it is ${days} days old; fetch a new one`)] : [];
  } catch (problem) {
    return [error('geo.database', (problem as Error).message)];
  }
}

function checkKeys({ config, environment }: Patient): Finding[] {
  const folder = embeddedStoreFolder(config.store);
  const given = environment.CONSENTRY_KEYS !== undefined || environment.CONSENTRY_KEYS_FILE !== undefined;
  // Looking must not generate a key.
  if (!given && folder !== null && !existsSync(join(folder, 'consentry.keys'))) return [];
  const said: string[] = [];
  const loaded = loadKeyring({
    keys: environment.CONSENTRY_KEYS,
    keysFile: environment.CONSENTRY_KEYS_FILE,
    generateIn: folder,
    say: (message) => said.push(message),
  });
  return loaded.ok ? said.map((message) => warning('keys', message)) : [error('keys', loaded.problem)];
}

async function checkStore({ config }: Patient): Promise<Finding[]> {
  if (config.store === 'memory:')
    return [error('store', 'memory: forgets every decision at a restart; write store: lmdb:./data')];
  const folder = embeddedStoreFolder(config.store);
  if (folder !== null && !isWritable(folder))
    return [error('store', `${folder} cannot be written by this user; chown it, or name another folder with store: lmdb:FOLDER`)];
  if (folder !== null && !existsSync(folder)) return [];
  const opened = await openStore(config.store);
  if (!opened.ok) return [error('store', opened.problem)];
  await opened.store.close();
  if (folder === null || !isOpen(folder) || !isOpen(join(folder, 'consent.mdb'))) return [];
  return [warning('store', `${folder} can be read by other users, and with it every record: chmod -R go= ${folder}`)];
}

function checkConsent({ config }: Patient): Finding[] {
  const { cookie, notices, origins } = config.consent;
  const findings: Finding[] = [];
  if (!cookie.secure)
    findings.push(
      warning('consent.cookie.secure', 'the cookie travels over plain HTTP; leave the key out wherever the site has TLS'),
    );
  if (cookie['same-site'] === 'none' && !cookie.secure)
    findings.push(error('consent.cookie', 'browsers refuse same-site: none without secure; set secure: true'));
  if (cookie.name?.startsWith('__Host-') && (cookie.domain !== null || !cookie.secure)) {
    findings.push(error('consent.cookie.name', 'browsers refuse a __Host- name with a domain or without secure; leave name out'));
  }
  if (Object.keys(notices).length === 0) {
    findings.push(
      warning(
        'consent.notices',
        'no notice is registered: where a policy says proof: required (EU, UK), no yes will count; add notices: { "2026-11": { hash: …, purposes: […] } }',
      ),
    );
  }
  for (const origin of origins)
    if (origin.startsWith('http://') && !/^http:\/\/(localhost|127\.)/.test(origin))
      findings.push(warning('consent.origins', `${origin} has no TLS: anybody on the way can post decisions`));
  return findings;
}

async function checkListeners({ config }: Patient): Promise<Finding[]> {
  const { host, port } = config.admin;
  const findings: Finding[] = [];
  if (host !== '127.0.0.1' && host !== '::1' && host !== 'localhost')
    findings.push(
      warning(
        'admin.host',
        `the admin listener is open on ${host}; write host: 127.0.0.1, or make sure that nobody outside reaches it`,
      ),
    );
  for (const [about, listener] of [
    ['listen', config.listen],
    ['admin', config.admin],
  ] as const) {
    if (await isForbidden(listener))
      findings.push(
        error(
          `${about}.port`,
          `this user may not listen on ${listener.port}; choose a port above 1023, or allow it: setcap cap_net_bind_service=+ep ${process.execPath}`,
        ),
      );
  }
  if (port !== 0 && port === config.listen.port)
    findings.push(error('admin.port', `both listeners have port ${port}; choose another one for admin`));
  return findings;
}

function checkFolders({ config }: Patient): Finding[] {
  const { mode, dir } = config.evidence;
  const folders: [about: string, folder: string | null, instead: string][] = [
    ['evidence.dir', mode === 'off' ? null : dir, 'set evidence: { mode: off }'],
    ['consent.anchor.dir', config.consent.anchor.dir, 'leave consent.anchor out'],
    ['spool', spoolFolder(config), 'move it away: a new one is made'],
  ];
  return folders.flatMap(([about, folder, instead]) =>
    folder === null || isWritable(folder)
      ? []
      : [error(about, `${folder} cannot be written by this user; chown it, or ${instead}`)],
  );
}

async function checkCollectors({ config }: Patient): Promise<Finding[]> {
  const urls = new Set([config.upstream, ...config.routes.map((route) => route.upstream)].filter((url) => url != null));
  if (urls.size === 0) return [error('upstream', 'there is no collector; write upstream: http://127.0.0.1:9000')];
  const own = `127.0.0.1:${config.listen.port}`;
  const findings = await Promise.all(
    [...urls].map(async (url): Promise<Finding[]> => {
      let parsed: URL;
      try {
        parsed = readUpstreamUrl(url);
      } catch (problem) {
        return [error('upstream', (problem as Error).message)];
      }
      if (parsed.host === own || parsed.host === `localhost:${config.listen.port}`)
        return [error('upstream', `${url} is Consentry's own address: hits would go round; name the collector's`)];
      return (await isReachable(parsed))
        ? []
        : [error('upstream', `nothing listens at ${parsed.origin}; start the collector, or mend the address`)];
    }),
  );
  return findings.flat();
}

/** Whether a folder, or the one that it would be made in, can be written. */
function isWritable(folder: string): boolean {
  let path = folder;
  while (!existsSync(path) && dirname(path) !== path) path = dirname(path);
  try {
    accessSync(path, constants.W_OK);
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function isOpen(path: string): boolean {
  return existsSync(path) && (statSync(path).mode & 0o077) !== 0;
}

/** Whether the system refuses a low port to this user; a higher one it refuses to nobody. */
function isForbidden({ host, port }: { readonly host: string; readonly port: number }): Promise<boolean> {
  if (port === 0 || port > 1023) return Promise.resolve(false);
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'EACCES'));
    server.listen({ host, port }, () => server.close(() => resolve(false)));
  });
}

function isReachable(url: URL): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(Number(url.port) || (url.protocol === 'https:' ? 443 : 80), url.hostname.replace(/^\[|\]$/g, ''));
    const settle = (reachable: boolean) => () => {
      socket.destroy();
      resolve(reachable);
    };
    socket.setTimeout(2_000, settle(false));
    socket.on('connect', settle(true));
    socket.on('error', settle(false));
  });
}
