/** What docs/operations.md and the Grafana dashboard name is what a gateway counts. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMetrics } from '../support/admin.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Names that the code registers, wherever it does: those of a fleet and of a shadow set are not on every gateway. */
function listNamesInCode(): string[] {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  return [...new Set(files.flatMap((name) => read(join('src', name)).match(/(?<=')consentry_[a-z]\w*(?=')/g) ?? []))].sort();
}

interface Documented {
  type: string;
  labels: string[];
}

function readTable(): Map<string, Documented> {
  const rows = read('docs/operations.md').matchAll(/^\| `(consentry_\w+)` \| (counter|gauge) \|([^|]*)\|/gm);
  return new Map(
    Array.from(rows, ([, name = '', type = '', labels = '']) => [
      name,
      { type, labels: Array.from(labels.matchAll(/`(\w+)`/g), ([, label = '']) => label) },
    ]),
  );
}

describe('the metrics', () => {
  const documented = readTable();
  let test: TestGateway;
  let text: string;
  beforeAll(async () => {
    test = await startGateway({ routes: [{ path: '/pixel.gif', purposes: ['analytics'], respond: 'pixel' }] });
    await test.send({ target: '/pixel.gif', headers: [['x-test-country', 'DE']] });
    text = await readMetrics(test.gateway);
  });
  afterAll(() => test.close());

  it('are all in the table of docs/operations.md, and no other is', () => {
    expect([...documented.keys()].sort()).toEqual(listNamesInCode());
  });

  it('have the type and the labels that the table says', () => {
    const types = Array.from(text.matchAll(/^# TYPE (consentry_\w+) (\w+)$/gm));
    expect(types.length).toBeGreaterThan(15);
    for (const [, name = '', type] of types) expect(documented.get(name)?.type, name).toBe(type);
    const series = Array.from(text.matchAll(/^(consentry_\w+)\{([^}]*)\} /gm));
    expect(series.length).toBeGreaterThan(2);
    for (const [, name = '', labels = ''] of series) {
      const found = Array.from(labels.matchAll(/(\w+)="/g), ([, label]) => label);
      expect(documented.get(name)?.labels, name).toEqual(found);
    }
  });

  it('are those that the Grafana dashboard and the alerts ask for, with the labels that they have', () => {
    const node = new Set(Array.from(text.matchAll(/^# TYPE ((?:process|nodejs)_\w+) /gm), ([, name = '']) => name));
    const dashboard = JSON.parse(read('docs/grafana-dashboard.json')) as { panels: { targets: { expr: string }[] }[] };
    const alerts = Array.from(read('docs/operations.md').matchAll(/^ *expr: (.*)$/gm), ([, expr = '']) => expr);
    const expressions = [...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)), ...alerts];
    expect(expressions.length).toBeGreaterThan(30);
    const asked = new Set<string>();
    for (const expr of expressions) {
      const names = expr.match(/\b(?:consentry|process|nodejs)_\w+/g) ?? [];
      expect(names.length, expr).toBeGreaterThan(0);
      const labels = new Set(names.flatMap((name) => documented.get(name)?.labels ?? []));
      for (const name of names) {
        expect(documented.has(name) || node.has(name), name).toBe(true);
        asked.add(name);
      }
      const used = [
        ...Array.from(expr.matchAll(/by \(([^)]*)\)/g), ([, list = '']) => list.split(/, */)).flat(),
        ...Array.from(expr.matchAll(/(\w+)=~?"/g), ([, label = '']) => label),
      ];
      for (const label of used) if (label !== 'instance') expect([...labels], `${label} in ${expr}`).toContain(label);
    }
    // Nothing is counted that nobody is shown.
    expect([...documented.keys()].filter((name) => !asked.has(name))).toEqual([]);
  });
});
