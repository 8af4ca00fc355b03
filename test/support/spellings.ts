/** Ways to write the path of a hit so that some server takes it for the guarded one, and the server that takes all of them. */
import { sendRaw } from './send.ts';

/** mulberry32: the same numbers for the same seed everywhere. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const KNOWN_SPELLINGS: readonly string[] =
  `//collect ///collect /./collect /collect/ /collect// /collect/. /collect/./ /x/../collect /../collect
 /x/..;/collect /..;/collect /.;/collect /;/collect /;x/collect /%2e/collect /%2e%2e/collect /x/%2e%2e/collect /x/.%2e/collect /x/%2E./collect
 /%63ollect /%43ollect /c%6Fllect /collec%74 /%2563ollect /%252563ollect /%25%36%33ollect /COLLECT /Collect /collecT /collect;x /collect;x=1;y=2
 /collect;/ /collect;x/ /collect%3bx /collect%3Bx /collect%2f /collect%2F /%2fcollect /%2Fcollect /collect%2f%2e /collect%5c /collect\\ /\\collect
 \\collect /x\\..\\collect /x/..\\collect /collect%00 /collect%20 /collect%09 /collect%0a /collect%0d%0a /collect. /collect%2e /collect? /collect?? /collect%3f
 /collect%3fa=1 /collect%23 /collect#x /collect/%2e%2e/collect /collect/../collect http://shop.example/collect http://other.example/collect
 HTTP://shop.example/collect https://shop.example/collect http://shop.example//collect http://shop.example:8080/%63ollect http://user@shop.example/collect
 //shop.example/collect //x/collect ///x/collect //x//collect /%2f%2fx/collect /%c3%af/../collect /static/../collect /static/..;/collect
 /static/%2e%2e/collect /static/..%2fcollect /static/%2e%2e%2fcollect /static/..\\collect /static/..%5ccollect /static//../collect /static/./../collect
 /static/x/../../collect /static/;/../collect /static/..;x=1/collect /static/%252e%252e/collect /static/..%252fcollect /static/..%00/collect /sdk.js/../collect
 /sdk.js;/../collect /sdk.js/..;/collect /need/../collect /need/..;/collect /need/%2e%2e/collect /need/..%2fcollect /need/..%252fcollect /need;/../collect
 /need%2f..%2fcollect /need/..%5ccollect /need%252f..%252fcollect /x;/../collect /x;y=/../collect /x?/../collect /x%3f/../collect /x%23/../collect
 /collect%ef%bc%8f /c%c3%b6llect /+collect /collect+ /*collect collect ./collect ../collect * /`
    .split(/\s+/)
    .filter((spelling) => spelling !== '');

/** `count` further spellings, each with one to four changes on top of each other. */
export function generateSpellings(count: number, seed: number): string[] {
  const random = createRandom(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const anywhere = (text: string): number => 1 + Math.floor(random() * (text.length - 1));
  const changes: readonly ((path: string) => string)[] = [
    (path) => path.replace(/[a-z]/g, (letter) => (random() < 0.3 ? letter.toUpperCase() : letter)),
    (path) => path.replace(/[a-z]/g, (letter) => (random() < 0.2 ? `%${letter.charCodeAt(0).toString(16)}` : letter)),
    (path) =>
      path.replace(/[a-z]/g, (letter) => (random() < 0.1 ? `%25${letter.charCodeAt(0).toString(16).toUpperCase()}` : letter)),
    (path) =>
      path.replace(
        '/',
        pick(['//', '/./', '/x/../', '/%2e/', '/%2E%2E/', '/;/', '/.;/', '/x/..;/', '\\', '/\\', '%2f', '//x/', '/x//../']),
      ),
    (path) =>
      path +
      pick([
        '/',
        '//',
        ';',
        ';a=b',
        '/.',
        '/..;/collect',
        '%20',
        '%00',
        '%2f',
        '%3b',
        '?',
        '?a=/static/',
        '%3f',
        '.',
        '\\',
        '%5c',
        '/../collect',
      ]),
    (path) =>
      pick([
        '/static/..',
        '/static/%2e%2e',
        '/static/..;',
        '/need/..',
        '/need/..;',
        '/need/.',
        '/sdk.js/..',
        '/static/%2e%2e;',
        '/need/%2E.',
      ]) + path,
    (path) => pick(['http://shop.example', 'http://x', 'HTTP://SHOP.EXAMPLE:80', 'https://[::1]', '//x', '/\\x']) + path,
    (path) => {
      const at = anywhere(path);
      return path.slice(0, at) + pick(['%00', '%7f', '\t', '\x01', '\xe9', '%0d', '%', '%zz', '%u0063']) + path.slice(at);
    },
  ];
  return Array.from({ length: count }, () => {
    let path = '/collect';
    for (let n = 1 + Math.floor(random() * 4); n > 0; n--) path = pick(changes)(path);
    return path;
  });
}

/** Everything that some server makes of a target. The path is guarded where one of the readings is `/collect` or lies below it. */
export function isTakenForCollect(target: string): boolean {
  const readings = [target, target.replace(/^[a-z]+:\/\/[^/]*/i, '')];
  try {
    readings.push(new URL(target, 'http://x').pathname);
  } catch {
    // No server that reads it as a URL takes it at all.
  }
  for (let round = 0; round < 3; round++) {
    for (const reading of [...readings]) {
      readings.push(reading.replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))));
    }
  }
  return readings.some((reading) => /^\/collect(\/|$)/.test(flatten(reading)));
}

function flatten(reading: string): string {
  const kept: string[] = [];
  const path = reading
    .replace(/[?#].*$/s, '')
    .replace(/\\/g, '/')
    .replace(/\0.*$/s, '')
    .replace(/;[^/]*/g, '');
  for (const segment of path.split('/')) {
    const name = segment
      .trim()
      .toLowerCase()
      .replace(/(?<=[^.])\.+$/, '');
    if (name === '..') kept.pop();
    else if (name !== '' && name !== '.') kept.push(name);
  }
  return `/${kept.join('/')}`;
}

/** Sends a target as it stands, byte by byte, from Germany, with what an honest pixel would carry. @returns the status, or 0 for none. */
export async function sendSpelling(port: number, target: string, method = 'GET'): Promise<number> {
  const head = `${method} ${target} HTTP/1.1\r\nHost: shop.example\r\nx-test-country: DE\r\nCookie: _ga=GA1.1.1.1\r\nConnection: close\r\n`;
  const body = method === 'POST' ? 'Content-Length: 2\r\n\r\n{}' : '\r\n';
  const answer = await sendRaw(port, Buffer.from(head + body, 'latin1'));
  return Number(/^HTTP\/1\.1 (\d+)/.exec(answer.toString('latin1'))?.[1] ?? 0);
}
