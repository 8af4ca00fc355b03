/**
 * A set of servers watched by sentinels. node-redis' own sentinel client retries a command on whichever server is master
 * by then; a WAIT retried that way counts replicas for a write that another server took. So the sentinels are only asked
 * who is master, and commands go to that server or fail.
 */
import { createNodeClient, openSingleLink, type RedisLink, type SingleLink } from './link.ts';
import { createMovingLink } from './moving-link.ts';
import type { RedisAddress, RedisTarget } from './target.ts';

const ASK_INTERVAL_MS = 500;
const ASK_TIMEOUT_MS = 400;
const REFRESH_INTERVAL_MS = 250;

export async function openSentinelLink(target: RedisTarget): Promise<RedisLink> {
  const address = await findMaster(target);
  if (address === null) throw new Error('no sentinel names a master');
  const openNext = async (current: SingleLink) => {
    const found = await findMaster(target);
    const { host, port } = current.address;
    return found === null || (found.host === host && found.port === port) ? null : openSingleLink(target, found);
  };
  const link = createMovingLink(await openSingleLink(target, address), openNext, REFRESH_INTERVAL_MS);
  const timer = setInterval(link.follow, ASK_INTERVAL_MS).unref();
  return {
    ...link,
    async close() {
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
