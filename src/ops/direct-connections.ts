/** All direct connections of a server: how they come, how long they may wait, and how they end. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { type ConnectionOwner, DirectConnection } from './direct-connection.ts';
import { type ConnectionLimits, type DirectListener, SILENCE_MS } from './direct-listener.ts';
import { FieldNames } from './direct-request.ts';
import { InjectedSocket } from './injected-socket.ts';

const LONGEST_LOOK_MS = 1_000;
const SHORTEST_LOOK_MS = 20;

type ConnectionListener = (this: Server, socket: Socket | InjectedSocket) => void;

export class DirectConnections implements ConnectionOwner {
  readonly listener: DirectListener;
  readonly names = new FieldNames();
  readonly limits: ConnectionLimits;
  readonly keepAliveLines: string;
  readonly isDraining: () => boolean;
  readonly #server: Server;
  /** How node:http takes a connection. */
  readonly #nodeTakes: ConnectionListener;
  readonly #open = new Set<DirectConnection>();
  readonly #lookMs: number;
  #now = 0;

  /** Stands before node:http at every connection of `server` from now on. */
  constructor(server: Server, listener: DirectListener, limits: ConnectionLimits, isDraining: () => boolean) {
    this.#server = server;
    this.listener = listener;
    this.limits = limits;
    this.isDraining = isDraining;
    this.keepAliveLines = `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(limits.idleTimeoutMs / 1000)}\r\n`;
    const { headerTimeoutMs, bodyTimeoutMs, idleTimeoutMs, silenceMs = SILENCE_MS } = limits;
    const shortest = Math.min(headerTimeoutMs, bodyTimeoutMs, idleTimeoutMs, silenceMs);
    this.#lookMs = Math.max(SHORTEST_LOOK_MS, Math.min(LONGEST_LOOK_MS, Math.floor(shortest / 5)));
    const [nodeTakes] = server.listeners('connection') as ConnectionListener[];
    if (nodeTakes === undefined) throw new Error('a server that takes no connections');
    this.#nodeTakes = nodeTakes;
    server.removeListener('connection', nodeTakes);
    server.prependListener('request', ({ socket }, res) => {
      if (socket instanceof InjectedSocket) socket.watch(res);
    });
    server.on('connection', (socket) => this.#open.add(new DirectConnection(socket, this)));
    let timer: NodeJS.Timeout | undefined;
    const begin = () => {
      clearInterval(timer);
      timer = setInterval(() => this.#look(), this.#lookMs).unref();
    };
    if (server.listening) begin();
    server.on('listening', begin);
    server.on('close', () => clearInterval(timer));
    this.#closeWithServer();
  }

  /** Counted in looks: a process that was stopped for a while cuts nobody for that. */
  get now(): number {
    return this.#now;
  }

  handOver(connection: DirectConnection, socket: Socket, bytes: Buffer): void {
    this.#open.delete(connection);
    this.#nodeTakes.call(this.#server, socket);
    socket.unshift(bytes);
    socket.resume();
  }

  inject(socket: InjectedSocket): void {
    this.#nodeTakes.call(this.#server, socket);
  }

  gone(connection: DirectConnection): void {
    this.#open.delete(connection);
  }

  #look(): void {
    this.#now += this.#lookMs;
    for (const connection of this.#open) connection.look();
  }

  /** What Node offers for its own connections counts for these as well. */
  #closeWithServer(): void {
    const server = this.#server;
    const closeIdle = server.closeIdleConnections.bind(server);
    const closeAll = server.closeAllConnections.bind(server);
    server.closeIdleConnections = () => {
      for (const connection of this.#open) connection.endIdle();
      closeIdle();
    };
    server.closeAllConnections = () => {
      for (const connection of this.#open) connection.destroy();
      closeAll();
    };
  }
}
