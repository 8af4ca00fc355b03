import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { collectBody } from '../../../src/hit/body.ts';

const LIMITS = { maxBytes: 10, timeoutMs: 1_000 };

function collect(limits = LIMITS): { stream: PassThrough; body: Promise<Buffer | string | null>; calls: () => number } {
  const stream = new PassThrough();
  let calls = 0;
  const body = new Promise<Buffer | string | null>((resolve) => {
    collectBody(stream as unknown as IncomingMessage, limits, (result) => {
      calls++;
      resolve(result);
    });
  });
  return { stream, body, calls: () => calls };
}

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('collecting a body', () => {
  it('gives all of it, in whatever pieces it came', async () => {
    const { stream, body } = collect();
    for (const piece of ['012', '345', '6789']) stream.write(piece);
    stream.end();
    expect(String(await body)).toBe('0123456789');
  });

  it('gives null for an empty one', async () => {
    const { stream, body } = collect();
    stream.end();
    expect(await body).toBeNull();
  });

  it('stops at the limit', async () => {
    const { stream, body, calls } = collect();
    stream.write('01234567890');
    expect(await body).toBe('body-too-large');
    stream.end('more');
    await tick();
    expect(calls()).toBe(1);
  });

  it.each(['error', 'close'])('says that it is incomplete at an early %s', async (event) => {
    const { stream, body, calls } = collect();
    stream.write('01');
    stream.destroy(event === 'error' ? new Error('broken') : undefined);
    expect(await body).toBe('body-incomplete');
    await tick();
    expect(calls()).toBe(1);
  });

  it('waits for so long', async () => {
    const { body } = collect({ ...LIMITS, timeoutMs: 10 });
    expect(await body).toBe('body-timeout');
  });

  it('takes none that somebody has begun to read', async () => {
    const stream = new PassThrough();
    stream.end('01');
    await tick();
    stream.read();
    const body = await new Promise((resolve) => collectBody(stream as unknown as IncomingMessage, LIMITS, resolve));
    expect(body).toBe('body-consumed');
  });

  it('leaves nothing at the request that leads back to the hit, and lets it break behind the body', async () => {
    const { stream, body } = collect();
    stream.end('01');
    await body;
    const [ignore, ...others] = ['data', 'end', 'close', 'error'].flatMap((event) =>
      stream.rawListeners(event).filter(({ name }) => !name.startsWith('bound ') && !/^prefinish|^onUnpipe/.test(name)),
    );
    expect([ignore?.name, others]).toEqual(['ignore', []]);
    stream.destroy(new Error('broken'));
    await tick();
  });
});
