/** Requests of people who mean harm, as bytes: from generators of our own and from corpora, each with a name. */
import { readdirSync, readFileSync } from 'node:fs';
import { corpusPath } from './corpus.ts';
import { generateSpellings, KNOWN_SPELLINGS } from './spellings.ts';

export interface HostileRequest {
  readonly name: string;
  readonly bytes: Buffer;
}

/** What a smuggler hopes for: a second request that nobody judged. */
export const SMUGGLED = '/smuggled';

/** Header lines of a place where hits are forwarded; without them nothing may leave. */
export const ALLOWED = 'x-test-country: US\r\nx-test-region: CA\r\n';

const HOST = 'Host: shop.example\r\n';
/** Behind a request that may be whole: then it is a request of its own, from a place where nothing leaves. */
const NEXT = `GET ${SMUGGLED} HTTP/1.1\r\n${HOST}\r\n`;
const INNER = `GET ${SMUGGLED} HTTP/1.1\r\nHost: shop.example\r\n${ALLOWED}\r\n`;

function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** Pieces that end, begin or hide something for somebody. */
export const ODD = [
  '\0',
  '\x01',
  '\t',
  '\v',
  '\f',
  '\r',
  '\n',
  ' ',
  '"',
  '%',
  '%00',
  '%0d%0a',
  '%2f',
  '+',
  ',',
  ';',
  '\\',
  '\x7f',
  '\x80',
  '\xa0',
  '\xff',
  '..',
  '//',
  '#',
  '?',
];

/** Bytes that somebody's parser skips, trims or takes for something else. */
const ODD_BYTES = [...range(0x01, 0x20), 0x22, 0x27, 0x2c, 0x3b, 0x5c, 0x5f, ...range(0x7f, 0xff)];

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/**
 * 661 spellings of `Transfer-Encoding: chunked` that one server takes for it and another does not: an odd byte in each of four
 * places, and the spellings that have names of their own.
 */
export function spellTransferEncodings(): string[] {
  const lines: string[] = [];
  for (const byte of ODD_BYTES.slice(0, 160)) {
    const odd = String.fromCharCode(byte);
    lines.push(`Transfer-Encoding${odd}: chunked`, `Transfer-Encoding:${odd}chunked`);
    lines.push(`Transfer-Encoding: chunked${odd}`, `${odd}Transfer-Encoding: chunked`);
  }
  lines.push(
    'Transfer_Encoding: chunked',
    'Transfer-Encoding:',
    'Transfer-Encoding: ',
    'Transfer-Encoding: gzip, chunked',
    'Transfer-Encoding: identity, chunked',
    'Transfer-Encoding: chunked, identity',
    'Transfer-Encoding: chunked, chunked',
    'Transfer-Encoding: identity',
    'Transfer-Encoding: cow',
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
    'Transfer-Encoding: identity\r\nTransfer-Encoding: chunked',
    'Transfer-Encoding: chunk',
    'Transfer-Encoding: CHUNKED',
    'Transfer-Encoding: "chunked"',
    'Transfer-Encoding: chunked;q=1',
    'Transfer-Encoding:\r\n chunked',
    'Transfer-Encoding\r\n: chunked',
    'Foo: bar\r\n Transfer-Encoding: chunked',
    'Foo: bar\nTransfer-Encoding: chunked',
    'Foo: bar\rTransfer-Encoding: chunked',
    'TRANSFER-ENCODING: chunked',
  );
  return lines;
}

function* transferEncodings(): Generator<HostileRequest> {
  for (const [place, head] of [
    ['denied', HOST],
    ['allowed', HOST + ALLOWED],
  ] as const) {
    for (const line of spellTransferEncodings()) {
      const inner = `0\r\n\r\n${INNER}`;
      const text = `POST /hit HTTP/1.1\r\n${head}${line}\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`;
      yield { name: `TE ${place} ${JSON.stringify(line)}`, bytes: bytesOf(text) };
    }
  }
}

function* lengths(): Generator<HostileRequest> {
  const values = [
    '+5',
    '-5',
    '0x5',
    '5,5',
    '5, 6',
    '05',
    '5 ',
    ' 5',
    '5\t',
    '5.0',
    '5e0',
    '',
    ' ',
    '٥',
    '99999999999999999999',
    '1_0',
    '5;',
    '"5"',
    '5 5',
  ];
  for (const value of values)
    yield simple(`CL ${value}`, `POST /hit HTTP/1.1\r\n${HOST}Content-Length: ${value}\r\n\r\nhello${NEXT}`);
  for (const pair of [
    '5\r\nContent-Length: 5',
    '5\r\nContent-Length: 6',
    '0\r\nContent-Length: 5',
    '5\r\nContent-length: 0',
    '5\r\nContent_Length: 0',
  ])
    yield simple(`CL ${pair}`, `POST /hit HTTP/1.1\r\n${HOST}${ALLOWED}Content-Length: ${pair}\r\n\r\nhello${NEXT}`);
  const sizes = [
    '0x5',
    '+5',
    '-5',
    '5;a',
    '5;a="b"',
    '5 ',
    ' 5',
    '5\t',
    '5\n',
    'g',
    '',
    'fffffffffffffffff',
    '05',
    '5,',
    '5\r',
    '5;\r\n',
    `5;${'a'.repeat(20_000)}`,
  ];
  for (const size of sizes)
    yield simple(
      `chunk ${size.slice(0, 20)}`,
      `POST /hit HTTP/1.1\r\n${HOST}${ALLOWED}Transfer-Encoding: chunked\r\n\r\n${size}\r\nhello\r\n0\r\n\r\n${NEXT}`,
    );
  for (const end of [
    '0\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n',
    '0\r\nHost: evil\r\nx-test-country: US\r\n\r\n',
    '0\n\n',
    '0\r\n\n',
    '0\r\r',
    '00000\r\n\r\n',
    '-0\r\n\r\n',
  ])
    yield simple(
      `trailer ${JSON.stringify(end)}`,
      `POST /hit HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n${end}${NEXT}`,
    );
}

function simple(name: string, text: string): HostileRequest {
  return { name, bytes: bytesOf(text) };
}

const METHODS =
  `TRACE CONNECT PUT DELETE PATCH TRACK DEBUG PROPFIND PURGE LINK UNLINK M-SEARCH SOURCE get Get GET\\ G@T POST\\ PRI OPTIONS
 QUERY SUBSCRIBE NOTIFY REPORT MKCOL COPY MOVE LOCK UNLOCK BIND ACL SEARCH REBIND UNBIND CHECKOUT MERGE MKACTIVITY MKCALENDAR`.split(
    /\s+/,
  );

function* requestLines(): Generator<HostileRequest> {
  for (const method of METHODS)
    for (const target of ['/hit', 'shop.example:80', '*'])
      yield simple(`${method} ${target}`, `${method} ${target} HTTP/1.1\r\n${HOST}\r\n`);
  const versions = [
    'HTTP/0.9',
    'HTTP/1.0',
    'HTTP/1.2',
    'HTTP/1.10',
    'HTTP/2.0',
    'HTTP/3',
    'HTTP/11',
    'http/1.1',
    'HTTP /1.1',
    'HTTPS/1.1',
    'ICE/1.0',
    'RTSP/1.0',
    'HTTP/1.1x',
    'HTTP/-1.1',
    '',
  ];
  for (const version of versions) yield simple(`version ${version}`, `GET /hit ${version}\r\n${HOST}\r\n`);
  for (const gap of ['  ', '\t', '\v', '\f', '\xa0', '\r', '\0'])
    for (const line of [`GET${gap}/hit HTTP/1.1`, `GET /hit${gap}HTTP/1.1`, `${gap}GET /hit HTTP/1.1`, `GET /hit HTTP/1.1${gap}`])
      yield simple(`gap ${JSON.stringify(line)}`, `${line}\r\n${HOST}\r\n`);
  for (const upgrade of ['websocket', 'h2c', 'TLS/1.0', 'HTTP/2.0', 'x'])
    for (const more of [
      '',
      'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n',
      'Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n',
    ])
      yield simple(
        `upgrade ${upgrade}`,
        `GET /hit?${more.length} HTTP/1.1\r\n${HOST}${ALLOWED}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: ${upgrade}\r\n${more}\r\n${NEXT}`,
      );
  for (const expect of ['100-continue', '200-ok', '100-continue, x', '', 'x'.repeat(500)])
    yield simple(
      `expect ${expect.slice(0, 20)}`,
      `POST /hit HTTP/1.1\r\n${HOST}Expect: ${expect}\r\nContent-Length: 5\r\n\r\nhello`,
    );
  yield { name: 'TLS hello', bytes: Buffer.from('16030100c8010000c40303', 'hex') };
  yield { name: 'HTTP/2 preface', bytes: bytesOf('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n') };
  yield { name: 'nothing', bytes: Buffer.alloc(0) };
  yield { name: 'zeros', bytes: Buffer.alloc(40_000) };
  yield { name: 'line feeds', bytes: bytesOf('\n'.repeat(5_000)) };
}

const SINGLETONS = ['Host', 'Content-Type', 'Content-Encoding', 'Content-Length', 'Transfer-Encoding'];
const CONNECTION_TOKENS =
  'x-forwarded-for cookie host content-length transfer-encoding sec-gpc x-test-country consentry-decision close, keep-alive'.split(
    ' ',
  );

function* headerFloods(): Generator<HostileRequest> {
  const get = (lines: string): string => `GET /hit HTTP/1.1\r\n${HOST}${lines}\r\n`;
  for (const count of [500, 990, 998, 999, 1_000, 1_001, 1_024, 2_000, 2_100, 3_000, 5_000, 20_000]) {
    yield simple(`${count} headers`, get(`${'a:\r\n'.repeat(count)}Sec-GPC: 1\r\n`));
    yield simple(`${count} headers, allowed`, get(`${'a:\r\n'.repeat(count)}${ALLOWED}Sec-GPC: 1\r\n`));
    yield simple(`${count} cookies`, get(`Cookie: ${'a=b; '.repeat(count)}\r\n`));
    yield simple(`${count} hops`, get(`X-Forwarded-For: ${'10.0.0.1, '.repeat(count)}\r\n`));
    yield simple(`${count} query fields`, `GET /hit?${'a=b&'.repeat(count)} HTTP/1.1\r\n${HOST}\r\n`);
    yield simple(`${count} connection tokens`, get(`Connection: ${'x, '.repeat(count)}\r\n`));
  }
  for (const size of [8_000, 16_000, 16_384, 16_385, 20_000, 65_536, 200_000]) {
    yield simple(`header of ${size}`, get(`X: ${'x'.repeat(size)}\r\n`));
    yield simple(`name of ${size}`, get(`${'x'.repeat(size)}: x\r\n`));
    yield simple(`target of ${size}`, `GET /${'x'.repeat(size)} HTTP/1.1\r\n${HOST}\r\n`);
  }
  for (const name of SINGLETONS)
    for (const [a, b] of [
      ['a', 'a'],
      ['a', 'b'],
      ['5', '5'],
      ['chunked', 'chunked'],
      ['', 'a'],
    ] as const)
      yield simple(`${name} twice: ${a}, ${b}`, get(`${name}: ${a}\r\n${name}: ${b}\r\n`));
  for (const host of [
    '',
    'a b',
    'a,b',
    'user@evil',
    'evil/path',
    'evil?x',
    'evil#x',
    'evil\\x',
    '[::1',
    'a:b:c',
    '\xff',
    '127.0.0.1:99999',
    '..',
    '%00',
  ])
    yield simple(`host ${host}`, `GET /hit HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  yield simple('no host', 'GET /hit HTTP/1.1\r\n\r\n');
  for (const token of CONNECTION_TOKENS)
    yield simple(`connection ${token}`, get(`Connection: ${token}\r\nX-Forwarded-For: 1.1.1.1\r\n`));
  for (const name of [
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'Sec_GPC',
    'X_Forwarded_For',
    'Cookie_',
    '',
    ' ',
    'a b',
    'ä',
    'a(b)',
  ])
    yield simple(`name ${name}`, get(`${name}: 1\r\n`));
  for (const byte of [0, 1, 8, 9, 10, 11, 12, 13, 27, 127, 128, 160, 255])
    yield simple(`byte ${byte} in a value`, get(`X-A: a${String.fromCharCode(byte)}b\r\n`));
}

function* targets(): Generator<HostileRequest> {
  const spellings = new Set([...KNOWN_SPELLINGS, ...generateSpellings(1_200, 8)]);
  for (const spelling of spellings)
    yield {
      name: `target ${spelling}`,
      bytes: Buffer.from(`GET ${spelling.replaceAll('collect', 'hit')} HTTP/1.1\r\n${HOST}\r\n`),
    };
}

function* llhttpRequests(): Generator<HostileRequest> {
  const folder = corpusPath('llhttp-requests');
  if (folder === null) return;
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.md'))) {
    const text = readFileSync(`${folder}/${file}`, 'utf8');
    let number = 0;
    for (const [, block = ''] of text.matchAll(/```http\n([\s\S]*?)\n```/g)) {
      number++;
      // The corpus writes line ends as they are, escapes as in C, and `\` at the end of a line for none.
      const raw = block
        .replace(/\\\n/g, '')
        .replace(/\n/g, '\r\n')
        .replace(/\\r/g, '\r')
        .replace(/\\n/g, '\n')
        .replace(/\\t/g, '\t')
        .replace(/\\f/g, '\f')
        .replace(/\\x([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
      yield { name: `llhttp ${file} ${number}`, bytes: bytesOf(raw) };
    }
  }
}

function* naughtyStrings(): Generator<HostileRequest> {
  const path = corpusPath('naughty-strings.json');
  if (path === null) return;
  for (const [number, text] of (JSON.parse(readFileSync(path, 'utf8')) as string[]).entries()) {
    const places: readonly [string, string][] = [
      ['query', `GET /hit?uid=${text} HTTP/1.1\r\n${HOST}\r\n`],
      ['path', `GET /hit/${text} HTTP/1.1\r\n${HOST}\r\n`],
      ['header', `GET /hit HTTP/1.1\r\n${HOST}User-Agent: ${text}\r\n\r\n`],
      ['cookie', `GET /hit HTTP/1.1\r\n${HOST}Cookie: __Host-consentry=${text}; euconsent-v2=${text}\r\n\r\n`],
    ];
    for (const [place, request] of places) yield { name: `naughty ${number} in ${place}`, bytes: Buffer.from(request, 'utf8') };
  }
}

function* consentBodies(): Generator<HostileRequest> {
  const folder = corpusPath('json-test-suite/test_parsing');
  if (folder === null) return;
  for (const file of readdirSync(folder)) {
    const body = readFileSync(`${folder}/${file}`);
    const head = `POST /consent HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nSec-Fetch-Site: same-origin\r\nContent-Length: ${body.length}\r\n\r\n`;
    yield { name: `json ${file}`, bytes: Buffer.concat([bytesOf(head), body]) };
  }
}

function* forgedCookies(): Generator<HostileRequest> {
  const path = corpusPath('wycheproof-jws.json');
  if (path === null) return;
  const { testGroups } = JSON.parse(readFileSync(path, 'utf8')) as { testGroups: { tests: { tcId: number; jws: unknown }[] }[] };
  for (const { tests } of testGroups) {
    for (const { tcId, jws } of tests) {
      const token = typeof jws === 'string' ? jws : JSON.stringify(jws);
      yield simple(`jws ${tcId}`, `GET /hit HTTP/1.1\r\n${HOST}Cookie: __Host-consentry=${token}\r\n\r\n`);
    }
  }
}

export const SUITES: Readonly<Record<string, () => Generator<HostileRequest>>> = {
  'Transfer-Encoding beside a length, 661 spellings in two places': transferEncodings,
  'lengths, chunks and trailers': lengths,
  'methods, versions, upgrades, expectations': requestLines,
  'floods and odd header lines': headerFloods,
  'spellings of the target': targets,
  'the requests of llhttp': llhttpRequests,
  'naughty strings in four places': naughtyStrings,
  'JSON documents for the consent API': consentBodies,
  'forged tokens as consent cookies': forgedCookies,
};
