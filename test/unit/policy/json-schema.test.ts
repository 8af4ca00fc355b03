import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { buildPolicyJsonSchema } from '../../../src/policy/json-schema.ts';

const files = [...readdirSync('policies'), ...readdirSync('policies/base').map((name) => `base/${name}`)].filter((name) =>
  name.endsWith('.yaml'),
);
const text = (file: string) => readFileSync(`policies/${file}`, 'utf8');

describe('policies/policy.schema.json', () => {
  it('is what the code says; after a change: npx vitest run test/unit/policy/json-schema.test.ts -u', async () => {
    await expect(`${JSON.stringify(buildPolicyJsonSchema(), null, 2)}\n`).toMatchFileSnapshot(
      '../../../policies/policy.schema.json',
    );
  });

  const validate = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true }).compile(buildPolicyJsonSchema());

  it('finds every shipped file valid', () => {
    expect(files.length).toBeGreaterThan(50);
    const invalid = files.filter((file) => !validate(parse(text(file))));
    expect(invalid).toEqual([]);
  });

  it.each([
    ['an unknown key', 'expect: x'],
    ['an action that is none', 'purposes: { advertising: { unknown: allow } }'],
    ['a place that is none', 'match: ["Germany"]'],
    ['a day that is none', 'effective: tomorrow'],
    ['a signal with a key of another one', 'signals: { dnt: { may: [deny], beats-record: true } }'],
  ])('refuses %s', (_, line) => {
    const file = 'schema: 1\nid: x\ntitle: x\nversion: 2026.11.0\n';
    expect(validate(parse(file))).toBe(true);
    expect(validate(parse(`${file}${line}\n`))).toBe(false);
  });

  it('describes keys and lists values for an editor', () => {
    const schema = JSON.stringify(buildPolicyJsonSchema());
    expect(schema).toContain('Life of a yes; a no does not expire');
    expect(schema).toContain('"enum":["forward","anonymize","drop"]');
  });

  it('is named in the first line of every shipped file', () => {
    for (const file of files) {
      const up = file.startsWith('base/') ? '..' : '.';
      expect(text(file).split('\n', 1)[0]).toBe(`# yaml-language-server: $schema=${up}/policy.schema.json`);
    }
  });
});
