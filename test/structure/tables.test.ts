import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const page = readFileSync('docs/faults.md', 'utf8');
const rows = [...page.matchAll(/^\| ([^|]+) \| ([^|]+) \| `(test\/[\w/-]+)`: ([^|]+) \|$/gm)].map(([, fault, , file, name]) => ({
  fault,
  file,
  name,
}));

it('the table of faults names tests that are there, each fault once', () => {
  for (const { fault, file, name } of rows) {
    const source = readFileSync(`${file}.test.ts`, 'utf8');
    expect(source.includes(name ?? ''), `${fault}: ${file}: ${name}`).toBe(true);
  }
  const lines = page.split('\n').filter((line) => /^\| (?!fault )/.test(line));
  expect(rows).toHaveLength(lines.length);
  expect(new Set(rows.map(({ fault }) => fault)).size).toBe(rows.length);
  expect(rows.length).toBeGreaterThanOrEqual(40);
});

it('the table of advisories names every test of one, and no other', () => {
  const table =
    readFileSync('docs/threat-model.md', 'utf8').split('## Advisories of similar programs')[1]?.split('\n## ')[0] ?? '';
  const named = Array.from(table.matchAll(/^\| [^|]+ \| [^|]+ \| `([\w-]+)` \|$/gm), ([, name]) => `${name}.test.ts`);
  expect(named.toSorted()).toEqual(readdirSync('test/security/advisories').toSorted());
});
