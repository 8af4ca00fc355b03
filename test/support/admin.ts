/** Asks a gateway's admin application, on a listener of its own. */
import { createLimitedServer, listen } from '../../src/ops/server.ts';
import { send } from './send.ts';

const LIMITS = { headerBytes: 16_384, headerTimeoutMs: 5_000, bodyTimeoutMs: 5_000, idleTimeoutMs: 1_000 };

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
