import { describe, expect, it } from 'vitest';
import {
  BACKSLASH,
  decodeBase64Run,
  decodeEscapes,
  decodeHexRun,
  decodePercentBytes,
  FOLD,
  HEAD,
  HEX,
  isGzipBase64,
  isHighDigit,
  KINDS,
  PERCENT,
  RUN,
  reserve,
  SECOND,
  THIRD,
  viewText,
} from '../../../src/privacy/search-decode.ts';

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');
const every = Array.from({ length: 256 }, (_, code) => code);

describe('what the search compares', () => {
  it('is the same in upper and lower case, and for plus and space; every other byte is itself', () => {
    expect(FOLD.length).toBe(256);
    for (const code of every) {
      const char = String.fromCharCode(code);
      expect(FOLD[code]).toBe(char === '+' ? 32 : /[A-Z]/.test(char) ? char.toLowerCase().charCodeAt(0) : code);
    }
  });
});

describe('kinds of bytes', () => {
  const has = (kind: number) =>
    every.filter((code) => ((KINDS[code] as number) & kind) !== 0).map((code) => String.fromCharCode(code));
  /** Letters that some group has at the place whose first byte is printable ASCII and whose others are ASCII. */
  const lettersAt = (place: number): string[] => {
    const letters = new Set<string>();
    for (let first = 32; first < 128; first++)
      for (let second = 0; second < 128; second++)
        for (const third of [0, 63, 64, 127]) letters.add(Buffer.from([first, second, third]).toString('base64').charAt(place));
    return [...letters];
  };
  const alike = (letters: string[]): string[] =>
    [...letters, ...(letters.includes('+') ? ['-'] : []), ...(letters.includes('/') ? ['_'] : [])].sort();

  it('are letters of both alphabets of base64, hexadecimal digits, and what begins an escape', () => {
    expect(has(RUN).sort()).toEqual([...BASE64, '-', '_'].sort());
    expect(has(HEX).sort()).toEqual([...'0123456789abcdefABCDEF'].sort());
    expect(has(PERCENT)).toEqual(['%']);
    expect(has(BACKSLASH)).toEqual(['\\']);
    expect(KINDS.length).toBe(256);
  });

  it('tell where a letter can stand in a group whose bytes are printable ASCII', () => {
    expect(has(HEAD).sort()).toEqual(alike(lettersAt(0)));
    expect(has(SECOND).sort()).toEqual(alike(lettersAt(1)));
    expect(has(THIRD).sort()).toEqual(alike(lettersAt(2)));
  });
});

it('a first digit of printable ASCII in hexadecimal is 2 to 7', () => {
  expect(every.filter(isHighDigit).map((code) => String.fromCharCode(code))).toEqual([...'234567']);
});

it.each([
  ['H4sI', 0, true],
  ['xH4sIx', 1, true],
  ['xH4sIx', 0, false],
  ['h4sI', 0, false],
  ['H5sI', 0, false],
  ['H4SI', 0, false],
  ['H4si', 0, false],
  ['H4s', 0, false],
  ['IH4sI', 2, false],
])('the first bytes of gzip in base64: %s at %i is %s', (text, at, is) => {
  expect(isGzipBase64(bytesOf(text), at)).toBe(is);
});

describe('memory that is used again', () => {
  const make = (size: number): Uint8Array => new Uint8Array(size);

  it('is the same where it is large enough, and twice as large as needed where it is not', () => {
    const memory = make(100);
    expect(reserve(memory, 100, make)).toBe(memory);
    expect(reserve(memory, 0, make)).toBe(memory);
    expect(reserve(memory, 5_000, make).length).toBe(10_000);
    expect(reserve(memory, 101, make).length).toBe(8_192);
  });

  it('is given back where it was large and little is needed', () => {
    const large = make(200_000);
    expect(reserve(large, 200_000, make)).toBe(large);
    expect(reserve(large, 100_000, make).length).toBe(100_000);
    expect(reserve(large, 65_537, make).length).toBe(65_537);
    expect(reserve(large, 65_536, make).length).toBe(131_072);
    expect(reserve(large, 10, make).length).toBe(8_192);
    const kept = make(131_072);
    expect(reserve(kept, 10, make)).toBe(kept);
    expect(reserve(kept, 65_536, make)).toBe(kept);
    expect(reserve(make(131_073), 10, make).length).toBe(8_192);
  });
});

const textOf = ({ bytes, length }: { bytes: Uint8Array; length: number }): string =>
  Buffer.from(bytes.subarray(0, length)).toString('utf8');

describe('base64', () => {
  it.each(['', 'a', 'ab', 'abc', 'anna.muster@example.com', '>>>???ÿ'])('of %j is read, in both alphabets', (text) => {
    for (const coding of ['base64', 'base64url'] as const) {
      const encoded = Buffer.from(text).toString(coding).replaceAll('=', '');
      expect(textOf(decodeBase64Run(bytesOf(encoded), 0, encoded.length))).toBe(text);
      expect(textOf(decodeBase64Run(bytesOf(`xyz${encoded}xyz`), 3, 3 + encoded.length))).toBe(text);
    }
  });

  it('leaves out a single letter at the end, and holds what is longer than the memory at hand', () => {
    expect(textOf(decodeBase64Run(bytesOf('YWJjZ'), 0, 5))).toBe('abc');
    const long = 'x'.repeat(30_000);
    const encoded = Buffer.from(long).toString('base64');
    expect(textOf(decodeBase64Run(bytesOf(encoded), 0, encoded.length))).toBe(long);
  });

  const nested = (bytes: readonly number[]): boolean => {
    const encoded = Buffer.from(bytes).toString('base64').replaceAll('=', '');
    return decodeBase64Run(bytesOf(encoded), 0, encoded.length).isNested();
  };

  it('may hold more where it is printable text or gzip', () => {
    expect(nested([...bytesOf('a text')])).toBe(true);
    for (const code of every) {
      const isText = code === 9 || code === 10 || code === 13 || (code >= 32 && code !== 127);
      expect([code, nested([65, 66, code, 67, 68])]).toEqual([code, isText]);
    }
    // The last byte may be one of chance.
    expect(nested([65, 66, 67, 1])).toBe(true);
    expect(nested([65, 66, 1, 67])).toBe(false);
    expect(nested([0x1f, 0x8b, 8, 0, 0, 0])).toBe(true);
    expect(nested([0x1f, 0x8c, 8, 0, 0, 0])).toBe(false);
    expect(nested([0x20, 0x8b, 8, 0, 0, 0])).toBe(false);
  });
});

describe('hexadecimal', () => {
  it('is read in both cases, from anywhere, without half a pair at the end', () => {
    expect(textOf(decodeHexRun(bytesOf('616e6E61'), 0, 8))).toBe('anna');
    expect(textOf(decodeHexRun(bytesOf('x616e6e616'), 1, 10))).toBe('anna');
    expect(textOf(decodeHexRun(bytesOf('61'), 0, 1))).toBe('');
    expect([...decodeHexRun(bytesOf('0a9fAF'), 0, 6).bytes.subarray(0, 3)]).toEqual([0x0a, 0x9f, 0xaf]);
    const long = 'x'.repeat(30_000);
    const encoded = Buffer.from(long).toString('hex');
    expect(textOf(decodeHexRun(bytesOf(encoded), 0, encoded.length))).toBe(long);
  });
});

describe('percent-encoding', () => {
  const decode = (text: string, length = text.length, separator: number | null = null): string | null => {
    const view = decodePercentBytes(bytesOf(text), length, 1, separator);
    return view === null ? null : textOf(view);
  };

  it.each([
    ['%41', 'A'],
    ['%4a%4A', 'JJ'],
    ['%00%7f', '\0\x7f'],
    ['%u0041%U0042', 'AB'],
    ['%u0000', '\0'],
    ['%u007f%u0080%u00fc', '\x7f\x80ü'],
    ['%u07ff%u0800%u20ac', '\u07ff\u0800€'],
    ['%41%', 'A%'],
    ['%41%4', 'A%4'],
    ['%41%zz%g1%1g', 'A%zz%g1%1g'],
    ['%41%u004', 'A%u004'],
    ['%41%u00zz', 'A%u00zz'],
    ['%%41', '%A'],
    ['%c3%bc', 'ü'],
  ])('%s is %j', (text, decoded) => {
    expect(decode(text)).toBe(decoded);
  });

  it.each(['', 'abc', '100%', '%zz', '%u12', '%4', 'a%u'])('of %j nothing is left to decode', (text) => {
    expect(decode(text)).toBeNull();
  });

  it.each([
    ['a=1&b=%41&c=2', 'b=A'],
    ['%41&b', 'A'],
    ['b&%41', 'A'],
    ['a=%41&b=1&c=%42&&d=%zz&e=%43%', 'a=A&c=B&e=C%'],
    ['a=%26%41&b', 'a=&A'],
    ['a=1&b=%&c', null],
    ['a=%&b=4%31', 'b=41'],
    ['a=%4&1', null],
  ])('between separators, of %s only %j', (text, decoded) => {
    expect(decode(text, text.length, 38)).toBe(decoded);
    expect(decode(`${text}&%41`, text.length, 38)).toBe(decoded);
  });

  it('ends where the bytes do, whatever stands behind them', () => {
    expect(decode('%41%42', 5)).toBe('A%4');
    expect(decode('%41%u0042', 8)).toBe('A%u004');
    expect(decode('%42', 2)).toBeNull();
  });
});

describe('escapes', () => {
  const decode = (text: string, length = text.length): string => textOf(decodeEscapes(bytesOf(text), length, 1));

  it.each([
    ['\\u0041', 'A'],
    ['\\u0000|', '\0|'],
    ['\\u00fc\\u20ac', 'ü€'],
    ['\\x41\\x00', 'A\0'],
    ['a\\/b\\"c\\\\d', 'a/b"c\\d'],
    ['\\u004', '\\u004'],
    ['\\u00zz', '\\u00zz'],
    ['\\x4', '\\x4'],
    ['\\xzz', '\\xzz'],
    ['a\\nb\\tc\\rd\\be\\ff', 'a\nb\tc\rd\be\ff'],
    ['\\ud83d\\ude00!', '😀!'],
    ['\\', '\\'],
    ['none', 'none'],
  ])('%s is %j', (text, decoded) => {
    expect(decode(text)).toBe(decoded);
  });

  it('end where the bytes do, whatever stands behind them', () => {
    expect(decode('a\\u0041', 6)).toBe('a\\u004');
    expect(decode('a\\x41', 4)).toBe('a\\x4');
    expect(decode('ab\\/', 3)).toBe('ab\\');
  });
});

it('a text is looked at as its bytes', () => {
  for (const text of ['', 'anna', 'Zürich €', 'x'.repeat(9_000), '€'.repeat(40_000)]) expect(textOf(viewText(text))).toBe(text);
});
