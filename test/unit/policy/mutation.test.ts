import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ACTIONS, COLUMNS, PURPOSES } from '../../../src/consent/state.ts';
import { checkPolicies } from '../../../src/policy/load.ts';
import { verifyPolicies } from '../../../src/policy/verify.ts';
import { PACK_DAY } from '../../support/policy-set.ts';

const names = [...readdirSync('policies'), ...readdirSync('policies/base').map((name) => `base/${name}`)].filter((name) =>
  name.endsWith('.yaml'),
);
const pack = names.map((file) => ({ file, text: readFileSync(`policies/${file}`, 'utf8') }));

/** The pack with one cell of a base flipped to another action. */
function mutate(base: string, purpose: string, column: string, action: string) {
  return pack.map(({ file, text }) => {
    if (file !== base) return { file, text };
    const changed = text.replace(new RegExp(`(  ${purpose}: .*\\b${column}: )\\w+`), `$1${action}`);
    return { file, text: changed };
  });
}

const cells = PURPOSES.flatMap((purpose) => COLUMNS.map((column) => [purpose, column] as const));
const flips = ['base/opt-in.yaml', 'base/opt-out.yaml'].flatMap((base) =>
  cells.map(([purpose, column]) => [base, purpose, column] as const),
);

describe('each cell of the bases, flipped', () => {
  it.each(flips)('%s %s.%s is caught', (base, purpose, column) => {
    const original = pack.find(({ file }) => file === base)?.text ?? '';
    for (const action of ACTIONS) {
      const texts = mutate(base, purpose, column, action);
      if (texts.find(({ file }) => file === base)?.text === original) continue;
      const checked = checkPolicies(texts, PACK_DAY);
      const caught = !checked.ok || verifyPolicies(checked.set, PACK_DAY).violations.length > 0;
      expect({ action, caught }).toEqual({ action, caught: true });
    }
  });

  it('means two flips of every cell', () => {
    const flipped = flips.flatMap(([base, purpose, column]) => {
      const original = pack.find(({ file }) => file === base)?.text;
      return ACTIONS.filter(
        (action) => mutate(base, purpose, column, action).find(({ file }) => file === base)?.text !== original,
      );
    });
    expect(flipped).toHaveLength(60);
  });
});
