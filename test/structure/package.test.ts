/** What npm would publish: small, whole, and taken by those who lint packages. */
import { execFile, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

interface Packed {
  size: number;
  files: { path: string }[];
}

describe('the package', () => {
  let packed: Packed;
  beforeAll(async () => {
    // In a fresh clone nothing is built yet; where it is, this takes a moment.
    await run('npm', ['run', '--silent', 'build'], { cwd: root });
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root, maxBuffer: 1 << 24 });
    [packed] = JSON.parse(stdout) as [Packed];
  }, 120_000);

  it('holds the program, the policies, the files of its pages, and nothing of the workshop', () => {
    const paths = packed.files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        'dist/main.js',
        'dist/index.d.ts',
        'README.md',
        'CHANGELOG.md',
        'LICENSE',
        'policies/eu.yaml',
        'policies/vendors/ga4.yaml',
      ]),
    );
    for (const room of ['admin', 'consent', 'demo']) {
      const assets = readdirSync(join(root, 'src', room, 'assets')).map((name) => `src/${room}/assets/${name}`);
      expect(paths).toEqual(expect.arrayContaining(assets));
    }
    expect(paths.filter((path) => /^(?:test|docs|\.|node_modules)|\.map$|\.ts$/.test(path) && !path.endsWith('.d.ts'))).toEqual(
      [],
    );
  });

  it('is small', () => {
    expect(packed.size).toBeLessThan(700_000);
  });

  it('costs as many packages as the README says', () => {
    const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { dev?: boolean; os?: string[]; dependencies?: Record<string, string> }>;
    };
    const shipped = Object.entries(lock.packages).filter(([path, { dev }]) => path !== '' && dev !== true);
    const { dependencies = {} } = lock.packages[''] ?? {};
    // Of the ready-made binaries of lmdb and msgpackr each machine takes one.
    const count = shipped.filter(([, { os }]) => os === undefined).length + 2;
    expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain(
      `${Object.keys(dependencies).length} dependencies of its own, ${count} packages with theirs`,
    );
  });

  it('has nothing that publint finds', () => {
    const { status, stdout } = spawnSync('node_modules/.bin/publint', ['--strict'], { cwd: root, encoding: 'utf8' });
    expect(status, stdout).toBe(0);
  }, 60_000);

  it('has a changelog for its version', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(readFileSync(join(root, 'CHANGELOG.md'), 'utf8')).toContain(`## ${version}`);
  });
});
