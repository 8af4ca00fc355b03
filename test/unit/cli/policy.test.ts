import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Command, CommanderError } from 'commander';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { registerPolicyCommands } from '../../../src/cli/policy.ts';

let folder: string;
let policies: string;
let printed: string;
let complained: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'policy-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

beforeEach(() => {
  policies = join(folder, 'policies');
  rmSync(policies, { recursive: true, force: true });
  cpSync('policies', policies, { recursive: true });
  printed = '';
  complained = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    complained += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

/** Runs a command line and answers its exit code. */
async function run(...words: string[]): Promise<number> {
  process.exitCode = undefined;
  const program = new Command('consentry').exitOverride();
  registerPolicyCommands(program);
  try {
    await program.parseAsync(['policy', ...words], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
  return Number(process.exitCode ?? 0);
}

function edit(file: string, change: (text: string) => string): void {
  const path = join(policies, file);
  writeFileSync(path, change(readFileSync(path, 'utf8')));
}

/** Lines of standard input for a command. */
function feed(...lines: string[]): void {
  vi.spyOn(process, 'stdin', 'get').mockReturnValue(
    Readable.from(lines.map((line) => `${line}\n`)) as unknown as typeof process.stdin,
  );
}

describe('policy check', () => {
  it('finds the pack good', async () => {
    expect(await run('check', policies)).toBe(0);
    expect(printed).toMatch(/^\d+ policies, \d+ test cases: all good \(revision [0-9a-f]{16}, \d+ ms\)\n$/);
  });

  it('says where a mistake is, with the line', async () => {
    edit('eu.yaml', (text) => text.replace('- "NO"', '- NO'));
    expect(await run('check', policies)).toBe(1);
    expect(complained).toMatch(
      /eu\.yaml:41:5: NO without quotes is false to many YAML readers: write "NO" in quotes\n {2}41 \| {3}- NO\n {5}\| {5}\^\n/,
    );
    expect(printed).toBe('');
  });
});

describe('policy test', () => {
  it('reaches every cell, variant and signal of the pack', async () => {
    expect(await run('test', policies, '--coverage', '--fail-under', '100')).toBe(0);
    expect(printed).toMatch(/coverage 100 %: cells (\d+)\/\1, variants (\d+)\/\2, signals (\d+)\/\3\n$/);
  });

  it('fails under a threshold and names what no test reaches', async () => {
    edit('br.yaml', (text) => text.replace(/ {2}- name: nothing known\n.*\n.*\n/, '').replace(/ {2}- name: audience[\s\S]*/, ''));
    expect(await run('test', policies, '--fail-under', '100')).toBe(1);
    expect(printed).toContain(
      'no test reaches br: necessary.unknown, functional.unknown, analytics.unknown, personalization.unknown, advertising.unknown',
    );
    expect(printed).toContain('no test reaches br: the variant for BR with label audience-measurement');
    expect(await run('test', policies, '--fail-under', '50')).toBe(0);
  });

  it('fails where there is no test', async () => {
    const bare = join(folder, 'bare');
    cpSync('policies/base', join(bare, 'base'), { recursive: true });
    writeFileSync(
      join(bare, 'row.yaml'),
      'schema: 1\nid: row\ntitle: Row\nversion: 2026.11.0\nextends: base/opt-in\nmatch: ["*"]\n',
    );
    expect(await run('test', bare)).toBe(1);
    expect(complained).toContain('there is no test here');
  });

  it('prints JSON', async () => {
    expect(await run('test', policies, '--json', '--coverage')).toBe(0);
    expect(JSON.parse(printed)).toMatchObject({ ok: true, coverage: { percent: 100 } });
  });
});

describe('policy explain', () => {
  it('says place, file, signal and cell on a line for each purpose', async () => {
    expect(
      await run(
        'explain',
        '--policies',
        policies,
        '--country',
        'us',
        '--region',
        'US-CA',
        '--gpc',
        '--purpose',
        'advertising',
        '--at',
        '2026-11-23',
      ),
    ).toBe(0);
    expect(printed).toMatch(
      /^US-CA \(assumed\) on 2026-11-23 → us-ca@2026\.11\.0#[0-9a-f]{12}, California — CCPA as amended by CPRA\n {2}advertising {5}drop {6}gpc says 1 \(header:sec-gpc\) → denied → us-ca advertising\.denied\n$/,
    );
  });

  it('prints JSON', async () => {
    expect(
      await run(
        'explain',
        '--policies',
        policies,
        '--country',
        'FR',
        '--record',
        'analytics=granted,advertising=withdrawn',
        '--label',
        'x',
        '--json',
      ),
    ).toBe(0);
    expect(JSON.parse(printed)).toMatchObject({
      policy: 'eu',
      also: [],
      version: expect.stringMatching(/^eu@2026\.11\.0#/),
      purposes: {
        analytics: { state: 'granted', action: 'forward', reasons: [{ code: 'record' }] },
        advertising: { state: 'withdrawn', action: 'drop', reasons: [{ code: 'record' }] },
        functional: { state: 'unknown', action: 'drop', reasons: [{ code: 'silence' }] },
      },
    });
  });

  it('reads situations line by line, and tells which line is none', async () => {
    feed(
      '{"country": "US", "region": "CA", "gpc": "1", "record": {"advertising": "granted", "age": "30d"}, "tcf": {"purposes": [1, 8], "vendor": true}, "gpp": {"usca": {"SaleOptOut": 1}}}',
      '',
      '{"county": "DE"}',
      'nonsense',
      '{"country": "CL", "at": "2026-12-01"}',
    );
    expect(await run('explain', '--policies', policies, '--batch')).toBe(2);
    const lines = printed
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(4);
    expect(lines[0].purposes.advertising).toMatchObject({ state: 'denied', action: 'drop' });
    expect(lines[1]).toEqual({ ok: false, error: 'unknown key "county": write "country"' });
    expect(lines[2]).toEqual({ ok: false, error: 'this has to be a map of keys' });
    expect(lines[3].policy).toBe('cl');
  });

  it('refuses a call that is wrong', async () => {
    expect(await run('explain', '--policies', policies, '--purpose', 'fun')).toBe(2);
    expect(await run('explain', '--policies', policies, '--country', 'Deutschland')).toBe(2);
    expect(await run('explain', '--policies', policies, '--at', 'tomorrow')).toBe(2);
    expect(await run('explain', '--policies', policies, '--record', 'analytics')).toBe(2);
    expect(await run('explain', '--policies', policies, '--record', 'analytics=perhaps')).toBe(2);
  });
});

describe('policy matrix', () => {
  it('prints every place × purpose × state', async () => {
    expect(await run('matrix', policies, '--csv')).toBe(0);
    const lines = printed.trimEnd().split('\n');
    expect(lines[0]).toBe('place,policy,purpose,state,action');
    expect(lines).toContain('DE,eu,analytics,expired,drop');
    expect(lines).toContain('US-CA,us-ca,analytics,denied,anonymize');
    expect(lines).toContain('ZZ,unknown,necessary,unknown,forward');
    expect((lines.length - 1) % 25).toBe(0);
  });

  it('prints a table, at a label too', async () => {
    expect(await run('matrix', policies, '--label', 'audience-measurement')).toBe(0);
    expect(printed).toMatch(/^FR {5}eu +forward forward forward +forward drop drop +forward anonymize drop/m);
  });
});

describe('policy diff', () => {
  it('is 0 where nothing, 1 where something differs, 2 where a set cannot be used', async () => {
    expect(await run('diff', 'policies', policies)).toBe(0);
    expect(printed).toBe('');
    edit('br.yaml', (text) =>
      text
        .replace('match: ["BR"]\n', 'match: ["BR"]\npurposes: { analytics: { unknown: anonymize } }\n')
        .replace('analytics: drop, personalization', 'analytics: anonymize, personalization'),
    );
    expect(await run('diff', 'policies', policies)).toBe(1);
    expect(printed).toBe('analytics.unknown: drop → anonymize, in BR\n');
    edit('br.yaml', (text) => `${text}foo: 1\n`);
    expect(await run('diff', 'policies', policies)).toBe(2);
    expect(await run('diff', 'nowhere', policies)).toBe(2);
  });

  it('compares git revisions', async () => {
    const repository = join(folder, 'repository');
    cpSync('policies', join(repository, 'policies'), { recursive: true });
    const git = (...words: string[]) =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...words], { cwd: repository });
    git('init', '-q');
    git('add', '.');
    git('commit', '-q', '-m', 'one');
    const row = join(repository, 'policies', 'row.yaml');
    writeFileSync(row, readFileSync(row, 'utf8').replace('match: ["*"]', 'match: ["*"]\nconsent: { valid-for: 90d }'));
    git('commit', '-q', '-a', '-m', 'two');
    vi.spyOn(process, 'cwd').mockReturnValue(repository);
    const before = process.env.GIT_DIR;
    process.env.GIT_DIR = join(repository, '.git');
    try {
      expect(await run('diff', 'HEAD~1', 'HEAD')).toBe(1);
      expect(printed).toMatch(/^valid-for: 180d → 90d, in \d+ places: /);
      expect(await run('diff', 'HEAD:policies', join(repository, 'policies'))).toBe(0);
      expect(await run('diff', '--', '--output=x', 'HEAD')).toBe(2);
    } finally {
      if (before === undefined) delete process.env.GIT_DIR;
      else process.env.GIT_DIR = before;
    }
  });
});

describe('policy verify', () => {
  it('tries what an operator states in a test file', async () => {
    writeFileSync(
      join(policies, 'own.test.yaml'),
      'schema: 1\nkind: tests\nclock: 2026-11-23\ninvariants:\n  - name: nobody is forwarded to advertisers\n    when: { places: ["JP"] }\n    never: { advertising: forward }\n',
    );
    for (const file of ['pack.test.yaml', 'eu.yaml', 'gb.yaml', 'us-ca.yaml']) rmSync(join(policies, file));
    expect(await run('verify', policies)).toBe(1);
    expect(complained).toMatch(
      /violated: nobody is forwarded to advertisers \(\d+ cases\)\n {2}smallest: JP on .*, record granted\n {2}got advertising: forward \(granted, jp\)\n/,
    );
  });
});

describe('policy replay', () => {
  it('judges a decision log again', async () => {
    const decision = (country: string, weight: number) =>
      JSON.stringify({
        kind: 'decision',
        at: '2026-11-23T10:00:00Z',
        weight,
        facts: {
          country,
          subdivision: null,
          source: 'database',
          disagrees: null,
          record: null,
          denied: [],
          signals: [],
          label: null,
          sensitive: false,
          age: null,
          tcfVendor: null,
          publisher: false,
        },
      });
    const log = join(folder, 'decisions-a-000001.ndjson');
    writeFileSync(log, `{"kind":"begin"}\n${decision('BR', 100)}\n${decision('DE', 3)}\nhalf a li`);
    edit('br.yaml', (text) =>
      text
        .replace('match: ["BR"]\n', 'match: ["BR"]\npurposes: { analytics: { unknown: anonymize } }\n')
        .replace('analytics: drop, personalization', 'analytics: anonymize, personalization'),
    );
    expect(await run('replay', '--decisions', log, 'policies', policies)).toBe(1);
    expect(printed).toBe('103 decisions, 100 would differ\n      100  br analytics.unknown: drop → anonymize  (BR 100)\n');
    expect(await run('replay', '--decisions', log, 'policies', 'policies')).toBe(0);
    expect(await run('replay', '--decisions', join(folder, 'nothing'), 'policies', policies)).toBe(2);
  });
});

describe('policy shadow', () => {
  const answer = (text: string) => vi.spyOn(globalThis, 'fetch').mockResolvedValue(new Response(text));

  it('lists what the next policies would do otherwise', async () => {
    answer(
      'consentry_policy_shadow_judged_total 9\nconsentry_policy_shadow_differences_total{policy="br",cell="analytics.unknown",from="drop",to="anonymize"} 4\n',
    );
    expect(await run('shadow')).toBe(1);
    expect(printed).toBe('9 hits judged in the shadow\n        4  br analytics.unknown: drop → anonymize\n');
  });

  it('is 0 where nothing differs, and 2 where nothing is known', async () => {
    answer('consentry_policy_shadow_judged_total 9\n');
    expect(await run('shadow')).toBe(0);
    answer('');
    expect(await run('shadow')).toBe(2);
  });
});
