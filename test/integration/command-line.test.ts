/** What the command line shows a person: examples, completion, colours on a terminal only. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { type Build, buildProgram } from '../support/build.ts';

const has = (shell: string): boolean => spawnSync(shell, ['--version']).status === 0;

/** Commands that have none below them, by their path. */
function listLeaves(command: Command, path: string): [string, Command][] {
  if (command.commands.length === 0) return [[path, command]];
  return command.commands.flatMap((child) => listLeaves(child, `${path} ${child.name()}`));
}

function readHelp(command: Command): string {
  const parts: string[] = [];
  command.configureOutput({ writeOut: (part) => void parts.push(part), getOutHasColors: () => false });
  command.outputHelp();
  return parts.join('');
}

describe('the help', () => {
  it('shows an example of every command', () => {
    const leaves = listLeaves(createProgram(), 'consentry');
    expect(leaves.length).toBeGreaterThan(20);
    const without = leaves.filter(
      ([path, command]) =>
        !readHelp(command)
          .split(/^Examples?:/m)[1]
          ?.includes(path),
    );
    expect(without.map(([path]) => path)).toEqual([]);
  });
});

describe('the command line', () => {
  let build: Build;
  let folder: string;
  beforeAll(async () => {
    build = await buildProgram();
    folder = mkdtempSync(join(tmpdir(), 'consentry-cli-'));
  }, 120_000);
  afterAll(() => {
    build?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (args: string[], env: NodeJS.ProcessEnv = {}) =>
    spawnSync(process.execPath, [build.main, ...args], { cwd: folder, encoding: 'utf8', env: { ...process.env, ...env } });

  it('writes no colours to a pipe, and takes NO_COLOR at its word', () => {
    expect(run(['policy', 'explain', '--help']).stdout).not.toContain('\u001b');
    expect(run(['--help'], { FORCE_COLOR: '1', NO_COLOR: undefined }).stdout).toContain('\u001b[');
    expect(run(['--help'], { NO_COLOR: '1', FORCE_COLOR: undefined }).stdout).not.toContain('\u001b');
  });

  it('refuses a shell that it does not know', () => {
    const { status, stderr } = run(['completion', 'tcsh']);
    expect([status, stderr]).toEqual([2, expect.stringContaining('bash, zsh, fish')]);
  });

  describe.skipIf(!has('bash'))('in bash', () => {
    const complete = (...words: string[]): string[] => {
      const file = join(folder, 'consentry.bash');
      if (!existsSync(file)) writeFileSync(file, run(['completion', 'bash']).stdout);
      const script = `source ${file}; COMP_WORDS=(consentry ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _consentry; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).split('\n').filter(Boolean);
    };

    it('completes commands, commands of commands, and options', () => {
      expect(complete('po')).toEqual(['policy']);
      expect(complete('policy', 'ex')).toEqual(['explain']);
      expect(complete('policy', 'explain', '--c')).toEqual(['--country']);
      expect(complete('serve', '--config', 'file.yaml', '--up')).toEqual(['--upstream']);
      expect(complete('nonsense', 'serve', '--up')).toEqual(['--upstream']);
    });
  });

  const writeScript = (shell: string): string => {
    const file = join(folder, `consentry.${shell}`);
    if (!existsSync(file)) writeFileSync(file, run(['completion', shell]).stdout);
    return file;
  };

  describe.skipIf(!has('zsh'))('in zsh', () => {
    /** What the line is after a press of Tab, in a shell that believes itself at a terminal. */
    const complete = (line: string): string => {
      const script = `
        zmodload zsh/zpty
        zpty z env -i HOME=${folder} TERM=dumb PATH=$PATH zsh -f -i
        zpty -w z 'PS1= PS2=; unsetopt zle_bracketed_paste; cd ${folder}; autoload -Uz compinit; compinit -u -D; source ${writeScript('zsh')}'
        zpty -w z 'consentry() { print -r -- "[""$*""]" }; print rea""dy'
        zpty -r z out '*ready*'
        zpty -w -n z $'consentry ${line}\t\n'
        zpty -r z out $'*[[a-z]*]*'
        print -r -- $out
        zpty -d z`;
      const said = execFileSync('zsh', ['-fc', script], { encoding: 'utf8', timeout: 30_000 });
      return /\[([a-z][^\]]*)\]/.exec(said)?.[1]?.trim() ?? said;
    };

    it('completes commands, commands of commands, options, and files where nothing else fits', () => {
      writeFileSync(join(folder, 'shop.yaml'), '');
      expect(complete('po')).toBe('policy');
      expect(complete('policy ex')).toBe('policy explain');
      expect(complete('policy explain --cou')).toBe('policy explain --country');
      expect(complete('serve --config sho')).toBe('serve --config shop.yaml');
    }, 120_000);
  });

  describe.skipIf(!has('fish'))('in fish', () => {
    const complete = (line: string): string[] => {
      const script = `source ${writeScript('fish')}; complete -C 'consentry ${line}'`;
      const said = execFileSync('fish', ['--no-config', '-c', script], { cwd: folder, encoding: 'utf8', timeout: 30_000 });
      return said.split('\n').flatMap((offer) => (offer === '' ? [] : [offer.split('\t')[0] ?? '']));
    };

    it('completes commands, commands of commands, options, and files where one is wanted', () => {
      writeFileSync(join(folder, 'shop.yaml'), '');
      expect(complete('po')).toEqual(['policy']);
      expect(complete('policy ex')).toEqual(['explain']);
      expect(complete('policy explain --cou')).toEqual(['--country']);
      expect(complete('serve --config sho')).toEqual(['shop.yaml']);
    }, 60_000);
  });

  it.each(['zsh', 'fish'])('writes a script for %s that names every command', (shell) => {
    const script = readFileSync(writeScript(shell), 'utf8');
    for (const command of createProgram().commands) expect(script).toContain(command.name());
    expect(script).toContain('country');
  });

  it('ends without a word where nobody reads on', () => {
    const args = `"${process.execPath}" "${build.main}"`;
    const read = spawnSync('bash', ['-c', `${args} policy matrix --csv | head -1; echo "\${PIPESTATUS[0]}"`], {
      encoding: 'utf8',
      cwd: folder,
    });
    expect(read).toMatchObject({ stdout: 'place,policy,purpose,state,action\n0\n', stderr: '' });
  }, 60_000);

  it('ends the demo without a word where nobody reads its last one', async () => {
    const demo = spawn(process.execPath, [build.main, 'demo', '--port', '28099'], { cwd: folder });
    const complaints: string[] = [];
    demo.stderr.on('data', (part: Buffer) => complaints.push(part.toString()));
    const ended = once(demo, 'exit');
    await once(demo.stdout, 'data');
    demo.stdout.destroy();
    demo.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(complaints).toEqual([]);
  }, 60_000);

  it('prints results as JSON where asked to', () => {
    const json = (...args: string[]): unknown => JSON.parse(run([...args, '--json']).stdout);
    expect(json('policy', 'check')).toMatchObject({ ok: true, policies: expect.any(Number), revision: expect.any(String) });
    expect(json('mask-ip', '203.0.113.77')).toEqual({ masked: '203.0.113.0' });
    expect(json('mask-ip', 'nobody')).toEqual({ masked: null });
    expect(json('token', 'mint', '--scope', 'admin', '--store', `lmdb:${folder}/data`)).toMatchObject({
      token: expect.stringMatching(/^ey/),
      scope: 'admin',
    });
    mkdirSync(join(folder, 'bad'), { recursive: true });
    writeFileSync(join(folder, 'bad/x.yaml'), 'schema: 1\n');
    const bad = run(['policy', 'check', 'bad', '--json']);
    expect([bad.status, JSON.parse(bad.stdout)]).toEqual([1, { ok: false, errors: expect.any(Array) }]);
  });

  const hasTerminal = spawnSync('script', ['--version']).status === 0;
  it.skipIf(!hasTerminal)(
    'shows at a terminal how far it is, and nowhere else',
    () => {
      const verify = [process.execPath, build.main, 'policy', 'verify'];
      const shown = spawnSync('script', ['-qec', verify.map((word) => `"${word}"`).join(' '), '/dev/null'], {
        cwd: folder,
        encoding: 'utf8',
      });
      expect(shown.stdout).toMatch(/\r.\[K[\d,]+ cases…/);
      expect(shown.stdout).toMatch(/\r.\[K\d+ cases, \d+ invariants: all hold/);
      expect(run(['policy', 'verify'])).toMatchObject({ stderr: '', stdout: expect.stringContaining('all hold') });
    },
    60_000,
  );

  it.runIf(existsSync('/dev/full'))('says without a trace that what it writes to is full, and logs on where the log is', () => {
    const bash = (line: string) => spawnSync('bash', ['-c', line], { encoding: 'utf8' });
    const full = bash(`'${process.execPath}' '${build.main}' completion bash > /dev/full`);
    expect([full.status, full.stderr]).toEqual([1, 'consentry: standard output cannot be written: ENOSPC\n']);
    const program = `const { createLogger } = await import("${build.main.replace('main.js', 'ops/log.js')}");
      createLogger().info("lost"); setTimeout(() => console.log("alive"), 50);`;
    expect(bash(`'${process.execPath}' --input-type=module -e '${program}' 2> /dev/full`).stdout).toBe('alive\n');
  });
});
