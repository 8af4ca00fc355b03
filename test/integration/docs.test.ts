/** Every command and every snippet of the README and of docs/ that can run, run. */
import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { resolveConfig } from '../../src/config.ts';
import type { ConfigInput } from '../../src/config-schema.ts';
import { TestFile } from '../../src/policy/schema-tests.ts';
import { type AdminListener, startAdmin } from '../support/admin.ts';
import { type Build, buildProgram } from '../support/build.ts';
import { type DocBlock, readBareBlocks, readDocBlocks } from '../support/doc-blocks.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const blocks = readDocBlocks();
const of = (...languages: string[]): [string, DocBlock][] =>
  blocks.filter(({ language }) => languages.includes(language)).map((block) => [block.at, block]);
const run = promisify(execFile);

/** Stands for `npx` and `npm`: the program that was built, and scripts that have to be there. */
const NPX = `#!/bin/sh
[ "$1" = consentry ] || { echo "unknown program: $1" >&2; exit 1; }
shift
[ "$1" = serve ] || exec "$NODE" "$MAIN" "$@"
"$NODE" "$MAIN" "$@" 2> serve.log & pid=$!
for i in $(seq 300); do
  grep -q '"msg":"listening"' serve.log && { kill $pid; wait $pid; exit 0; }
  kill -0 $pid 2> /dev/null || break
  sleep 0.1
done
cat serve.log >&2; kill $pid; exit 1
`;
const NPM = `#!/bin/sh
case "$1" in
  ci) exit 0 ;;
  start | test) script="$1" ;;
  run) script="$2" ;;
  *) echo "unknown: npm $1" >&2; exit 1 ;;
esac
"$NODE" -e 'process.exit(script = require(process.argv[1]).scripts[process.argv[2]] ? 0 : 1)' "$ROOT/package.json" "$script"
`;

describe('README.md and docs/', () => {
  let folder: string;
  let build: Build;
  let test: TestGateway;
  let admin: AdminListener;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'consentry-docs-'));
    build = await buildProgram();
    mkdirSync(join(folder, 'bin'));
    for (const [name, text] of [
      ['npx', NPX],
      ['npm', NPM],
    ] as const) {
      writeFileSync(join(folder, 'bin', name), text);
      chmodSync(join(folder, 'bin', name), 0o755);
    }
    cpSync(join(ROOT, 'policies'), join(folder, 'policies'), { recursive: true });
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(join(build.main, '../..'), join(folder, 'node_modules/consentry'));
    for (const name of ['koa', '@types']) symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
    test = await startGateway({
      store: `lmdb:${join(folder, 'data')}`,
      routes: [{ path: '/pixel.gif', purposes: ['analytics'] }],
      consent: { notices: { '2026-11': { hash: 'x', purposes: ['analytics', 'advertising'] } } },
    });
    admin = await startAdmin(test.gateway);
    const [, first] = of('yaml')[0] ?? [];
    const settings = first?.text.replace(/(?<=upstream: )\S+/, test.collector.url);
    writeFileSync(join(folder, 'consentry.yaml'), `${settings}store: lmdb:./data\nworkers: 1\n`);
  }, 180_000);
  afterAll(async () => {
    admin?.close();
    await test?.close();
    build?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it('have blocks of languages that are known here, and enough of them', () => {
    const known = ['sh', 'yaml', 'json', 'js', 'ts', 'nginx', 'html'];
    expect(blocks.filter(({ language }) => !known.includes(language))).toEqual([]);
    expect(blocks.length).toBeGreaterThan(20);
    // A drawing, and a header line alone. Pages (`html`) run in the browser test of the banners.
    expect(readBareBlocks()).toEqual([expect.stringContaining('browser ──hit──▶'), 'Consentry-Repeated: possible']);
  });

  it.each(of('sh'))(
    '%s: the commands do what they are there for',
    async (_, { text }) => {
      const env = {
        ...process.env,
        PATH: `${folder}/bin:${process.env.PATH}`,
        NODE: process.execPath,
        MAIN: build.main,
        ROOT,
        CONSENTRY_PORT: '0',
        CONSENTRY_ADMIN_PORT: '0',
      };
      // A line says so where it needs what is not here.
      const lines = text.split('\n').filter((line) => !line.includes('# needs '));
      const script = lines
        .join('\n')
        .replaceAll('127.0.0.1:8080', `127.0.0.1:${test.port}`)
        .replaceAll('http://127.0.0.1:8081', admin.url)
        .replaceAll('curl ', 'curl -sS --fail-with-body ');
      const { stdout } = await run('bash', ['--norc', '-euc', script], { cwd: folder, env, timeout: 90_000 });
      if (text.includes('curl')) expect(stdout).toContain('"analytics":"granted"');
      if (text.includes('# one dropped, one forwarded'))
        expect(stdout).toMatch(/outcome="dropped"\} 1\n(.*\n)*.*outcome="forwarded"\} 1/);
    },
    100_000,
  );

  it.each(of('yaml'))('%s: the settings are taken', (_, { text }) => {
    const value = parse(text) as Record<string, unknown>;
    // Alerts of Prometheus, which a test of the metrics reads.
    if ('groups' in value) return;
    if ('purposes' in value) {
      const schema = JSON.parse(readFileSync(join(ROOT, 'policies/policy.schema.json'), 'utf8')) as object;
      const policy = { schema: 1, id: 'x', title: 'x', version: '2026.11.0', ...value };
      expect(new Ajv({ allowUnionTypes: true }).validate(schema, policy)).toBe(true);
      return;
    }
    if ('kind' in value || 'tests' in value) {
      const file = { schema: 1, kind: 'tests', clock: '2026-11-23', ...value };
      expect(TestFile.safeParse(file).error?.issues ?? []).toEqual([]);
      return;
    }
    const loaded = resolveConfig(value as ConfigInput, folder);
    expect(loaded.ok ? [] : loaded.problems).toEqual([]);
  });

  it.each(of('json'))('%s: is JSON', (_, { text }) => {
    expect(JSON.parse(text)).toBeTypeOf('object');
  });

  it.each(of('js'))('%s: the page’s script does what it is there for', async (_, { text }) => {
    const answers: number[] = [];
    const fetchHere = async (target: string, init: { method: string; headers: Record<string, string>; body: string }) => {
      const headers = Object.entries({ ...init.headers, 'Sec-Fetch-Site': 'same-origin', 'x-test-country': 'DE' });
      const answer = await test.send({ ...init, target, headers });
      answers.push(answer.status);
      return { ok: answer.status < 300, json: async () => JSON.parse(answer.body.toString()) as unknown };
    };
    await new Function('fetch', `return (async () => {${text}})()`)(fetchHere);
    expect(answers).toEqual([201]);
  });

  it('have programs that the compiler takes, those in the docstrings of the public API included', async () => {
    const index = readFileSync(join(ROOT, 'src/index.ts'), 'utf8');
    const examples = Array.from(index.matchAll(/```ts\n([\s\S]*?)```/g), ([, text = '']) => text.replace(/^ \* ?/gm, ''));
    expect(examples.length).toBeGreaterThanOrEqual(3);
    const texts = [...of('ts').map(([, { text }]) => text), ...examples];
    for (const [i, text] of texts.entries()) writeFileSync(join(folder, `snippet-${i}.ts`), text);
    const compilerOptions = {
      ...(JSON.parse(readFileSync(join(ROOT, 'tsconfig.json'), 'utf8')) as { compilerOptions: object }).compilerOptions,
      noUnusedLocals: false,
      paths: { consentry: [join(ROOT, 'src/index.ts')] },
      typeRoots: [join(ROOT, 'node_modules/@types')],
    };
    writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['snippet-*.ts'] }));
    const said = await run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder], { cwd: folder }).then(
      () => '',
      (error: { stdout: string }) => error.stdout,
    );
    expect(said.split('\n').filter((line) => line.startsWith('snippet-'))).toEqual([]);
  }, 120_000);

  it.each(of('ts'))(
    '%s: the program starts',
    async (_, { text }) => {
      const file = join(folder, 'program.mjs');
      const ended = '\nsetTimeout(() => { console.log("running"); process.exit(0); }, 50);\n';
      writeFileSync(file, text.replace('listen(3000)', 'listen(0)').replaceAll("'lmdb:./data'", "'memory:'") + ended);
      const { stdout } = await run(process.execPath, [file], { cwd: folder, timeout: 60_000 });
      expect(stdout).toContain('running');
    },
    70_000,
  );

  describe.skipIf(spawnSync('nginx', ['-v']).status !== 0)('with nginx', () => {
    it.each(of('nginx'))('%s: the configuration is taken', (_, { text }) => {
      const file = join(folder, 'nginx.conf');
      writeFileSync(file, `pid ${folder}/nginx.pid;\nevents {}\nhttp { server { listen 127.0.0.1:1; ${text} } }\n`);
      const { status, stderr } = spawnSync('nginx', ['-t', '-c', file, '-e', join(folder, 'nginx.log')], { encoding: 'utf8' });
      expect(status, stderr).toBe(0);
    });
  });

  it('point to files and headings that are there', () => {
    const files = [...new Set(['README.md', ...blocks.map(({ at }) => at.split(':')[0] ?? '')])];
    for (const file of files) {
      const text = readFileSync(join(ROOT, file), 'utf8');
      for (const [, target = ''] of text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
        expect(existsSync(join(ROOT, file, '..', target)), `${file}: ${target}`).toBe(true);
      }
    }
  });
});
