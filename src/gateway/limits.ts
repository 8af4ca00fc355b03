/** What the configuration says of a connection's sizes and times, as listeners want it. */
import type { Config } from '../config.ts';
import type { ConnectionLimits } from '../ops/direct-listener.ts';

export function connectionLimits({ limits, timeouts }: Config): ConnectionLimits {
  return {
    headerBytes: limits.header,
    bodyBytes: limits.body,
    headerTimeoutMs: timeouts.header,
    bodyTimeoutMs: timeouts.body,
    idleTimeoutMs: timeouts.idle,
  };
}
