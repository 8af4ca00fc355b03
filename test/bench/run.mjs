/**
 * `npm run bench`: Consentry with everything on against proxies that check nothing, interleaved, on one core.
 * `--against FILE`: the `main.js` of another build, measured beside this one. BENCH_NODE_ARGS and BENCH_OTHER_NODE_ARGS: options of
 * Node itself for the two.
 * `--quick` only shows that it runs (30 s). `--rounds N`, `--seconds N`, `--only a,b` (names), `--connections N`.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildRequests, writeRequests } from './corpus.mjs';
import { checkEnforcement, configFor, decideAll, startEcho } from './gateway.mjs';
import { measure, median } from './measure.mjs';
import {
  collectorBlock,
  endAll,
  findPort,
  isInstalled,
  nginxProxyBlock,
  startConsentry,
  startHaproxy,
  startNginx,
  startRival,
} from './programs.mjs';

const RESULTS = fileURLToPath(new URL('results/latest.json', import.meta.url));

function option(name, fallback) {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? fallback : process.argv[at + 1];
}

const quick = process.argv.includes('--quick');
const rounds = Number(option('rounds', quick ? 1 : 12));
const seconds = Number(option('seconds', quick ? 1 : 2));
const warmSeconds = Number(option('warm', quick ? 1 : 8));
const connections = Number(option('connections', 64));
const only = option('only', '').split(',').filter(Boolean);
const against = option('against', '');
const VISITORS = quick ? 256 : 4_096;
const REQUESTS = quick ? 1_000 : 10_240;

const folder = mkdtempSync(join(tmpdir(), 'consentry-bench-'));
process.on('exit', () => {
  endAll();
  rmSync(folder, { recursive: true, force: true });
});
process.on('SIGINT', () => process.exit(130));

async function main() {
  if (!isInstalled('wrk') || !isInstalled('nginx'))
    throw new Error('the benchmark needs nginx and wrk: apt install nginx-light wrk');
  const collectorPort = await findPort();
  const collector = `http://127.0.0.1:${collectorPort}`;
  await startNginx(1, join(folder, 'collector'), collectorBlock(collectorPort));
  const echo = await startEcho();
  const [port, adminPort] = [await findPort(), await findPort()];
  const config = configFor({ port, adminPort, collector, echo: echo.url, folder });
  const consentry = await startConsentry(config, join(folder, 'consentry'));

  console.error(`minting ${2 * VISITORS} decisions …`);
  const all = { functional: true, analytics: true, personalization: true, advertising: true };
  const granted = await decideAll(port, 0, VISITORS, all);
  const restricted = await decideAll(port, VISITORS, VISITORS, { ...all, advertising: false, personalization: false });
  const problems = await checkEnforcement(port, echo, granted, restricted);
  if (problems.length > 0) throw new Error(`Consentry does not do what it is measured for:\n${problems.join('\n')}`);

  const files = {};
  const write = (name, options) => {
    files[name] = join(folder, `${name}.requests`);
    const shared = { country: 'DE', visitors: VISITORS, count: REQUESTS };
    writeRequests(files[name], buildRequests({ ...shared, cookieOf: (visitor) => granted[visitor], ...options }));
  };
  write('forward', { path: '/g/collect' });
  write('restricted', { path: '/g/collect', cookieOf: (visitor) => restricted[visitor] });
  write('pixel', { path: '/pixel/g/collect' });
  write('drop', { path: '/g/collect', cookieOf: () => '' });
  write('anonymize', { path: '/matomo.php', country: 'FR', cookieOf: () => '', style: 'matomo', postShare: 0 });

  const targets = [];
  const add = (name, target) => {
    if (only.length === 0 || only.includes(name)) targets.push({ name, results: [], ...target });
  };
  for (const mode of Object.keys(files)) {
    add(`consentry ${mode}`, { port, pid: consentry.pid, file: files[mode], arrives: mode !== 'drop' });
  }
  if (against !== '') {
    const [otherPort, otherAdmin] = [await findPort(), await findPort()];
    const otherConfig = configFor({ port: otherPort, adminPort: otherAdmin, collector, echo: echo.url, folder });
    const other = await startConsentry(otherConfig, join(folder, 'other'), against, 0, process.env.BENCH_OTHER_NODE_ARGS);
    for (const mode of Object.keys(files)) {
      add(`other ${mode}`, { port: otherPort, pid: other.pid, file: files[mode], arrives: mode !== 'drop' });
    }
  }
  const rival = async (name, startIt, arrives = true) => {
    if (only.length > 0 && !only.includes(name)) return;
    const ownPort = await findPort();
    const { pid } = await startIt(ownPort);
    add(name, { port: ownPort, pid: typeof pid === 'function' ? pid : () => pid, file: files.forward, arrives });
  };
  await rival('node:http 204', (own) => startRival('node-204', own, collector), false);
  await rival('undici dispatch', (own) => startRival('undici', own, collector));
  await rival('http-proxy', (own) => startRival('http-proxy', own, collector));
  if (!quick) {
    await rival('http-proxy-middleware', (own) => startRival('http-proxy-middleware', own, collector));
    await rival('@fastify/reply-from', (own) => startRival('reply-from', own, collector));
    await rival('nginx', (own) => startNginx(0, join(folder, 'nginx'), nginxProxyBlock(own, collector)));
    if (isInstalled('haproxy')) await rival('haproxy', (own) => startHaproxy(join(folder, 'haproxy'), own, collector));
    await rival('koa gif', (own) => startRival('koa-gif', own, collector), false);
    const inKoa = configForKoa(config);
    for (const mode of ['forward', 'drop']) {
      await rival(`consentry in koa ${mode}`, (own) => startRival('koa-guard', own, collector, JSON.stringify(inKoa)), false);
      const last = targets.at(-1);
      if (last?.name === `consentry in koa ${mode}`) last.file = files[mode];
    }
  }

  for (const target of targets) {
    console.error(`warming ${target.name} …`);
    await measure(target, collectorPort, warmSeconds, connections);
  }
  for (let round = 1; round <= rounds; round++) {
    for (const target of targets) {
      const result = await measure(target, collectorPort, seconds, connections);
      target.results.push(result);
      console.error(`${round}/${rounds} ${target.name}: ${Math.round(result.perSecond)}/s`);
    }
  }
  const again = await checkEnforcement(port, echo, granted, restricted);
  report(targets, again);
  process.exit(again.length > 0 || targets.some((target) => problemsOf(target).length > 0) ? 1 : 0);
}

function configForKoa({ upstream: _upstream, workers: _workers, listen: _listen, admin: _admin, routes, ...rest }) {
  return { ...rest, store: `lmdb:${join(folder, 'data')}`, routes: routes.filter(({ upstream }) => upstream === undefined) };
}

function problemsOf({ arrives, results }) {
  const problems = [];
  if (results.some(({ notOk }) => notOk > 0)) problems.push('answers that are no success');
  if (arrives && median(results.map(({ arrivedShare }) => arrivedShare)) < 0.999) problems.push('hits that did not arrive');
  return problems;
}

function report(targets, enforcement) {
  const resultsOf = (name) => targets.find((target) => target.name === name)?.results ?? null;
  // The machine's speed changes within seconds: two programs are compared within each round, and the median is of those ratios.
  const compare = (one, other, key) => median(one.map((result, round) => result[key] / other[round][key]));
  const rows = targets.map((target) => {
    const of = (key) => median(target.results.map((result) => result[key]));
    const rates = target.results.map(({ perSecond }) => perSecond);
    return {
      name: target.name,
      perSecond: Math.round(of('perSecond')),
      spread: Number(((Math.max(...rates) - Math.min(...rates)) / of('perSecond')).toFixed(3)),
      cpuUs: Number(of('cpuUs').toFixed(1)),
      busy: Number(of('busy').toFixed(2)),
      p50Us: of('p50Us'),
      p99Us: of('p99Us'),
      residentMiB: Math.round(of('residentBytes') / 1024 / 1024),
      arrivedShare: target.arrives ? Number(of('arrivedShare').toFixed(4)) : null,
      problems: problemsOf(target),
    };
  });
  const compared = Object.fromEntries(
    [
      ['consentry forward', 'http-proxy'],
      ['consentry forward', 'http-proxy-middleware'],
      ['consentry forward', 'undici dispatch'],
      ['consentry forward', 'nginx'],
      ['consentry restricted', 'http-proxy'],
      ['consentry anonymize', 'http-proxy'],
      ['consentry pixel', 'http-proxy'],
      ['consentry pixel', 'nginx'],
      ['consentry drop', 'node:http 204'],
      ...['forward', 'restricted', 'pixel', 'drop', 'anonymize'].map((mode) => [`consentry ${mode}`, `other ${mode}`]),
      ['consentry in koa forward', 'consentry forward'],
      ['consentry in koa forward', 'koa gif'],
      ['consentry in koa drop', 'consentry drop'],
    ]
      .map(([one, other]) => [`${one} / ${other}`, resultsOf(one), resultsOf(other)])
      .filter(([, one, other]) => one !== null && other !== null)
      .map(([name, one, other]) => [name, [compare(one, other, 'perSecond'), compare(other, one, 'cpuUs')]]),
  );
  const pick = (at) => Object.fromEntries(Object.entries(compared).map(([name, both]) => [name, Number(both[at].toFixed(2))]));
  const ratios = pick(0);
  // CPU per request is what a noisy machine changes least.
  const cpuRatios = pick(1);
  const machine = { cpu: cpus()[0]?.model ?? '', cores: cpus().length, node: process.version, load: loadAverage() };
  const date = new Date().toISOString();
  mkdirSync(join(RESULTS, '..'), { recursive: true });
  if (!quick)
    writeFileSync(
      RESULTS,
      `${JSON.stringify({ date, machine, connections, rounds, seconds, rows, ratios, cpuRatios }, null, 2)}\n`,
    );
  console.log('| program | hits/s | spread | CPU µs | busy | p50 ms | p99 ms | MiB | arrived |');
  console.log('|---|---|---|---|---|---|---|---|---|');
  for (const row of rows) {
    const { name, perSecond, spread, cpuUs, busy, p50Us, p99Us, residentMiB, arrivedShare, problems } = row;
    const cells = [
      name,
      perSecond,
      `${Math.round(spread * 100)}%`,
      cpuUs,
      busy,
      p50Us / 1000,
      p99Us / 1000,
      residentMiB,
      arrivedShare ?? '-',
    ];
    console.log(`| ${cells.join(' | ')} |${problems.length > 0 ? ` ${problems.join(', ')}` : ''}`);
  }
  console.log('\n| ratio | by hits/s | by CPU |\n|---|---|---|');
  for (const [name, ratio] of Object.entries(ratios)) console.log(`| ${name} | ${ratio} | ${cpuRatios[name]} |`);
  for (const problem of enforcement) console.log(`NOT ENFORCED at the end: ${problem}`);
}

function loadAverage() {
  return Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0]);
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
