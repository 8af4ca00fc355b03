/** A listener with the limits that Node leaves open, and an end that loses nothing. */
import { createServer, type IncomingMessage, type RequestListener, type Server, ServerResponse } from 'node:http';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import { DirectConnections } from './direct-connections.ts';
import { type ConnectionLimits, type DirectListener, SILENCE_MS } from './direct-listener.ts';
import { LeanRequest } from './lean-request.ts';

export interface ServerLimits extends ConnectionLimits {
  /** Connections at a time; more are closed when they come. */
  readonly connections?: number;
}

const MOST_CONNECTIONS = 16_384;
/** While draining, connections that are not in use may still bring a request for so long. */
const LINGER_MS = 1_000;
const LOOK_AGAIN_MS = 100;

/** Servers that end: every answer of theirs is the last on its connection. */
const draining = new WeakSet<Server>();

/**
 * No upgrade listener and no CONNECT listener: Node closes those connections by itself.
 * @param direct takes what it can of the requests without node:http between.
 */
export function createLimitedServer(listener: RequestListener, limits: ServerLimits, direct?: DirectListener): Server {
  const isDraining = (): boolean => draining.has(server);
  /** Decides when the head is written, which for a hit that waits for its collector may be long after the drain began. */
  class LastResponse extends ServerResponse {
    override writeHead(status: number, reason?: unknown, headers?: unknown): this {
      if (isDraining()) this.shouldKeepAlive = false;
      return super.writeHead(status, reason as string, headers as string[]) as this;
    }
  }
  const server: Server = createServer(
    {
      IncomingMessage: LeanRequest as typeof IncomingMessage,
      ServerResponse: LastResponse as typeof ServerResponse,
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headerTimeoutMs,
      requestTimeout: limits.headerTimeoutMs + limits.bodyTimeoutMs,
      keepAliveTimeout: limits.idleTimeoutMs,
      connectionsCheckingInterval: 2_000,
      insecureHTTPParser: false,
    },
    endAfterClose(listener),
  );
  // Node drops what is over its own count without a word, Sec-GPC among it; the header size bounds instead.
  server.maxHeadersCount = 0;
  server.maxConnections = limits.connections ?? MOST_CONNECTIONS;
  server.setTimeout(limits.silenceMs ?? SILENCE_MS);
  if (direct !== undefined) new DirectConnections(server, direct, limits, isDraining);
  return server;
}

/**
 * Leaves requests alone that were pipelined behind one whose answer closes the connection (RFC 9112 § 9.6): what follows a request
 * that was refused for its framing may be anything, and nobody would get an answer.
 */
const LATEST = Symbol('latest response');

function endAfterClose(listener: RequestListener): RequestListener {
  return (req, res) => {
    const socket: Socket & { [LATEST]?: ServerResponse } = req.socket;
    if (socket[LATEST]?.shouldKeepAlive === false) return;
    socket[LATEST] = res;
    if (req instanceof LeanRequest) req.isHandedOver = true;
    listener(req, res);
  };
}

/** @returns the port that it listens on. */
export async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

/**
 * Takes no new connection, answers what is under way and what still comes on open connections, telling each that it was the last,
 * and cuts what has not ended in time.
 */
export async function drainServer(server: Server, withinMs: number): Promise<void> {
  draining.add(server);
  // Server.close of node:http would cut connections that are idle at this instant, on which a request may be on its way.
  const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
  const began = performance.now();
  // Counted in looks, between which the process reads what has come: one that was late takes no connection for idle that is not.
  let looks = 0;
  const look = setInterval(() => {
    looks++;
    if (performance.now() - began >= withinMs) server.closeAllConnections();
    else if (looks * LOOK_AGAIN_MS >= Math.min(LINGER_MS, withinMs / 2)) setImmediate(() => server.closeIdleConnections());
  }, LOOK_AGAIN_MS);
  if (withinMs === 0) server.closeAllConnections();
  await closed;
  clearInterval(look);
  // Ends the server's own timer, which would keep looking at connections that are no more.
  server.close();
}
