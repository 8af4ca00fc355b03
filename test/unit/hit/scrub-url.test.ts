/** Addresses of pages: what of them an anonymized hit tells, and which identifiers they hold. */
import { describe, expect, it } from 'vitest';
import { ScrubContext } from '../../../src/hit/scrub-context.ts';
import { anonymizeUrl, cleanPath, collectFromUrl, isPersonalOrigin } from '../../../src/hit/scrub-url.ts';
import { loadAllProfiles } from '../../support/profiles.ts';
import { scrubRequest } from '../../support/scrub.ts';

const generic = loadAllProfiles().get('generic');
if (generic === undefined) throw new Error('generic');
const context = (): ScrubContext => new ScrubContext(scrubRequest(generic, { target: '/' }), null);

/** Places and values of what is found in an address; the client's own address is left out. */
function collect(text: string): string[] {
  const ctx = context();
  collectFromUrl(ctx, 'dl', text);
  return ctx.secrets.slice(1).map(({ place, class: carrier, value }) => `${place} ${carrier} ${value}`);
}

describe('cleanPath', () => {
  it.each([
    // Words, short numbers, and letters beyond ASCII stay.
    ['/tee/grün', '/tee/grün'],
    ['/a/12/b', '/a/12/b'],
    ['/2026/11/25/', '/2026/11/25/'],
    ['/12345', '/12345'],
    ['/x123', '/x123'],
    ['/abc-123-def', '/abc-123-def'],
    ['/a-word-of-many-letters-without-digits', '/a-word-of-many-letters-without-digits'],
    // Six digits, or four with letters, are somebody's number.
    ['/123456', '/-'],
    ['/12-34-56', '/12-34-56'],
    ['/123-456', '/-'],
    ['/123-45', '/123-45'],
    ['/a1b2c3', '/a1b2c3'],
    ['/a1b2c3d4', '/a1b2c3d4'],
    ['/abc1234', '/-'],
    ['/Z1234', '/-'],
    ['/z1234', '/-'],
    ['/é1234', '/é1234'],
    ['/1234', '/1234'],
    // Days are nobody's, and among words counts are not.
    ['/blog/best-laptops-2026', '/blog/best-laptops-2026'],
    ['/news/2026-11-23-black-friday', '/news/2026-11-23-black-friday'],
    ['/jahresbericht_2025-2026', '/jahresbericht_2025-2026'],
    ['/top-10-laptops-under-1000-euros', '/top-10-laptops-under-1000-euros'],
    ['/iphone-15-pro-max-256gb-vs-samsung-s24', '/iphone-15-pro-max-256gb-vs-samsung-s24'],
    ['/galaxy-s24-ultra-5g-512gb', '/galaxy-s24-ultra-5g-512gb'],
    ['/usb-c-cable-2m-100w', '/usb-c-cable-2m-100w'],
    ['/mattress-140x200-h3', '/mattress-140x200-h3'],
    ['/how-to-4k-120hz-hdmi-2-1', '/how-to-4k-120hz-hdmi-2-1'],
    ['/1234k', '/-'],
    ['/anna-17-03-84-12', '/-'],
    ['/kj-10-da-58-da-86', '/-'],
    ['/ticket-2026-4711', '/-'],
    ['/re-2026-1042', '/-'],
    ['/20261042-x', '/-'],
    ['/u/anna2026', '/u/-'],
    ['/u/anna-2004', '/u/-'],
    ['/u/anna-muster-berlin-1985', '/u/-'],
    ['/brave-green-otter-4711', '/-'],
    ['/order-of-anna-muster-10042', '/-'],
    ['/order-of-anna-muster-123-456', '/-'],
    ['/order-of-anna-muster-c79f-0d28', '/-'],
    ['/order-of-anna-muster-0472-0000', '/-'],
    ['/call-anna-muster-030-123-456', '/-'],
    // Addresses and random ids, percent-encoded or not.
    ['/u/anna@example.com/cart', '/u/-/cart'],
    ['/u/anna%40example.com/cart', '/u/-/cart'],
    ['/%61nna@example.com', '/-'],
    ['/u/anna.muster[at]example.com', '/u/-'],
    ['/u/anna.m=40example.com', '/u/-'],
    ['/@anna/posts', '/-/posts'],
    ['/u/YW5uYUB4LmV1', '/u/-'],
    ['/u/٠١٢٣٤٥٦٧٨٩', '/u/-'],
    ['/u/dGhpc2lzcmFuZG9t', '/u/-'],
    ['/u/sid=abc/x', '/u/-/x'],
    ['/x/email%3Danna/y', '/x/-/y'],
    ['/c/color=red', '/c/color=red'],
    // What stands behind a semicolon goes.
    ['/tee;jsessionid=1/x', '/tee/x'],
    ['/tee;a/x;b', '/tee/x'],
    ['/tee;123', '/tee'],
  ])('%s becomes %s', (path, clean) => {
    expect(cleanPath(path)).toBe(clean);
  });
});

describe('isPersonalOrigin', () => {
  it.each([
    ['https://shop.example', false],
    ['https://shop.example:8443', false],
    ['https://shop12345.example', false],
    ['https://shop123456.example', true],
    ['https://12345.6.example', false],
    ['https://shop.example:123456', true],
    ['https://203.0.113.7', true],
    ['https://anna@example.com', true],
    ['https://a1b2c3d4e5f60718293a.example', true],
    ['https://x:12345.123456', true],
    ['https://shop1:23456', false],
    ['', false],
  ])('%s: %s', (head, isPersonal) => {
    expect(isPersonalOrigin(head)).toBe(isPersonal);
    expect(isPersonalOrigin(head)).toBe(isPersonal);
  });
});

describe('anonymizeUrl', () => {
  it.each([
    ['https://Shop.example/Tee?a=1#b', 'drop', null],
    ['https://Shop.example/Tee?a=1#b', 'origin', 'https://shop.example/'],
    ['https://Shop.example/Tee?a=1#b', 'path', 'https://shop.example/Tee'],
    ['https://Shop.example/Tee?a=1#b', 'keep', 'https://shop.example/Tee?a=1'],
    ['https://shop.example', 'keep', 'https://shop.example'],
    ['https://shop.example/?email=a&x=1&x=2&cid=3&y', 'keep', 'https://shop.example/?x=1'],
    ['https://shop.example/?email=a', 'keep', 'https://shop.example/'],
    ['https://shop.example/?a=anna%40example.com&b=2', 'keep', 'https://shop.example/?b=2'],
    [
      'https://shop.example/?a=%7B%22last_name%22%3A%22Brandt%22%7D&b=last_name:Brandt&c=colour:red',
      'keep',
      'https://shop.example/?c=colour:red',
    ],
    ['https://shop.example/?anna%40example.com=1&b=2', 'keep', 'https://shop.example/?b=2'],
    ['https://shop.example/?a=%2Fx%3Fy%3D1&b=2', 'keep', 'https://shop.example/?b=2'],
    [`https://shop.example/?a=${'x '.repeat(50)}&b=2`, 'keep', `https://shop.example/?a=${'x '.repeat(50)}&b=2`],
    [`https://shop.example/?a=${'x '.repeat(51)}&b=2`, 'keep', 'https://shop.example/?b=2'],
    // No web address: a path at most.
    ['/tee/anna@example.com?a=1', 'path', '/tee/-'],
    ['/tee', 'keep', '/tee'],
    ['/tee', 'origin', null],
    ['tee', 'path', null],
    ['android-app://com.example/x', 'path', null],
    ['https://203.0.113.7/x', 'path', null],
    ['//shop.example/x', 'path', '//shop.example/x'],
    [`https://shop.example/${'x'.repeat(8192)}`, 'path', null],
  ] as const)('%s, %s: %s', (text, rule, left) => {
    expect(anonymizeUrl(text, rule)).toBe(left);
  });

  it('takes an address as long as a value may be', () => {
    const text = `https://shop.example/${'x/'.repeat(4085)}`.padEnd(8192, 'x');
    expect(anonymizeUrl(text, 'path')).toBe(text);
    expect(anonymizeUrl(`${text}x`, 'path')).toBeNull();
  });
});

describe('collectFromUrl', () => {
  it.each([
    ['https://shop.example/tee?a=1', []],
    ['https://shop.example/?gclid=Cj0KCQabc', ['dl?gclid click-id Cj0KCQabc']],
    ['https://shop.example/?gclid=abc', ['dl?gclid click-id abc']],
    ['https://shop.example/#fbclid=IwAR0abc', ['dl?fbclid click-id IwAR0abc']],
    ['https://shop.example/?uid=anna77', ['dl?uid direct anna77']],
    // A short value counts where its class is sure: of an id by the looks of its name it is not.
    ['https://shop.example/?uid=an7', []],
    ['https://shop.example/?lat=52.520008', []],
    ['https://shop.example/?gclid=&fbclid', []],
    ['https://shop.example/u/anna@example.com', ['dl direct anna@example.com']],
    ['https://shop.example/?u=a%40b.example', ['dl direct a@b.example']],
    ['https://shop.example/?to=%2Fx%3Fgclid%3DCj0KCQabc', ['dl?to?gclid click-id Cj0KCQabc']],
    ['https://shop.example/?to=https%3A%2F%2Fa.example%2F%23fbclid%3DIwAR0abc', ['dl?to?fbclid click-id IwAR0abc']],
    ['https://shop.example/?to=%2Fx%3Fto%3D%252Fy%253Fgclid%253DCj0KCQabc', ['dl?to?to?gclid click-id Cj0KCQabc']],
    ['https://shop.example/?to=x%26gclid%3DCj0KCQabc', ['dl?to?gclid click-id Cj0KCQabc']],
    ['https://shop.example/?to=https%253A%252F%252Fa.example%253Fgclid%253DCj0KCQabc', ['dl?to?gclid click-id Cj0KCQabc']],
    ['x&gclid=Cj0KCQabc', []],
  ])('%s: %j', (text, found) => {
    expect(collect(text)).toEqual(found);
  });

  it('looks once at the same address', () => {
    const ctx = context();
    collectFromUrl(ctx, 'dl', 'https://shop.example/?uid=anna77');
    const count = ctx.count;
    collectFromUrl(ctx, 'dr', 'https://shop.example/?uid=anna77');
    expect(ctx.count).toBe(count);
    expect(ctx.secrets.map(({ place }) => place)).toEqual(['address', 'dl?uid']);
  });

  it('looks at the first part of an address that is too long, and no deeper than the limit', () => {
    const far = `https://shop.example/?a=${'x'.repeat(8192)}&gclid=Cj0KCQabc`;
    expect(collect(far)).toEqual([]);
    const nest = (depth: number): string => (depth === 0 ? '/x?gclid=Cj0KCQabc' : `/x?to=${encodeURIComponent(nest(depth - 1))}`);
    const isFound = (depth: number): boolean => collect(nest(depth)).some((line) => line.endsWith(' Cj0KCQabc'));
    expect([isFound(1), isFound(16), isFound(17)]).toEqual([true, true, false]);
  });
});
