/** How many replicas the masters have, for a withdrawal to wait for one where there are any. */
import type { RedisLink } from './link.ts';

const CHECK_INTERVAL_MS = 5000;

export interface ReplicaWatch {
  /** Replicas that a write needs. A withdrawal needs one wherever one was ever seen: a master that lost them all may be the one that is cut off. */
  needed(configured: number, isUrgent: boolean): number;
  stop(): void;
}

export function createReplicaWatch(link: RedisLink): ReplicaWatch {
  let haveBeenSeen = false;

  async function look(): Promise<void> {
    for (const master of await link.masters()) {
      const info = String(await master.sendCommand(['INFO', 'replication']));
      // One that is still being filled acknowledges nothing yet.
      if (/^slave\d+:.*state=online/m.test(info)) haveBeenSeen = true;
    }
  }

  const timer = setInterval(() => look().catch(() => {}), CHECK_INTERVAL_MS).unref();
  void look().catch(() => {});
  return {
    needed: (configured, isUrgent) => Math.max(configured, isUrgent && haveBeenSeen ? 1 : 0),
    stop: () => clearInterval(timer),
  };
}
