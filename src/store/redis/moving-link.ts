/** A link that is replaced while it is used, once another server has become master. */
import type { RedisLink } from './link.ts';

export interface MovingLink extends RedisLink {
  /** Looks whether there is a better one. Never rejects. */
  follow(): Promise<void>;
}

/**
 * `openNext` gives null where the link in use is the right one. It is asked once in `intervalMs` at most: hits that fail ask many times a
 * second, and new connections cost.
 */
export function createMovingLink<Link extends RedisLink>(
  first: Link,
  openNext: (current: Link) => Promise<Link | null>,
  intervalMs: number,
): MovingLink {
  let link = first;
  let hears: Parameters<RedisLink['subscribe']> | null = null;
  let isAsking = false;
  let askedAt = Number.NEGATIVE_INFINITY;
  let isClosed = false;

  async function follow(): Promise<void> {
    if (isAsking || isClosed || performance.now() - askedAt < intervalMs) return;
    isAsking = true;
    askedAt = performance.now();
    let unused: Link | null = null;
    try {
      const next = await openNext(link);
      if (next === null) return;
      unused = next;
      if (isClosed) return;
      if (hears !== null) await next.subscribe(...hears);
      unused = link;
      link = next;
      hears?.[2]();
    } catch {
      // The next round asks again; until then every call fails within its deadline.
    } finally {
      await unused?.close().catch(() => undefined);
      isAsking = false;
    }
  }

  return {
    reader: (key) => link.reader(key),
    writer: (key) => link.writer(key),
    shardOf: () => '',
    masters: () => link.masters(),
    subscribe(...heard) {
      hears = heard;
      return link.subscribe(...heard);
    },
    refresh: () => void follow(),
    follow,
    async close() {
      isClosed = true;
      await link.close();
    },
  };
}
