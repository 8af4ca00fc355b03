/**
 * Speed of the string readers against the IAB's libraries, measured in one run:
 * `CONSENTRY_LONG=1 npx vitest run test/bench/signals.test.ts`. Prints a table; the limits are what the project promises.
 */
import { readFileSync } from 'node:fs';
import { TCString } from '@iabtechlabtcf/core';
import { describe, expect, it } from 'vitest';
import { DecodeCache } from '../../src/signals/decode-cache.ts';
import { decodeGppString } from '../../src/signals/gpp.ts';
import { readSignals, type SignalSource } from '../../src/signals/read.ts';
import { DEFAULT_SIGNAL_OPTIONS } from '../../src/signals/signal-options.ts';
import { decodeTcString } from '../../src/signals/tcf.ts';
import { corpusPath } from '../support/corpus.ts';
import { askGppOracle } from '../support/gpp-oracle.ts';
import { TC_DAY, writeTcBomb } from '../support/tc-string.ts';

const NOW = Date.parse(TC_DAY);
const path = corpusPath('signals.json');
const vectors: { kind: string; input: unknown; expected: { ok?: boolean } }[] =
  path === null ? [] : JSON.parse(readFileSync(path, 'utf8'));

function inputsOf(kind: string): string[] {
  return vectors.filter((vector) => vector.kind === kind && vector.expected.ok === true).map(({ input }) => String(input));
}

function medianOf(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}

function isTakenByCore(text: string): boolean {
  try {
    TCString.decode(text);
    return true;
  } catch {
    return false;
  }
}

/** Median of 15 rounds, nanoseconds of CPU a call: the clock on the wall would count what else the machine does. */
function time(call: () => unknown, calls: number): number {
  const rounds: number[] = [];
  for (let round = 0; round < 15; round++) {
    const begin = process.cpuUsage();
    for (let i = 0; i < calls; i++) call();
    const { user, system } = process.cpuUsage(begin);
    rounds.push(((user + system) * 1000) / calls);
  }
  return medianOf(rounds);
}

function hit(query: string, cookie = ''): SignalSource {
  const names = ['Host', 'User-Agent', 'Accept', 'Accept-Language', 'Accept-Encoding', 'Referer', 'Connection', 'Sec-Fetch-Dest'];
  const rest = ['Sec-Fetch-Mode', 'Sec-Fetch-Site', 'Sec-CH-UA', 'Sec-CH-UA-Mobile', 'Sec-CH-UA-Platform', 'Priority', 'Cookie'];
  return { rawHeaders: [...names, ...rest].flatMap((name) => [name, 'value']), query, cookie, body: null };
}

const PLAIN_QUERY =
  'v=2&tid=G-ABCDEF1234&gtm=45je4a90v9123456789za200&_p=1730000000000&cid=123456789.1730000000&ul=de-de&sr=1920x1080&uaa=x86&uab=64' +
  '&uafvl=Chromium%3B130.0.6723.92&uamb=0&uam=&uap=Linux&uapv=6.8.0&uaw=0&are=1&frm=0&pscdl=noapi&_s=1&sid=1730000000&sct=1&seg=0' +
  '&dl=https%3A%2F%2Fshop.example%2Fshoes&dr=https%3A%2F%2Fsearch.example%2F&dt=Shoes%20%7C%20Shop&en=page_view&_fv=1&_ss=1&tfd=1234';
const PLAIN_COOKIE =
  '_ga=GA1.1.123456789.1730000000; _gid=GA1.1.987654321.1730000000; session=abcdef0123456789; theme=dark; lang=de';

describe.runIf(process.env.CONSENTRY_LONG === '1' && path !== null)('speed of the signal readers', () => {
  it('is five times that of @iabtechlabtcf/core', { timeout: 300_000 }, () => {
    // The library throws on some strings that decode by the specification (CMP ids 0 and 1).
    const texts = inputsOf('tcf').filter((text) => isTakenByCore(text));
    const ours = texts.map((text) => time(() => decodeTcString(text), 5_000));
    const theirs = texts.map((text) => time(() => TCString.decode(text), 200));
    const ratio = medianOf(texts.map((_, index) => (theirs[index] as number) / (ours[index] as number)));
    console.log(
      `tcf: ${texts.length} strings, ours ${medianOf(ours).toFixed(0)} ns, theirs ${medianOf(theirs).toFixed(0)} ns, ${ratio.toFixed(0)}×`,
    );
    expect(ratio).toBeGreaterThan(5);
  });

  it('is twenty times that of @iabgpp/cmpapi', { timeout: 300_000 }, () => {
    const texts = inputsOf('gpp');
    const theirs = askGppOracle({ time: texts }) as (number | null)[];
    const both = texts.flatMap((text, index) => {
      const reference = theirs[index] ?? null;
      return reference === null ? [] : [{ reference, own: time(() => decodeGppString(text), 5_000) }];
    });
    const ratio = medianOf(both.map(({ reference, own }) => reference / own));
    const own = medianOf(both.map((pair) => pair.own));
    const reference = medianOf(both.map((pair) => pair.reference));
    console.log(
      `gpp: ${both.length} of ${texts.length} strings, ours ${own.toFixed(0)} ns, theirs ${reference.toFixed(0)} ns, ${ratio.toFixed(0)}×`,
    );
    expect(ratio).toBeGreaterThan(20);
  });

  it('takes less than a millisecond for a bomb of 2 KB', () => {
    const bomb = writeTcBomb(2_000);
    expect(decodeTcString(bomb).ok).toBe(true);
    const [ours, theirs] = [time(() => decodeTcString(bomb), 50), time(() => TCString.decode(bomb), 1)];
    console.log(`bomb of ${bomb.length} characters: ours ${(ours / 1e6).toFixed(4)} ms, theirs ${(theirs / 1e6).toFixed(0)} ms`);
    expect(ours).toBeLessThan(1e6);
  });

  it('takes less than a microsecond for a hit without signals, and for a string that was seen before', () => {
    const text = inputsOf('tcf').sort((a, b) => b.length - a.length)[0] as string;
    const cache = new DecodeCache(decodeTcString, { maxEntries: 64, maxBytes: 1e6 });
    const query = `gdpr=1&gdpr_consent=${text}`;
    const hits = { 'no signal': hit(PLAIN_QUERY, PLAIN_COOKIE), 'nothing at all': hit(''), 'known TC string': hit(query) };
    for (const [name, source] of Object.entries(hits)) {
      const took = time(() => readSignals(source, DEFAULT_SIGNAL_OPTIONS, NOW), 20_000);
      console.log(`whole hit, ${name}: ${took.toFixed(0)} ns`);
      if (name !== 'known TC string') expect(took, name).toBeLessThan(1_000);
    }
    // Cut out of the query as the reader does it, so that the look-up has to read the string.
    const known = time(() => cache.get(query.slice(20)), 20_000);
    console.log(`cached TC string of ${text.length} characters: ${known.toFixed(0)} ns`);
    expect(known).toBeLessThan(1_000);
  });
});
