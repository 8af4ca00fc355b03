import { isUtf8 } from 'node:buffer';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BY_PATH, type JsonVisitor, rewriteJson } from '../../../../src/privacy/carriers/json.ts';
import type { Verdict } from '../../../../src/privacy/carriers/verdict.ts';
import { corpusPath } from '../../../support/corpus.ts';

const LIMITS = { depth: 600, count: 20_000 };

function visitor(
  leaf: (path: string, value: string) => Verdict,
  options: Partial<JsonVisitor<string>> = {},
): JsonVisitor<string> {
  return {
    ...BY_PATH,
    leaf,
    open: () => true,
    hidden: () => undefined,
    close: () => true,
    unique: false,
    compact: false,
    ...options,
  };
}

function rewrite(
  text: string,
  leaf: (path: string, value: string) => Verdict,
  options: Partial<JsonVisitor<string>> = {},
): string {
  const result = rewriteJson(text, visitor(leaf, options), LIMITS);
  if (!result.ok) throw new Error(result.reason);
  return result.text;
}

describe('rewriteJson', () => {
  it('refuses too many values before it asks about one, and takes no comma in a string for one between values', () => {
    let asked = 0;
    const count = (text: string): string => {
      asked = 0;
      const result = rewriteJson(
        text,
        visitor(() => ++asked > 0),
        { depth: 9, count: 5 },
      );
      return result.ok ? 'ok' : result.reason;
    };
    expect([count('[1,2,3,4,5,6,7]'), asked]).toEqual(['count', 0]);
    expect([count('[1,2,3,4]              '), asked]).toEqual(['ok', 4]);
    expect([count('["a,b,c,d,e,f\\\\","\\",,,,,,,"]'), asked]).toEqual(['ok', 2]);
    expect(count('["a,b,c,d,e,f,g,h,i')).toBe('syntax');
  });

  it('keeps everything as it was written where nothing is to change', () => {
    const text = ' { "a" : [ 1.0 , 1e3,12345678901234567890 ], "a":"\\u0041\\/" , "b":{} }\n';
    expect(rewrite(text, () => true)).toBe(text);
  });

  it.each([
    ['{"x":1,"a":2,"b":3}', '{"a":2,"b":3}'],
    ['{"a":2,"x":1,"b":3}', '{"a":2,"b":3}'],
    ['{"a":2,"b":3,"x":1}', '{"a":2,"b":3}'],
    ['{"x":1,"x":2,"a":2}', '{"a":2}'],
    ['{"x":1,"x":2}', '{}'],
    ['[{"x":1},{"x":1,"a":2}]', '[{},{"a":2}]'],
    ['{"x":[1,2],"a":[{"x":1}],"b":2}', '{"x":[],"a":[{}],"b":2}'],
    ['{"a":1,"x":[],"b":{"x":3,"c":4}}', '{"a":1,"x":[],"b":{"c":4}}'],
  ])('removes members of %s with the commas that belong to them', (text, expected) => {
    expect(rewrite(text, (path) => !path.endsWith('x'))).toBe(expected);
  });

  it('removes a container whole and shows what was in it', () => {
    const hidden: string[] = [];
    const out = rewrite('{"a":1,"x":{"y":["s",{"z":true}]},"b":2}', () => true, {
      open: (path) => path !== 'x',
      hidden: (path, value) => hidden.push(`${path}=${value}`),
    });
    expect(out).toBe('{"a":1,"b":2}');
    expect(hidden).toEqual(['x.y=s', 'x.y.z=true']);
  });

  it('removes what an emptied container leaves behind when asked', () => {
    const close = (_: string, kept: number): boolean => kept > 0;
    expect(rewrite('{"e":{"x":1},"a":{"x":1,"b":2},"f":[{"x":1}]}', (path) => !path.endsWith('x'), { close })).toBe(
      '{"a":{"b":2}}',
    );
  });

  it('replaces numbers by numbers and strings by strings', () => {
    expect(rewrite('{"n":17,"s":"x","t":true,"o":1}', (path) => (path === 'o' ? 'a"b' : '42'))).toBe(
      '{"n":42,"s":"42","t":42,"o":"a\\"b"}',
    );
  });

  it('keeps one member of each name and no spaces when asked', () => {
    const out = rewrite('{ "a" : 1 , "a" : 2, "b" : { "a" : [ 3 , 4 ] } }', () => true, { unique: true, compact: true });
    expect(out).toBe('{"a":1,"b":{"a":[3,4]}}');
  });

  it('appends members to an object', () => {
    const close = (path: string): string | boolean => (path === 'a' ? '"z":1' : true);
    expect(rewrite('{"a":{},"b":{"c":1}}', () => true, { close })).toBe('{"a":{"z":1},"b":{"c":1}}');
    expect(rewrite('{"a":{"c":1},"b":2}', (path) => path !== 'a.c', { close })).toBe('{"a":{"z":1},"b":2}');
  });

  it('decodes escapes in names and values before it asks', () => {
    const seen: string[] = [];
    rewrite('{"\\u0065mail":"a\\u0040b\\n"}', (path, value) => Boolean(seen.push(`${path}=${value}`)));
    expect(seen).toEqual(['email=a@b\n']);
  });

  it('refuses depth and count beyond the limits, without recursion', () => {
    const deep = rewriteJson(
      '['.repeat(100_000),
      visitor(() => true),
      { depth: 16, count: 1000 },
    );
    expect(deep).toEqual({ ok: false, reason: 'depth' });
    const many = rewriteJson(
      `[${'1,'.repeat(5000)}1]`,
      visitor(() => true),
      { depth: 16, count: 1000 },
    );
    expect(many).toEqual({ ok: false, reason: 'count' });
  });

  it('agrees with the standard parser on what is left of any document', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.integer({ min: 2, max: 5 }), (text, modulus) => {
        let n = 0;
        const strip = (value: unknown): unknown => {
          if (Array.isArray(value)) return value.map(strip).filter((item) => item !== undefined);
          if (value !== null && typeof value === 'object') {
            return Object.fromEntries(
              Object.entries(value).flatMap(([key, item]) => {
                const kept = strip(item);
                return kept === undefined ? [] : [[key, kept]];
              }),
            );
          }
          return n++ % modulus === 0 ? undefined : value;
        };
        const expected = strip(JSON.parse(text));
        let m = 0;
        const out = rewrite(text, () => m++ % modulus !== 0);
        if (expected === undefined) expect(out.trim()).toBe('');
        else if (!text.includes('"__proto__"') && !hasIntegerKeys(JSON.parse(text))) expect(JSON.parse(out)).toEqual(expected);
      }),
      { seed: 7, numRuns: 500 },
    );
  });
});

/** Keys like `"2"` come first in objects, whatever their order in the text was. */
function hasIntegerKeys(value: unknown): boolean {
  if (value === null || typeof value !== 'object') return false;
  return Object.entries(value).some(([key, item]) => (/^\d+$/.test(key) && !Array.isArray(value) ? true : hasIntegerKeys(item)));
}

const suite = corpusPath('json-test-suite');

describe.skipIf(suite === null)('rewriteJson on the JSON test suite', () => {
  const root = suite ?? '';
  const files =
    suite === null ? [] : (readdirSync(root, { recursive: true }) as string[]).filter((name) => name.endsWith('.json'));

  it(`takes every valid document as it is and refuses every invalid one (${files.length} documents)`, () => {
    expect(files.length).toBeGreaterThan(300);
    const wrong = files.filter((name) => {
      const kind = name.split('/').pop()?.[0];
      const bytes = readFileSync(join(root, name));
      const text = bytes.toString('utf8');
      const result = isUtf8(bytes)
        ? rewriteJson(
            text,
            visitor(() => true),
            LIMITS,
          )
        : { ok: false as const };
      if (kind === 'y') return !result.ok || result.text !== text;
      return kind === 'n' && result.ok;
    });
    expect(wrong).toEqual([]);
  });
});
