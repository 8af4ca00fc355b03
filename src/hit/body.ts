/** Buffers the body of a hit, up to the limit and within its time. */
import type { IncomingMessage } from 'node:http';
import type { RefusalCode } from '../errors.ts';
import { DirectRequest } from '../ops/direct-request.ts';
import type { VisitorRequest } from '../ops/visitor.ts';

export interface BodyLimits {
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

/**
 * Collects the whole body.
 * @param done gets the body (null where it is empty), or why there is none. Called once.
 */
export function collectBody(req: VisitorRequest, limits: BodyLimits, done: (body: Buffer | null | RefusalCode) => void): void {
  if (req instanceof DirectRequest) done(req.body);
  else collectStream(req, limits, done);
}

function collectStream(req: IncomingMessage, limits: BodyLimits, done: (body: Buffer | null | RefusalCode) => void): void {
  // Somebody read or decoded the stream: what is left of it is not what the visitor sent.
  if (req.readableDidRead || req.readableEncoding !== null) return done('body-consumed');
  const chunks: Buffer[] = [];
  let size = 0;
  const timer = setTimeout(() => settle('body-timeout'), limits.timeoutMs);

  function onData(chunk: Buffer): void {
    size += chunk.length;
    if (size <= limits.maxBytes) return void chunks.push(chunk);
    req.pause();
    settle('body-too-large');
  }
  function onEnd(): void {
    settle(size === 0 ? null : chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size));
  }
  function onBroken(): void {
    settle('body-incomplete');
  }
  /**
   * Leaves nothing at the request that leads back to the hit: V8 may have put its table of listeners among the old objects (those of
   * streams that were opened at start lived long), and there it would keep the hit in memory until the next full collection.
   */
  function settle(result: Buffer | null | RefusalCode): void {
    clearTimeout(timer);
    req.off('data', onData).off('end', onEnd).off('close', onBroken).off('error', onBroken).on('error', ignore);
    done(result);
  }

  req.on('data', onData).on('end', onEnd).on('close', onBroken).on('error', onBroken);
}

/** Whoever breaks off behind the body breaks nothing. */
function ignore(): void {}
