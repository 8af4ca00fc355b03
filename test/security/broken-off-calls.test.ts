/** Calls of the consent API that break off, stall or are no HTTP are the visitor's doing: nobody can fill the log with them, or raise an alarm. */
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { readMetrics } from '../support/admin.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { sendRaw } from '../support/send.ts';

const HEAD = 'POST /consent HTTP/1.1\r\nHost: shop.example\r\nContent-Type: application/json\r\n';
const CALLS: Readonly<Record<string, string>> = {
  'half a body': `${HEAD}Content-Length: 10\r\n\r\n{"a`,
  'half a chunk': `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\n{"a`,
  'a chunk that is none': `${HEAD}Transfer-Encoding: chunked\r\n\r\n2\r\n{}ZZ\r\n`,
  'long chunk extensions': `${HEAD}Transfer-Encoding: chunked\r\n\r\n2;${'a'.repeat(20_000)}`,
  'long trailers': `${HEAD}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX: ${'a'.repeat(20_000)}`,
};

let test: TestGateway;
afterEach(() => test.close());

it('count as bad bodies and as nothing else', async () => {
  test = await startGateway({ routes: [{ path: '/hit', purposes: ['analytics'] }] });
  for (const call of Object.values(CALLS)) {
    await sendRaw(test.port, call, 200);
    // Without a farewell, too.
    const socket = connect(test.port, '127.0.0.1');
    socket.on('error', () => undefined).write(call, 'latin1', () => setTimeout(() => socket.resetAndDestroy(), 50));
    await wait(150);
  }
  const metrics = await readMetrics(test.gateway);
  expect(metrics).toMatch(/consentry_consent_problems_total\{problem="bad-body"\} [1-9]/);
  expect(metrics).toContain('consentry_internal_errors_total 0');
  expect(test.logged.filter((line) => line.includes('a fault of ours'))).toEqual([]);
});
