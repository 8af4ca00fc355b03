/** What the command line shows a person: examples, completion, colours on a terminal only. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

  it.each(['zsh', 'fish'])('writes a script for %s that names every command', (shell) => {
    const script = run(['completion', shell]).stdout;
    for (const command of createProgram().commands) expect(script).toContain(command.name());
    expect(script).toContain('country');
    if (has(shell)) expect(spawnSync(shell, ['-n'], { input: script }).status).toBe(0);
  });
});
