/** The program as it is shipped, built into a folder of its own, for tests that start it as a process. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Build {
  /** Path of `dist/main.js`. */
  readonly main: string;
  remove(): void;
}

export async function buildProgram(): Promise<Build> {
  const folder = mkdtempSync(join(tmpdir(), 'consentry-build-'));
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  for (const name of ['node_modules', 'policies', 'src']) symlinkSync(join(ROOT, name), join(folder, name));
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const args = [tsc, '-p', join(ROOT, 'src'), '--outDir', join(folder, 'dist'), '--declaration', 'false', '--noCheck'];
  // A type error is for the type check to tell; what is emitted is what is tested.
  await new Promise<void>((resolve) => execFile(process.execPath, args, () => resolve()));
  return { main: join(folder, 'dist/main.js'), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export interface Program {
  readonly child: ChildProcess;
  /** Log lines so far. */
  readonly lines: Record<string, unknown>[];
  /** The first line that says so, also a later one. */
  find(message: string, withinMs?: number): Promise<Record<string, unknown>>;
  ended: Promise<number | null>;
}

export function startProgram(main: string, args: readonly string[], cwd: string): Program {
  const child = spawn(process.execPath, [main, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: Record<string, unknown>[] = [];
  let rest = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) lines.push(part.startsWith('{') ? (JSON.parse(part) as Record<string, unknown>) : { msg: part });
  });
  const ended = new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)));
  return {
    child,
    lines,
    ended,
    async find(message, withinMs = 60_000) {
      const until = performance.now() + withinMs;
      for (;;) {
        const line = lines.find(({ msg }) => String(msg).includes(message));
        if (line !== undefined) return line;
        if (performance.now() > until || child.exitCode !== null)
          throw new Error(`never said "${message}": ${JSON.stringify(lines.slice(-5))}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
  };
}
