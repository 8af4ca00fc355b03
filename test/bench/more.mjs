/**
 * `npm run bench:more -- [half] [workers] [fresh] [long]`: what one rate on one core does not tell.
 *
 * half: latency beside bare undici at half of the most that Consentry forwards.
 * workers: what a second process gains, beside what it gains bare `node:http`, all on the same two cores.
 * fresh: hits of subjects whose records no cache holds, beside hits of known ones; on lmdb, and on Redis where it is installed.
 * long: resident memory after a tenth of `--hits N` (10,000,000) and after all of them.
 * `--rounds N`, `--seconds N`, `--warm N`, `--connections N` as in `npm run bench`.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildRequests, writeRequests } from './corpus.mjs';
import { configFor, decideAll } from './gateway.mjs';
import { childrenOf, measure as measureAny, median, memoryOf } from './measure.mjs';
import { collectorBlock, endAll, findPort, isInstalled, start, startConsentry, startNginx, startRival } from './programs.mjs';

const given = process.argv.slice(2);
function option(name, fallback) {
  const at = given.indexOf(`--${name}`);
  return at === -1 ? fallback : Number(given[at + 1]);
}
const rounds = option('rounds', 7);
const seconds = option('seconds', 3);
const warm = option('warm', 8);
const connections = option('connections', 64);
const hits = option('hits', 10_000_000);
const PURPOSES = { functional: true, analytics: true, personalization: true, advertising: true };
const NO_PURPOSES = { functional: false, analytics: false, personalization: false, advertising: false };
const KNOWN = 2_048;
const REQUESTS = 10_240;
/**
 * In turn, so many subjects find none of their records in lmdb's cache of 4,096 and one generation more, and all of their tokens in one
 * of 8,192. Redis' cache is larger, and emptied before each round, in which no subject comes twice.
 */
const UNCACHED = 8_150;
const BOTH = '0,1';

const root = mkdtempSync(join(tmpdir(), 'consentry-bench-'));
process.on('exit', () => {
  endAll();
  rmSync(root, { recursive: true, force: true });
});
process.on('SIGINT', () => process.exit(130));

const collectorPort = await findPort();
const collector = `http://127.0.0.1:${collectorPort}`;
async function measure(...args) {
  const result = await measureAny(...args);
  if (result.notOk > 0) throw new Error(`${result.notOk} answers that are no success: the figures mean nothing`);
  return result;
}

let folders = 0;
const newFolder = () => {
  const folder = join(root, String(++folders));
  mkdirSync(folder);
  return folder;
};

async function startGateway(folder, more = {}, cores = 0) {
  const [port, adminPort] = [await findPort(), await findPort()];
  const config = { ...configFor({ port, adminPort, collector, echo: collector, folder }), ...more };
  const { pid, end } = await startConsentry(config, folder, undefined, cores);
  return { port, pid, end };
}

function requestFile(folder, name, options) {
  const file = join(folder, `${name}.requests`);
  writeRequests(file, buildRequests({ path: '/g/collect', country: 'DE', visitors: KNOWN, count: REQUESTS, ...options }));
  return file;
}

/** Everything in turns, `rounds` times. @returns for each target its results */
async function takeTurns(targets, options = {}) {
  for (const target of targets) await measure(target, collectorPort, warm, connections, options);
  const results = targets.map(() => []);
  for (let round = 0; round < rounds; round++)
    for (const [i, target] of targets.entries())
      results[i].push(await measure(target, collectorPort, seconds, connections, options));
  return results;
}

const rateOf = (results) => median(results.map(({ perSecond }) => perSecond));
const spreadOf = (values) => `${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}`;

async function half() {
  const folder = newFolder();
  const gateway = await startGateway(folder);
  const cookies = await decideAll(gateway.port, 0, KNOWN, PURPOSES);
  const file = requestFile(folder, 'forward', { cookieOf: (visitor) => cookies[visitor] });
  const port = await findPort();
  const rival = await startRival('undici', port, collector);
  const targets = [
    { ...gateway, file },
    { port, pid: () => rival.pid, file },
  ];
  const [peaks] = await takeTurns(targets);
  const peak = rateOf(peaks);
  const [ours, theirs] = await takeTurns(targets, { pauseMs: (connections / (peak / 2)) * 1000 });
  const added = (key) => ours.map((result, i) => (result[key] - theirs[i][key]) / 1000);
  console.log(
    `half: ${Math.round(rateOf(ours))} and ${Math.round(rateOf(theirs))} hits/s of a peak of ${Math.round(peak)}; p99 ${median(ours.map(({ p99Us }) => p99Us / 1000))} ms, bare undici ${median(theirs.map(({ p99Us }) => p99Us / 1000))} ms; added in the same round: p50 ${median(added('p50Us')).toFixed(2)} ms, p99 ${median(added('p99Us')).toFixed(2)} ms (${spreadOf(added('p99Us'))})`,
  );
}

async function workers() {
  const counts = [1, 2];
  const gateways = [];
  for (const count of counts) {
    const folder = newFolder();
    const gateway = await startGateway(folder, { workers: count }, BOTH);
    const ask = async (name, from, purposes) => {
      const cookies = await decideAll(gateway.port, from, KNOWN, purposes);
      return { ...gateway, file: requestFile(folder, name, { cookieOf: (visitor) => cookies[visitor] }) };
    };
    gateways.push({ drop: await ask('drop', KNOWN, NO_PURPOSES), forward: await ask('forward', 0, PURPOSES) });
  }
  const rivals = [];
  for (const count of counts) {
    const port = await findPort();
    const program = new URL('rivals/node-204.mjs', import.meta.url).pathname;
    const rival = await start(BOTH, process.execPath, [program, String(port), '', String(count)], { until: /ready/ });
    rivals.push({ port, pid: () => rival.pid, file: gateways[0].forward.file });
  }
  const [one, two] = gateways;
  const results = await takeTurns([...rivals, one.drop, two.drop, one.forward, two.forward], { cores: BOTH });
  const gainOf = (at) => results[at + 1].map(({ perSecond }, i) => perSecond / results[at][i].perSecond);
  const [bare, dropping, forwarding] = [0, 2, 4].map(gainOf);
  const say = (gains) => `${median(gains).toFixed(2)} times (${spreadOf(gains)})`;
  const beside = median(dropping.map((gain, i) => gain / bare[i])).toFixed(2);
  const costs = (at) => results[at + 1].map(({ cpuUs }, i) => cpuUs / results[at][i].cpuUs);
  const [bareCost, dropCost, forwardCost] = [0, 2, 4].map((at) => median(costs(at)).toFixed(2));
  const memory = childrenOf(two.forward.pid()).map(memoryOf);
  const mib = (key) => memory.map((of) => Math.round(of[key] / 2 ** 20)).join(' and ');
  console.log(
    `workers: a second one makes ${say(bare)} as many hits/s of node:http answering 204, ${say(dropping)} of Consentry answering dropped hits (${beside} of that in the same round), ${say(forwarding)} of Consentry forwarding, whose collector needs the same two cores
workers: a hit costs two of them ${bareCost}, ${dropCost} and ${forwardCost} times the processor time that it costs one (node:http, dropped, forwarded); of memory the two have ${mib('resident')} MiB resident, ${mib('share')} of it their share`,
  );
}

/**
 * @param forget makes the gateway forget the records that it has read
 * @param countReads of the store, where it can tell
 */
async function fresh(name, store, forget = () => undefined, countReads = () => Number.NaN) {
  const folder = newFolder();
  const gateway = await startGateway(folder, store);
  console.error(`fresh on ${name}: minting ${UNCACHED} decisions …`);
  const cookies = await decideAll(gateway.port, 0, UNCACHED, PURPOSES);
  const cookieOf = (visitor) => cookies[visitor];
  const known = { ...gateway, file: requestFile(folder, 'known', { cookieOf }) };
  const options = { cookieOf, visitors: UNCACHED, count: UNCACHED, inTurn: true };
  const uncached = { ...gateway, file: requestFile(folder, 'uncached', options) };
  for (const target of [known, uncached]) await measure(target, collectorPort, warm, connections);
  const shares = [];
  for (let round = 0; round < rounds; round++) {
    const cached = await measure(known, collectorPort, 1, connections);
    forget();
    const before = countReads();
    const others = await measure(uncached, collectorPort, 1, connections);
    const read = (countReads() - before) / others.perSecond;
    if (read < 0.7) throw new Error(`only ${Math.round(read * 100)} % of the hits read a record from ${name}`);
    shares.push(others.perSecond / cached.perSecond);
  }
  console.log(
    `fresh on ${name}: hits of subjects whose records no cache holds ${(median(shares) * 100).toFixed(0)} % of the rate of known subjects (${spreadOf(shares)})`,
  );
  await gateway.end();
}

async function freshOnRedis() {
  if (!isInstalled('redis-server')) return console.log('fresh on Redis: no redis-server here');
  const port = await findPort();
  await start(1, 'redis-server', ['--port', String(port), '--dir', newFolder(), '--save', '', '--appendonly', 'yes'], {
    until: /Ready to accept/,
  });
  // With this store every gateway is given the keys.
  process.env.CONSENTRY_KEYS = `bench:${randomBytes(32).toString('base64url')}`;
  // Whoever has lost the connection that says what changed trusts nothing that it has read.
  const ask = (...words) => spawnSync('redis-cli', ['-p', String(port), ...words]).stdout.toString();
  await fresh(
    'Redis',
    { store: `redis://127.0.0.1:${port}` },
    () => ask('CLIENT', 'KILL', 'TYPE', 'PUBSUB'),
    () => Number(/total_commands_processed:(\d+)/.exec(ask('INFO', 'stats'))[1]),
  );
}

async function long() {
  const folder = newFolder();
  const gateway = await startGateway(folder);
  const cookies = await decideAll(gateway.port, 0, KNOWN, PURPOSES);
  const cookieOf = (visitor) => cookies[visitor];
  const files = [
    requestFile(folder, 'forward', { cookieOf }),
    requestFile(folder, 'drop', { cookieOf: () => '' }),
    requestFile(folder, 'pixel', { cookieOf, path: '/pixel/g/collect' }),
    requestFile(folder, 'anonymize', { path: '/matomo.php', country: 'FR', cookieOf: () => '', style: 'matomo', postShare: 0 }),
  ];
  let done = 0;
  let early = 0;
  const later = [];
  for (let turn = 0; done < hits; turn++) {
    const result = await measure({ ...gateway, file: files[turn % files.length] }, collectorPort, 10, connections);
    done += result.perSecond * 10;
    if (done < hits / 10) early = Math.max(early, result.residentBytes);
    else if (done > hits * 0.9) later.push(result.residentBytes);
    if (turn % 12 === 11) console.error(`${Math.round(done)} hits, ${Math.round(result.residentBytes / 2 ** 20)} MiB`);
  }
  const end = Math.max(...later);
  console.log(
    `long: at most ${Math.round(early / 2 ** 20)} MiB resident in the first tenth, ${Math.round(end / 2 ** 20)} MiB in the last one of ${Math.round(done)} hits: ${((end / early - 1) * 100).toFixed(1)} % more`,
  );
}

const POINTS = { half, workers, fresh: () => fresh('lmdb', {}).then(freshOnRedis), long };
const asked = given.filter((word, i) => !word.startsWith('-') && !given[i - 1]?.startsWith('--'));
const unknown = asked.find((name) => !(name in POINTS));
if (unknown !== undefined) throw new Error(`no "${unknown}"; there are ${Object.keys(POINTS).join(', ')}`);
await startNginx(1, newFolder(), collectorBlock(collectorPort));
for (const name of asked.length > 0 ? asked : ['half', 'workers', 'fresh']) await POINTS[name]();
process.exit(0);
