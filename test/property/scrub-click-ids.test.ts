/**
 * Where advertising is denied, a click id leaves no text that stays, whatever it is wrapped in; and a text that holds none stays byte for byte.
 * Rounds: 10,000 of each, with CONSENTRY_LONG=1 200,000.
 */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { stripClickIds } from '../../src/hit/scrub-click-ids.ts';
import { ScrubContext } from '../../src/hit/scrub-context.ts';
import { loadAllProfiles } from '../support/profiles.ts';
import { createRandom, type Random } from '../support/random.ts';
import { NO_ADVERTISING, scrubRequest } from '../support/scrub.ts';

const ROUNDS = process.env.CONSENTRY_LONG === '1' ? 200_000 : 10_000;
const SEED = Number(process.env.CONSENTRY_SEED ?? 20_261_126);
const generic = loadAllProfiles().get('generic');
if (generic === undefined) throw new Error('generic');
const request = scrubRequest(generic, { target: '/' }, { actions: NO_ADVERTISING, action: 'forward' });

function strip(text: string): string | null {
  return stripClickIds(new ScrubContext(request, null), 'x', text);
}

const PIECES = [
  ...'tea Tee grün k0size~v0XL~k1x 2026-11-23 19.90 1,299.00 EUR v2.3 a=b c;d e&f 50% <b> &amp; here! 日本語 aGVsbG8gd29ybGQgdGhpcw=='.split(
    ' ',
  ),
  ...'= & ; ? # / : [ ] { } " \' \\ %20 %C3%BC http:// https://shop.example/p?q=1&b=2#x {"a":1} [1,2] ["a","b"] utm_source=news'.split(
    ' ',
  ),
];
const JOINTS = ['', ' ', '&', '=', ';', '/', '+', '\n'];

/** Texts in texts, as trackers and sites put them together, and as none would. */
function compose(random: Random, depth: number): string {
  let text = '';
  for (let i = 1 + random.below(6); i > 0; i--) {
    const isNested = depth > 0 && random.chance(0.4);
    text += (isNested ? wrap(random, compose(random, depth - 1)) : random.pick(PIECES)) + random.pick(JOINTS);
  }
  return text;
}

function wrap(random: Random, text: string): string {
  return random.pick(WRAPPINGS)(text);
}

const WRAPPINGS: readonly ((text: string) => string)[] = [
  encodeURIComponent,
  (text) => Buffer.from(text).toString('base64'),
  (text) => Buffer.from(text).toString('base64url'),
  (text) => JSON.stringify({ a: 1, b: [text, null], c: true }),
  (text) => JSON.stringify(text),
  (text) => `https://shop.example/tea?a=1&q=${encodeURIComponent(text)}&b=2`,
  (text) => `a=1&q=${encodeURIComponent(text)}`,
  (text) => `https://shop.example/tea#q=${encodeURIComponent(text)}`,
  (text) => `theme=dark; q=${encodeURIComponent(text)}`,
];

/** Ways in which a click id stands in a text. */
const CARRIERS: readonly ((id: string) => string)[] = [
  (id) => `https://shop.example/tea?a=1&gclid=${id}`,
  (id) => `https://shop.example/tea?fbclid=${id}&a=1#top`,
  (id) => `/tea;msclkid=${id};a=1?b=2`,
  (id) => `https://shop.example/#/route?gclid=${id}&a=1`,
  (id) => `gclid=${id}`,
  (id) => `a=1; _fbc=fb.1.1790000002345.${id}`,
  (id) => JSON.stringify({ a: 1, b: { gclid: id } }),
  (id) => JSON.stringify([['gclid', id]]),
  (id) => JSON.stringify([{ name: 'ttclid', value: id }]),
  (id) => `see https://shop.example/?gclid=${id} for more`,
  (id) => `came with gclid: ${id}, from an ad`,
  (id) => `fbclid ${id}`,
  (id) => `https://shop.example/lp/gclid/${id}/tea`,
  (id) => `idSKU1~nmTee~k0gclid~v0${id}~k1colour~v1red`,
  (id) => `https://shop.example/gclid=${id}/tea`,
  (id) => `<gclid>${id}</gclid>`,
  (id) => `v1:${Buffer.from(JSON.stringify({ gclid: id })).toString('base64')}`,
  (id) => gzipSync(`gclid=${id}`).toString('base64'),
  (id) => JSON.stringify([{ value: id, key: 'gclid' }]),
  (id) => JSON.stringify([{ k: 'gclid', type: 'text', v: id }]),
];

/** Whether a text tells an id, as it is or in base64, however deep. */
function tells(text: string, id: string, depth = 0): boolean {
  if (text.includes(id)) return true;
  if (depth > 8) return false;
  const runs = decodeURIComponent(text.replace(/%(?![0-9A-F]{2})/gi, '%25')).match(/[\w+/-]{16,}={0,2}/g) ?? [];
  return runs.some((run) => tells(Buffer.from(run, 'base64').toString('latin1'), id, depth + 1));
}

describe('click ids', () => {
  it(`leave whatever they are wrapped in (${ROUNDS} rounds)`, () => {
    const random = createRandom(SEED);
    for (let round = 0; round < ROUNDS; round++) {
      const id = `Cj0K${random.text('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', 20)}`;
      let text = random.pick(CARRIERS)(id);
      for (let layers = random.below(4); layers > 0; layers--) text = wrap(random, text);
      const stripped = strip(text);
      if (stripped !== null && tells(stripped, id)) throw new Error(`seed ${SEED}, round ${round}: ${text} → ${stripped}`);
    }
  });

  it(`that are none leave a text as it is (${ROUNDS} rounds)`, () => {
    const random = createRandom(SEED);
    let opened = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const text = compose(random, 2);
      const stripped = strip(text);
      if (stripped !== text) throw new Error(`seed ${SEED}, round ${round}: ${text} → ${stripped}`);
      if (text.length > 100) opened++;
    }
    expect(opened).toBeGreaterThan(ROUNDS / 4);
  });
});
