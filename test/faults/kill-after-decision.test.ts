/** `kill -9` right after an answered decision: after the restart it is there, for the banner and for the next hit. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Build, buildProgram, type Program, startProgram } from '../support/build.ts';
import { type Collector, startCollector } from '../support/collector.ts';
import { type Answer, parseAnswer, sendRaw } from '../support/send.ts';

const ROUNDS = process.env.CONSENTRY_LONG === '1' ? 40 : 2;
const HIT = '/tr?id=1234567890123456&ev=PageView';

let build: Build;
beforeAll(async () => {
  build = await buildProgram();
}, 120_000);
afterAll(() => build.remove());

describe.each([1, 2])('with %i process(es)', (workers) => {
  let folder: string;
  let collector: Collector;
  let program: Program | null = null;
  let pids: number[] = [];
  let port: number;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'consentry-killed-'));
    collector = await startCollector();
    const config = {
      site: 'shop',
      listen: { host: '127.0.0.1', port: 0 },
      admin: { host: '127.0.0.1', port: 0 },
      upstream: collector.url,
      workers,
      routes: [{ path: '/tr', vendor: 'meta', recipient: 'processor' }],
      trust: { proxies: ['127.0.0.1/32'], geo: { country: 'x-country', region: 'x-region' } },
      consent: { notices: { n: { hash: 'x', purposes: ['functional', 'analytics', 'personalization', 'advertising'] } } },
      evidence: { mode: 'off' },
    };
    writeFileSync(join(folder, 'consentry.yaml'), JSON.stringify(config));
  });
  afterEach(async () => {
    await kill();
    await collector.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(): Promise<void> {
    program = startProgram(build.main, ['serve'], folder);
    port = (await program.find('listening')).port as number;
    pids = [program.child.pid as number, ...childrenOf(program.child.pid as number)];
  }
  /** All processes at once, as a power cut would: none gets to say a word. */
  async function kill(): Promise<void> {
    if (program === null) return;
    const { child, ended } = program;
    program = null;
    if (child.exitCode === null && child.signalCode === null) for (const pid of pids) process.kill(pid, 'SIGKILL');
    await ended;
  }

  const headersFor = (country: string, cookie: string): string =>
    `Host: shop.example\r\nx-country: ${country}\r\nx-region: CA\r\n${cookie === '' ? '' : `Cookie: ${cookie}\r\n`}Connection: close\r\n`;
  const get = async (target: string, country: string, cookie: string): Promise<Answer> =>
    parseAnswer(await sendRaw(port, `GET ${target} HTTP/1.1\r\n${headersFor(country, cookie)}\r\n`));

  /** Posts a decision and kills at the first byte of its answer. @returns the answer. */
  function postAndKill(purposes: Record<string, boolean>, country: string, cookie: string): Promise<Answer> {
    const body = JSON.stringify({ purposes, action: 'save', notice: { version: 'n' } });
    const head = `POST /consent HTTP/1.1\r\n${headersFor(country, cookie)}Sec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\n`;
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let killed: Promise<void> | null = null;
      const socket = connect(port, '127.0.0.1', () =>
        socket.write(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`),
      );
      socket.on('data', (chunk) => {
        killed ??= kill();
        chunks.push(chunk);
      });
      socket.on('error', () => undefined);
      socket.on('close', () => {
        if (killed === null) reject(new Error('no answer'));
        else killed.then(() => resolve(parseAnswer(Buffer.concat(chunks))), reject);
      });
    });
  }

  it(`keeps what it answered, ${ROUNDS} times`, { timeout: ROUNDS * 30_000 }, async () => {
    let cookie = '';
    for (let round = 0; round < ROUNDS; round++) {
      const isGrant = round % 2 === 0;
      await start();
      const answer = await postAndKill({ advertising: isGrant, analytics: true }, 'DE', cookie);
      expect([round, answer.status]).toEqual([round, 201]);
      cookie = (answer.header('set-cookie') ?? '').split(';')[0] ?? '';

      await start();
      const shown = JSON.parse((await get('/consent', 'DE', cookie)).body.toString());
      expect([round, shown.state]).toEqual([
        round,
        expect.objectContaining({ advertising: isGrant ? 'granted' : 'withdrawn', analytics: 'granted' }),
      ]);
      collector.forget();
      await get(HIT, 'DE', cookie);
      expect([round, collector.arrived.length]).toEqual([round, isGrant ? 1 : 0]);
      await kill();
    }
  });
});

function childrenOf(pid: number): number[] {
  const listed = execFileSync('ps', ['-eo', 'ppid=,pid=']).toString();
  return [...listed.matchAll(/^ *(\d+) +(\d+)$/gm)].flatMap(([, parent, child]) =>
    Number(parent) === pid ? [Number(child)] : [],
  );
}
