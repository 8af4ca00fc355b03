/**
 * Thousands of hostile requests through a raw socket: none ends the process or hangs, none is answered with an error of our own
 * making, and none makes a hit leave that the policy denies.
 */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { corpusPath } from '../support/corpus.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { type HostileRequest, SMUGGLED, SUITES } from '../support/hostile.ts';

const AT_ONCE = 16;
/** A connection that nobody ends for longer than this hangs; every limit of the gateway is shorter. */
const HANGS_MS = 6_000;

let gateway: TestGateway;
const seen = new Set<string>();
let crashes = 0;
const countCrash = (): void => {
  crashes++;
};

beforeAll(async () => {
  process.on('uncaughtExceptionMonitor', countCrash);
  process.on('unhandledRejection', countCrash);
  gateway = await startGateway(
    {
      routes: [{ path: '/*', purposes: ['analytics'] }],
      timeouts: { header: '1s', body: '1s', upstream: '2s', idle: '1s' },
    },
    { shed: { isOverloaded: false, takeWorstMs: () => 0, close: () => undefined } },
  );
});
afterAll(async () => {
  await gateway.close();
  process.off('uncaughtExceptionMonitor', countCrash);
  process.off('unhandledRejection', countCrash);
  console.log(`${seen.size} distinct hostile requests`);
  if (corpusPath('llhttp-requests') !== null) expect(seen.size).toBeGreaterThanOrEqual(5_000);
});

interface Reaction {
  readonly statuses: readonly number[];
  readonly hung: boolean;
}

/** Writes the bytes, says that no more will come, and reads until the gateway ends the connection. */
function attack({ bytes }: HostileRequest): Promise<Reaction> {
  return new Promise((resolve) => {
    let text = '';
    let hung = false;
    const socket = connect({ port: gateway.port, host: '127.0.0.1', allowHalfOpen: true });
    const timer = setTimeout(() => {
      hung = true;
      socket.destroy();
    }, HANGS_MS);
    socket.on('connect', () => socket.end(bytes));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('end', () => socket.destroy());
    socket.on('close', () => {
      clearTimeout(timer);
      resolve({ statuses: Array.from(text.matchAll(/HTTP\/1\.1 (\d{3}) /g), (match) => Number(match[1])), hung });
    });
  });
}

describe('hostile requests', () => {
  it.each(Object.entries(SUITES))(
    '%s',
    async (_name, suite) => {
      const requests = [...suite()];
      const faults: string[] = [];
      let next = 0;
      const work = async (): Promise<void> => {
        for (let request = requests[next++]; request !== undefined; request = requests[next++]) {
          seen.add(request.bytes.toString('latin1'));
          const { statuses, hung } = await attack(request);
          if (hung) faults.push(`hangs: ${request.name}`);
          // 505 is the answer to another version of HTTP; the collector of this test never fails.
          const own = statuses.filter((status) => status >= 500 && status !== 505);
          if (own.length > 0) faults.push(`${own[0]}: ${request.name}`);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      expect(faults).toEqual([]);
      for (const { method, target, rawHeaders, body } of gateway.collector.arrived.splice(0)) {
        // What leaves is one hit of the place where hits leave, or a preflight without anything of the visitor.
        const line = `${method} ${target}`;
        expect(line).not.toContain(SMUGGLED);
        expect(body.toString('latin1')).not.toContain('HTTP/1.1\r\nHost: evil');
        if (method !== 'OPTIONS') expect(rawHeaders.join(' '), line).toMatch(/Consentry-Decision forward; policy=us-ca@/);
      }
      expect(crashes).toBe(0);
      expect(gateway.logged.filter((entry) => entry.includes('a fault of ours'))).toEqual([]);
    },
    120_000,
  );

  it('leave the gateway as it was: a hit that may leave does', async () => {
    const answer = await gateway.send({
      target: '/hit?after',
      headers: [
        ['x-test-country', 'US'],
        ['x-test-region', 'CA'],
      ],
    });
    expect(answer.status).toBe(200);
    expect(gateway.collector.arrived.map(({ target }) => target)).toEqual(['/hit?after']);
  });
});
