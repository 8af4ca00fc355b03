/** Reads the files of a policy folder as they are at one moment; what they say is not this file's matter. */
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FILE_START, type PolicyProblem } from './problem.ts';

/** Longest file that is read: the largest of the pack, several times over. */
export const MAX_FILE_BYTES = 256 * 1024;
/** Most files that are read. */
export const MAX_FILES = 1_000;

export interface PolicyText {
  /** Path below the folder, with `/`. */
  readonly file: string;
  readonly text: string;
}

export interface FolderText {
  readonly texts: readonly PolicyText[];
  readonly problems: readonly PolicyProblem[];
}

/** Reads `*.yaml` and `base/*.yaml`. Hidden files, such as editors' and Kubernetes' own, are none of ours. */
export async function readPolicyFolder(folder: string): Promise<FolderText> {
  const problems: PolicyProblem[] = [];
  const names = [...(await listNames(folder, '', problems)), ...(await listNames(folder, 'base', problems))];
  if (problems.length === 0 && !names.some((name) => !name.endsWith('.test.yaml'))) {
    problems.push({
      file: '',
      ...FILE_START,
      message: 'there is no policy here: name a folder with *.yaml files, or copy the pack there',
    });
  }
  if (names.length > MAX_FILES) {
    problems.push({
      file: '',
      ...FILE_START,
      message: `there are ${names.length} files here, more than ${MAX_FILES}: name a folder of policies only`,
    });
    return { texts: [], problems };
  }
  const texts: PolicyText[] = [];
  for (const file of names) {
    const result = await readText(join(folder, file));
    if (typeof result === 'string') texts.push({ file, text: result });
    else problems.push({ file, ...FILE_START, message: result.message });
  }
  return { texts, problems };
}

async function listNames(folder: string, below: string, problems: PolicyProblem[]): Promise<string[]> {
  let entries: string[];
  try {
    entries = await readdir(join(folder, below));
  } catch (error) {
    // Only the folder itself has to be there.
    if (below === '')
      problems.push({
        file: '',
        ...FILE_START,
        message: `the folder cannot be read (${codeOf(error)}): name the folder of policies`,
      });
    return [];
  }
  const names: string[] = [];
  for (const entry of entries.sort()) {
    if (entry.startsWith('.') || entry.startsWith('#')) continue;
    const file = below === '' ? entry : `${below}/${entry}`;
    if (entry.endsWith('.yaml')) names.push(file);
    else if (/\.ya?ml$/i.test(entry)) {
      problems.push({
        file,
        ...FILE_START,
        message: `policy files end in .yaml: rename it to ${entry.replace(/\.ya?ml$/i, '.yaml')}`,
      });
    }
  }
  return names;
}

async function readText(path: string): Promise<string | { message: string }> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    return { message: `the file cannot be read (${codeOf(error)}): give the gateway the right to read it, or remove it` };
  }
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) return { message: 'this is no file: remove it, or write a policy there' };
    if (stat.size > MAX_FILE_BYTES)
      return { message: `the file is larger than ${MAX_FILE_BYTES / 1024} KiB: split it, or remove what is no policy` };
    const buffer = Buffer.alloc(MAX_FILE_BYTES + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
      length += bytesRead;
      if (bytesRead === 0 || length > MAX_FILE_BYTES) break;
    }
    if (length > MAX_FILE_BYTES)
      return { message: `the file is larger than ${MAX_FILE_BYTES / 1024} KiB: split it, or remove what is no policy` };
    return new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, length));
  } catch (error) {
    if (error instanceof TypeError) return { message: 'the file is not UTF-8: save it as UTF-8' };
    return { message: `the file cannot be read (${codeOf(error)}): look at the disk` };
  } finally {
    await handle.close();
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'error';
}
