/** Finds the corpora that tests may read; they are not part of the project. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Path of a corpus below `CORPUS_DIR` (default `../shared/corpora`), or null where it is not there: such tests are skipped. */
export function corpusPath(name: string): string | null {
  const path = join(resolve(ROOT, process.env.CORPUS_DIR ?? '../shared/corpora'), name);
  return existsSync(path) ? path : null;
}
