/**
 * A long run: the shipped program under a steady mix of hits and decisions, and what grows meanwhile.
 *
 * `npm run soak` (other runs skip it); from the environment SOAK_MINUTES (default 60), SOAK_RATE (requests a second, default 300) and
 * SOAK_RESULT (the file with all samples, default `coverage/soak.json`). The first half warms up: the allocators and compiled code take
 * 25 minutes to settle. It fails where memory grows by more than 1 MiB an hour after that, or open files or timers grow at all, or the
 * slowest hits get slower by a tenth and the machine does not. A run of less than 30 minutes tells all that and judges less: see judge.ts.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { verifyEvidence } from '../../src/ops/evidence-log-verify.ts';
import { buildProgram, type Program, startProgram } from '../support/build.ts';
import { startCollector } from '../support/collector.ts';
import { startControl } from './control.ts';
import { percentile } from './fit.ts';
import { isLong, judgeRun, limitsOf, type Rest, type Sample } from './judge.ts';
import { createLoad } from './load.ts';

const IS_ASKED = process.env.CONSENTRY_SOAK === '1';
const MINUTES = Number(process.env.SOAK_MINUTES ?? 60);
const RATE = Number(process.env.SOAK_RATE ?? 300);
const RESULT = process.env.SOAK_RESULT ?? 'coverage/soak.json';
const COLLECT = new URL('./collect.mjs', import.meta.url).href;
const CONTROL_RATE = 100;
const WARM_UP = 0.5;
/** A collection throws compiled code away too: the requests right behind one tell of it, and not of the program. */
const SETTLE_MS = 2_000;
/**
 * A sample every two minutes, more often in a short run. Each costs memory: what was compiled is thrown away and compiled again, and the
 * engine's lists of it grow by some 8 KiB, which at two a minute was all that grew (heap snapshots, 15 minutes at 600 requests a second).
 */
const SAMPLES = Math.max(24, Math.ceil(MINUTES / 2));
const SAMPLE_MS = (MINUTES * 60_000) / SAMPLES - SETTLE_MS;
/** Longer than either side keeps a connection that is not used. */
const REST_MS = 8_000;
/** Of all requests after the warm-up: so many may be turned away, or not even be sent, because the machine was late for a moment. */
const MOST_LATE = 0.001;

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Collects garbage in the program, and counts what is left. */
async function count(program: Program): Promise<Omit<Rest, 'minutes'> & { residentMib: number }> {
  const pid = program.child.pid ?? 0;
  program.lines.length = 0;
  program.child.kill('SIGUSR2');
  const { heapBytes, timers } = await program.find('collected', 60_000);
  await wait(100);
  const anonymous = /RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return {
    residentMib: Number(anonymous) / 1024,
    keptMib: Number(heapBytes) / 2 ** 20,
    files: readdirSync(`/proc/${pid}/fd`).length,
    timers: Number(timers),
  };
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
  onTestFinished(() => void program.child.kill('SIGKILL'));
  const port = Number((await program.find('listening', 120_000)).port);
  const load = createLoad(port, RATE);
  const control = await startControl(CONTROL_RATE);
  onTestFinished(() => control.stop());
  const began = performance.now();
  const passed = (): number => (performance.now() - began) / 60_000;

  async function rest(): Promise<Rest> {
    await load.pause();
    await wait(REST_MS);
    const { keptMib, files, timers } = await count(program);
    load.takeTimes();
    control.takeTimes();
    return { minutes: passed(), keptMib, files, timers };
  }

  const samples: Sample[] = [];
  let first: Rest | null = null;
  let cold = { late: 0, sent: 0 };
  load.resume();
  for (let i = 1; i <= SAMPLES && program.child.exitCode === null; i++) {
    await wait(SAMPLE_MS);
    const [p99Ms, controlMs] = [percentile(load.takeTimes(), 99), percentile(control.takeTimes(), 99)];
    const sample: Sample = { minutes: passed(), ...(await count(program)), p99Ms, controlMs };
    samples.push(sample);
    await wait(SETTLE_MS);
    load.takeTimes();
    control.takeTimes();
    if (i === Math.floor(SAMPLES * WARM_UP)) {
      first = await rest();
      cold = { late: load.turnedAway + load.heldBack, sent: load.sent };
      load.resume();
    }
    if (i % Math.ceil(SAMPLES / 30) !== 0) continue;
    const { minutes, residentMib, keptMib, files, timers } = sample;
    console.log(
      `${minutes.toFixed(1)} min: ${residentMib.toFixed(2)} MiB resident, ${keptMib.toFixed(2)} MiB kept, ${files} files, ${timers} timers, p99 ${p99Ms.toFixed(2)} ms (machine ${controlMs.toFixed(2)} ms), ${load.sent} sent, ${load.failed} failed, ${load.turnedAway} turned away, ${load.heldBack} held back`,
    );
  }
  const last = await rest();
  control.stop();
  program.child.kill('SIGTERM');
  const code = await program.ended;
  const evidence = await verifyEvidence(join(folder, 'evidence'));
  await collector.close();
  rmSync(folder, { recursive: true, force: true });
  build.remove();

  const { lines, faults } = judgeRun(samples.slice(Math.floor(SAMPLES * WARM_UP)), first ?? last, last, limitsOf(MINUTES));
  const problems = [...faults, ...evidence.problems];
  if (load.failed > 0) problems.push(`${load.failed} of ${load.sent} requests failed`);
  const late = load.turnedAway + load.heldBack - cold.late;
  if (isLong(MINUTES) && late > (load.sent - cold.sent) * MOST_LATE)
    problems.push(`${late} requests turned away or held back, beside ${load.sent}`);
  if (code !== 0) problems.push(`the program ended with ${code}`);
  console.log(
    [...lines, `${load.sent} requests in ${MINUTES} minutes, ${late} turned away or held back after the warm-up`].join('\n'),
  );
  mkdirSync(dirname(RESULT), { recursive: true });
  writeFileSync(RESULT, `${JSON.stringify({ minutes: MINUTES, rate: RATE, lines, problems, first, last, samples }, null, 1)}\n`);
  expect(problems).toEqual([]);
});
