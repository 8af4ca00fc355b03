/** What a test of one attack needs: a gateway, bytes in, what came back and what reached the collector. */
import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { ConfigInput } from '../../src/config-schema.ts';
import type { Arrived } from './collector.ts';
import { startGateway, type TestGateway } from './gateway.ts';
import { sendRaw } from './send.ts';

/** Header lines of a place where the hit is forwarded unless something is said against it. */
export const FORWARDED = 'x-test-country: US\r\nx-test-region: CA\r\n';
/** Header lines of a place where nothing leaves without a yes. */
export const DENIED = 'x-test-country: DE\r\n';

export interface Target {
  /** Status codes of all answers on the connection. */
  attack(bytes: string): Promise<number[]>;
  /** What reached the collector since the test began. */
  arrived(): readonly Arrived[];
  gateway(): TestGateway;
}

const ROUTES: ConfigInput['routes'] = [{ path: '/collect', purposes: ['analytics'] }];

/** Call it at the top of a test file. */
export function useTarget(options: ConfigInput = {}): Target {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({
      routes: ROUTES,
      store: 'memory:',
      timeouts: { header: '1s', body: '1s', upstream: '2s' },
      ...options,
    });
  });
  beforeEach(() => {
    gateway.collector.arrived.length = 0;
  });
  afterAll(() => gateway.close());
  return {
    async attack(bytes) {
      const answer = await sendRaw(gateway.port, Buffer.from(bytes, 'latin1'), 1_200);
      return Array.from(answer.toString('latin1').matchAll(/HTTP\/1\.1 (\d{3}) /g), (match) => Number(match[1]));
    },
    arrived: () => gateway.collector.arrived,
    gateway: () => gateway,
  };
}
