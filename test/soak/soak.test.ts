/**
 * A long run: the shipped program under a steady mix of hits and decisions, and what grows meanwhile.
 *
 * `npm run soak` (other runs skip it); SOAK_MINUTES (default 60) and SOAK_RATE (requests a second, default 300) from the environment. It fails where
 * memory grows by more than 1 MiB an hour after the warm-up, or open files or timers grow at all, or the slowest hits get slower by a
 * tenth. A short run is still warming up: it may grow by a few MiB and by the connections of the load, and says nothing of the slowest.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { verifyEvidence } from '../../src/ops/evidence-log-verify.ts';
import { buildProgram, startProgram } from '../support/build.ts';
import { startCollector } from '../support/collector.ts';
import { fitLine, percentile } from './fit.ts';
import { startLoad } from './load.ts';

const IS_ASKED = process.env.CONSENTRY_SOAK === '1';
const MINUTES = Number(process.env.SOAK_MINUTES ?? 60);
const RATE = Number(process.env.SOAK_RATE ?? 300);
const COLLECT = new URL('./collect.mjs', import.meta.url).href;
const IS_LONG = MINUTES >= 30;
const WARM_UP = 0.25;
const SAMPLES = Math.max(24, Math.round(MINUTES * 6));
const SAMPLE_MS = (MINUTES * 60_000) / SAMPLES;

interface Sample {
  readonly hours: number;
  /** Memory of the process's own; mapped files come and go as the system likes. */
  readonly mib: number;
  readonly files: number;
  readonly timers: number;
  readonly p99Ms: number;
}

it.skipIf(!IS_ASKED)(`holds for ${MINUTES} minutes`, { timeout: MINUTES * 60_000 + 300_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'consentry-soak-'));
  const build = await buildProgram();
  const collector = await startCollector();
  collector.answer = (_req, res) => {
    // A long run keeps nothing of what arrived.
    collector.arrived.length = 0;
    res.writeHead(200, { 'Content-Length': '2' }).end('ok');
  };
  const config = {
    site: 'soak',
    listen: { host: '127.0.0.1', port: 0 },
    admin: { host: '127.0.0.1', port: 0 },
    upstream: collector.url,
    store: `lmdb:${join(folder, 'data')}`,
    workers: 1,
    trust: { proxies: ['127.0.0.1/32'], geo: { country: 'x-test-country', region: 'x-test-region' } },
    consent: { notices: { n: { hash: 'h', purposes: ['analytics', 'advertising'] } } },
    routes: [
      { path: '/ga', vendor: 'ga4' },
      { path: '/own', purposes: ['analytics'] },
      { path: '/pixel', purposes: ['analytics'], respond: 'pixel' },
    ],
    evidence: { mode: 'sampled', dir: join(folder, 'evidence') },
  };
  writeFileSync(join(folder, 'consentry.yaml'), JSON.stringify(config));
  process.env.NODE_OPTIONS = `--import ${COLLECT}`;
  const program = startProgram(build.main, ['serve'], folder);
  Reflect.deleteProperty(process.env, 'NODE_OPTIONS');
  const { port, adminPort } = await program.find('listening');
  const pid = program.child.pid ?? 0;
  const load = startLoad(Number(port), RATE);

  async function measure(hours: number): Promise<Sample> {
    const p99Ms = percentile(load.takeTimes(), 99);
    program.child.kill('SIGUSR2');
    await new Promise((resolve) => setTimeout(resolve, 250));
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const metrics = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
    return {
      hours,
      mib: Number(/RssAnon:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024,
      files: readdirSync(`/proc/${pid}/fd`).length,
      timers: Number(/nodejs_active_resources\{type="Timeout"[^}]*\} (\d+)/.exec(metrics)?.[1] ?? 0),
      p99Ms,
    };
  }

  const began = performance.now();
  const samples: Sample[] = [];
  for (let i = 1; i <= SAMPLES && program.child.exitCode === null; i++) {
    await new Promise((resolve) => setTimeout(resolve, began + i * SAMPLE_MS - performance.now()));
    const sample = await measure((i * SAMPLE_MS) / 3_600_000);
    samples.push(sample);
    if (i % Math.ceil(SAMPLES / 12) !== 0) continue;
    const { hours, mib, files, timers, p99Ms } = sample;
    console.log(
      `${(hours * 60).toFixed(1)} min: ${mib.toFixed(1)} MiB, ${files} files, ${timers} timers, p99 ${p99Ms.toFixed(1)} ms, ${load.sent} sent, ${load.failed} failed`,
    );
  }
  await load.stop();
  program.child.kill('SIGTERM');
  const code = await program.ended;
  const evidence = await verifyEvidence(join(folder, 'evidence'));
  await collector.close();
  rmSync(folder, { recursive: true, force: true });
  build.remove();

  const warm = samples.slice(Math.floor(SAMPLES * WARM_UP));
  const faults: string[] = [];

  /** @param most growth per hour. */
  function judgeGrowth(what: string, most: number, unit: string, read: (sample: Sample) => number): void {
    const { slope, error } = fitLine(warm.map((sample) => [sample.hours, read(sample)]));
    const words = `${what}: ${slope.toFixed(2)} ± ${error.toFixed(2)} ${unit} an hour`;
    console.log(words);
    if (slope - 2 * error > most) faults.push(`${words}, at most ${most}`);
  }
  const hours = ((1 - WARM_UP) * MINUTES) / 60;
  judgeGrowth('memory', Math.max(1, IS_LONG ? 0 : 8 / hours), 'MiB', ({ mib }) => mib);
  judgeGrowth('open files', IS_LONG ? 0.5 : 200 / hours, 'files', ({ files }) => files);
  judgeGrowth('timers', IS_LONG ? 0.5 : 200 / hours, 'timers', ({ timers }) => timers);

  const third = Math.floor(warm.length / 3);
  const early = percentile(
    warm.slice(0, third).map(({ p99Ms }) => p99Ms),
    50,
  );
  const late = percentile(
    warm.slice(-third).map(({ p99Ms }) => p99Ms),
    50,
  );
  const drift = late / early - 1;
  const spread = fitLine(warm.map(({ hours, p99Ms }) => [hours, p99Ms]));
  console.log(`p99: ${early.toFixed(2)} ms at first, ${late.toFixed(2)} ms at last (${(drift * 100).toFixed(1)} %)`);
  if (IS_LONG && drift > 0.1 && spread.slope > 2 * spread.error)
    faults.push(`the p99 grew by ${(drift * 100).toFixed(1)} %, at most 10`);
  if (load.failed > 0) faults.push(`${load.failed} of ${load.sent} requests failed`);
  if (code !== 0) faults.push(`the program ended with ${code}`);
  faults.push(...evidence.problems);
  console.log(`${load.sent} requests in ${MINUTES} minutes`);
  expect(faults).toEqual([]);
});
