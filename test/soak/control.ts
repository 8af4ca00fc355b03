/** The machine's own speed, measured beside a long run: a server that only answers, so that a noisy neighbour is told from a drift. */
import { fork } from 'node:child_process';
import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';

export interface Control {
  /** Milliseconds of the requests that were answered since the last call. */
  takeTimes(): number[];
  stop(): void;
}

/** @param rate requests a second. */
export async function startControl(rate: number): Promise<Control> {
  const child = fork(fileURLToPath(new URL('./control-server.mjs', import.meta.url)), { execArgv: [] });
  const port = await new Promise<number>((resolve) => child.once('message', (message) => resolve(Number(message))));
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  let times: number[] = [];
  const pump = setInterval(() => {
    const began = performance.now();
    const req = request({ port, host: '127.0.0.1', agent }, (res) => {
      res.resume().on('end', () => times.push(performance.now() - began));
    });
    req.on('error', () => undefined);
    req.end();
  }, 1_000 / rate);
  return {
    takeTimes() {
      const taken = times;
      times = [];
      return taken;
    },
    stop() {
      clearInterval(pump);
      agent.destroy();
      child.kill();
    },
  };
}
