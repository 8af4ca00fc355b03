/** A collector that takes everything and tells what reached it, the way a stranger's server would see it. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PIXEL } from '../vendors/prepared-answer.ts';
import type { SeenRequest } from './request.ts';

export interface SampleCollector {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  close(): Promise<void>;
}

/** Listens on a free port of the loopback interface. `onArrival` is called when a request has been read to its end. */
export async function startSampleCollector(onArrival: (request: SeenRequest) => void): Promise<SampleCollector> {
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const body = chunks.length === 0 ? null : Buffer.concat(chunks);
      onArrival({ method: req.method ?? '', target: req.url ?? '', headers: req.rawHeaders, body });
      answer(req, res);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** A GIF for a GET, nothing for a POST: what the scripts of the page take for success. */
function answer(req: IncomingMessage, res: ServerResponse): void {
  if (req.method === 'POST') {
    res.writeHead(200, { 'Content-Length': 0 }).end();
    return;
  }
  res.writeHead(200, { 'Content-Type': 'image/gif', 'Content-Length': PIXEL.length }).end(PIXEL);
}
