/**
 * Whatever comes on a connection that is read directly, the handlers see what they would see of node:http: the same requests, ending
 * at the same bytes, with the same lines and bodies. 600 connections of mutated and pipelined requests, 20,000 with CONSENTRY_LONG=1,
 * and the corpus of hostile ones.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { converse, countAnswers, type Listener, type Seen, startListener } from '../support/direct.ts';
import { ODD, SUITES } from '../support/hostile.ts';
import { createRandom, type Random } from '../support/random.ts';

const ROUNDS = process.env.CONSENTRY_LONG === '1' ? 20_000 : 600;
const AT_ONCE = 50;
const ENDS_MS = process.env.CONSENTRY_LONG === '1' ? 1_800_000 : 180_000;

let direct: Listener;
let plain: Listener;

const QUICK = { headerBytes: 16_384, bodyBytes: 4_096, headerTimeoutMs: 400, bodyTimeoutMs: 400, idleTimeoutMs: 400 };

beforeAll(async () => {
  direct = await startListener(true, undefined, QUICK);
  plain = await startListener(false, undefined, QUICK);
});
afterAll(async () => {
  await direct.close();
  await plain.close();
});

const NAMES = [
  'Accept',
  'X-A',
  'Cookie',
  'User-Agent',
  'connection',
  'CONTENT-LENGTH',
  'Content-Length',
  'Transfer-Encoding',
  'Host',
  'Expect',
];
const VALUES = [
  '*/*',
  '',
  ' ',
  'a=b; c=d',
  'keep-alive',
  'close',
  'Keep-Alive, X-A',
  '0',
  '3',
  '03',
  '+3',
  '3, 3',
  'chunked',
  'Chunked',
  '100-continue',
  '\ttab\t',
  'é',
];
/** Those and what looks like the beginning of another line or request. */
const PIECES = [...ODD, '\r\n', '\r\n ', ':', ': ', '\r\r\n', 'HTTP/1.1', 'POST / HTTP/1.1\r\n'];

function buildRequest(random: Random, isLast: boolean): string {
  const method = random.pick(['GET', 'GET', 'GET', 'GET', 'POST', 'POST', 'POST', 'HEAD', 'OPTIONS', 'DELETE', 'get']);
  const path = random.pick([
    '/',
    '/a',
    '/b?c',
    '/d',
    '/a?b=c&d=%41',
    '/api/x',
    '/api',
    '/a/b/c?x=1',
    '*',
    'http://x/a',
    '/a b',
    '/é',
  ]);
  const version = random.chance(0.95) ? 'HTTP/1.1' : random.pick(['HTTP/1.0', 'HTTP/1.2', 'HTTP/2.0', 'http/1.1', 'HTTP/1.1 ']);
  const lines = random.chance(0.97) ? ['Host: shop.example'] : [];
  for (let i = random.below(4); i > 0; i--) {
    const separator = random.chance(0.9) ? ': ' : random.pick([':', ':  ', ':\t', ' : ']);
    const name = random.chance(0.93) ? random.pick(NAMES.slice(0, 4)) : random.pick(NAMES);
    lines.push(
      `${name}${separator}${random.chance(0.7) ? 'a=b; c=d' : random.pick(VALUES)}${random.chance(0.95) ? '' : random.pick([' ', '\t '])}`,
    );
  }
  let body = '';
  if (method === 'POST' || random.chance(0.05)) {
    body = random.text('abc\r\n0123456789 GET/HTTP', random.below(40));
    if (random.chance(0.2)) {
      lines.push('Transfer-Encoding: chunked');
      body = body === '' ? '0\r\n\r\n' : `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    } else if (random.chance(0.95)) lines.push(`Content-Length: ${body.length}`);
  }
  if (isLast) lines.push('Connection: close');
  return `${method} ${path} ${version}\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n${body}`;
}

function mutate(text: string, random: Random): string {
  const at = random.below(text.length);
  const rest = text.slice(at + random.below(3));
  return text.slice(0, at) + (random.chance(0.8) ? random.pick(PIECES) : '') + rest;
}

function split(bytes: Buffer, random: Random): Buffer[] {
  const pieces: Buffer[] = [];
  let at = 0;
  while (at < bytes.length) {
    const size = random.chance(0.5) ? bytes.length : 1 + random.below(60);
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

interface Read {
  readonly seen: readonly Omit<Seen, 'isDirect'>[];
  readonly answers: number;
}

/** One connection at a time for each listener would take long: each brings a path of its own, by which its requests are told apart. */
async function read(listener: Listener, pieces: readonly Buffer[], mark: string): Promise<Read> {
  const text = await converse(listener.port, pieces);
  const seen = listener.seen
    .filter(({ rawHeaders }) => rawHeaders.includes(mark))
    .map(({ isDirect: _isDirect, ...rest }) => rest);
  return { seen, answers: countAnswers(text) };
}

function tell(text: string, mark: string): string {
  return text.replace(/Host: shop\.example/g, `Host: shop.example\r\nX-Mark: ${mark}`);
}

describe('a connection that is read directly', () => {
  it(
    `tells the handlers what node:http would, ${ROUNDS} times`,
    async () => {
      const random = createRandom(7);
      let requests = 0;
      let taken = 0;
      for (let round = 0; round < ROUNDS; round += AT_ONCE) {
        direct.seen.length = 0;
        plain.seen.length = 0;
        await Promise.all(
          Array.from({ length: AT_ONCE }, async (_, i) => {
            const mark = `m${round + i}`;
            const count = 1 + random.below(4);
            let text = Array.from({ length: count }, (_one, at) => buildRequest(random, at === count - 1)).join('');
            if (random.chance(0.4)) text = mutate(text, random);
            const pieces = split(Buffer.from(tell(text, mark), 'latin1'), random);
            const [ours, nodes] = await Promise.all([read(direct, pieces, mark), read(plain, pieces, mark)]);
            expect(ours.seen, JSON.stringify(text)).toEqual(nodes.seen);
            requests += nodes.seen.length;
          }),
        );
        taken += direct.seen.filter(({ isDirect }) => isDirect).length;
      }
      console.log(`${requests} requests, ${taken} of them read directly`);
      expect(requests).toBeGreaterThan(ROUNDS / 2);
      expect(taken).toBeGreaterThan(requests / 4);
    },
    ENDS_MS,
  );

  it(
    'tells them the same of hostile requests',
    async () => {
      const random = createRandom(8);
      const all = Object.values(SUITES).flatMap((generate) => [...generate()]);
      const chosen = process.env.CONSENTRY_LONG === '1' ? all : all.filter(() => random.chance(0.1));
      let compared = 0;
      for (let at = 0; at < chosen.length; at += AT_ONCE) {
        direct.seen.length = 0;
        plain.seen.length = 0;
        await Promise.all(
          chosen.slice(at, at + AT_ONCE).map(async ({ name, bytes }, i) => {
            const mark = `h${at + i}`;
            const pieces = [Buffer.from(tell(bytes.toString('latin1'), mark), 'latin1')];
            const [ours, nodes] = await Promise.all([read(direct, pieces, mark), read(plain, pieces, mark)]);
            expect(ours.seen, name).toEqual(nodes.seen);
            compared += nodes.seen.length;
          }),
        );
      }
      expect(compared).toBeGreaterThan(0);
    },
    ENDS_MS,
  );
});
