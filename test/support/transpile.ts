/** Sources as JavaScript, for processes that a test starts often: transpiled once into a folder of their own. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Transpiled {
  /** Path of a source's JavaScript: `file('test/support/lmdb-writer.ts')`. */
  file(source: string): string;
  remove(): void;
}

/** `folders` relative to the root of the project, with everything below them. */
export function transpileSources(folders: readonly string[]): Transpiled {
  const target = mkdtempSync(join(tmpdir(), 'consentry-js-'));
  const compilerOptions = {
    module: ts.ModuleKind.ESNext,
    target: ts.ScriptTarget.ES2023,
    verbatimModuleSyntax: true,
    rewriteRelativeImportExtensions: true,
  };
  const file = (source: string) => join(target, source.replace(/\.ts$/, '.js'));
  for (const folder of folders) {
    for (const entry of readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })) {
      if (!entry.endsWith('.ts')) continue;
      const source = join(folder, entry);
      const { outputText } = ts.transpileModule(readFileSync(join(ROOT, source), 'utf8'), { compilerOptions });
      mkdirSync(dirname(file(source)), { recursive: true });
      writeFileSync(file(source), outputText);
    }
  }
  writeFileSync(join(target, 'package.json'), '{"type":"module"}');
  symlinkSync(join(ROOT, 'node_modules'), join(target, 'node_modules'));
  return { file, remove: () => rmSync(target, { recursive: true }) };
}
