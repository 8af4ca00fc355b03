/** Beats through every master, heard back on the connection that hears invalidations: the pulse of the cache's lease. */
import { randomBytes } from 'node:crypto';
import type { RedisLink } from './link.ts';
import { CHANNEL } from './scripts.ts';

const BEAT_INTERVAL_MS = 250;
const PREFIX = 'beat ';

export interface Beat {
  /** Takes a message of the channel, if it is a beat (of this process or another). */
  hear(message: string): boolean;
  stop(): void;
}

/** `onHeard` gets the time at which a beat was sent that every master has passed on. */
export function startBeat(link: RedisLink, onHeard: (sentAt: number) => void): Beat {
  const own = `${PREFIX}${randomBytes(6).toString('hex')} `;
  let round = 0;
  let sentAt = 0;
  let awaited = new Set<number>();

  async function send(): Promise<void> {
    const masters = await link.masters();
    round++;
    sentAt = performance.now();
    awaited = new Set(masters.keys());
    const current = round;
    await Promise.all(masters.map((master, index) => master.sendCommand(['PUBLISH', CHANNEL, `${own}${current} ${index}`])));
  }

  // A beat that is not answered is not awaited: the next goes out all the same, and the lease runs out by itself.
  const timer = setInterval(() => send().catch(() => {}), BEAT_INTERVAL_MS).unref();
  void send().catch(() => {});
  return {
    hear(message) {
      if (!message.startsWith(PREFIX)) return false;
      if (!message.startsWith(own)) return true;
      const [heardRound, index] = message.slice(own.length).split(' ').map(Number);
      if (heardRound !== round || index === undefined) return true;
      awaited.delete(index);
      if (awaited.size === 0) onHeard(sentAt);
      return true;
    },
    stop: () => clearInterval(timer),
  };
}
