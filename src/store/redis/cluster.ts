/** A Redis Cluster. node-redis keeps the map of slots; commands go to the one node that holds the subject's slot. */
import { createCluster } from 'redis';
import { asNode, describeConnection, describeSocket, type RedisLink, type RedisNode } from './link.ts';
import type { RedisTarget } from './target.ts';

const REFRESH_INTERVAL_MS = 250;
const knownNodes = new WeakMap<object, RedisNode>();

export async function openClusterLink(target: RedisTarget): Promise<RedisLink> {
  const [reading, writing] = [createNodes(target), createNodes(target)];
  try {
    await Promise.all([reading.connect(), writing.connect()]);
  } catch (error) {
    for (const nodes of [reading, writing]) if (nodes.isOpen) nodes.destroy();
    throw error;
  }
  let refreshedAt = Number.NEGATIVE_INFINITY;
  return {
    // Through the client's own routing: a read may follow MOVED and ASK, nothing is lost by asking twice.
    reader: (key) => ({ sendCommand: (args) => reading.sendCommand(key, true, args as (string | Buffer)[]) }),
    writer: (key) => findNode(writing, key),
    shardOf: (key) => writing.slots[slotOf(key)]?.master.address ?? '',
    masters: () => Promise.all(reading.masters.map(async (master) => asNode(await reading.nodeClient(master)))),
    async subscribe(channel, onMessage, onBreak) {
      for (const event of ['node-reconnecting', 'node-disconnect', 'node-error']) reading.on(event, onBreak);
      await reading.subscribe(channel, onMessage);
    },
    refresh() {
      if (performance.now() - refreshedAt < REFRESH_INTERVAL_MS) return;
      refreshedAt = performance.now();
      for (const nodes of [reading, writing]) void rediscover(nodes);
    },
    async close() {
      for (const nodes of [reading, writing]) if (nodes.isOpen) nodes.destroy();
    },
  };
}

type Nodes = ReturnType<typeof createNodes>;

function createNodes(target: RedisTarget) {
  const nodes = createCluster({
    rootNodes: target.addresses.map(({ host, port }) => ({ socket: { ...describeSocket(target), host, port } })),
    defaults: { ...describeConnection(target), socket: describeSocket(target) },
    topologyRefreshOnReconnectionAttemptStrategy: 500,
  });
  nodes.on('error', () => {});
  return nodes;
}

async function findNode(nodes: Nodes, key: string): Promise<RedisNode> {
  const shard = nodes.slots[slotOf(key)];
  if (shard === undefined) throw new Error('no node of the cluster holds the slot');
  return nodeOf(await nodes.nodeClient(shard.master));
}

/** One object for each connection, for groups of writes to be kept by it. */
function nodeOf(client: Parameters<typeof asNode>[0]): RedisNode {
  const known = knownNodes.get(client);
  if (known !== undefined) return known;
  const node = asNode(client);
  knownNodes.set(client, node);
  return node;
}

/**
 * A hung server closes nothing, so that the client would wait for it for ever while the cluster has long elected another.
 * Every master is asked for the map, and one that answers is enough.
 */
async function rediscover(nodes: Nodes): Promise<void> {
  await Promise.any(
    nodes.masters.map(async (master) => {
      const client = await nodes.nodeClient(master);
      await client.sendCommand(['PING']);
      await nodes._slots.rediscover(client);
    }),
  ).catch(() => {});
}

/** CRC16 (XMODEM) of the hash tag, modulo 16,384 (Redis Cluster specification, "Key distribution model"). */
export function slotOf(key: string): number {
  const open = key.indexOf('{');
  const close = open < 0 ? -1 : key.indexOf('}', open + 1);
  const tag = close > open + 1 ? key.slice(open + 1, close) : key;
  let crc = 0;
  for (const byte of Buffer.from(tag)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc % 16_384;
}
