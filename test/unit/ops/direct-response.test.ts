/** An answer on a direct connection is, byte for byte, the one that node:http would write. */
import { describe, expect, it } from 'vitest';
import type { DirectRequest } from '../../../src/ops/direct-request.ts';
import { DirectResponse } from '../../../src/ops/direct-response.ts';
import type { VisitorResponse } from '../../../src/ops/visitor.ts';
import { converse, type Listener, startListener } from '../../support/direct.ts';

const LENGTH_5 = ['Content-Length', '5'];

/** Lists that cannot change are read once, others each time. */
const FROZEN = Object.freeze(['Cache-Control', 'no-store', 'Connection', 'close', ...LENGTH_5]) as string[];
const CHANGING = ['X-A', '0', ...LENGTH_5];
let changes = 0;

const ANSWERS: readonly [string, string, (res: VisitorResponse) => void][] = [
  ['a pixel', 'GET', (res) => res.writeHead(200, ['Content-Type', 'image/gif', ...LENGTH_5]).end('\xff\0abc', 'latin1')],
  ['nothing', 'GET', (res) => res.writeHead(204, ['Cache-Control', 'no-store']).end()],
  ['nothing changed', 'GET', (res) => res.writeHead(304, ['ETag', '"a"']).end()],
  ['the head alone', 'HEAD', (res) => res.writeHead(200, LENGTH_5).end(Buffer.from('hello'))],
  ['the head alone, without a length', 'HEAD', (res) => res.writeHead(200, ['X-A', 'a']).end()],
  ['a problem', 'POST', (res) => res.writeHead(413, ['Connection', 'close', ...LENGTH_5]).end(Buffer.from('hello'))],
  [
    'the last one',
    'GET',
    (res) => {
      res.shouldKeepAlive = false;
      res.writeHead(200, LENGTH_5).end(Buffer.from('hello'));
    },
  ],
  ['a body without length', 'GET', (res) => res.writeHead(200, ['X-A', 'é']).end(Buffer.from('hello'))],
  ['an empty body without length', 'GET', (res) => res.writeHead(200, []).end()],
  [
    'pieces with a length',
    'GET',
    (res) => {
      res.writeHead(200, LENGTH_5);
      res.write(Buffer.from('he'));
      res.write(Buffer.from('llo'));
      res.end();
    },
  ],
  [
    'pieces without length',
    'GET',
    (res) => {
      res.writeHead(200, ['Set-Cookie', 'a=b', 'set-cookie', 'c=d']);
      res.write(Buffer.from('he'));
      res.write(Buffer.alloc(0));
      res.write(Buffer.alloc(70_000, 'x'));
      res.end();
    },
  ],
  [
    'a date of the collector',
    'GET',
    (res) => res.writeHead(200, ['date', 'Thu, 01 Jan 1970 00:00:00 GMT', ...LENGTH_5]).end(Buffer.from('hello')),
  ],
  ['a list that cannot change', 'GET', (res) => res.writeHead(200, FROZEN).end(Buffer.from('hello'))],
  ['the same list with another status', 'HEAD', (res) => res.writeHead(203, FROZEN).end()],
  ['a list that changes', 'GET', (res) => res.writeHead(200, changed()).end(Buffer.from('hello'))],
  ['a status that nobody knows', 'GET', (res) => res.writeHead(299, LENGTH_5).end(Buffer.from('hello'))],
];

/** Each of the two servers gets two requests. */
function changed(): string[] {
  CHANGING[1] = String(changes++ % 2);
  return CHANGING;
}

async function ask(listener: Listener, method: string): Promise<string> {
  const request = `${method} /a HTTP/1.1\r\nHost: x\r\n\r\n`;
  // The second one says whether the connection goes on, and ends it.
  const last = 'GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
  return converse(listener.port, [Buffer.from(request + last)]);
}

describe('a direct answer', () => {
  it.each(ANSWERS)('%s', async (_name, method, answer) => {
    const texts: string[] = [];
    for (const isDirect of [true, false]) {
      const listener = await startListener(isDirect, (_req, res) => answer(res));
      texts.push((await ask(listener, method)).replace(/Date: \w{3}, [^\r]+/g, 'Date: now'));
      expect(listener.seen.every((seen) => seen.isDirect === isDirect)).toBe(true);
      await listener.close();
    }
    // The pieces of a body without length may be cut in other places.
    expect(texts[0]).toBe(texts[1]);
    expect(texts[0]).toContain('HTTP/1.1 ');
  });

  function unsent(): { response: DirectResponse; written: string[] } {
    const written: string[] = [];
    const sink = {
      isEnding: false,
      keepAliveLines: '',
      writableLength: 0,
      write: (head: string) => written.push(head) > 0,
      ended() {},
      destroy() {},
    };
    return { response: new DirectResponse({ method: 'GET', keepsAlive: true } as DirectRequest, sink), written };
  }

  it.each([
    ['a line break in a value', ['A', 'a\r\nB: b']],
    ['a line feed in a value', ['A', 'a\n']],
    ['NUL in a value', ['A', '\0']],
    ['a character of more than one byte', ['A', 'ā']],
    ['a name that is none', ['A b', 'a']],
    ['an empty name', ['', 'a']],
    ['a coding', ['transfer-encoding', 'chunked']],
    ['a trailer', ['Trailer', 'X-A']],
    ['how long the connection is kept', ['Keep-Alive', 'timeout=9']],
  ])('refuses %s, and writes nothing', (_name, headers) => {
    const { response, written } = unsent();
    expect(() => response.writeHead(200, headers)).toThrow(TypeError);
    expect(response.headersSent).toBe(false);
    response.writeHead(200, ['Content-Length', '0']).end();
    expect(written.join('')).toMatch(/^HTTP\/1\.1 200 OK\r\nContent-Length: 0\r\nDate: [^\r]+\r\n\r\n$/);
  });

  it.each([100, 199, 1_000, 200.5, Number.NaN])('refuses %d as a status', (status) => {
    expect(() => unsent().response.writeHead(status, [])).toThrow(RangeError);
  });

  it('refuses a second head, and ends once', () => {
    const { response, written } = unsent();
    response.writeHead(200, ['Content-Length', '0']).end();
    expect(() => response.writeHead(200, [])).toThrow(TypeError);
    response.end(Buffer.from('more'));
    expect(written).toHaveLength(1);
  });
});
