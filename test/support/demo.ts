/** The demo on a port of its own, for tests with and without a browser. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { createDemo } from '../../src/demo/start.ts';

export interface RunningDemo {
  readonly url: string;
  /** Gone after the end. */
  readonly storeFolder: string;
  close(): Promise<void>;
}

export async function startDemo(): Promise<RunningDemo> {
  const demo = await createDemo({ log: pino({ level: 'silent' }), port: 8080, adminPort: 8081, policies: null });
  const server = createServer(demo.handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    storeFolder: demo.config.store.slice('lmdb:'.length),
    async close() {
      demo.endStreams();
      server.close();
      server.closeAllConnections();
      await demo.gateway.close();
      await demo.close();
    },
  };
}
