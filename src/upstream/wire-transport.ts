/** HTTP/1.1 in the clear, over connections of our own: a request is one write, an answer one pass of a strict parser. */
import { ConnectionPool, type PoolOptions } from './connection-pool.ts';
import { isFieldName, isFieldValue } from './headers.ts';
import type { ExchangeEvents, Transport, UpstreamRequest } from './transport.ts';

/** Of a body that is written together with its head as text. */
const LONGEST_TEXT = 8_192;
const BAD_PATH = /[^\x21-\x7e\x80-\xff]/;

export class WireTransport implements Transport {
  readonly #pool: ConnectionPool;

  constructor(options: PoolOptions) {
    this.#pool = new ConnectionPool(options);
  }

  get waiting(): number {
    return this.#pool.waiting;
  }

  send(request: UpstreamRequest, events: ExchangeEvents): () => void {
    const bytes = writeRequest(request);
    if (bytes === null) {
      events.failed('upstream-invalid');
      return () => undefined;
    }
    return this.#pool.send({ method: request.method, bytes, events });
  }

  async close(): Promise<void> {
    this.#pool.close();
  }
}

/** A line break in a value is another header line. */
function mayBeWritten({ method, path, headers }: UpstreamRequest): boolean {
  if (!isFieldName(method) || path === '' || BAD_PATH.test(path)) return false;
  for (let i = 0; i < headers.length; i += 2)
    if (!isFieldName(headers[i] as string) || !isFieldValue(headers[i + 1] as string)) return false;
  return true;
}

/** Null for a request that would not be the one it is meant to be. */
function writeRequest(request: UpstreamRequest): string | Buffer | null {
  if (request.isAsRead !== true && !mayBeWritten(request)) return null;
  const { method, path, headers, body } = request;
  let head = `${method} ${path} HTTP/1.1\r\n`;
  for (let i = 0; i < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`;
  if (body === null) return `${head}${method === 'POST' ? 'Content-Length: 0\r\n' : ''}\r\n`;
  head += `Content-Length: ${body.length}\r\n\r\n`;
  // Copied once, into what is written; longer ones would be copied there and back.
  if (body.length <= LONGEST_TEXT) return head + body.toString('latin1');
  const bytes = Buffer.allocUnsafe(head.length + body.length);
  bytes.write(head, 'latin1');
  body.copy(bytes, head.length);
  return bytes;
}
