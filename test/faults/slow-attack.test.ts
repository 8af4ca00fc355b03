/**
 * slowhttptest, the tool that people attack with, against the program in a process of its own, with its own limits: slow headers, slow
 * bodies, slow reading. Normal hits are answered meanwhile. 200 connections, 2,000 with CONSENTRY_LONG=1; skipped where it is not installed.
 */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { percentile } from '../soak/fit.ts';
import { type Build, buildProgram, type Program, startProgram } from '../support/build.ts';
import { type Collector, startCollector } from '../support/collector.ts';
import { send } from '../support/send.ts';

const LONG = process.env.CONSENTRY_LONG === '1';
const CONNECTIONS = LONG ? 2_000 : 200;
const SECONDS = LONG ? 20 : 4;
const P99_MS = 100;
const HIT = {
  target: '/hit?v=2&cid=1.2',
  headers: [
    ['x-test-country', 'US'],
    ['x-test-region', 'CA'],
  ],
} as const;

/** @returns what the tool says of its connections meanwhile. */
function attack(port: number, how: readonly string[]): Promise<string> {
  const args = ['-c', `${CONNECTIONS}`, '-r', `${CONNECTIONS / 4}`, '-l', `${SECONDS}`, '-p', '3', ...how];
  return new Promise((resolve) => {
    execFile('slowhttptest', [...args, '-u', `http://127.0.0.1:${port}/hit`], { maxBuffer: 1e8 }, (_error, stdout) =>
      resolve(stdout),
    );
  });
}

describe.skipIf(spawnSync('which', ['slowhttptest']).status !== 0)(`${CONNECTIONS} connections of slowhttptest`, () => {
  let folder: string;
  let build: Build;
  let collector: Collector;
  let program: Program;
  let port: number;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'consentry-slow-'));
    build = await buildProgram();
    collector = await startCollector();
    // More than the system's buffers take for somebody who reads slowly.
    collector.answer = (req, res) => void res.end(req.url === '/hit' ? Buffer.alloc(64_000) : 'ok');
    const config = {
      listen: { host: '127.0.0.1', port: 0 },
      admin: { host: '127.0.0.1', port: 0 },
      upstream: collector.url,
      store: 'memory:',
      workers: 1,
      trust: { proxies: ['127.0.0.1/32'], geo: { country: 'x-test-country', region: 'x-test-region' } },
      geo: { assume: 'US-CA' },
      routes: [{ path: '/hit', purposes: ['analytics'] }],
      evidence: { mode: 'sampled', dir: join(folder, 'evidence') },
    };
    writeFileSync(join(folder, 'consentry.yaml'), JSON.stringify(config));
    program = startProgram(build.main, ['serve'], folder);
    port = Number((await program.find('listening', 120_000)).port);
  }, 180_000);
  afterAll(async () => {
    program.child.kill('SIGTERM');
    await program.ended;
    await collector.close();
    rmSync(folder, { recursive: true, force: true });
    build.remove();
  }, 60_000);

  it.each([
    ['slow headers', ['-H', '-i', '1', '-t', 'GET', '-x', '24']],
    ['slow bodies', ['-B', '-i', '1', '-t', 'POST', '-s', '8192', '-x', '10']],
    ['slow reading', ['-X', '-w', '10', '-y', '20', '-n', '5', '-z', '32', '-k', '1']],
  ])(
    '%s keep no normal hit waiting',
    async (what, how) => {
      let over = false;
      const attacked = attack(port, how).finally(() => {
        over = true;
      });
      // The connections have to be there.
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      const times: number[] = [];
      while (!over) {
        const began = performance.now();
        expect((await send(port, HIT)).status).toBe(200);
        times.push(performance.now() - began);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      const p99 = percentile(times, 99);
      const said = stripVTControlCharacters(await attacked).matchAll(/connected:\s*(\d+)/g);
      const most = Math.max(0, ...Array.from(said, (match) => Number(match[1])));
      console.log(`${what}: ${times.length} normal hits, p99 ${p99.toFixed(1)} ms, beside ${most} slow connections`);
      expect(most).toBeGreaterThan(CONNECTIONS * 0.9);
      expect(times.length).toBeGreaterThan(20);
      if (LONG) expect(p99).toBeLessThan(P99_MS);
      expect(program.child.exitCode).toBeNull();
    },
    (SECONDS + 60) * 1_000,
  );
});
