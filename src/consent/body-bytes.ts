/** Reads the body of a consent call as bytes, through koa-body, whatever of the two content types a banner gave it. */

import type { Context } from 'koa';
import { koaBody } from 'koa-body';

type BodyBytes =
  | { readonly ok: true; readonly body: Buffer }
  | { readonly ok: false; readonly problem: 'unsupported-body' | 'body-too-large' | 'bad-body' };

/** `binary` keeps every byte, so that broken UTF-8 can be told from good; koa-body's own decoding would mend it silently. */
const ENCODING = 'binary';

/** `navigator.sendBeacon` sends a string as text/plain. */
const JSON_TYPES = ['application/json', 'text/plain'];

export type BodyReader = (ctx: Context) => Promise<BodyBytes>;

export function createBodyReader(limitBytes: number): BodyReader {
  const read = koaBody({
    json: false,
    urlencoded: false,
    multipart: false,
    text: true,
    textTypes: JSON_TYPES,
    textLimit: limitBytes,
    encoding: ENCODING,
  });
  return async function readBodyBytes(ctx) {
    const hasBody = ctx.get('Transfer-Encoding') !== '' || Number(ctx.get('Content-Length') || 0) > 0;
    if (!hasBody) return { ok: true, body: Buffer.alloc(0) };
    if (!isSupported(ctx)) return { ok: false, problem: 'unsupported-body' };
    try {
      await read(ctx, async () => {});
    } catch (error) {
      return { ok: false, problem: (error as { status?: number }).status === 413 ? 'body-too-large' : 'bad-body' };
    }
    const { body } = ctx.request as { body?: unknown };
    return { ok: true, body: Buffer.from(typeof body === 'string' ? body : '', ENCODING) };
  };
}

function isSupported(ctx: Context): boolean {
  const encoding = ctx.get('Content-Encoding');
  const charset = ctx.request.charset.toLowerCase();
  return (
    typeof ctx.is(JSON_TYPES) === 'string' &&
    (encoding === '' || encoding === 'identity') &&
    (charset === '' || charset === 'utf-8')
  );
}
