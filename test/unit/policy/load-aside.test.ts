import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readGiven } from '../../../src/policy/given.ts';
import type { loadPoliciesAside } from '../../../src/policy/load-aside.ts';
import { PACK_DAY } from '../../support/policy-set.ts';
import { type Transpiled, transpileSources } from '../../support/transpile.ts';

// A thread reads JavaScript only, so this is the program as it is built.
let built: Transpiled;
let load: typeof loadPoliciesAside;

beforeAll(async () => {
  built = transpileSources(['src/policy', 'src/signals', 'src/consent', 'src/privacy']);
  ({ loadPoliciesAside: load } = await import(pathToFileURL(built.file('src/policy/load-aside.ts')).href));
});
afterAll(() => built.remove());

describe('loading in a thread', () => {
  it('gives a set that decides as one loaded here, and lets the event loop turn meanwhile', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const loaded = await load('policies', { now: PACK_DAY });
    clearInterval(timer);
    if (!loaded.ok) throw new Error('the pack does not load');
    const { facts } = readGiven({ country: 'US', region: 'CA', gpc: '1' }, PACK_DAY);
    const judgement = loaded.set.decide(facts, PACK_DAY);
    expect(judgement.policy).toBe('us-ca');
    expect(judgement.purposes[4]).toMatchObject({ state: 'denied', action: 'drop' });
    expect(loaded.set.revision).toMatch(/^[0-9a-f]{16}$/);
    expect(turns).toBeGreaterThan(5);
  });

  it('brings the problems back', async () => {
    const loaded = await load(join('policies', 'vendors', 'nowhere'));
    expect(loaded).toMatchObject({ ok: false, errors: [{ file: '', line: 1, column: 1 }] });
  });
});
