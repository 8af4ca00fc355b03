/** Buffers the body of a hit, up to the limit and within its time. */
import type { IncomingMessage } from 'node:http';
import type { RefusalCode } from '../errors.ts';

export interface BodyLimits {
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

/**
 * Collects the whole body.
 * @param done gets the body (null where it is empty), or why there is none. Called once.
 */
export function collectBody(req: IncomingMessage, limits: BodyLimits, done: (body: Buffer | null | RefusalCode) => void): void {
  // Somebody read or decoded the stream: what is left of it is not what the visitor sent.
  if (req.readableDidRead || req.readableEncoding !== null) return done('body-consumed');
  const chunks: Buffer[] = [];
  let size = 0;
  let settled = false;
  const settle = (result: Buffer | null | RefusalCode): void => {
    if (settled) return;
    settled = true;
    clearTimeout(timer);
    done(result);
  };
  const timer = setTimeout(() => settle('body-timeout'), limits.timeoutMs);
  req.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > limits.maxBytes) {
      req.pause();
      settle('body-too-large');
    } else if (!settled) chunks.push(chunk);
  });
  req.on('end', () => settle(size === 0 ? null : chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size)));
  req.on('error', () => settle('body-incomplete'));
  req.on('close', () => settle('body-incomplete'));
}
