/** The server's side of `/demo`: the page's files, the live list of hits, and the fresh start. */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HitJournal } from './journal.ts';

/** The compiled program finds the files in the package's sources: the compiler copies none. */
const FOLDERS = ['./assets/', '../../src/demo/assets/'];

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Nothing from elsewhere, nothing inline, in nobody's frame. */
const PAGE_HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const;

interface Asset {
  readonly type: string;
  readonly bytes: Buffer;
}

export class DemoPage {
  readonly #assets = readAssets();
  readonly #journal: HitJournal;
  readonly #streams = new Set<ServerResponse>();
  /** The consent cookie, which only a server can remove. */
  readonly #cookieName: string;
  /** Tells this run from earlier ones. */
  readonly #run = `demo-run=${randomBytes(8).toString('hex')}`;

  constructor(journal: HitJournal, cookieName: string) {
    this.#journal = journal;
    this.#cookieName = cookieName;
    journal.subscribe({
      changed: (hit) => this.#tell('hit', { received: journal.received, hit }),
      cleared: () => this.#tell('cleared', {}),
    });
  }

  /** @returns whether the request was for the page and has been answered. */
  handle(req: IncomingMessage, res: ServerResponse): boolean {
    const path = (req.url ?? '').split('?', 1)[0] ?? '';
    if (path === '/') {
      res.writeHead(302, { Location: '/demo', 'Content-Length': 0 }).end();
      return true;
    }
    if (path === '/favicon.ico') return answer(res, 204, null);
    if (path !== '/demo' && !path.startsWith('/demo/')) return false;
    // Another site's page must not read what stands here by making its own name point to this machine.
    if (!isLoopbackHost(req.headers.host)) return answer(res, 421, 'Open the demo as http://127.0.0.1 or http://localhost.\n');
    if (path === '/demo') this.#forgetEarlierRuns(req, res);
    this.#route(req, res, path === '/demo' ? '/demo/index.html' : path);
    return true;
  }

  /** Ends the live lists, which would keep the listener open. */
  close(): void {
    for (const stream of this.#streams) stream.end();
    this.#streams.clear();
  }

  #route(req: IncomingMessage, res: ServerResponse, path: string): void {
    const isRead = req.method === 'GET' || req.method === 'HEAD';
    if (path === '/demo/reset') {
      if (req.method === 'POST' && isOwnPage(req)) this.#reset(res);
      else answer(res, req.method === 'POST' ? 403 : 405, null);
      return;
    }
    if (!isRead) return void answer(res, 405, null);
    if (path === '/demo/live') return this.#stream(res);
    if (path === '/demo/hits') {
      answer(res, 200, JSON.stringify(this.#snapshot()), 'application/json');
      return;
    }
    const asset = this.#assets.get(path.slice('/demo/'.length));
    if (asset === undefined) answer(res, 404, 'There is nothing at this address.\n');
    else answer(res, 200, asset.bytes, asset.type);
  }

  /** A consent cookie of a run whose store and keys are gone would read as forged, and so as a no. */
  #forgetEarlierRuns(req: IncomingMessage, res: ServerResponse): void {
    if (req.headers.cookie?.split('; ').includes(this.#run) === true) return;
    res.setHeader('Set-Cookie', [this.#removal(), `${this.#run}; Path=/; HttpOnly; SameSite=Lax`]);
  }

  #removal(): string {
    return `${this.#cookieName}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax`;
  }

  #reset(res: ServerResponse): void {
    this.#journal.clear();
    res.setHeader('Set-Cookie', this.#removal());
    answer(res, 204, null);
  }

  /** Server-sent events (HTML Standard § 9.2): all that is known, then each change. */
  #stream(res: ServerResponse): void {
    res.writeHead(200, { ...PAGE_HEADERS, 'Content-Type': 'text/event-stream' });
    res.write('retry: 1000\n\n');
    writeEvent(res, 'all', this.#snapshot());
    this.#streams.add(res);
    res.on('close', () => this.#streams.delete(res));
  }

  #snapshot(): object {
    return { run: this.#run, received: this.#journal.received, hits: this.#journal.list() };
  }

  #tell(event: string, data: object): void {
    for (const stream of this.#streams) writeEvent(stream, event, data);
  }
}

function writeEvent(res: ServerResponse, event: string, data: object): void {
  res.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

function answer(res: ServerResponse, status: number, body: string | Buffer | null, type = 'text/plain; charset=utf-8'): true {
  const bytes = body === null ? Buffer.alloc(0) : Buffer.from(body);
  const length = status === 204 ? {} : { 'Content-Length': bytes.length };
  res.writeHead(status, { ...PAGE_HEADERS, ...length, ...(body !== null && { 'Content-Type': type }) });
  res.end(res.req.method === 'HEAD' ? undefined : bytes);
  return true;
}

/** Sec-Fetch-Site is the browser's own word; older browsers send an Origin with every POST. */
function isOwnPage(req: IncomingMessage): boolean {
  const site = req.headers['sec-fetch-site'];
  return site === undefined ? req.headers.origin === `http://${req.headers.host}` : site === 'same-origin';
}

function isLoopbackHost(host: string | undefined): boolean {
  return /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/.test(host ?? '');
}

function readAssets(): ReadonlyMap<string, Asset> {
  const folder = FOLDERS.map((path) => fileURLToPath(new URL(path, import.meta.url))).find((path) => existsSync(path));
  if (folder === undefined)
    throw new Error(`the files of the demo page are missing: ${FOLDERS.join(' or ')} beside ${import.meta.url}`);
  return new Map(
    readdirSync(folder).map((name) => [
      name,
      { type: TYPES[extname(name)] ?? 'application/octet-stream', bytes: readFileSync(join(folder, name)) },
    ]),
  );
}
