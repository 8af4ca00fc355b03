/** The server's side of `/demo`: the page's files, the live list of hits, and the fresh start. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { listAssets, PAGE_POLICY, packFor, readPageFiles } from '../admin/page-files.ts';
import { listEmbedded } from './embedded.ts';
import type { HitJournal } from './journal.ts';

const PAGE_HEADERS = {
  'Content-Security-Policy': PAGE_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const;

/** Style sheets of the dashboard that are the demo's too. */
const SHARED = new Set(['colors.css', 'frame.css']);

/** Where the banner keeps the visitor's answer. */
const BANNER_COOKIE = 'cc_cookie';

export class DemoPage {
  /** Colours and frame are the dashboard's. */
  readonly #files = readPageFiles([
    ...listAssets('admin').filter(([name]) => SHARED.has(name)),
    ...listAssets('demo'),
    ...listEmbedded(),
  ]);
  readonly #journal: HitJournal;
  readonly #streams = new Set<ServerResponse>();
  /** Cookies that hold what a visitor decided: a page cannot remove the gateway's own. */
  readonly #decided: readonly string[];
  /** Tells this run from earlier ones. */
  readonly #run = `demo-run=${randomBytes(8).toString('hex')}`;

  constructor(journal: HitJournal, cookieName: string) {
    this.#journal = journal;
    this.#decided = [cookieName, BANNER_COOKIE];
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
      answer(res, 200, JSON.stringify(this.#snapshot()), { 'Content-Type': 'application/json' });
      return;
    }
    const file = this.#files.get(path.slice('/demo/'.length));
    if (file === undefined) return void answer(res, 404, 'There is nothing at this address.\n');
    const { body, headers } = packFor(req.headers['accept-encoding'], file);
    answer(res, 200, body, headers);
  }

  /** A consent cookie of a run whose store and keys are gone would read as forged, and so as a no; the banner would not ask again. */
  #forgetEarlierRuns(req: IncomingMessage, res: ServerResponse): void {
    if (req.headers.cookie?.split('; ').includes(this.#run) === true) return;
    res.setHeader('Set-Cookie', [...this.#removals(), `${this.#run}; Path=/; HttpOnly; SameSite=Lax`]);
  }

  #removals(): string[] {
    return this.#decided.map((name) => `${name}=; Path=/; Max-Age=0; SameSite=Lax`);
  }

  #reset(res: ServerResponse): void {
    this.#journal.clear();
    res.setHeader('Set-Cookie', this.#removals());
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

const PLAIN = { 'Content-Type': 'text/plain; charset=utf-8' };

function answer(
  res: ServerResponse,
  status: number,
  body: string | Buffer | null,
  headers: Record<string, string> = PLAIN,
): true {
  const bytes = body === null ? Buffer.alloc(0) : Buffer.from(body);
  const length = status === 204 ? {} : { 'Content-Length': bytes.length };
  res.writeHead(status, { ...PAGE_HEADERS, ...length, ...(body !== null && headers) });
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
