/** A port to listen on, where the wished one may be taken. */
import { createServer } from 'node:net';

/** How many ports after the wished one are tried before the system chooses. */
const MOST_TRIED = 20;

/** The wished port or the next free one of 127.0.0.1. Somebody may still take it before it is used. */
export async function findFreePort(wished: number): Promise<number> {
  for (let port = wished; port < wished + MOST_TRIED && port <= 65_535; port++) {
    const free = await tryPort(port);
    if (free !== null) return free;
  }
  return (await tryPort(0)) ?? wished;
}

/** The port that was listened on, or null where it is taken or not ours to take. */
function tryPort(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : null));
    });
  });
}
