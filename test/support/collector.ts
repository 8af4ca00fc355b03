/** A collector that writes down what reaches it. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Arrived {
  method: string;
  target: string;
  /** name, value, … as on the wire. */
  rawHeaders: string[];
  headers: IncomingMessage['headers'];
  body: Buffer;
}

export interface Collector {
  url: string;
  arrived: Arrived[];
  /** What it answers; 200 with an empty body by default. */
  answer: (req: IncomingMessage, res: ServerResponse) => void;
  /** Forgets what arrived. */
  forget(): void;
  close(): Promise<void>;
}

export async function startCollector(): Promise<Collector> {
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      collector.arrived.push({
        method: req.method ?? '',
        target: req.url ?? '',
        rawHeaders: req.rawHeaders,
        headers: req.headers,
        body: Buffer.concat(chunks),
      });
      collector.answer(req, res);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const collector: Collector = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrived: [],
    answer: (_req, res) => void res.writeHead(200, { 'content-type': 'text/plain' }).end(),
    forget() {
      collector.arrived.length = 0;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return collector;
}
