/** The shape of the code, checked by tools: which way imports go, and that nothing is exported or installed for nobody. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

async function run(command: string, ...args: string[]): Promise<string> {
  try {
    await promisify(execFile)(`node_modules/.bin/${command}`, args, { cwd: root });
    return '';
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return stdout + stderr;
  }
}

describe('the structure of the code', () => {
  it('lets imports go one way, and keeps pure rooms pure', async () => {
    expect(await run('depcruise', 'src', '--config', 'test/structure/imports.cjs', '--output-type', 'err')).toBe('');
  });

  it('exports nothing that nobody uses, and depends on nothing that it does not use', async () => {
    expect(await run('knip', '--no-progress', '--reporter', 'compact')).toBe('');
  });
});
