/**
 * A set of servers watched by sentinels. node-redis' own sentinel client retries a command on whichever server is master
 * by then; a WAIT retried that way counts replicas for a write that another server took. So the sentinels are only asked
 * who is master, and commands go to that server or fail.
 */
import { createNodeClient, openSingleLink, type RedisLink } from './link.ts';
import type { RedisAddress, RedisTarget } from './target.ts';

const ASK_INTERVAL_MS = 500;
const ASK_TIMEOUT_MS = 400;
/** Hits that fail ask for a new master, many a second: asking goes over new connections, and costs. */
const REFRESH_INTERVAL_MS = 250;

export async function openSentinelLink(target: RedisTarget): Promise<RedisLink> {
  let address = await findMaster(target);
  if (address === null) throw new Error('no sentinel names a master');
  let link = await openSingleLink(target, address);
  let hears: { readonly channel: string; readonly onMessage: (message: string) => void; readonly onBreak: () => void } | null =
    null;
  let isAsking = false;
  let askedAt = Number.NEGATIVE_INFINITY;
  let isClosed = false;

  async function follow(): Promise<void> {
    if (isAsking || isClosed || performance.now() - askedAt < REFRESH_INTERVAL_MS) return;
    isAsking = true;
    askedAt = performance.now();
    try {
      const found = await findMaster(target);
      if (found === null || (found.host === address?.host && found.port === address.port)) return;
      const next = await openSingleLink(target, found);
      if (isClosed) return await next.close();
      if (hears !== null) await next.subscribe(hears.channel, hears.onMessage, hears.onBreak);
      const last = link;
      link = next;
      address = found;
      hears?.onBreak();
      await last.close();
    } catch {
      // The next round asks again; until then every call fails within its deadline.
    } finally {
      isAsking = false;
    }
  }

  const timer = setInterval(follow, ASK_INTERVAL_MS).unref();
  return {
    reader: (key) => link.reader(key),
    writer: (key) => link.writer(key),
    shardOf: () => '',
    masters: () => link.masters(),
    subscribe(channel, onMessage, onBreak) {
      hears = { channel, onMessage, onBreak };
      return link.subscribe(channel, onMessage, onBreak);
    },
    refresh: () => void follow(),
    async close() {
      isClosed = true;
      clearInterval(timer);
      await link.close();
    },
  };
}

/** Whom most sentinels that answer name: one that was cut off from the others may still name the old master. */
async function findMaster(target: RedisTarget): Promise<RedisAddress | null> {
  const answers = await Promise.all(target.addresses.map((sentinel) => askSentinel(target, sentinel)));
  const votes = new Map<string, { readonly address: RedisAddress; count: number }>();
  for (const address of answers) {
    if (address === null) continue;
    const vote = votes.get(`${address.host} ${address.port}`) ?? { address, count: 0 };
    vote.count++;
    votes.set(`${address.host} ${address.port}`, vote);
  }
  const [first] = [...votes.values()].sort((a, b) => b.count - a.count);
  return first?.address ?? null;
}

async function askSentinel(target: RedisTarget, sentinel: RedisAddress): Promise<RedisAddress | null> {
  const client = createNodeClient({ ...target, username: null, password: target.sentinelPassword, database: 0 }, sentinel);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ASK_TIMEOUT_MS);
  });
  const ask = async () => {
    await client.connect();
    const reply: unknown = await client.sendCommand(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', target.master]);
    return Array.isArray(reply) ? { host: String(reply[0]), port: Number(reply[1]) } : null;
  };
  try {
    return await Promise.race([late, ask().catch(() => null)]);
  } finally {
    clearTimeout(timer);
    if (client.isOpen) client.destroy();
  }
}
