import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPolicies } from '../../src/policy/load.ts';
import { corpusPath } from '../support/corpus.ts';
import { BASES, listTexts, PACK_DAY } from '../support/policy-set.ts';

const RUNS = process.env.CONSENTRY_LONG === '1' ? 600 : 30;
const pack = readdirSync('policies')
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => readFileSync(`policies/${name}`, 'utf8'));
const ROW = 'schema: 1\nid: row\ntitle: Row\nversion: 2026.11.0\nextends: base/opt-in\nmatch: ["*", "ZZ"]\n';

/** A refusal is told with a place in the file; nothing that stands in a file makes the loader throw. */
function expectAnswer(text: string): void {
  const checked = checkPolicies(listTexts({ ...BASES, 'row.yaml': ROW, 'x.yaml': text }), PACK_DAY);
  if (checked.ok) return;
  for (const { file, line, column, message } of checked.errors) {
    expect(file).not.toBe('');
    expect(line).toBeGreaterThan(0);
    expect(column).toBeGreaterThan(0);
    expect(message).toMatch(/\S/);
    expect(message.length).toBeLessThan(600);
  }
}

describe('a policy file with anything in it', () => {
  it('is read or refused with a place: files of the pack, cut, doubled and littered', () => {
    const litter = fc.constantFrom(
      '"',
      "'",
      '{',
      '}',
      '[',
      ']',
      ':',
      '-',
      '#',
      '&a ',
      '*a',
      '!!x ',
      '\t',
      '\n',
      '\u0000',
      '%',
      '|',
      '>',
      '? ',
      '<<: ',
      '--- ',
      '\u{1f600}',
    );
    const property = fc.property(fc.nat(pack.length - 1), fc.nat(10_000), fc.nat(200), litter, (index, at, length, character) => {
      const text = pack[index] ?? '';
      const position = at % text.length;
      expectAnswer(text.slice(0, position));
      expectAnswer(text.slice(0, position) + character + text.slice(position + length));
    });
    fc.assert(property, { numRuns: RUNS, seed: 20_261_123 });
  });

  const naughty = corpusPath('naughty-strings.json');
  it.skipIf(naughty === null)('is read or refused with a place: naughty strings as keys and values', () => {
    const all = JSON.parse(readFileSync(naughty ?? '', 'utf8')) as string[];
    const strings = all.filter((_, index) => process.env.CONSENTRY_LONG === '1' || index % 8 === 0);
    for (const string of strings) {
      expectAnswer(
        `schema: 1\nid: x\nversion: 2026.11.0\nextends: base/opt-in\nmatch: ["SE"]\ntitle: ${JSON.stringify(string)}\n`,
      );
      expectAnswer(`schema: 1\n${JSON.stringify(string)}: 1\n`);
    }
    console.info(`naughty strings: ${strings.length}`);
  });
});
