/** Behind each cell of the matrix stands the line that says it. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PURPOSES } from '../../../src/consent/state.ts';
import { checkPolicies } from '../../../src/policy/load.ts';
import { buildMatrix } from '../../../src/policy/matrix.ts';
import { readPolicyFolder } from '../../../src/policy/read-folder.ts';

const NOW = Date.UTC(2026, 10, 23);

describe('the lines of the matrix', () => {
  it('name, for every place and purpose of the pack, a line that writes about the purpose', async () => {
    const { texts } = await readPolicyFolder('policies');
    const checked = checkPolicies(texts, NOW);
    if (!checked.ok) throw new Error('the pack does not load');
    const rows = buildMatrix(checked.set, { now: NOW, label: null, sensitive: false });
    expect(rows.length).toBeGreaterThan(240);
    const files = new Map<string, string[]>();
    const seen = new Set<string>();
    for (const { place, lines } of rows) {
      for (const purpose of PURPOSES) {
        const [file = '', line = ''] = (lines[purpose] ?? '').split(':');
        const text = files.get(file) ?? readFileSync(`policies/${file}`, 'utf8').split('\n');
        files.set(file, text);
        expect(text[Number(line) - 1], `${place} ${purpose} ${file}:${line}`).toMatch(new RegExp(`\\b${purpose}:`));
        seen.add(file);
      }
    }
    // Rows of a file itself and of the parents that it extends.
    expect(seen.has('base/opt-in.yaml') || seen.has('base/us.yaml')).toBe(true);
    expect(seen.size).toBeGreaterThan(3);
  });
});
