import { describe, expect, it } from 'vitest';
import { DirectRequest, FieldNames, readRequest } from '../../../src/ops/direct-request.ts';

const PEER = { remoteAddress: '192.0.2.1' };
const HOST = 'Host: shop.example\r\n';

function read(text: string, names = new FieldNames()): DirectRequest | 'more' | 'unusual' {
  return readRequest(text, names, PEER);
}

function whole(text: string, names?: FieldNames): DirectRequest {
  const request = read(text, names);
  if (!(request instanceof DirectRequest)) throw new Error(request);
  return request;
}

describe('reading a request', () => {
  it('tells method, target, lines as they came, and where it ends', () => {
    const head = `POST /a?b=c HTTP/1.1\r\nhost: shop.example\r\nX-A:1\r\nX-Empty: \r\nX-a: é\r\nContent-Length: 5\r\n\r\n`;
    const request = whole(`${head}12345GET /`);
    expect(request).toMatchObject({
      method: 'POST',
      url: '/a?b=c',
      rawHeaders: ['host', 'shop.example', 'X-A', '1', 'X-Empty', '', 'X-a', 'é', 'Content-Length', '5'],
      socket: PEER,
      keepsAlive: true,
      headBytes: head.length,
      bodyBytes: 5,
      body: null,
    });
  });

  it('asks for more at every byte before the end of the head', () => {
    const head = `GET /a HTTP/1.1\r\n${HOST}Accept: */*\r\n\r\n`;
    for (let i = 0; i < head.length; i++) expect(read(head.slice(0, i))).toBe('more');
    expect(whole(head).headBytes).toBe(head.length);
  });

  it('reads the same with names that came before, in whatever order', () => {
    const names = new FieldNames();
    const first = whole(`GET / HTTP/1.1\r\n${HOST}Accept: a\r\nAccept-Language: b\r\n\r\n`, names).rawHeaders;
    expect(first).toEqual(['Host', 'shop.example', 'Accept', 'a', 'Accept-Language', 'b']);
    const second = whole(`GET / HTTP/1.1\r\nAccept-Language: b\r\nAccept: a\r\nAccept:\r\n${HOST}\r\n`, names).rawHeaders;
    expect(second).toEqual(['Accept-Language', 'b', 'Accept', 'a', 'Accept', '', 'Host', 'shop.example']);
  });

  it('goes on with the connection unless the visitor says otherwise', () => {
    expect(whole(`GET / HTTP/1.1\r\n${HOST}Connection: Keep-Alive\r\n\r\n`).keepsAlive).toBe(true);
    expect(whole(`GET / HTTP/1.1\r\n${HOST}Connection: Close\r\n\r\n`).keepsAlive).toBe(false);
  });

  it.each([
    ['another version', `GET / HTTP/1.0\r\n${HOST}\r\n`],
    ['another method', `DELETE / HTTP/1.1\r\n${HOST}\r\n`],
    ['a method in lower case', `get / HTTP/1.1\r\n${HOST}\r\n`],
    ['an absolute target', `GET http://x/ HTTP/1.1\r\n${HOST}\r\n`],
    ['two spaces', `GET /  HTTP/1.1\r\n${HOST}\r\n`],
    ['a space in the target', `GET /a b HTTP/1.1\r\n${HOST}\r\n`],
    ['no version', `GET /\r\n${HOST}\r\n`],
    ['a line feed alone', `GET / HTTP/1.1\n${HOST}\r\n`],
    ['a line feed alone behind a line', `GET / HTTP/1.1\r\nHost: x\n\r\n`],
    ['a carriage return in the end of the head', `GET / HTTP/1.1\r\n${HOST}\rX`],
    ['a carriage return in a value', `GET / HTTP/1.1\r\n${HOST}A: a\rb\r\n\r\n`],
    ['a control character', `GET / HTTP/1.1\r\n${HOST}A: a\x01\r\n\r\n`],
    ['a folded line', `GET / HTTP/1.1\r\n${HOST}A: a\r\n b\r\n\r\n`],
    ['a space before the colon', `GET / HTTP/1.1\r\n${HOST}A : a\r\n\r\n`],
    ['a line without colon', `GET / HTTP/1.1\r\n${HOST}A\r\nB: b\r\n\r\n`],
    ['a line without name', `GET / HTTP/1.1\r\n${HOST}: a\r\n\r\n`],
    ['a name that is none', `GET / HTTP/1.1\r\n${HOST}Aé: a\r\n\r\n`],
    ['white space to trim in front', `GET / HTTP/1.1\r\n${HOST}A:  a\r\n\r\n`],
    ['white space to trim behind', `GET / HTTP/1.1\r\n${HOST}A: a\t\r\n\r\n`],
    ['a tab behind the colon', `GET / HTTP/1.1\r\n${HOST}A:\ta\r\n\r\n`],
    ['no host', 'GET / HTTP/1.1\r\nA: a\r\n\r\n'],
    ['two hosts', `GET / HTTP/1.1\r\n${HOST}${HOST}\r\n`],
    ['two lengths', `POST / HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 1\r\n\r\na`],
    ['a length with a sign', `POST / HTTP/1.1\r\n${HOST}Content-Length: +1\r\n\r\na`],
    ['a list of lengths', `POST / HTTP/1.1\r\n${HOST}Content-Length: 1, 1\r\n\r\na`],
    ['an empty length', `POST / HTTP/1.1\r\n${HOST}Content-Length:\r\n\r\n`],
    ['a length that no number holds', `POST / HTTP/1.1\r\n${HOST}Content-Length: 9999999999999999\r\n\r\n`],
    ['a coding', `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['an expectation', `POST / HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 1\r\n\r\n`],
    ['a connection of a proxy', `GET / HTTP/1.1\r\n${HOST}Proxy-Connection: close\r\n\r\n`],
    ['more fields than a browser has', `GET / HTTP/1.1\r\n${HOST}${'A: a\r\n'.repeat(128)}\r\n`],
    ['an upgrade', `GET / HTTP/1.1\r\n${HOST}Upgrade: h2c\r\n\r\n`],
    ['options of the connection', `GET / HTTP/1.1\r\n${HOST}Connection: close, X-A\r\n\r\n`],
    ['a line feed in front', `\r\nGET / HTTP/1.1\r\n${HOST}\r\n`],
  ])('leaves %s to node:http', (_name, text) => {
    expect(read(text)).toBe('unusual');
    const names = new FieldNames();
    whole(`GET / HTTP/1.1\r\n${HOST}A: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`, names);
    expect(read(text, names)).toBe('unusual');
  });

  it('keeps no names of which there may be any number', () => {
    const names = new FieldNames();
    for (let i = 0; i < 50; i++) {
      const lines = Array.from({ length: 100 }, (_, j) => `X-${'x'.repeat(70)}-${i}-${j}: a\r\n`).join('');
      whole(`GET / HTTP/1.1\r\n${HOST}${lines}\r\n`, names);
    }
    let kept = 0;
    for (let name = names.first.next; name !== null; name = name.next) kept++;
    expect(kept).toBe(1);
  });

  it('reads more names than it keeps', () => {
    const names = new FieldNames();
    for (let i = 0; i < 3_000; i++) {
      const request = whole(`GET / HTTP/1.1\r\n${HOST}X-${i}: ${i}\r\n\r\n`, names);
      expect(request.rawHeaders).toEqual(['Host', 'shop.example', `X-${i}`, String(i)]);
    }
  });
});
