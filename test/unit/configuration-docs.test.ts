/** What docs/configuration.md says is what the program does. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { resolveConfig } from '../../src/config.ts';
import { configSchema } from '../../src/config-schema.ts';

const text = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
const [defaults, routes] = Array.from(
  text.matchAll(/```yaml\n([\s\S]*?)```/g),
  (match) => parse(match[1] as string) as Record<string, unknown>,
);

describe('docs/configuration.md', () => {
  it('shows every key with its default', () => {
    const shown = resolveConfig(defaults ?? {}, '/here');
    const meant = resolveConfig({}, '/here');
    expect(shown).toEqual(meant);
    const optional = ['policies', 'unmatched'];
    expect(Object.keys(defaults ?? {}).sort()).toEqual(
      Object.keys(configSchema.shape)
        .filter((key) => !optional.includes(key))
        .sort(),
    );
  });

  it('shows routes that are accepted, with every key', () => {
    const shown = resolveConfig(routes ?? {}, '/here');
    expect(shown.ok ? [] : shown.problems).toEqual([]);
    const keys = Object.keys(Object.assign({}, ...((routes?.routes ?? []) as object[])));
    expect(keys.sort()).toEqual(Object.keys(configSchema.shape.routes.def.innerType.element.shape).sort());
  });
});
