import { describe, expect, it } from 'vitest';
import { AnswerParser } from '../../../src/upstream/answer-parser.ts';

interface Read {
  heads: { status: number; headers: readonly string[] }[];
  body: string;
  ends: boolean[];
  ok: boolean;
  closedWell: boolean;
}

/** Reads bytes in pieces of a size, and then the end of the connection. */
function read(text: string, { piece = Number.POSITIVE_INFINITY, isHead = false } = {}): Read {
  const result: Read = { heads: [], body: '', ends: [], ok: true, closedWell: false };
  const parser = new AnswerParser(
    {
      head: (status, headers) => void result.heads.push({ status, headers }),
      data: (slice) => {
        result.body += slice.toString('latin1');
      },
      end: (reusable) => void result.ends.push(reusable),
    },
    () => isHead,
  );
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length && result.ok; at += piece) result.ok = parser.read(bytes.subarray(at, at + piece));
  if (result.ok) result.closedWell = parser.close();
  return result;
}

const line = (...lines: string[]): string => lines.map((text) => `${text}\r\n`).join('');

const GOOD: [string, string, Partial<Read>][] = [
  [
    'a length',
    `${line('HTTP/1.1 200 OK', 'Content-Length: 5', 'X-A:  b\t', '')}hello`,
    { body: 'hello', ends: [true], heads: [{ status: 200, headers: ['Content-Length', '5', 'X-A', 'b'] }] },
  ],
  ['no reason phrase', line('HTTP/1.1 204', 'Server: x', ''), { ends: [true] }],
  ['an empty reason phrase', line('HTTP/1.1 204 ', ''), { ends: [true] }],
  ['bytes above ASCII in a reason and a value', line('HTTP/1.1 204 Schön', 'X: é', ''), { ends: [true] }],
  [
    'chunks',
    `${line('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', '5', 'hello', '6;ext=1', ' world', '0', '')}`,
    { body: 'hello world', ends: [true] },
  ],
  [
    'chunks with a trailer',
    line('HTTP/1.1 200 OK', 'transfer-encoding: Chunked', '', '1', 'a', '0', 'X-Sum: 1', ''),
    { body: 'a', ends: [true] },
  ],
  ['the end of the connection as the end', `${line('HTTP/1.1 200 OK', '')}all there is`, { body: 'all there is', ends: [false] }],
  ['HTTP/1.0', `${line('HTTP/1.0 200 OK', 'Content-Length: 2', '')}ok`, { body: 'ok', ends: [false] }],
  [
    'Connection: close',
    `${line('HTTP/1.1 200 OK', 'Connection: Close', 'Content-Length: 2', '')}ok`,
    { body: 'ok', ends: [false] },
  ],
  ['a list with close', line('HTTP/1.1 204 x', 'Connection: foo, close', ''), { ends: [false] }],
  ['interim answers', line('HTTP/1.1 103 Early Hints', 'Link: </a>', '', 'HTTP/1.1 204 x', ''), { ends: [true] }],
  ['304 with a length', line('HTTP/1.1 304 x', 'Content-Length: 5', ''), { body: '', ends: [true] }],
  [
    'two answers',
    `${line('HTTP/1.1 200 OK', 'Content-Length: 1', '')}a${line('HTTP/1.1 200 OK', 'Content-Length: 1', '')}b`,
    { body: 'ab', ends: [true, true] },
  ],
];

const BAD: [string, string][] = [
  ['another protocol', 'SSH-2.0-OpenSSH\r\n\r\n'],
  ['HTTP/2', line('HTTP/2.0 200 OK', '')],
  ['HTTP/1.2', line('HTTP/1.2 200 OK', '')],
  ['lower case', line('http/1.1 200 OK', '')],
  ['a status of two digits', line('HTTP/1.1 20 OK', '')],
  ['a status of four digits', line('HTTP/1.1 2000 OK', '')],
  ['a status of 600', line('HTTP/1.1 600 x', '')],
  ['two blanks before the status', line('HTTP/1.1  200 OK', '')],
  ['a blank line first', line('', 'HTTP/1.1 200 OK', '')],
  ['another protocol that nobody asked for', line('HTTP/1.1 101 Switching Protocols', 'Upgrade: x', '')],
  ['two lengths', `${line('HTTP/1.1 200 OK', 'Content-Length: 1', 'Content-Length: 1', '')}a`],
  ['a list of lengths', `${line('HTTP/1.1 200 OK', 'Content-Length: 1, 1', '')}a`],
  ['a signed length', `${line('HTTP/1.1 200 OK', 'Content-Length: +1', '')}a`],
  ['a hexadecimal length', `${line('HTTP/1.1 200 OK', 'Content-Length: 0x1', '')}a`],
  ['an empty length', line('HTTP/1.1 200 OK', 'Content-Length:', '')],
  ['a length beyond all numbers', line('HTTP/1.1 200 OK', 'Content-Length: 99999999999999999999', '')],
  ['a length and chunks', line('HTTP/1.1 200 OK', 'Content-Length: 1', 'Transfer-Encoding: chunked', '')],
  ['chunks and a length', line('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', 'Content-Length: 1', '')],
  ['chunked twice', line('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked', '')],
  ['another coding', line('HTTP/1.1 200 OK', 'Transfer-Encoding: gzip, chunked', '')],
  ['an unknown coding', line('HTTP/1.1 200 OK', 'Transfer-Encoding: xchunked', '')],
  ['chunks over HTTP/1.0', line('HTTP/1.0 200 OK', 'Transfer-Encoding: chunked', '')],
  ['a folded line', line('HTTP/1.1 200 OK', 'X: a', ' b', '')],
  ['a blank before the colon', line('HTTP/1.1 200 OK', 'X : a', '')],
  ['a line without a colon', line('HTTP/1.1 200 OK', 'X', '')],
  ['an empty name', line('HTTP/1.1 200 OK', ': a', '')],
  ['a name with a bracket', line('HTTP/1.1 200 OK', 'X(: a', '')],
  ['NUL in a value', line('HTTP/1.1 200 OK', 'X: a\0b', '')],
  ['a bare CR in a value', line('HTTP/1.1 200 OK', 'X: a\rb', '')],
  ['a bare LF between lines', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n\r\n\r\n'],
  ['a bare LF in a value', line('HTTP/1.1 200 OK', 'X: a\nSet-Cookie: b', '')],
  ['a chunk size with a sign', line('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', '-1', '')],
  ['a chunk size with 0x', line('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', '0x1', 'a', '0', '')],
  ['an empty chunk size', line('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', '', 'a', '0', '')],
  ['a chunk size beyond all numbers', line('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', 'fffffffffffffffff', '')],
  ['a chunk size behind a bare LF', `${line('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '')}1\na\r\n0\r\n\r\n`],
  ['more bytes than the chunk', line('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', '1', 'ab', '0', '')],
  ['a trailer that is no field', line('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', '0', 'nonsense', '')],
  ['a head without end', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(20_000)}`],
  ['a head that is too long', line('HTTP/1.1 200 OK', `X: ${'a'.repeat(17_000)}`, '')],
  ['a chunk extension without end', `${line('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '')}1;${'a'.repeat(2_000)}`],
  ['trailers without end', `${line('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', '0')}${line('X: a').repeat(3_000)}`],
];

describe('reading answers', () => {
  it.each(GOOD)('takes %s, in whatever pieces it comes', (_name, text, expected) => {
    for (const piece of [Number.POSITIVE_INFINITY, 1, 2, 3, 7]) {
      expect(read(text, { piece })).toMatchObject({ ...expected, ok: true, closedWell: true });
    }
  });

  it.each(BAD)('refuses %s, in whatever pieces it comes', (_name, text) => {
    for (const piece of [Number.POSITIVE_INFINITY, 1, 5]) expect(read(text, { piece }).ok).toBe(false);
  });

  it('takes no body behind an answer to HEAD', () => {
    expect(read(line('HTTP/1.1 200 OK', 'Content-Length: 5', ''), { isHead: true })).toMatchObject({ ends: [true], ok: true });
    expect(read(line('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', ''), { isHead: true })).toMatchObject({ ends: [true] });
  });

  it.each([
    ['a body', `${line('HTTP/1.1 200 OK', 'Content-Length: 5', '')}hel`],
    ['chunks', line('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', '5', 'hello')],
    ['chunks before the last CR LF', `${line('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', '0')}`],
    ['a head', 'HTTP/1.1 200 OK\r\nContent-Le'],
  ])('knows that %s ended too early', (_name, text) => {
    expect(read(text)).toMatchObject({ ok: true, closedWell: false, ends: [] });
  });

  it('goes on with nothing after an answer that ends the connection', () => {
    const text = `${line('HTTP/1.1 200 OK', 'Connection: close', 'Content-Length: 1', '')}a${line('HTTP/1.1 200 OK', '')}`;
    expect(read(text).ok).toBe(false);
    expect(read(text).heads).toHaveLength(1);
  });
});
