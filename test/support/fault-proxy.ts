/** A TCP proxy that breaks what passes through it: between the gateway and anything that it talks to. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Faults {
  /** Takes no new connection: refuses them with a reset. */
  refuse: boolean;
  /** Takes bytes and passes none on, in either direction. */
  hang: boolean;
  /** Milliseconds before each part of an answer is passed on. */
  delayMs: number;
  /** Bytes of an answer after which the connection is reset; null for none. */
  cutAfter: number | null;
  /** Changes one bit of each part of an answer. */
  flip: boolean;
  /** Passes answers on byte by byte. */
  drip: boolean;
}

export interface FaultProxy {
  readonly port: number;
  /** Where connections go that are opened from now on. */
  targetPort: number;
  /** What is wrong from now on, also for connections that are open. */
  readonly faults: Faults;
  /** Connections that are open. */
  count(): number;
  /** Resets all connections. */
  reset(): void;
  heal(): void;
  close(): Promise<void>;
}

const NO_FAULTS: Faults = { refuse: false, hang: false, delayMs: 0, cutAfter: null, flip: false, drip: false };

export async function startFaultProxy(targetPort: number): Promise<FaultProxy> {
  const faults: Faults = { ...NO_FAULTS };
  const open = new Set<Socket>();
  const track = (socket: Socket): void => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
  };
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

  async function answer(client: Socket, chunk: Buffer, passed: number): Promise<void> {
    if (faults.delayMs > 0) await pause(faults.delayMs);
    const part = Buffer.from(chunk);
    if (faults.flip) part.writeUInt8(chunk.readUInt8(0) ^ 0x10, 0);
    if (faults.cutAfter !== null && passed + part.length > faults.cutAfter) {
      client.write(part.subarray(0, Math.max(0, faults.cutAfter - passed)), () => client.resetAndDestroy());
    } else if (faults.drip) {
      for (let i = 0; i < part.length && !client.destroyed; i++) {
        client.write(part.subarray(i, i + 1));
        await pause(20);
      }
    } else client.write(part);
  }

  const server = createServer((client) => {
    track(client);
    if (faults.refuse) return void client.resetAndDestroy();
    const upstream = connect(proxy.targetPort, '127.0.0.1');
    track(upstream);
    let passed = 0;
    let before = Promise.resolve();
    client.on('data', (chunk) => faults.hang || upstream.write(chunk));
    upstream.on('data', (chunk) => {
      if (faults.hang) return;
      const from = passed;
      passed += chunk.length;
      before = before.then(() => answer(client, chunk, from));
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => void before.then(() => client.end()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const reset = (): void => {
    for (const socket of open) socket.resetAndDestroy();
  };
  const proxy: FaultProxy = {
    port: (server.address() as AddressInfo).port,
    targetPort,
    faults,
    count: () => open.size,
    reset,
    heal: () => void Object.assign(faults, NO_FAULTS),
    async close() {
      reset();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}
