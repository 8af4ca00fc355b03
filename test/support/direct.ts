/** A listener with and without direct connections, which tells what it was asked, for comparing the two. */
import type { Server, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { collectBody } from '../../src/hit/body.ts';
import { readTarget } from '../../src/hit/target.ts';
import type { DirectListener } from '../../src/ops/direct-listener.ts';
import { createLimitedServer, listen, type ServerLimits } from '../../src/ops/server.ts';
import type { VisitorRequest, VisitorResponse } from '../../src/ops/visitor.ts';

export const LIMITS: ServerLimits = {
  headerBytes: 16_384,
  bodyBytes: 65_536,
  headerTimeoutMs: 2_000,
  bodyTimeoutMs: 2_000,
  idleTimeoutMs: 2_000,
};

/** A path that is answered before its body is there. */
export const EARLY = '/api/early';

/** As the handler read it. */
export interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly rawHeaders: readonly string[];
  readonly body: string | null;
  /** Whether it came without node:http between. */
  readonly isDirect: boolean;
}

export interface Listener {
  readonly port: number;
  readonly server: Server;
  readonly seen: Seen[];
  close(): Promise<void>;
}

type Handler = (req: VisitorRequest, res: VisitorResponse, body: Buffer | null | string) => void;

/** Says the method and the path. */
const ECHO: Handler = (req, res) => {
  const body = `${req.method} ${req.url}`;
  res.writeHead(200, ['Content-Length', String(body.length)]).end(body, 'latin1');
};

/**
 * @param isDirect whether connections are read directly; paths that begin with `/api` go to node:http even then.
 * @param answer called when the body is there.
 */
export async function startListener(
  isDirect: boolean,
  answer: Handler = ECHO,
  limits = LIMITS,
  isOverloaded = (): boolean => false,
): Promise<Listener> {
  const seen: Seen[] = [];
  const handle = (req: VisitorRequest, res: VisitorResponse, direct: boolean): void => {
    const { method, url, rawHeaders } = req;
    // What a gateway refuses for its target is no request to anybody.
    if (readTarget(url ?? '') === null) {
      res.shouldKeepAlive = false;
      res.writeHead(400, ['Connection', 'close', 'Content-Length', '0']).end();
      return;
    }
    if (url === EARLY) {
      seen.push({ method, url, rawHeaders: [...rawHeaders], body: null, isDirect: direct });
      return answer(req, res, null);
    }
    collectBody(req, { maxBytes: 1_000_000, timeoutMs: limits.bodyTimeoutMs }, (body) => {
      if (body === 'body-incomplete') return;
      seen.push({ method, url, rawHeaders: [...rawHeaders], body: body === null ? null : String(body), isDirect: direct });
      answer(req, res, body);
    });
  };
  const direct: DirectListener = {
    takes: ({ url }) => !url.startsWith('/api'),
    isOverloaded: () => isOverloaded(),
    handle: (req, res) => handle(req, res, true),
  };
  const server = createLimitedServer(
    (req, res: ServerResponse) => handle(req, res, false),
    limits,
    isDirect ? direct : undefined,
  );
  const port = await listen(server, '127.0.0.1', 0);
  return {
    port,
    server,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/**
 * Writes the pieces one after the other, each in a packet of its own where the machine lets it, and reads until the other side ends.
 * @param goOn whether more may come behind what was read so far; once it is false, the connection is closed from here.
 */
export function converse(port: number, pieces: readonly Buffer[], goOn: (text: string) => boolean = () => true): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const timer = setTimeout(() => socket.destroy(), 8_000);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (!goOn(text)) socket.destroy();
    });
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(text);
    });
    socket.on('connect', () => {
      let at = 0;
      const next = (): void => {
        if (at >= pieces.length || socket.destroyed) return;
        socket.write(pieces[at++] as Buffer, () => setImmediate(next));
      };
      next();
    });
  });
}

export function countAnswers(text: string): number {
  return text.match(/HTTP\/1\.1 \d{3} /g)?.length ?? 0;
}
