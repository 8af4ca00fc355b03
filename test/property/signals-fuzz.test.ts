/** Nothing that a stranger can send makes a reader throw, dawdle or hoard. */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { decodeAdditionalConsent } from '../../src/signals/additional-consent.ts';
import { parseCookiebot } from '../../src/signals/cmp/cookiebot.ts';
import { parseDidomi, parseKlaro, parseShopify, parseVanillaCookieConsent } from '../../src/signals/cmp/json-cookies.ts';
import { parseOneTrust } from '../../src/signals/cmp/onetrust.ts';
import {
  parseC15t,
  parseComplianz,
  parseCookieYes,
  parseMatomo,
  parseTarteaucitron,
} from '../../src/signals/cmp/text-cookies.ts';
import { decodeGcd, decodeGcs } from '../../src/signals/consent-mode.ts';
import { decodeGppString } from '../../src/signals/gpp.ts';
import { decodeUsSection } from '../../src/signals/gpp-sections.ts';
import { readSignals } from '../../src/signals/read.ts';
import { DEFAULT_SIGNAL_RULES } from '../../src/signals/rules.ts';
import { DEFAULT_SIGNAL_OPTIONS } from '../../src/signals/signal-options.ts';
import { decodeTcString } from '../../src/signals/tcf.ts';
import { DEFAULT_TC_MAX_AGE_MS, findTcVoid } from '../../src/signals/tcf-validity.ts';
import { decodeUsp } from '../../src/signals/us-privacy.ts';
import { corpusPath } from '../support/corpus.ts';
import { createRandom, type Random } from '../support/random.ts';
import { writeGppString, writeTcBomb, writeTcString } from '../support/tc-string.ts';

const IS_LONG = process.env.CONSENTRY_LONG === '1';
/** Strings per reader. */
const ROUNDS = IS_LONG ? 1_000_000 : 2_500;
const MAX_CPU_MS = 2;
const NOW = Date.UTC(2026, 10, 1);

const vectorPath = corpusPath('signals.json');
const vectors: readonly string[] =
  vectorPath === null
    ? []
    : (JSON.parse(readFileSync(vectorPath, 'utf8')) as { input: unknown }[]).map(({ input }) =>
        typeof input === 'string' ? input : JSON.stringify(input),
      );
const SEEDS: readonly string[] = [
  ...vectors,
  writeTcString({ purposes: [1, 8], vendors: [3, 755], publisher: [1] }),
  writeTcBomb(2_000),
  writeGppString({ 2: writeTcString(), 6: '1YNN', 8: 'BVVVVVVY.YA' }),
  '1YNN',
  '2~1.35~dv.9.21',
  '13r3r3r3r5',
  'us_privacy=1YYN&gpp=DBABBg~BVVVVVVY&gpp_sid=8&gdpr=1&gcs=G111&dpo[]=LDU&lmt=1',
  'OptanonConsent=interactionCount=1&groups=C0002%3A1; euconsent-v2=CPx; klaro=%7B%22a%22%3Atrue%7D; cmplz_marketing=deny',
  '{"batch":[{"context":{"consent":{"categoryPreferences":{"Advertising":true}},"device":{"attTrackingStatus":2}}}]}',
  '{"context":{"consentManagement":{"allowedConsentIds":["a"],"deniedConsentIds":[]}},"us_privacy":"1YYN"}',
];
const ALPHABETS = [
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~',
  '%=&;:,.~{}[]"\'\\ \t\n01YN-GDC',
  '\u0000\u007f\u00e9\u2028\ud800\u{1f600}%25%%+',
];

function createText(random: Random): string {
  const alphabet = random.pick(ALPHABETS);
  const length = random.chance(0.02) ? random.below(2_000) : random.below(60);
  let text = '';
  for (let i = 0; i < length; i++) text += alphabet.charAt(random.below(alphabet.length));
  return text;
}

/** Cut, doubled, spliced or changed in a place. */
function mutate(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  switch (random.below(5)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + text;
    case 2:
      return text.slice(0, at) + createText(random) + text.slice(at);
    case 3:
      return text.slice(0, at) + random.pick(SEEDS).slice(random.below(20));
    default:
      return text.slice(0, at) + random.pick(ALPHABETS).charAt(random.below(20)) + text.slice(at + 1);
  }
}

function createInput(random: Random): string {
  return random.chance(0.3) ? createText(random) : mutate(random.pick(SEEDS), random);
}

/** A hit that carries the text wherever a signal may stand, and what every policy rule hears of it. */
function readHit(text: string): void {
  const value = encodeURIComponent(Buffer.from(text).toString());
  const source = {
    rawHeaders: ['Sec-GPC', text, 'DNT', text],
    query: `${text}&gdpr_consent=${value}&gpp=${text}&gpp_sid=${value}&us_privacy=${value}`,
    cookie: `${text}; OptanonConsent=${text}; klaro=${value}`,
    body: Buffer.from(text),
  };
  for (const reading of readSignals(source, DEFAULT_SIGNAL_OPTIONS, NOW)) {
    reading.vote(DEFAULT_SIGNAL_RULES[reading.signal], { tcfVendor: 755 });
  }
}

const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  tcf: (text) => {
    const tc = decodeTcString(text);
    return tc.ok && findTcVoid(tc, { cmps: null, tcMaxAgeMs: DEFAULT_TC_MAX_AGE_MS }, NOW);
  },
  gpp: decodeGppString,
  'gpp section': (text) => decodeUsSection(7 + (text.length % 22), text),
  'us privacy': decodeUsp,
  gcs: decodeGcs,
  gcd: decodeGcd,
  'additional consent': decodeAdditionalConsent,
  onetrust: (text) => parseOneTrust(text, true, new Map()),
  cookiebot: parseCookiebot,
  'vanilla-cookieconsent': parseVanillaCookieConsent,
  klaro: parseKlaro,
  didomi: parseDidomi,
  shopify: parseShopify,
  c15t: parseC15t,
  cookieyes: parseCookieYes,
  tarteaucitron: parseTarteaucitron,
  complianz: (text) => parseComplianz(new Map([['cmplz_marketing', text]])),
  matomo: (text) => parseMatomo(new Map([['mtm_consent', text]])),
  'whole hit': readHit,
};

/** CPU time of one call in milliseconds, the best of some: what the call itself costs and not what happened beside it. */
function measureAlone(read: (text: string) => unknown, text: string): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const begin = process.cpuUsage();
    read(text);
    const { user, system } = process.cpuUsage(begin);
    best = Math.min(best, (user + system) / 1000);
  }
  return best;
}

function collectGarbage(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

describe('every reader', () => {
  it.each(Object.entries(READERS))(`%s takes ${ROUNDS} strings`, { timeout: 900_000 }, (name, read) => {
    const random = createRandom(name.length * 7_919 + 1);
    const slow: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const text = createInput(random);
      const begin = performance.now();
      try {
        read(text);
      } catch (error) {
        expect.unreachable(`${JSON.stringify(text)}: ${String(error)}`);
      }
      if (IS_LONG && performance.now() - begin > MAX_CPU_MS) slow.push(text);
    }
    for (const text of slow) expect(measureAlone(read, text), JSON.stringify(text)).toBeLessThan(MAX_CPU_MS);
  });

  it('holds no more memory after many strings than after some', { timeout: 900_000 }, () => {
    const random = createRandom(99);
    // Until the caches of decoded strings are full.
    for (let round = 0; round < (IS_LONG ? 20_000 : 6_000); round++) readHit(createInput(random));
    const before = collectGarbage();
    for (let round = 0; round < (IS_LONG ? 200_000 : 6_000); round++) readHit(createInput(random));
    expect(collectGarbage() - before).toBeLessThan(16 * 1024 * 1024);
  });
});
