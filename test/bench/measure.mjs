/** One measurement: load for some seconds, and what it cost the program. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { isInstalled } from './programs.mjs';

const LUA = fileURLToPath(new URL('load.lua', import.meta.url));
const TICKS_PER_SECOND = 100;

/** A process's children: nginx works in one, Consentry and `node:http` in several where there are workers. */
export function childrenOf(pid) {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}

/** Of a process and its children. */
function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  const own = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  return childrenOf(pid).reduce((sum, child) => sum + cpuSeconds(child), own);
}

/** Resident bytes, and the process's share of them where others have mapped the same (PSS): Node's own text and the store's file. */
export function memoryOf(pid) {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const bytesOf = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1] ?? Number.NaN) * 1024;
  return { resident: bytesOf('Rss'), share: bytesOf('Pss') };
}

function residentBytes(pid) {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
}

function get(port, path) {
  return new Promise((resolve, reject) => {
    request({ port, path, host: '127.0.0.1', agent: false }, (res) => {
      let text = '';
      res.on('data', (chunk) => {
        text += chunk;
      });
      res.on('end', () => resolve(text));
    })
      .on('error', reject)
      .end();
  });
}

/** Requests that the collector has seen, this question among them. */
async function countArrived(collectorPort) {
  const text = await get(collectorPort, '/stub');
  return Number(/\n\s*\d+ \d+ (\d+)/.exec(text)?.[1] ?? Number.NaN);
}

function runWrk(port, file, seconds, connections, { pauseMs = 0, cores = 1 }) {
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', LUA, `http://127.0.0.1:${port}`, '--', file, String(pauseMs)];
  const [command, all] = isInstalled('taskset') ? ['taskset', ['-c', String(cores), 'wrk', ...args]] : ['wrk', args];
  return new Promise((resolve, reject) => {
    const child = spawn(command, all);
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      out += chunk;
    });
    child.on('exit', () => {
      const found = /RESULT (\{.*\})/.exec(out);
      if (found === null) reject(new Error(`wrk: ${out}`));
      else resolve(JSON.parse(found[1]));
    });
  });
}

/**
 * @param target { port, pid(), file, arrives: whether its hits reach the collector }
 * @param options pauseMs: of a connection before each request, on average; cores: of the load generator
 * @returns requests a second, CPU per request, latencies, and whether the figures hold
 */
export async function measure(target, collectorPort, seconds, connections, options = {}) {
  const pid = target.pid();
  const arrivedBefore = await countArrived(collectorPort);
  const cpuBefore = cpuSeconds(pid);
  const wall = performance.now();
  const result = await runWrk(target.port, target.file, seconds, connections, options);
  const cpu = cpuSeconds(pid) - cpuBefore;
  const busy = cpu / ((performance.now() - wall) / 1000);
  // What is on its way at the end is no queue that grew.
  await new Promise((resolve) => setTimeout(resolve, 50));
  const arrived = (await countArrived(collectorPort)) - arrivedBefore - 1;
  return {
    perSecond: result.requests / (result.durationUs / 1e6),
    cpuUs: (cpu * 1e6) / result.requests,
    busy,
    p50Us: result.p50Us,
    p99Us: result.p99Us,
    residentBytes: residentBytes(pid),
    arrivedShare: arrived / result.requests,
    notOk: result.notOk + result.errors,
  };
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
