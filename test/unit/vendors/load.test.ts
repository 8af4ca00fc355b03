import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { purposesIn } from '../../../src/consent/state.ts';
import { loadProfiles, readProfile } from '../../../src/vendors/load.ts';
import type { VendorProfile } from '../../../src/vendors/profile.ts';
import { createVendorJsonSchema } from '../../../src/vendors/schema.ts';

const DIR = fileURLToPath(new URL('../../../policies/vendors', import.meta.url));
const SCHEMA = fileURLToPath(new URL('../../../policies/vendor.schema.json', import.meta.url));
const FILES = readdirSync(DIR);

async function loadPack(): Promise<ReadonlyMap<string, VendorProfile>> {
  const result = await loadProfiles(DIR);
  if (!result.ok) throw new Error(result.errors.map(({ file, line, message }) => `${file}:${line}: ${message}`).join('\n'));
  return result.profiles;
}

const profile = (lines: string): string =>
  `schema: 1\nvendor: x\ntitle: X\npurposes: [analytics]\nrecipient: own\nendpoints: []\n${lines}`;

function errorsOf(text: string): string[] {
  const result = readProfile('x.yaml', text);
  return result.ok ? [] : result.errors.map(({ line, column, message }) => `${line}:${column}: ${message}`);
}

describe('loadProfiles', () => {
  it('loads every profile of the pack', async () => {
    const profiles = await loadPack();
    expect([...profiles.keys()].sort()).toEqual(FILES.map((file) => file.replace('.yaml', '')).sort());
    expect(profiles.size).toBe(39);
  });

  it('says what is wrong, where, and what to write', () => {
    expect(errorsOf(profile('fields: []'))).toEqual([]);
    expect(errorsOf(profile('feilds: []'))).toContainEqual('7:1: unknown key "feilds": write "fields"');
    expect(errorsOf(profile('fields:\n  - { names: [a], clas: utility }'))).toContainEqual(
      '8:19: unknown key "clas": write "class"',
    );
    expect(errorsOf(profile('fields:\n  - { names: [a], class: secret }'))[0]).toMatch(
      /^8:26: "secret" is no value of "class": write /,
    );
    expect(errorsOf(profile('fields:\n  - { names: [a], class: utility, type: enum }'))[0]).toMatch(/needs values/);
    expect(errorsOf(profile('fields: []\nfields: []'))[0]).toMatch(/^8:1: /);
    expect(errorsOf(profile('fields: &a []\ncookies: *a'))[0]).toMatch(/^7:12: anchors/);
    expect(errorsOf(profile('fields: []').replace('vendor: x', 'vendor: other'))[0]).toMatch(
      /^2:9: write "x", the name of the file/,
    );
    expect(errorsOf(profile('fields: [').replace('endpoints: []', 'endpoints: ["collect"]'))).not.toEqual([]);
  });

  it('takes a folder as a whole or not at all', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'vendors-'));
    writeFileSync(join(dir, 'x.yaml'), profile('fields: []'));
    writeFileSync(join(dir, 'notes.txt'), 'not a profile');
    expect((await loadProfiles(dir)).ok).toBe(true);
    writeFileSync(join(dir, 'y.yaml'), 'schema: 2\n');
    const broken = await loadProfiles(dir);
    expect(broken.ok).toBe(false);
    expect(broken.ok ? [] : broken.errors.map((error) => error.file)).toContain('y.yaml');
    expect(await loadProfiles(join(dir, 'missing'))).toMatchObject({ ok: false, errors: [{ line: 1 }] });
  });
});

describe('a folder that is read again', () => {
  it('is read anew where its text is another, and there only', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'vendors-'));
    const load = async () => {
      const result = await loadProfiles(dir);
      if (!result.ok) throw new Error('not read');
      return result.profiles;
    };
    writeFileSync(join(dir, 'x.yaml'), profile('fields: []'));
    writeFileSync(join(dir, 'z.yaml'), profile('fields: []').replace('vendor: x', 'vendor: z'));
    const first = await load();
    expect((await load()).get('x')).toBe(first.get('x'));
    writeFileSync(join(dir, 'x.yaml'), profile('fields:\n  - { names: [a], class: utility }'));
    const second = await load();
    expect(second.get('z')).toBe(first.get('z'));
    expect([first.get('x')?.field('a'), second.get('x')?.field('a')?.class]).toEqual([null, 'utility']);
    writeFileSync(join(dir, 'z.yaml'), 'schema: 2\n');
    expect((await loadProfiles(dir)).ok).toBe(false);
    expect((await loadProfiles(dir)).ok).toBe(false);
  });
});

describe('policies/vendor.schema.json', () => {
  const generated = JSON.parse(JSON.stringify(createVendorJsonSchema()));

  it('is what the code generates', () => {
    if (process.env.UPDATE_SCHEMAS === '1') writeFileSync(SCHEMA, `${JSON.stringify(generated, null, 2)}\n`);
    expect(JSON.parse(readFileSync(SCHEMA, 'utf8'))).toEqual(generated);
  });

  it.each(FILES)('editors accept %s, which names it in its first line', (file) => {
    const text = readFileSync(join(DIR, file), 'utf8');
    expect(text.split('\n', 1)[0]).toBe('# yaml-language-server: $schema=../vendor.schema.json');
    const validate = new Ajv2020({ strict: false }).compile(generated);
    expect(validate(parse(text)), JSON.stringify(validate.errors)).toBe(true);
  });
});

describe('a profile', () => {
  it('finds fields by name, by path and by what lies above them', async () => {
    const profiles = await loadPack();
    const ga4 = profiles.get('ga4');
    const meta = profiles.get('meta');
    expect(ga4?.field('cid')?.class).toBe('online-id');
    expect(ga4?.field('ep.user_data.email')).toMatchObject({ class: 'direct', purpose: 4 });
    expect(ga4?.field('ep.anything')).toMatchObject({ class: 'undeclared', purpose: 2 });
    expect(ga4?.field('nobody')).toBeNull();
    expect(meta?.field('cd[foo]')?.class).toBe('undeclared');
    expect(meta?.field('ud[em]')?.class).toBe('direct');
    expect(ga4?.cookiePurpose('_ga_ABC')).toBe('analytics');
    expect(ga4?.cookiePurpose('_gcl_au')).toBe('advertising');
    expect(ga4?.cookiePurpose('PHPSESSID')).toBeNull();
    expect(profiles.get('snowplow')?.cookiePurpose('_sp_id.8809')).toBe('analytics');
    expect(purposesIn(ga4?.named ?? 0)).toEqual(['analytics', 'advertising']);
    expect(profiles.get('generic')?.named).toBe(0);
  });

  it.each([
    ['ga4', '/g/collect', true],
    ['ga4', '/metrics/g/collect', true],
    ['ga4', '/gtag/js', false],
    ['matomo', '/matomo.php', true],
    ['matomo', '/sub/matomo.php', true],
    ['matomo', '/matomo.js', false],
    ['meta', '/tr/', true],
    ['google-ads', '/activity;src=1', true],
    ['sentry', '/api/42/envelope/', true],
    ['snowplow', '/com.snowplowanalytics.snowplow/tp2', true],
    ['segment', '/v1/batch', true],
    ['generic', '/1.gif', false],
  ])('%s: %s is an endpoint: %s', async (name, path, expected) => {
    expect((await loadPack()).get(name)?.isEndpoint(path)).toBe(expected);
  });
});
