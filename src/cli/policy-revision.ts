/** A policy set by folder or by git revision, for commands that compare two. */
import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { CompiledPolicySet } from '../policy/compile.ts';
import { checkPolicies } from '../policy/load.ts';
import { FILE_START, type PolicyProblem } from '../policy/problem.ts';
import { type PolicyText, readPolicyFolder } from '../policy/read-folder.ts';
import { reportProblems } from './policy-options.ts';

const run = promisify(execFile);
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/**
 * The set of a folder, or of a git revision: `HEAD~1`, `v1.2`, or `HEAD~1:path/to/policies` where they do not lie in `policies`.
 * Prints what is wrong, sets exit code 2 and answers null where there is none.
 */
export async function openPolicies(name: string): Promise<CompiledPolicySet | null> {
  const { texts, problems } = await readTexts(name);
  const checked = problems.length > 0 ? { ok: false as const, errors: problems } : checkPolicies(texts, Date.now());
  if (checked.ok) return checked.set;
  reportProblems(name, checked.errors);
  process.exitCode = 2;
  return null;
}

async function readTexts(name: string): Promise<{ texts: readonly PolicyText[]; problems: readonly PolicyProblem[] }> {
  const isFolder = await stat(name).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
  return isFolder ? readPolicyFolder(name) : readRevision(name);
}

async function readRevision(name: string): Promise<{ texts: readonly PolicyText[]; problems: readonly PolicyProblem[] }> {
  const refuse = (message: string) => ({ texts: [], problems: [{ file: '', ...FILE_START, message }] });
  const [revision = '', folder = 'policies'] = name.split(':', 2);
  if (revision === '' || revision.startsWith('-')) return refuse('this is neither a folder nor a git revision: name one of them');
  try {
    const git = async (...args: string[]) => (await run('git', args, { maxBuffer: MAX_OUTPUT_BYTES })).stdout;
    const tree = `${revision}:${folder}`;
    const listed = (await git('ls-tree', '-r', '-z', '--name-only', tree)).split('\0');
    const files = listed.filter((file) => /^(base\/)?[^./#][^/]*\.yaml$/.test(file));
    if (files.length === 0) return refuse('there is no policy in this revision: write REVISION:FOLDER, such as HEAD~1:policies');
    const texts: PolicyText[] = [];
    for (const file of files) texts.push({ file, text: await git('cat-file', 'blob', `${tree}/${file}`) });
    return { texts, problems: [] };
  } catch {
    return refuse('this is neither a folder nor a git revision with policies: name a folder, or REVISION:FOLDER');
  }
}
