/** Asks a gateway's admin application, on a listener of its own. */
import { createBearerTokens } from '../../src/consent/bearer.ts';
import { createKeyring, parseKeys } from '../../src/consent/keys.ts';
import { createLimitedServer, listen } from '../../src/ops/server.ts';
import { send } from './send.ts';

const LIMITS = { headerBytes: 16_384, bodyBytes: 65_536, headerTimeoutMs: 5_000, bodyTimeoutMs: 5_000, idleTimeoutMs: 1_000 };

/** The text of `/metrics`. */
export async function readMetrics(gateway: {
  admin: { callback(): Parameters<typeof createLimitedServer>[0] };
}): Promise<string> {
  const server = createLimitedServer(gateway.admin.callback(), LIMITS);
  try {
    const answer = await send(await listen(server, '127.0.0.1', 0), { target: '/metrics' });
    return answer.body.toString();
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** Value of a series as it stands in the text, labels included; null where it is not there. */
export function findMetric(metrics: string, series: string): number | null {
  const line = metrics.split('\n').find((text) => text.startsWith(`${series} `));
  return line === undefined ? null : Number(line.slice(series.length + 1));
}

/** Value of CONSENTRY_KEYS for gateways whose operators a test plays. */
export const TEST_KEYS = `k1:${Buffer.alloc(32, 7).toString('base64url')}`;

export function mintToken(scope: 'admin' | 'consent', site = 'shop'): string {
  const parsed = parseKeys(TEST_KEYS);
  if (!parsed.ok) throw new Error(parsed.problem);
  return createBearerTokens(createKeyring(parsed.keys), site).mint(scope, 600_000, Date.now());
}

export interface AdminListener {
  readonly url: string;
  close(): void;
}

/** The admin application for as long as a test needs it. */
export async function startAdmin(gateway: Parameters<typeof readMetrics>[0]): Promise<AdminListener> {
  const server = createLimitedServer(gateway.admin.callback(), LIMITS);
  return {
    url: `http://127.0.0.1:${await listen(server, '127.0.0.1', 0)}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
