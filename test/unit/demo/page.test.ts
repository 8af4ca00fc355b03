import { createServer, type IncomingHttpHeaders, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HitJournal } from '../../../src/demo/journal.ts';
import { DemoPage } from '../../../src/demo/page.ts';
import type { ReceivedHit } from '../../../src/hit/hit.ts';
import { evidence } from '../../support/demo-evidence.ts';

const journal = new HitJournal();
const page = new DemoPage(journal, 'consentry');
let server: Server;

beforeAll(async () => {
  server = createServer((req, res) => {
    if (!page.handle(req, res)) res.writeHead(599).end('passed on');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(() => {
  page.close();
  server.close();
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

function call(method: string, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', method, path, headers, agent: false }, (res) => {
      let text = '';
      res.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, text }));
    });
    sent.on('error', reject).end();
  });
}

function witness(query: string): void {
  journal.witness(evidence(), { method: 'GET', path: '/i', query, rawHeaders: [] } as unknown as ReceivedHit, null, null);
}

describe('the server’s side of the page', () => {
  it('serves the page and its files with a policy that lets nothing else in', async () => {
    const html = await call('GET', '/demo');
    expect(html.status).toBe(200);
    expect(html.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(html.headers['content-security-policy']).toContain("default-src 'none'");
    expect(html.headers['content-security-policy']).not.toContain('unsafe');
    for (const [name, type] of [
      ['demo.js', 'text/javascript'],
      ['shop.css', 'text/css'],
      ['frame.css', 'text/css'],
      ['icon.svg', 'image/svg+xml'],
      ['snowplow.js', 'text/javascript'],
      ['cookieconsent.css', 'text/css'],
    ]) {
      const file = await call('GET', `/demo/${name}`);
      expect([file.status, file.headers['content-type']?.split(';')[0], file.headers['x-content-type-options']]).toEqual([
        200,
        type,
        'nosniff',
      ]);
    }
    expect((await call('HEAD', '/demo')).text).toBe('');
  });

  it('packs its files for browsers that take them packed', async () => {
    const packed = await call('GET', '/demo/snowplow.js', { 'Accept-Encoding': 'br, gzip' });
    expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
    expect((await call('GET', '/demo/snowplow.js')).text).toContain('Snowplow');
  });

  it('forgets the consent cookie of an earlier run, whose store is gone, and keeps its own', async () => {
    const first = await call('GET', '/demo', { Cookie: 'consentry=old; demo-run=other' });
    const [removal, ofBanner, run = ''] = first.headers['set-cookie'] ?? [];
    expect(removal).toMatch(/^consentry=; .*Max-Age=0/);
    expect(ofBanner).toMatch(/^cc_cookie=; .*Max-Age=0/);
    const again = await call('GET', '/demo', { Cookie: `consentry=new; ${run.split(';')[0]}` });
    expect(again.headers['set-cookie']).toBeUndefined();
  });

  it('leads from / to the page and passes everything else on', async () => {
    expect(await call('GET', '/')).toMatchObject({ status: 302, headers: { location: '/demo' } });
    expect((await call('GET', '/g/collect?x')).status).toBe(599);
    expect((await call('POST', '/consent')).status).toBe(599);
    expect((await call('GET', '/demonstration')).status).toBe(599);
  });

  it('serves no file from anywhere else', async () => {
    for (const path of ['/demo/../settings.ts', '/demo/%2e%2e/settings.ts', '/demo/nothing.js', '/demo/'])
      expect((await call('GET', path)).status, path).toBe(404);
  });

  it('answers to no name but this machine’s, so that no site can read it under a name of its own', async () => {
    expect((await call('GET', '/demo/hits', { Host: 'evil.example' })).status).toBe(421);
    expect((await call('GET', '/demo/hits', { Host: '127.0.0.1.evil.example' })).status).toBe(421);
    expect((await call('GET', '/demo/hits', { Host: 'localhost:8080' })).status).toBe(200);
  });

  it('starts over for its own page only', async () => {
    witness('e=pv');
    expect(journal.list()).toHaveLength(1);
    expect((await call('POST', '/demo/reset', { 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403);
    expect((await call('POST', '/demo/reset', { Host: '127.0.0.1:1', Origin: 'http://evil.example' })).status).toBe(403);
    expect((await call('GET', '/demo/reset')).status).toBe(405);
    expect(journal.list()).toHaveLength(1);
    const done = await call('POST', '/demo/reset', { 'Sec-Fetch-Site': 'same-origin' });
    expect(done.status).toBe(204);
    expect(done.headers['set-cookie']?.[0]).toMatch(/^consentry=; .*Max-Age=0/);
    expect(journal.list()).toEqual([]);
    expect((await call('POST', '/demo/reset', { Host: '127.0.0.1:1', Origin: 'http://127.0.0.1:1' })).status).toBe(204);
  });

  it('tells all that is known, then each hit, and ends when the demo does', async () => {
    witness('e=pv');
    const { port } = server.address() as AddressInfo;
    let text = '';
    const ended = new Promise<void>((resolve, reject) => {
      request({ port, host: '127.0.0.1', path: '/demo/live', agent: false }, (res) => {
        expect(res.headers['content-type']).toBe('text/event-stream');
        let sawFirst = false;
        res.setEncoding('utf8').on('data', (part: string) => {
          text += part;
          if (sawFirst || !text.includes('event: all\n')) return;
          sawFirst = true;
          witness('e=pp');
          journal.clear();
          page.close();
        });
        res.on('end', resolve);
      })
        .on('error', reject)
        .end();
    });
    await ended;
    const events = [...text.matchAll(/event: (\w+)\ndata: (.*)\n\n/g)].map(([, name]) => name);
    expect(events).toEqual(['all', 'hit', 'cleared']);
    expect(text).toContain('"event":"page ping"');
  });
});
