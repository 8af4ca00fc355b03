/** docs/policies.md, as a new user follows it: every command is run, every file in it is read. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { registerPolicyCommands } from '../../src/cli/policy.ts';
import { checkPolicies } from '../../src/policy/load.ts';
import { BASES, listTexts, PACK_DAY } from '../support/policy-set.ts';

const page = readFileSync('docs/policies.md', 'utf8');
const blocks = (kind: string) =>
  Array.from(page.matchAll(new RegExp(`^\`\`\`${kind}\\n([\\s\\S]*?)^\`\`\``, 'gm')), ([, text = '']) => text);

let folder: string;
let printed = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'policy-docs-'));
  cpSync('policies', join(folder, 'policies'), { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  printed = '';
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      printed += String(text);
      return true;
    });
  }
});

async function run(line: string): Promise<number> {
  const words = line.split(/\s+/).map((word) => (/^(policies|data\/)/.test(word) ? join(folder, word) : word));
  process.exitCode = undefined;
  const program = new Command('consentry').exitOverride();
  registerPolicyCommands(program);
  try {
    await program.parseAsync(words, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return 2;
  } finally {
    process.exitCode = undefined;
  }
}

describe('docs/policies.md', () => {
  it('leads from the first look to production', async () => {
    const brazil = join(folder, 'policies-next', 'br.yaml');
    const commands = blocks('sh').flatMap((block) => block.trimEnd().split('\n'));
    const snippet = blocks('yaml').find((text) => text.includes('policies-next/br.yaml')) ?? '';
    let checks = 0;
    const decision = {
      kind: 'decision',
      at: '2026-11-23T10:00:00Z',
      weight: 40,
      facts: {
        country: 'BR',
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
    };
    mkdirSync(join(folder, 'data', 'evidence'), { recursive: true });
    writeFileSync(join(folder, 'data', 'evidence', 'decisions-a-000001.ndjson'), `${JSON.stringify(decision)}\n`);
    vi.spyOn(globalThis, 'fetch').mockResolvedValue(
      new Response(
        'consentry_policy_shadow_judged_total 9\nconsentry_policy_shadow_differences_total{policy="br",cell="analytics.unknown",from="drop",to="anonymize"} 4\n',
      ),
    );
    for (const command of commands) {
      const [words = '', remark = ''] = command.split('       # ');
      printed = '';
      if (words.startsWith('cp ')) {
        const [, ...paths] = words.split(' ').filter((word) => word !== '-r');
        const [from = '', to = ''] = paths.map((path) => join(folder, path));
        cpSync(from, to, { recursive: true });
        if (words.startsWith('cp -r'))
          writeFileSync(
            brazil,
            readFileSync(brazil, 'utf8').replace('match: ["BR"]\n', (line) => `${line}${snippet}`),
          );
        continue;
      }
      expect(words).toMatch(/^npx consentry policy /);
      const wanted = remark === 'fails' || remark === 'differs' || remark.startsWith('needs') ? 1 : 0;
      const code = await run(
        words.replace('npx consentry ', '').replace('explain', `explain --policies ${join(folder, 'policies')}`),
      );
      expect({ words, code, printed }).toMatchObject({ words, code: wanted });
      if (remark === 'fails') {
        expect(printed).toMatch(
          /br\.yaml:\d+:\d+: test "nothing known" fails for BR on 2020-09-18: expected analytics: drop, got anonymize/,
        );
        expect(printed.match(/ fails for /g)).toHaveLength(1);
        writeFileSync(
          brazil,
          readFileSync(brazil, 'utf8').replace('functional: drop, analytics: drop', 'functional: drop, analytics: anonymize'),
        );
      }
      if (words.includes(' diff ')) expect(printed).toBe('analytics.unknown: drop → anonymize, in BR\n');
      if (words.includes(' replay ')) expect(printed).toContain('40 decisions, 40 would differ');
      if (words.includes(' check ')) checks++;
    }
    expect(checks).toBe(3);
    printed = '';
    expect(await run(`policy explain --policies ${join(folder, 'policies')} --country BR --purpose analytics`)).toBe(0);
    expect(printed).toContain('anonymize silence → unknown → br analytics.unknown');
  }, 60_000);

  it('shows tests that hold and invariants that are read', () => {
    const [tests = '', invariants = ''] = blocks('yaml').slice(-2);
    const pack = ['eu', 'ca', 'ca-qc', 'unknown', 'row', 'br'].map((name) => [
      `${name}.yaml`,
      readFileSync(`policies/${name}.yaml`, 'utf8').replace(/^tests:[\s\S]*/m, ''),
    ]);
    const files = {
      ...BASES,
      ...Object.fromEntries(pack),
      'a.test.yaml': `schema: 1\nkind: tests\nclock: 2026-11-23\n${tests}`,
      'b.test.yaml': invariants,
    };
    const checked = checkPolicies(listTexts(files), PACK_DAY);
    expect(checked.ok ? [] : checked.errors).toEqual([]);
    expect(checked.ok && checked.tests).toBe(4);
  });
});
