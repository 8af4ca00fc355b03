/** All vendor profiles of the pack. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkSource } from '../../src/policy/check-file.ts';
import { parseSource } from '../../src/policy/source.ts';
import { compileProfile } from '../../src/vendors/compile.ts';
import type { VendorProfile } from '../../src/vendors/profile.ts';
import { type VendorFile, vendorSchema } from '../../src/vendors/schema.ts';

const FOLDER = fileURLToPath(new URL('../../policies/vendors', import.meta.url));
/** A file for what was read, for runs that begin a process for each of thousands of changes: reading all YAML takes a second. */
const KEPT = process.env.CONSENTRY_KEPT_PROFILES;

function readFiles(): VendorFile[] {
  if (KEPT !== undefined && existsSync(KEPT)) return JSON.parse(readFileSync(KEPT, 'utf8')) as VendorFile[];
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));
  const read = files.map((file) => {
    const parsed = parseSource(file, readFileSync(join(FOLDER, file), 'utf8'));
    const checked = parsed.ok ? checkSource(parsed.source, vendorSchema) : parsed;
    if (checked.ok) return checked.value;
    throw new Error(checked.problems.map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`).join('\n'));
  });
  if (KEPT !== undefined) writeFileSync(KEPT, JSON.stringify(read));
  return read;
}

let loaded: ReadonlyMap<string, VendorProfile> | null = null;

/** Profiles by name, read once for all tests of a process. */
export function loadAllProfiles(): ReadonlyMap<string, VendorProfile> {
  loaded ??= new Map(readFiles().map((file) => [file.vendor, compileProfile(file)]));
  return loaded;
}
