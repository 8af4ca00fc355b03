/** A server that is not ours, whose connections are read directly all the same. */
import { Server } from 'node:http';
import { DirectConnections } from './direct-connections.ts';
import type { ConnectionLimits, DirectListener } from './direct-listener.ts';

const attached = new WeakSet<Server>();

/**
 * Stands before node:http at the connections of a server. How long an idle or a silent one is kept, is the server's to say; of the rest
 * the limits count.
 * @throws TypeError for what is no server of node:http, and where a listener is attached already
 */
export function attachListener(server: Server, listener: DirectListener, limits: ConnectionLimits): void {
  if (!(server instanceof Server))
    throw new TypeError(
      'attach() takes the http.Server that app.listen() returns: leave it out where the application ends TLS by itself',
    );
  if (attached.has(server)) throw new TypeError('a guard reads the connections of this server already: attach one only');
  attached.add(server);
  const own = {
    ...limits,
    idleTimeoutMs: server.keepAliveTimeout || limits.idleTimeoutMs,
    silenceMs: server.timeout || Number.POSITIVE_INFINITY,
  };
  new DirectConnections(server, listener, own, () => !server.listening);
}
