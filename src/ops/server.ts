/** A listener with the limits that Node leaves open, and an end that loses nothing. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ServerLimits {
  readonly headerBytes: number;
  readonly headerTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

/** No upgrade listener and no CONNECT listener: Node closes those connections by itself. */
export function createLimitedServer(listener: RequestListener, limits: ServerLimits): Server {
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headerTimeoutMs,
      requestTimeout: limits.headerTimeoutMs + limits.bodyTimeoutMs,
      keepAliveTimeout: limits.idleTimeoutMs,
      connectionsCheckingInterval: 2_000,
      insecureHTTPParser: false,
    },
    listener,
  );
  // Node drops what is over its own count without a word, Sec-GPC among it; the header size bounds instead.
  server.maxHeadersCount = 0;
  return server;
}

/** @returns the port that it listens on. */
export async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** Takes no new connection, lets what is under way end, and cuts what has not ended in time. */
export async function drainServer(server: Server, withinMs: number): Promise<void> {
  // Ahead of the listener that answers, which may have sent the headers when it returns.
  server.prependListener('request', (_req, res) => {
    res.shouldKeepAlive = false;
  });
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), withinMs);
  await closed;
  clearTimeout(timer);
}
