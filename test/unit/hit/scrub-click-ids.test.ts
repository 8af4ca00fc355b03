/** Click ids leave every text that stays, whatever holds them; everything else stays byte for byte. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { stripClickIds } from '../../../src/hit/scrub-click-ids.ts';
import { ScrubContext } from '../../../src/hit/scrub-context.ts';
import { loadAllProfiles } from '../../support/profiles.ts';
import { NO_ADVERTISING, scrubRequest } from '../../support/scrub.ts';

const generic = loadAllProfiles().get('generic');
if (generic === undefined) throw new Error('generic');

const BASE64 = (text: string): string => Buffer.from(text).toString('base64url');

describe('stripClickIds', () => {
  const strip = (text: string, depth?: number): string | null => {
    const ctx = new ScrubContext(scrubRequest(generic, { target: '/' }, { actions: NO_ADVERTISING, action: 'forward' }), null);
    return stripClickIds(ctx, 'dl', text, depth);
  };

  it.each([
    ['https://shop.example/tee?a=1#b', 'https://shop.example/tee?a=1#b'],
    ['https://shop.example/?gclid=1&a=1', 'https://shop.example/?a=1'],
    ['https://shop.example/?a=1&gclid=1', 'https://shop.example/?a=1'],
    ['https://shop.example/?gclid=1', 'https://shop.example/'],
    ['https://shop.example/?gclid=1#top', 'https://shop.example/#top'],
    ['https://shop.example/?a#gclid=1&b=2', 'https://shop.example/?a#b=2'],
    ['https://shop.example/#gclid=1', 'https://shop.example/'],
    ['https://shop.example/?gclid', 'https://shop.example/?gclid'],
    ['https://shop.example/?to=%2Fx%3Fgclid%3D1%26a%3D1', 'https://shop.example/?to=%2Fx%3Fa%3D1'],
    ['https://shop.example/?to=%2Fx%3Fa%3D1', 'https://shop.example/?to=%2Fx%3Fa%3D1'],
    ['https://shop.example/?to=a%3D1%26gclid%3D1', 'https://shop.example/?to=a%3D1'],
    [
      'https://shop.example/?to=https%253A%252F%252Fa.example%252F%253Fgclid%253D1',
      'https://shop.example/?to=https%253A%252F%252Fa.example%252F',
    ],
  ])('%s becomes %s', (text, stripped) => {
    expect(strip(text)).toBe(stripped);
  });

  it.each([
    // Queries and addresses that begin with no scheme.
    ['a=1&gclid=1', 'a=1'],
    ['gclid=1', ''],
    ['%2Fx%3Fgclid%3D1', '%2Fx'],
    ['/tee#gclid=1&a=1', '/tee#a=1'],
    ['plain gclid', 'plain gclid'],
    ['a = click', 'a = click'],
    // JSON, as it stands, behind a space, in a list, encoded once more, and in what it holds.
    ['{"gclid":"Cj0K","a":1}', '{"a":1}'],
    [' {"gclid":"Cj0K" , "a":1}', ' {  "a":1}'],
    ['[{"gclid":"Cj0K"},{"a":1}]', '[{},{"a":1}]'],
    ['{"a":{"fbclid":7,"b":true,"c":null}}', '{"a":{"b":true,"c":null}}'],
    ['%7B%22gclid%22%3A%22Cj0K%22%2C%22a%22%3A1%7D', '%7B%22a%22%3A1%7D'],
    ['%257B%2522gclid%2522%253A1%257D', '%257B%257D'],
    ['{"u":"https://a.example/?gclid=1&b=2"}', '{"u":"https://a.example/?b=2"}'],
    ['{"u":"{\\"gclid\\":1,\\"b\\":2}"}', '{"u":"{\\"b\\":2}"}'],
    ['{"u":"caf\\u00e9 click=1","n":1.0}', '{"u":"caf\\u00e9 click=1","n":1.0}'],
    ['https://a.example/?state=%7B%22gclid%22%3A1%7D&b=2', 'https://a.example/?state=%7B%7D&b=2'],
    // A text of JSON in JSON, lists of names and values, and base64 of all that.
    ['"{\\"gclid\\":1,\\"b\\":2}"', '"{\\"b\\":2}"'],
    ['[["gclid","Cj0K"],["a","b"]]', '[["gclid"],["a","b"]]'],
    [
      '[{"name":"gclid","value":"Cj0K"},{"key":"fbclid","value":7},{"name":"a","value":"b"}]',
      '[{"name":"gclid"},{"key":"fbclid"},{"name":"a","value":"b"}]',
    ],
    ['[{"name":"msclkid","value":"d2f1"},{"name":"ScCid","value":"9b8a"}]', '[{"name":"msclkid"},{"name":"ScCid"}]'],
    ['[{"k":"gclid","type":"text","v":"Cj0K"},{"v":"b"}]', '[{"k":"gclid","type":"text"},{"v":"b"}]'],
    ['[{"name":"gclid","value":{"stringValue":"Cj0K"}}]', '[{"name":"gclid","value":{}}]'],
    // In words of a text, in segments of a path, and in items of Google Analytics 4.
    ['gclid: EAIaIQobChMI7bTq8e2yiQMV0oBoCR3Wpw2l', 'gclid: '],
    ['ScCid: 8acba8b3-f86e-45ee-a3db-add53377fe67', 'ScCid: '],
    ['/p?x=1\\u0026gclid\\u003dEAIaIQobChMI7bTq8e2yiQMV0oBoCR3Wpw2l', '/p?x=1\\u0026gclid\\u003d'],
    ['a|wbraid=CmYKCQjw7bTq8e2yiQMV0oBoCR3Wpw2l', ''],
    ['came with gclid EAIaIQobChMI7bTq8e2yiQMV0oBoCR3Wpw2l, and stayed', 'came with gclid , and stayed'],
    ['[ad] fbclid -> EAIaIQobChMI7bTq8e2yiQMV0oBoCR3Wpw2l.', '[ad] fbclid -> .'],
    ['gclid%3A%20EAIaIQobChMI7bTq8e2yiQMV0oBoCR3Wpw2l', 'gclid%3A%20'],
    ['https://shop.example/lp/gclid/EAIaIQobChMI7bTq8e2yiQMV0oBoCR3Wpw2l/tee', 'https://shop.example/lp/gclid//tee'],
    ['cookie fb.1.1790000002345.1234567890 was set', 'cookie  was set'],
    ['what-is-a-gclid and-why-does-it-matter-2026-Guide', 'what-is-a-gclid and-why-does-it-matter-2026-Guide'],
    ['gclid,fbclid,another_long_parameter_name', 'gclid,fbclid,another_long_parameter_name'],
    ['idSKU1~nmShirt~k0gclid~v0EAIaIQobChMI7bTq8e2yiQMV0oBoCR3Wpw2l~k1size~v1XL', 'idSKU1~nmShirt~k1size~v1XL'],
    ['idSKU1~v0Cj0K~k0gclid', 'idSKU1'],
    ['https://shop.example/gclid=Cj0K/tea=1', 'https://shop.example//tea=1'],
    ['<gclid>EAIaIQobChMI7bTq8e2yiQMV0oBo</gclid>', '<gclid></gclid>'],
    ['click id=EAIaIQobChMI7bTq8e2yiQMV0oBo', 'click id='],
    ['[{"value":"Cj0K","name":"gclid"},{"value":"b"}]', '[{"value":"b"}]'],
    ['["gclid","fbclid","utm_source"]', '["gclid","fbclid","utm_source"]'],
    [`v1:${Buffer.from('{"gclid":"Cj0KCQ","b":2}').toString('base64')}`, `v1:${Buffer.from('{"b":2}').toString('base64')}`],
    [
      `v1:${Buffer.from('{"colour":"red","b":22}').toString('base64')}`,
      `v1:${Buffer.from('{"colour":"red","b":22}').toString('base64')}`,
    ],
    [`x:${gzipSync('https://a.example/?gclid=1').toString('base64url')}`, 'x:'],
    ['idSKU1~nmShirt~k0size~v0XL', 'idSKU1~nmShirt~k0size~v0XL'],
    ['{"by":"gclid","value":"a"}', '{"by":"gclid","value":"a"}'],
    ['{"1":["IFA","2026"],"2":[{"name":"Adid","value":"x"}]}', '{"1":["IFA","2026"],"2":[{"name":"Adid","value":"x"}]}'],
    // Names that mean other things, too, count with a value as long as an id.
    ['https://m.example/play?trackId=12&adId=77&aaid=1&ifa=2026', 'https://m.example/play?trackId=12&adId=77&aaid=1&ifa=2026'],
    ['https://m.example/?ifa=7A3CBEA0-BDF5-11E4-8DFC-AA07A5B093DB&q=x', 'https://m.example/?q=x'],
    ['{"adId":77}', '{"adId":77}'],
    ['https://fifa.example/a;/b;c?gclid=1&x=1', 'https://fifa.example/a;/b;c?x=1'],
    [BASE64('https://a.example/?gclid=1&b=2'), Buffer.from('https://a.example/?b=2').toString('base64')],
    [BASE64(encodeURIComponent('{"gclid":"Cj0K","b":2}')), BASE64('%7B%22b%22%3A2%7D')],
    [BASE64('https://a.example/?b=2&c=3'), BASE64('https://a.example/?b=2&c=3')],
    ['Cj0KCQiA_but_no_text', 'Cj0KCQiA_but_no_text'],
    // Parameters of path segments, routes behind `#`, cookies, and addresses in a text.
    ['https://a.example/p;gclid=1;a=2/q;fbclid=3?b=2', 'https://a.example/p;a=2/q?b=2'],
    ['/p;gclid=1', '/p'],
    ['https://a.example/#/route?gclid=1&a=2', 'https://a.example/#/route?a=2'],
    ['?a=1;gclid=2', '?a=1'],
    ['theme=dark; _fbc=2; fbclid=3', 'theme=dark;  '],
    ['see https://a.example/?gclid=1 for more', 'see https://a.example/ for more'],
    ['see\nhttps://a.example/?q=green tea&gclid=1', 'see\nhttps://a.example/?q=green tea'],
    // What begins like JSON and is none is a text like others.
    ['{broken&gclid=1', '{broken'],
  ])('%s becomes %s', (text, stripped) => {
    expect(strip(text)).toBe(stripped);
  });

  it.each(['fb.1.1790000002345.IwAR0abc', 'GCL.1790000002.Cj0KCQ', 'a=fb.1.1790000002345.IwAR0abc', '["GCL.1790000002.Cj0KCQ"]'])(
    'tells a click id by its form: %s',
    (text) => {
      expect(strip(text) ?? '').not.toMatch(/IwAR0|Cj0K/);
    },
  );

  it('tells nothing of what is deeper than it looks', () => {
    const nest = (depth: number): string => (depth === 0 ? '/x?gclid=Cj0K' : `/x?to=${encodeURIComponent(nest(depth - 1))}`);
    expect(strip(nest(16))).not.toMatch(/Cj0K/);
    expect(strip(nest(17))).not.toMatch(/Cj0K/);
    expect(strip(`${'{"a":'.repeat(15)}{"gclid":1}${'}'.repeat(15)}`)).toBe(`${'{"a":'.repeat(15)}{}${'}'.repeat(15)}`);
    expect(strip(`${'{"a":'.repeat(16)}{"gclid":1}${'}'.repeat(16)}`)).toBeNull();
    expect(strip(`{"gclid":1,"a":[${'1,'.repeat(10_000)}1]}`)).toBeNull();
    expect(strip('a=1&gclid=1', 16)).toBe('a=1');
    expect(strip('a=1&gclid=1', 17)).toBeNull();
    expect(strip('a=1&b=1', 17)).toBe('a=1&b=1');
  });

  it('looks through no more encodings than are there for a reason', () => {
    const layers = '25'.repeat(30_000);
    const began = performance.now();
    expect(strip(`a=%${layers}31`)).toBe(`a=%${layers}31`);
    expect(strip(`b=1&a=%${layers}67clid%${layers}3dCj0K`)).toBe('b=1');
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  it('notes what went and remembers it for the guard', () => {
    const ctx = new ScrubContext(scrubRequest(generic, { target: '/' }, { actions: NO_ADVERTISING, action: 'forward' }), null);
    stripClickIds(ctx, 'dl', 'https://shop.example/?gclid=Cj0KCQabc#fbclid=IwAR0abc');
    expect(ctx.report).toEqual([
      { place: 'dl?gclid', class: 'click-id', deed: 'stripped' },
      { place: 'dl#?fbclid', class: 'click-id', deed: 'stripped' },
    ]);
    expect(ctx.secrets.slice(-2).map(({ value }) => value)).toEqual(['Cj0KCQabc', 'IwAR0abc']);
  });
});
