import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { COUNTRY_CODES } from '../../../src/policy/codes.ts';
import { readGiven } from '../../../src/policy/given.ts';
import { checkPolicies } from '../../../src/policy/load.ts';
import { PACK_DAY } from '../../support/policy-set.ts';

const LONG = process.env.CONSENTRY_LONG === '1';
const BATCHES = LONG ? 400 : 20;
const ROUNDS = 1_000;

const names = [...readdirSync('policies'), ...readdirSync('policies/base').map((name) => `base/${name}`)].filter((name) =>
  name.endsWith('.yaml'),
);
const pack = names.map((file) => ({ file, text: readFileSync(`policies/${file}`, 'utf8') }));

/** The pack with files for further countries, until a hundred answer. */
function fillUp(): { file: string; text: string }[] {
  const matched = pack.map(({ text }) => text).join('\n');
  const free = COUNTRY_CODES.filter((code) => !matched.includes(`"${code}"`));
  const files = free.slice(0, 100).map((code) => ({
    file: `own-${code}.yaml`,
    text: `schema: 1\nid: own-${code.toLowerCase()}\ntitle: ${code}\nversion: 2026.11.0\nextends: base/opt-out\nmatch: ["${code}"]\nsignals: { gpc: { covers: [advertising] } }\n`,
  }));
  const answering = pack.filter(({ file }) => !file.startsWith('base/') && !file.endsWith('.test.yaml')).length;
  return [...pack, ...files.slice(0, 100 - answering)];
}

describe('how fast', () => {
  const texts = fillUp();
  const checked = checkPolicies(texts, PACK_DAY);
  if (!checked.ok) throw new Error(checked.errors.map((error) => `${error.file}: ${error.message}`).join('\n'));
  const { set } = checked;

  it('means a hundred files', () => {
    expect(set.policies).toHaveLength(100);
  });

  it.each([
    ['nothing known', { country: 'DE' }],
    ['a record', { country: 'DE', record: { advertising: 'granted', analytics: 'denied' } }],
    ['GPC in California', { country: 'US', region: 'CA', gpc: '1' }],
    ['a GPP opt-out in California', { country: 'US', region: 'CA', gpp: { usca: { SaleOptOut: 1 } } }],
    ['the US without a state', { country: 'US' }],
    ['GPC and a record in the US without a state', { country: 'US', gpc: '1', record: { advertising: 'granted' } }],
    ['an opt-out in the US without a state', { country: 'US', 'us-privacy': '1YYN' }],
    ['a minor in the US without a state', { country: 'US', age: 15, gpc: '1' }],
    ['two sources that disagree', { country: 'US', region: 'CA', disagrees: { country: 'DE' }, gpc: '1' }],
  ] as const)('decides: %s', (name, given) => {
    const { facts } = readGiven(given as Parameters<typeof readGiven>[0], PACK_DAY);
    const nanoseconds = measure(() => set.decide(facts, PACK_DAY));
    console.info(`decide, ${name}: ${Math.round(nanoseconds)} ns`);
    if (LONG) expect(nanoseconds).toBeLessThan(1_000);
  });

  it('loads the pack', () => {
    const milliseconds = Math.min(...[0, 1, 2].map(() => measureOnce(() => checkPolicies(pack, PACK_DAY))));
    console.info(`load the pack: ${Math.round(milliseconds)} ms`);
    if (LONG) expect(milliseconds).toBeLessThan(500);
  });
});

/** Nanoseconds of one round in the quickest of many batches: what it costs where no neighbour takes the processor. */
function measure(decide: () => unknown): number {
  let quickest = Number.POSITIVE_INFINITY;
  for (let batch = 0; batch < BATCHES; batch++) {
    const started = performance.now();
    for (let round = 0; round < ROUNDS; round++) decide();
    quickest = Math.min(quickest, performance.now() - started);
  }
  return (quickest / ROUNDS) * 1e6;
}

function measureOnce(load: () => unknown): number {
  const started = performance.now();
  load();
  return performance.now() - started;
}
