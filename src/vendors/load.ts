/** Reads the vendor profiles of a folder. One bad file makes the whole set unusable: a hit is never scrubbed by half a profile. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkSource } from '../policy/check-file.ts';
import { FILE_START, type PolicyProblem } from '../policy/problem.ts';
import { parseSource } from '../policy/source.ts';
import { compileProfile } from './compile.ts';
import type { VendorProfile } from './profile.ts';
import { vendorSchema } from './schema.ts';

/** Files of the problems are names below the folder. */
export type ProfilesResult =
  | { readonly ok: true; readonly profiles: ReadonlyMap<string, VendorProfile> }
  | { readonly ok: false; readonly errors: readonly PolicyProblem[] };

type FileResult =
  | { readonly ok: true; readonly profile: VendorProfile }
  | { readonly ok: false; readonly errors: readonly PolicyProblem[] };

/** Checks the text of one profile. */
export function readProfile(file: string, text: string): FileResult {
  const parsed = parseSource(file, text);
  if (!parsed.ok) return { ok: false, errors: parsed.problems };
  const checked = checkSource(parsed.source, vendorSchema);
  if (!checked.ok) return { ok: false, errors: checked.problems };
  const expected = file.replace(/\.yaml$/, '');
  if (checked.value.vendor === expected) return { ok: true, profile: compileProfile(checked.value) };
  return { ok: false, errors: [parsed.source.problemAt(['vendor'], `write "${expected}", the name of the file`)] };
}

/** What was read last, by name of the file: parsing all of a folder would hold up the hits that are served meanwhile. */
let latest: ReadonlyMap<string, { readonly text: string; readonly result: FileResult }> = new Map();

/** Profiles by name, from `*.yaml` of a folder; an unreadable folder is an error at its first line. */
export async function loadProfiles(dir: string): Promise<ProfilesResult> {
  const profiles = new Map<string, VendorProfile>();
  const errors: PolicyProblem[] = [];
  const read = new Map<string, { text: string; result: FileResult }>();
  try {
    for (const file of (await readdir(dir)).sort()) {
      if (!file.endsWith('.yaml')) continue;
      const text = await readFile(join(dir, file), 'utf8');
      const known = latest.get(file);
      const result = known?.text === text ? known.result : readProfile(file, text);
      read.set(file, { text, result });
      if (result.ok) profiles.set(result.profile.name, result.profile);
      else errors.push(...result.errors);
    }
    latest = read;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    errors.push({ file: '', ...FILE_START, message: `vendor profiles cannot be read (${code}): check the path of "policies"` });
  }
  return errors.length > 0 ? { ok: false, errors } : { ok: true, profiles };
}
