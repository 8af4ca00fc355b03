import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';

function write(text: string): { folder: string; file: string } {
  const folder = mkdtempSync(join(tmpdir(), 'consentry-config-'));
  const file = join(folder, 'consentry.yaml');
  writeFileSync(file, text);
  return { folder, file };
}

function problems(text: string): string[] {
  const { folder, file } = write(text);
  const loaded = loadConfig({}, {}, folder);
  return loaded.ok ? [] : loaded.problems.map((problem) => problem.replaceAll(file, 'FILE'));
}

describe('loadConfig', () => {
  it('fills in the defaults of the contract', () => {
    const { folder } = write('upstream: http://127.0.0.1:9000\n');
    const loaded = loadConfig({}, {}, folder);
    if (!loaded.ok) throw new Error(loaded.problems.join('\n'));
    expect(loaded.config).toMatchObject({
      listen: { host: '0.0.0.0', port: 8080 },
      admin: { host: '127.0.0.1', port: 8081, 'metrics-open': true },
      policies: fileURLToPath(new URL('../../policies', import.meta.url)),
      store: `lmdb:${join(folder, 'data')}`,
      trust: { proxies: [], forwarded: 'x-forwarded-for', geo: 'none' },
      limits: { header: 16_384, body: 262_144, 'consent-body': 16_384 },
      timeouts: { header: 10_000, body: 10_000, upstream: 10_000, idle: 5_000, drain: 20_000 },
      consent: { path: '/consent', cookie: { 'max-age': 400 * 86_400_000, secure: true, 'same-site': 'lax' } },
      redis: { wait: { replicas: 0, timeout: 200 } },
      spool: { 'max-bytes': 1024 ** 3, 'max-age': 3_600_000 },
    });
  });

  it('lets flags beat variables, variables beat the file', () => {
    const { folder } = write('upstream: http://127.0.0.1:1\nlisten: { port: 1 }\nstore: lmdb:./here\n');
    const environment = { CONSENTRY_UPSTREAM: 'http://127.0.0.1:2', CONSENTRY_PORT: '2', CONSENTRY_ADMIN_PORT: '22' };
    const loaded = loadConfig({ upstream: 'http://127.0.0.1:3' }, environment, folder);
    if (!loaded.ok) throw new Error(loaded.problems.join('\n'));
    expect(loaded.config.upstream).toBe('http://127.0.0.1:3');
    expect(loaded.config.listen).toEqual({ host: '0.0.0.0', port: 2 });
    expect(loaded.config.admin.port).toBe(22);
    expect(loaded.config.store).toBe(`lmdb:${join(folder, 'here')}`);
  });

  it('names the nearest known key, with the line and column', () => {
    expect(
      problems('site: shop\nupstrem: http://127.0.0.1:9000\nlisten: { prt: 1 }\nroutes:\n  - path: /collect\n    vendr: ga4\n'),
    ).toEqual([
      'FILE:2:1: unknown key "upstrem": write "upstream"',
      'FILE:3:11: unknown key "prt": write "port"',
      'FILE:6:5: unknown key "vendr": write "vendor"',
    ]);
  });

  it('says what to write instead of a value that is none', () => {
    expect(problems('limits: { body: 12KB }\n')[0]).toBe(
      'FILE:1:17: "12KB" is no size; write a number with B, KiB, MiB or GiB, like 16KiB',
    );
    expect(problems('timeouts: { idle: soon }\n')[0]).toContain('is no duration; write a number with ms, s, m, h or d, like 10s');
    expect(problems('routes:\n  - { path: collect }\n')[0]).toContain('write a path like /collect or /prefix/*');
    expect(problems('routes:\n  - { path: /a, host-header: "a\\r\\nX: b" }\n')[0]).toContain('write keep, or a host like');
  });

  it('reports a file that is no YAML where it stops being one', () => {
    expect(problems('site: shop\nsite: other\n')[0]).toBe('FILE:2:1: the key "site" is there twice: keep one');
    expect(problems('- a\n')[0]).toBe('FILE:1:1: the file has to be a map of keys: begin with upstream: http://127.0.0.1:9000');
  });

  it('takes a file of comments for one of defaults', () => {
    expect(problems('# upstream: later\n\n')).toEqual([]);
  });

  it('refuses a named file that is not there', () => {
    const loaded = loadConfig({ config: 'nowhere.yaml' }, {}, tmpdir());
    expect(loaded.ok ? [] : loaded.problems).toEqual([
      `${join(tmpdir(), 'nowhere.yaml')}: no such file; give the path of a configuration with --config`,
    ]);
  });
});
