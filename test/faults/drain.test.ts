/**
 * The end under load: clients that keep their connections send as fast as they can while the server drains. Every request that was
 * taken is answered whole. 5 drains, 100 with CONSENTRY_LONG=1; and one of a process by SIGTERM.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyEvidence } from '../../src/ops/evidence-log-verify.ts';
import { drainServer } from '../../src/ops/server.ts';
import { buildProgram, type Program, startProgram } from '../support/build.ts';
import { startCollector } from '../support/collector.ts';
import { startGateway } from '../support/gateway.ts';
import { createRandom, type Random } from '../support/random.ts';
import { waitUntil } from '../support/redis.ts';

const DRAINS = process.env.CONSENTRY_LONG === '1' ? 100 : 5;
const CLIENTS = 24;

interface Tally {
  /** Connections that were answered at least once: others may still wait to be taken when the listener closes. */
  begun: number;
  whole: number;
  broken: string[];
}

/** Sends request after request on one connection until the server says that it was the last one. */
function hammer(port: number, path: string, random: Random, tally: Tally): Promise<void> {
  return new Promise((resolve) => {
    const request = `GET ${path} HTTP/1.1\r\nHost: x\r\nx-test-country: US\r\nx-test-region: CA\r\n\r\n`;
    let waiting = false;
    let text = '';
    let ended = false;
    let count = 0;
    const socket: Socket = connect(port, '127.0.0.1');
    const ask = (): void => {
      if (ended || socket.destroyed) return;
      waiting = true;
      text = '';
      socket.write(request);
    };
    socket.on('connect', ask);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? 0);
      if (end === -1 || text.length < end + 4 + length) return;
      waiting = false;
      if (!/^HTTP\/1\.1 20[04] /.test(text)) tally.broken.push(text.slice(0, 60));
      else {
        tally.whole++;
        if (count++ === 0) tally.begun++;
      }
      if (/\r\nconnection: close/i.test(text)) ended = true;
      else setTimeout(ask, random.below(20));
    });
    socket.on('error', (error) => {
      tally.broken.push(`${error.message} after ${count} answers`);
    });
    socket.on('close', () => {
      if (waiting) tally.broken.push('closed before the answer');
      resolve();
    });
  });
}

describe('draining under load', () => {
  it(
    `breaks no answer in ${DRAINS} drains`,
    async () => {
      const random = createRandom(15);
      const tally: Tally = { begun: 0, whole: 0, broken: [] };
      for (let round = 0; round < DRAINS; round++) {
        const test = await startGateway({
          routes: [
            { path: '/wait', purposes: ['analytics'] },
            { path: '/at-once', purposes: ['analytics'], respond: 'pixel' },
          ],
          store: 'memory:',
        });
        test.collector.answer = (_req, res) => {
          setTimeout(() => res.writeHead(200, { 'Content-Length': '5' }).end('whole'), 1 + random.below(40));
        };
        tally.begun = 0;
        const clients = Array.from({ length: CLIENTS }, (_, i) =>
          hammer(test.port, i % 2 === 0 ? '/wait' : '/at-once', random, tally),
        );
        await waitUntil(() => tally.begun === CLIENTS);
        await new Promise((resolve) => setTimeout(resolve, random.below(100)));
        test.gateway.drain();
        await drainServer(test.server, 5_000);
        await Promise.all(clients);
        const arrivedAtOnce = test.collector.arrived.filter(({ target }) => target === '/at-once').length;
        await test.close();
        // What was answered at once was also sent: closing waits for it.
        expect(arrivedAtOnce).toBeGreaterThan(0);
      }
      console.log(`${tally.whole} whole answers in ${DRAINS} drains`);
      expect(tally.broken).toEqual([]);
      expect(tally.whole).toBeGreaterThan(DRAINS * CLIENTS);
    },
    DRAINS * 20_000,
  );

  /** The shipped program in front of a collector that answers after a while. */
  async function serve(afterMs: number, use: (program: Program, port: number, evidence: string) => Promise<void>): Promise<void> {
    const build = await buildProgram();
    const folder = mkdtempSync(join(tmpdir(), 'consentry-drain-'));
    const evidence = join(folder, 'evidence');
    const collector = await startCollector();
    collector.answer = (_req, res) => {
      setTimeout(() => res.writeHead(200, { 'Content-Length': '5' }).end('whole'), afterMs).unref();
    };
    const config = {
      listen: { host: '127.0.0.1', port: 0 },
      admin: { host: '127.0.0.1', port: 0 },
      upstream: collector.url,
      store: 'memory:',
      workers: 1,
      timeouts: { upstream: '60s', drain: '60s' },
      trust: { proxies: ['127.0.0.1/32'], geo: { country: 'x-test-country', region: 'x-test-region' } },
      routes: [{ path: '/wait', purposes: ['analytics'] }],
      evidence: { mode: 'all', dir: evidence },
    };
    writeFileSync(join(folder, 'consentry.yaml'), JSON.stringify(config));
    const program = startProgram(build.main, ['serve'], folder);
    try {
      await use(program, Number((await program.find('listening')).port), evidence);
    } finally {
      program.child.kill('SIGKILL');
      await collector.close();
      rmSync(folder, { recursive: true, force: true });
      build.remove();
    }
  }

  it('a process that gets SIGTERM answers what it took, and ends with 0', async () => {
    await serve(30, async (program, port, evidence) => {
      const tally: Tally = { begun: 0, whole: 0, broken: [] };
      const clients = Array.from({ length: CLIENTS }, () => hammer(port, '/wait', createRandom(1), tally));
      await waitUntil(() => tally.begun === CLIENTS);
      program.child.kill('SIGTERM');
      expect(await program.ended).toBe(0);
      await Promise.all(clients);
      expect(tally.broken).toEqual([]);
      expect(tally.whole).toBeGreaterThan(CLIENTS);
      // Every decision that was made is in the log, whose chain ends in good order.
      const { lines, problems } = await verifyEvidence(evidence);
      expect(problems).toEqual([]);
      expect(lines).toBe(tally.whole + 2);
    });
  }, 120_000);

  it('a second SIGTERM ends it at once, whatever is under way', async () => {
    await serve(50_000, async (program, port) => {
      const tally: Tally = { begun: 0, whole: 0, broken: [] };
      const client = hammer(port, '/wait', createRandom(1), tally);
      await new Promise((resolve) => setTimeout(resolve, 500));
      program.child.kill('SIGTERM');
      await program.find('draining');
      // Sooner, it would be the same one again, as npm and shells pass it on.
      await new Promise((resolve) => setTimeout(resolve, 600));
      const asked = performance.now();
      program.child.kill('SIGTERM');
      await program.ended;
      expect(performance.now() - asked).toBeLessThan(10_000);
      expect(program.child.signalCode).toBe('SIGKILL');
      await client;
      expect(tally.broken).toEqual(['closed before the answer']);
    });
  }, 120_000);
});
