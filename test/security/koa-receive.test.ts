/**
 * In-process, where the server is the application's own and lets more through: the same checks of request line and headers, ahead of a
 * router that takes more spellings of a path than were written down. What is refused or denied reaches no handler.
 */
import { createServer } from 'node:http';
import Router from '@koa/router';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { guardUpgrade } from '../../src/index.ts';
import { type KoaCollector, STANDS, startKoaCollector } from '../support/koa-collector.ts';
import { sendRaw } from '../support/send.ts';

const DENIED = 'x-test-country: DE\r\n';
const ALLOWED = 'x-test-country: US\r\nx-test-region: CA\r\n';

const get = (target: string, lines = ''): string => `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${lines}\r\n`;

describe.each(STANDS)('a guard of koa, %s', (stand) => {
  let test: KoaCollector;
  let handled: string[] = [];
  beforeAll(async () => {
    const routes = [{ path: '/collect', purposes: ['analytics' as const] }];
    test = await startKoaCollector(
      { routes },
      (app, guard) => {
        const router = new Router();
        router.all('/collect', (ctx) => {
          handled.push(ctx.url);
          ctx.body = 'collected';
        });
        app.use(guard);
        app.use(router.routes());
      },
      stand,
    );
    if (stand === 'as a middleware') guardUpgrade(test.server);
  });
  beforeEach(() => {
    handled = [];
  });
  afterAll(() => test.close());

  async function attack(text: string): Promise<number[]> {
    const bytes = await sendRaw(test.port, Buffer.from(text, 'latin1'), 800);
    return Array.from(bytes.toString('latin1').matchAll(/HTTP\/1\.1 (\d{3}) /g), (match) => Number(match[1]));
  }
  describe('refused, also where it would be allowed', () => {
    it.each<[string, string, number[]]>([
      ['two hosts', get('/collect', `${ALLOWED}Host: y\r\n`), [400]],
      ['a host with a user', get('/collect', ALLOWED).replace('Host: x', 'Host: a@x'), [400]],
      ['HTTP/2.0', get('/collect', ALLOWED).replace('HTTP/1.1', 'HTTP/2.0'), [400, 505]],
      ['TRACE', get('/collect', ALLOWED).replace('GET', 'TRACE'), [405]],
      [
        'a coding before chunked',
        `${get('/collect', `${ALLOWED}Transfer-Encoding: gzip, chunked\r\n`).replace('GET', 'POST')}0\r\n\r\n`,
        [400, 501],
      ],
      [
        'an empty Transfer-Encoding beside a length',
        `${get('/collect', `${ALLOWED}Transfer-Encoding:\r\nContent-Length: 2\r\n`).replace('GET', 'POST')}ab`,
        [400, 501],
      ],
      [
        'chunks of HTTP/1.0',
        `${get('/collect', `${ALLOWED}Transfer-Encoding: chunked\r\n`).replace('GET', 'POST').replace('1.1', '1.0')}0\r\n\r\n`,
        [400, 501],
      ],
      ['a name with an underscore', get('/collect', `${ALLOWED}X_Forwarded_For: 1.2.3.4\r\n`), [400]],
      [
        'Transfer_Encoding beside a length',
        `${get('/collect', `${ALLOWED}Transfer_Encoding: chunked\r\nContent-Length: 5\r\n`).replace('GET', 'POST')}0\r\n\r\n`,
        [400],
      ],
      ['a thousand header lines', get('/collect', ALLOWED + 'a: b\r\n'.repeat(1_000)), [400, 431]],
      ['two content types', get('/collect', `${ALLOWED}Content-Type: a/b\r\nContent-Type: c/d\r\n`), [400]],
      ['a fragment', get('/collect#x', ALLOWED), [400]],
    ])('%s', async (_what, text, statuses) => {
      const [status] = await attack(text);
      expect(status).toBeOneOf(statuses);
      expect(handled).toEqual([]);
    });

    it.each(['websocket', 'h2c', 'x/1'])('an upgrade to %s', async (protocol) => {
      expect(await attack(get('/collect', `${ALLOWED}Upgrade: ${protocol}\r\n`).replace('close', 'Upgrade'))).toEqual([400]);
      expect(handled).toEqual([]);
    });

    it('CONNECT', async () => {
      await attack(get('x:443', ALLOWED).replace('GET', 'CONNECT'));
      expect(handled).toEqual([]);
    });
  });

  describe('denied, in every spelling that a router or a server takes for the path', () => {
    it.each([
      '/collect',
      '/COLLECT',
      '/collect/',
      '/collect;x=1',
      '/collect?',
      '/%63ollect',
      '/coll%65ct',
      '//collect',
      '/./collect',
      '/x/../collect',
      '/x/%2e%2e/collect',
      '/collect%2f',
      '/collect%00',
      '/collect\\',
      'http://x/collect',
      'http://evil.example/collect',
      '*',
    ])('%s', async (target) => {
      const [status] = await attack(get(target, DENIED));
      expect(status).toBeOneOf([200, 204, 400, 404]);
      expect(handled).toEqual([]);
    });

    it('and what may be handled is: the handler is there', async () => {
      expect(await attack(get('/collect', ALLOWED))).toEqual([200]);
      expect(handled).toEqual(['/collect']);
    });
  });

  it('a server without guardUpgrade hands an upgrade to nobody where nobody listens for one', async () => {
    const server = createServer(test.app.callback());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    await sendRaw(port, get('/collect', `${DENIED}Upgrade: websocket\r\n`).replace('close', 'Upgrade'), 800);
    expect(handled).toEqual([]);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});
