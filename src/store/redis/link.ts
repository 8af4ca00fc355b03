/** A way to Redis, whatever its topology: who holds a key, who hears what is published. */
import { createClient, RESP_TYPES } from 'redis';
import type { RedisAddress, RedisTarget } from './target.ts';

/** One connection. Commands given in one turn go out in one write and are answered in order. */
export interface RedisNode {
  sendCommand(args: readonly (string | Buffer)[]): Promise<unknown>;
}

export interface RedisLink {
  /** Connection to the master of a key, for reading. */
  reader(key: string): RedisNode | Promise<RedisNode>;
  /** Another one, for writing: WAIT holds up whatever follows it on its connection. The same object for the same connection. */
  writer(key: string): RedisNode | Promise<RedisNode>;
  /** Name of the server that holds a key. */
  shardOf(key: string): string;
  /** A connection to every master, for beats, scans and checks. */
  masters(): Promise<readonly RedisNode[]>;
  /** Hears a channel; begins again by itself after a break, and says so by `onBreak`. */
  subscribe(channel: string, onMessage: (message: string) => void, onBreak: () => void): Promise<void>;
  /** Finds out anew who is master, after a call that failed. `isReadOnly`: the server said that somebody else is. */
  refresh(isReadOnly: boolean): void;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 1000;
/** A client that tries again by itself never says that the first connection failed: whoever opens a store has to be told. */
const FIRST_CONNECTION_MS = 2000;
const MAX_RECONNECT_MS = 500;

export type NodeClient = ReturnType<typeof createTemplate>;

const COMMON = {
  // Commands of a moment without a connection fail at once: in a queue they would outlive the hit that asked.
  disableOfflineQueue: true,
  // Without it, the default makes an AbortSignal for every command: five times the cost of the read itself.
  commandOptions: { timeout: 0, typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
} as const;

/** Settings that every connection needs, whatever the topology. */
export function describeConnection(target: RedisTarget) {
  return {
    ...(target.username === null ? {} : { username: target.username }),
    ...(target.password === null ? {} : { password: target.password }),
    ...COMMON,
  } as const;
}

export function describeSocket(target: RedisTarget) {
  return {
    ...(target.isTls ? { tls: true as const } : {}),
    connectTimeout: CONNECT_TIMEOUT_MS,
    reconnectStrategy: (retries: number) => Math.min(MAX_RECONNECT_MS, 25 * 2 ** Math.min(retries, 5)),
  };
}

const createTemplate = () => createClient(COMMON);
let template: NodeClient | null = null;

/**
 * Every client is a copy of one that never connects: the library makes a class of hundreds of commands for each new set of
 * options, which holds up every hit for tens of milliseconds, and a failover asks for many clients.
 */
export function createNodeClient(target: RedisTarget, address: RedisAddress): NodeClient {
  template ??= createTemplate();
  const client = template.duplicate({
    ...describeConnection(target),
    database: target.database,
    socket: { ...describeSocket(target), host: address.host, port: address.port },
  });
  // Failures reach whoever asked; an emitter without a listener would end the process.
  client.on('error', () => {});
  return client;
}

/** The client itself types its replies by command; here a reply is what a script gives back. */
export function asNode(client: Pick<NodeClient, 'sendCommand'>): RedisNode {
  return { sendCommand: (args) => client.sendCommand(args as (string | Buffer)[]) };
}

export interface SingleLink extends RedisLink {
  readonly address: RedisAddress;
}

/** One server, three connections: reading, writing, hearing. */
export async function openSingleLink(target: RedisTarget, address: RedisAddress): Promise<SingleLink> {
  const clients = [0, 1, 2].map(() => createNodeClient(target, address));
  const [reading, writing, hearing] = clients as [NodeClient, NodeClient, NodeClient];
  const destroy = () => {
    for (const client of clients) if (client.isOpen) client.destroy();
  };
  const late = setTimeout(destroy, FIRST_CONNECTION_MS);
  try {
    await Promise.all(clients.map((client) => client.connect()));
  } catch (error) {
    destroy();
    throw error;
  } finally {
    clearTimeout(late);
  }
  const [reader, writer] = [asNode(reading), asNode(writing)];
  return {
    address,
    reader: () => reader,
    writer: () => writer,
    shardOf: () => '',
    masters: async () => [reader],
    async subscribe(channel, onMessage, onBreak) {
      hearing.on('reconnecting', onBreak);
      await hearing.subscribe(channel, onMessage);
    },
    refresh() {},
    close: async () => destroy(),
  };
}
