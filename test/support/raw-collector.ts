/** A collector that speaks bytes: for answers that no HTTP library would give. */
import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface RawCollector {
  url: string;
  /** Called for each connection once its first bytes are there. */
  answer: (socket: Socket, request: string) => void;
  /** Connections whose other side has gone. */
  closed: number;
  close(): Promise<void>;
}

export async function startRawCollector(): Promise<RawCollector> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('data', (chunk) => collector.answer(socket, chunk.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      collector.closed++;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const collector: RawCollector = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer: (socket) => void socket.end(),
    closed: 0,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return collector;
}
