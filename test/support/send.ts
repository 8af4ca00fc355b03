/** Sends a request byte for byte as it is told, and reads the answer. */
import { connect } from 'node:net';

export interface Answer {
  status: number;
  /** Lower-cased names; repeated lines in order. */
  headers: [string, string][];
  body: Buffer;
  header(name: string): string | undefined;
}

export interface Sent {
  method?: string;
  target: string;
  headers?: readonly (readonly [string, string])[];
  body?: Buffer | string | null;
}

/** One request on a connection of its own; Host, Content-Length and Connection are added where they are not given. */
export async function send(port: number, { method = 'GET', target, headers = [], body = null }: Sent): Promise<Answer> {
  const payload = body === null ? Buffer.alloc(0) : Buffer.from(body);
  const has = (name: string): boolean => headers.some(([given]) => given.toLowerCase() === name);
  const lines = [`${method} ${target} HTTP/1.1`];
  if (!has('host')) lines.push('Host: shop.example');
  for (const [name, value] of headers) lines.push(`${name}: ${value}`);
  if (body !== null && !has('content-length') && !has('transfer-encoding')) lines.push(`Content-Length: ${payload.length}`);
  if (!has('connection')) lines.push('Connection: close');
  return parseAnswer(
    await sendRaw(port, Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), payload])),
    method,
  );
}

/** Writes bytes and reads until the other side closes, or nothing comes for `quietMs`. */
export function sendRaw(port: number, bytes: Buffer | string, quietMs = 3_000): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setTimeout(quietMs, () => socket.destroy());
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' || error.code === 'EPIPE' ? undefined : reject(error),
    );
    socket.on('close', () => resolve(Buffer.concat(chunks)));
  });
}

export function parseAnswer(bytes: Buffer, method = 'GET'): Answer {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) throw new Error(`no whole answer: ${JSON.stringify(bytes.toString('latin1').slice(0, 200))}`);
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  const header = (name: string): string | undefined => headers.find(([given]) => given === name)?.[1];
  const rest = bytes.subarray(end + 4);
  const body = method === 'HEAD' ? rest : header('transfer-encoding') === 'chunked' ? dechunk(rest) : rest;
  return { status: Number(first.split(' ')[1]), headers, body, header };
}

function dechunk(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const line = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.subarray(at, line).toString('latin1'), 16);
    if (!(size > 0)) break;
    parts.push(bytes.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
  return Buffer.concat(parts);
}
