import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { guardHit } from '../../../src/hit/guard.ts';
import { Searcher, searcherFor } from '../../../src/privacy/search.ts';

const SECRETS = ['anna.muster@example.com', 'IwAR2aOpenFbclid0Zk3xT9q', 'Ünal Öztürk', 'u-48213', '+12025550143', 'ab~anna>~77'];
const percent = (text: string): string => [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

/** Base64 of compressed text that has a `+` in it, and a space for it. */
function spacedGzip(text: string): string {
  for (let i = 0; ; i++) {
    const encoded = gzipSync(`${i}${text}`).toString('base64');
    if (encoded.includes('+')) return encoded.replaceAll('+', ' ');
  }
}

const ENCODINGS: readonly (readonly [string, (text: string) => string | Buffer])[] = [
  ['raw', (text) => text],
  ['upper case', (text) => text.replace(/[a-z]/g, (letter) => letter.toUpperCase())],
  ['percent-encoded', percent],
  ['percent-encoded twice', (text) => encodeURIComponent(percent(text))],
  ['percent-encoded three times', (text) => encodeURIComponent(encodeURIComponent(percent(text)))],
  ['form', (text) => encodeURIComponent(text).replaceAll('%20', '+')],
  ['JSON escapes', (text) => [...text].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')],
  ['base64', (text) => Buffer.from(text).toString('base64')],
  ['base64 at offset 1', (text) => Buffer.from(`x${text}y`).toString('base64')],
  ['base64 at offset 2', (text) => Buffer.from(`xx${text}y`).toString('base64')],
  ['base64url', (text) => Buffer.from(`??${text}>>`).toString('base64url')],
  ['base64 behind other letters', (text) => `abc${Buffer.from(text).toString('base64')}`],
  ['base64 twice', (text) => Buffer.from(Buffer.from(text).toString('base64')).toString('base64')],
  ['base64, percent-encoded', (text) => encodeURIComponent(Buffer.from(`>>>${text}???`).toString('base64'))],
  ['base64 with spaces for +', (text) => Buffer.from(`~~>${text}~>>`).toString('base64').replaceAll('+', ' ')],
  ['base64 with %20 for +', (text) => Buffer.from(`~~>${text}~>>`).toString('base64').replaceAll('+', '%20')],
  ['gzip in base64 with spaces for +', (text) => spacedGzip(text)],
  ['gzip in base64 with %20 for +', (text) => spacedGzip(text).replaceAll(' ', '%20')],
  ['percent-encoded, in base64', (text) => Buffer.from(`u=${percent(text)}`).toString('base64')],
  ['hexadecimal', (text) => Buffer.from(text).toString('hex')],
  ['hexadecimal at an odd place', (text) => `a${Buffer.from(text).toString('hex')}`],
  ['gzip', (text) => gzipSync(text)],
  ['zlib', (text) => deflateSync(text)],
  ['gzip in base64', (text) => gzipSync(text).toString('base64')],
];

describe('Searcher', () => {
  const searcher = new Searcher(SECRETS);

  describe.each(ENCODINGS)('%s', (_, encode) => {
    it.each(SECRETS.map((secret, index) => [secret, index] as const))('finds %s', (secret, index) => {
      const encoded = encode(secret);
      expect(searcher.findFirst(Buffer.from(encoded as string))).toBe(index);
      if (typeof encoded === 'string') expect(searcher.findFirst(Buffer.from(`a=1&b=${encoded}&c=2`))).toBe(index);
    });

    // The search looks up every fourth place, and reads four bytes at once but for the last ones.
    it.each(SECRETS)('finds %s at every place, up to the end', (secret) => {
      const encoded = encode(secret);
      if (typeof encoded !== 'string') return;
      for (const alone of [searcher, new Searcher([secret])]) {
        for (let before = 0; before < 8; before++) {
          for (let behind = 0; behind < 4; behind++) {
            const text = `${'='.repeat(before)}${encoded}${'='.repeat(behind)}`;
            expect(alone.findFirst(text), text).toBe(alone === searcher ? SECRETS.indexOf(secret) : 0);
            expect(alone.findFirst(Buffer.from(text)), text).toBe(alone === searcher ? SECRETS.indexOf(secret) : 0);
          }
        }
      }
    });

    // What is looked for decides how base64 and hexadecimal are searched: letters beyond ASCII leave no tell-tale letters.
    it.each(SECRETS)('finds %s where nothing else is looked for', (secret) => {
      const alone = new Searcher([secret]);
      const encoded = encode(secret);
      expect(alone.findFirst(Buffer.from(encoded as string))).toBe(0);
      if (typeof encoded !== 'string') return;
      expect(alone.findFirst(`a=1&b=${encoded}&c=2`)).toBe(0);
    });
  });

  it('finds none of them in other text', () => {
    const text = `{"e":"pv","url":"https://shop.example.com/kasse","x":"${Buffer.from('{"schema":"iglu:com"}').toString('base64')}","n":48213}`;
    expect(searcher.findFirst(Buffer.from(text))).toBe(-1);
    expect(searcher.findAll(Buffer.from(SECRETS.slice(1, 3).join(' and '))).size).toBe(2);
  });

  it('finds what gzip in base64 holds wherever in a stretch it begins', () => {
    const packed = gzipSync(SECRETS[0] as string).toString('base64');
    for (const before of ['0123456789ab', 'QW5uYSBNdXN0ZXIg', 'H', 'wordsbeforeit']) {
      for (let more = 0; more < 4; more++) expect(searcher.findFirst(`x=${before}${'z'.repeat(more)}${packed}`)).toBe(0);
    }
  });

  it('counts short values as words only', () => {
    const short = new Searcher(['Anna', 'xy']);
    expect(short.findFirst(Buffer.from('Danke, anna!'))).toBe(0);
    expect(short.findFirst(Buffer.from('n=Anna&x=1'))).toBe(0);
    expect(short.findFirst(Buffer.from('Johanna Annabelle xy'))).toBe(-1);
  });
});

describe('a value between bytes that are no text', () => {
  const value = 'abcdef';
  const alone = new Searcher([value]);
  const pads = Array.from({ length: 9 }, (_, size) => size);

  it.each(['base64', 'hex'] as const)('is found in %s, however many stand around it', (coding) => {
    for (const byte of [0, 1, 31, 128, 255])
      for (const before of pads)
        for (const behind of pads) {
          const bytes = Buffer.concat([Buffer.alloc(before, byte), Buffer.from(value), Buffer.alloc(behind, byte)]);
          const text = bytes.toString(coding);
          expect([byte, before, behind, alone.findFirst(text)]).toEqual([byte, before, behind, 0]);
          expect([byte, before, behind, alone.findFirst(`q=${text}&x`)]).toEqual([byte, before, behind, 0]);
          expect([byte, before, behind, alone.findFirst(`abc${text}`)]).toEqual([byte, before, behind, 0]);
        }
  });

  it('is not there where one byte of it is another', () => {
    for (let at = 0; at < value.length; at++) {
      const other = Buffer.from(value);
      other[at] = 0x7e;
      for (const coding of ['latin1', 'base64', 'hex'] as const)
        expect([at, coding, alone.findFirst(`q=${other.toString(coding)}&x`)]).toEqual([at, coding, -1]);
    }
  });
});

describe('memory that searches share', () => {
  const value = 'anna.muster@example.com';
  const alone = new Searcher([value]);

  it.each<readonly [string, (text: string) => string]>([
    ['as it is', (text) => text],
    ['percent-encoded', percent],
    ['escaped', (text) => text.replace(/./g, (char) => `\\x${char.charCodeAt(0).toString(16)}`)],
    ['in base64', (text) => Buffer.from(text).toString('base64')],
    ['in hexadecimal', (text) => Buffer.from(text).toString('hex')],
  ])('is not read behind the end of a text: %s', (_, encode) => {
    for (let cut = 1; cut < value.length; cut++) {
      expect(alone.findFirst(encode(value))).toBe(0);
      expect([cut, alone.findFirst(encode(value.slice(0, -cut)))]).toEqual([cut, -1]);
    }
  });

  it('holds values however many and long they are, and others behind them', () => {
    const long = Array.from({ length: 40 }, (_, i) => `${i}-${'value'.repeat(500)}-${i}`);
    const many = new Searcher(long);
    for (const i of [0, 17, 39]) expect(many.findFirst(`x ${long[i]} y`)).toBe(i);
    expect(alone.findFirst(value)).toBe(0);
    expect(many.findFirst(long[38] as string)).toBe(38);
    expect(alone.findFirst(long[38] as string)).toBe(-1);
    const thousands = Array.from({ length: 5_000 }, (_, i) => `visitor-${i}.example`);
    expect(new Searcher(thousands).findAll(`${value} visitor-7.example VISITOR-4999.example`)).toEqual(new Set([7, 4_999]));
    expect(alone.findFirst(`visitor-7.example ${value}`)).toBe(0);
    expect(new Searcher([...thousands, 'ü-visitor']).findAll('visitor-7.example Ü-visitor ü-visitor')).toEqual(
      new Set([7, 5_000]),
    );
    const wide = new Searcher(['ü'.repeat(5_000), value]);
    expect(wide.findFirst(`x${value}`)).toBe(1);
    expect(wide.findFirst('Ü'.repeat(5_000))).toBe(-1);
    expect(wide.findFirst('ü'.repeat(5_001))).toBe(0);
  });

  it('holds texts however long they are', () => {
    for (const size of [0, 8_192, 65_536, 300_000]) {
      expect(alone.findFirst(`${'-'.repeat(size)}${value}`)).toBe(0);
      expect(alone.findFirst(`${'-'.repeat(size)}${percent(value)}`)).toBe(0);
      expect(alone.findFirst(`${'-'.repeat(size)} ${value.slice(1)}`)).toBe(-1);
    }
  });
});

describe('a short value', () => {
  const short = new Searcher(['abc']);
  const isWord = (byte: number): boolean => byte >= 128 || /[0-9A-Za-z_]/.test(String.fromCharCode(byte));

  it('is a word between any bytes that are none of words', () => {
    for (let byte = 0; byte < 256; byte++) {
      // These begin an escape.
      if (byte === 37 || byte === 92) continue;
      const expected = [byte, isWord(byte) ? -1 : 0];
      expect([byte, short.findFirst(Buffer.from([byte, 97, 98, 99]))]).toEqual(expected);
      expect([byte, short.findFirst(Buffer.from([97, 98, 99, byte]))]).toEqual(expected);
      expect([byte, short.findFirst(Buffer.from([32, 97, 98, 99, byte, 32]))]).toEqual(expected);
    }
  });

  it('is not there where less of it is', () => {
    for (const text of ['', 'a', 'ab', ' ab', 'ab ', 'abd', 'bbc', 'acc']) expect(short.findFirst(text)).toBe(-1);
    expect(short.findFirst(' abc')).toBe(0);
  });

  it('of less than three bytes is not looked for', () => {
    expect(new Searcher(['', 'a', 'ab']).findAll('a ab  a').size).toBe(0);
    expect(new Searcher(['ü1']).findFirst('ü1')).toBe(0);
  });
});

describe('what is encoded in each other', () => {
  const value = 'abcdef-7';
  const alone = new Searcher([value]);
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const escaped = (text: string): string =>
    text.replace(/./g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const times = (count: number, encode: (text: string) => string): string => {
    let text = value;
    for (let i = 0; i < count; i++) text = encode(text);
    return text;
  };

  it('is opened five times, and no sixth time', () => {
    for (let count = 1; count <= 5; count++) {
      expect([count, alone.findFirst(times(count, percent))]).toEqual([count, 0]);
      expect([count, alone.findFirst(times(count, base64))]).toEqual([count, 0]);
    }
    expect(alone.findFirst(times(6, percent))).toBe(-1);
    expect(alone.findFirst(times(7, base64))).toBe(-1);
  });

  it('is opened one in the other', () => {
    expect(alone.findFirst(percent(base64(value)))).toBe(0);
    expect(alone.findFirst(base64(`x=${percent(value)}`))).toBe(0);
    expect(alone.findFirst(escaped(percent(value)))).toBe(0);
    expect(alone.findFirst(base64(`"${escaped(value)}"`))).toBe(0);
    expect(alone.findFirst(gzipSync(base64(value)))).toBe(0);
    expect(alone.findFirst(gzipSync(deflateSync(value)))).toBe(0);
    expect(alone.findFirst(`a/b/${gzipSync(value).toString('base64')}`)).toBe(0);
    expect(alone.findFirst(`id=x${gzipSync(value).toString('base64')}`)).toBe(0);
    expect(alone.findFirst(Buffer.from(percent(value)).toString('hex'))).toBe(-1);
  });
});

describe('all that is found', () => {
  it('is the same as by looking for each value by itself', () => {
    const values = ['anna', 'anna.muster', 'muster@', 'aaaaaaa', 'aaaaaa', 'xyz', '0123456789', '+49 30 1234', 'Ω-omega'];
    const all = new Searcher(values);
    const fold = (text: string): string => text.toLowerCase().replaceAll('+', ' ');
    const pieces = [
      ...values,
      ...values.map((text) => text.slice(0, -1)),
      'Anna',
      'aaa',
      'a',
      ' ',
      '-',
      '.',
      '=',
      'ANNA.MUSTER@x',
      '§',
    ];
    let seed = 1;
    const next = (below: number): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    for (let round = 0; round < 2_000; round++) {
      const text = Array.from({ length: 1 + next(8) }, () => pieces[next(pieces.length)]).join('');
      const plain = Buffer.from(fold(text)).toString('latin1');
      const expected = values.flatMap((value, index) => {
        const needle = Buffer.from(fold(value)).toString('latin1');
        if (needle.length >= 6) return plain.includes(needle) ? [index] : [];
        const escapedNeedle = needle.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
        return new RegExp(`(?<![0-9a-z_\\x80-\\xff])${escapedNeedle}(?![0-9a-z_\\x80-\\xff])`).test(plain) ? [index] : [];
      });
      expect([text, [...all.findAll(text)].sort()]).toEqual([text, expected]);
      expect([text, all.findFirst(text) >= 0]).toEqual([text, expected.length > 0]);
    }
  });
});

describe('a value in the fields of a query', () => {
  it.each([
    ['anna@example.com', 'a=1&b=anna%40example.com&c=2', true],
    ['anna@example.com', 'a=%31&b=2&u=anna%2540example.com', true],
    ['anna@example.com', 'a=1&u=YW5uYUBleGFtcGxlLmNvbQ%3D%3D', true],
    ['anna@example.com', 'u=anna%40&example.com', false],
    // One that holds what parts the fields may stand in several of them.
    ['x=1&mail=anna', 'a=1&u=x%3D1%26mail%3Danna', true],
    ['x=1&mail=anna', 'u=x%3D1&mail=anna', true],
    ['x=ü&mail=anna', 'u=x%3D%C3%BC&mail=anna', true],
    ['x=1&mail=anna', 'u=x%3D1&m=2&mail=anna', false],
  ])('%j in %j: %s', (value, text, isThere) => {
    expect(new Searcher([value]).findFirst(text)).toBe(isThere ? 0 : -1);
    expect([...new Searcher(['elsewhere', value, 'nowhere']).findAll(text)]).toEqual(isThere ? [1] : []);
  });
});

describe('searcherFor', () => {
  it('is the same for the same list, and another for another', () => {
    const list = [{ value: 'secret-1' }];
    const first = searcherFor(list);
    expect(searcherFor(list)).toBe(first);
    const other = searcherFor([{ value: 'secret-2' }]);
    expect(other).not.toBe(first);
    expect(other.findFirst('x secret-2')).toBe(0);
    expect(other.findFirst('x secret-1')).toBe(-1);
  });
});

describe('guardHit', () => {
  const secret = { place: 'query:uid', value: 'anna.muster@example.com' };
  const hit = { method: 'GET', target: '/i?e=pv', headers: ['Accept', '*/*'], body: null };

  it('passes a hit without the value, and without asking where nothing is forbidden', () => {
    expect(guardHit(hit, [secret])).toEqual({ ok: true });
    expect(guardHit({ ...hit, target: `/i?u=${secret.value}` }, [])).toEqual({ ok: true });
  });

  it('names the place and the part, never the value', () => {
    expect(guardHit({ ...hit, target: '/i?u=anna.muster%40example.com' }, [secret])).toEqual({
      ok: false,
      find: { place: 'query:uid', part: 'target' },
    });
    expect(guardHit({ ...hit, headers: ['Referer', `https://a.example/${secret.value}`] }, [secret])).toMatchObject({
      find: { part: 'headers' },
    });
    expect(guardHit({ ...hit, body: Buffer.from(secret.value) }, [secret])).toMatchObject({ find: { part: 'body' } });
  });

  it('opens bodies whose coding only the header tells', () => {
    const body = brotliCompressSync(`{"u":"${secret.value}"}`);
    expect(guardHit({ ...hit, headers: ['Content-Encoding', 'br'], body }, [secret])).toMatchObject({
      ok: false,
      find: { part: 'body' },
    });
  });
});
