/** Reads the vendor profiles of a folder. One bad file makes the whole set unusable: a hit is never scrubbed by half a profile. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Document, isMap, isNode, LineCounter, type Node, parseDocument, visit } from 'yaml';
import type { z } from 'zod';
import { compileProfile } from './compile.ts';
import type { VendorProfile } from './profile.ts';
import { vendorSchema } from './schema.ts';

/** What is wrong in a file, where (from 1), and what to write instead. */
export interface ProfileError {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export type ProfilesResult =
  | { readonly ok: true; readonly profiles: ReadonlyMap<string, VendorProfile> }
  | { readonly ok: false; readonly errors: readonly ProfileError[] };

type FileResult =
  | { readonly ok: true; readonly profile: VendorProfile }
  | { readonly ok: false; readonly errors: readonly ProfileError[] };

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min(swap, (row[j] as number) + 1, (next[j - 1] as number) + 1);
    }
    row = next;
  }
  return row[b.length] as number;
}

const KEYS = [
  ...Object.keys(vendorSchema.shape),
  ...Object.keys(vendorSchema.shape.fields.element.shape),
  'without',
  'beside',
  'set',
  'add',
];

function describeIssue(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'unrecognized_keys') return issue.message;
  return issue.keys
    .map((key) => {
      const nearest = [...KEYS].sort((a, b) => distance(key, a) - distance(key, b))[0] as string;
      return `unknown key "${key}"${distance(key, nearest) <= 3 ? `, write "${nearest}"` : ''}`;
    })
    .join('; ');
}

/** The node at a path, or the nearest one above it: a key that is missing has no place of its own. */
function findNode(document: Document, path: readonly PropertyKey[]): Node | null {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node)) return node;
  }
  return document.contents as Node | null;
}

/** Checks the text of one profile. */
export function readProfile(file: string, text: string): FileResult {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, version: '1.2', uniqueKeys: true });
  const errorAt = (offset: number, message: string): ProfileError => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col, message };
  };
  const errors = document.errors.map((error) => errorAt(error.pos[0], error.message.split('\n')[0] as string));
  visit(document, {
    Alias: (_, node) => void errors.push(errorAt(node.range?.[0] ?? 0, 'write the value itself, aliases are not allowed')),
  });
  if (errors.length > 0) return { ok: false, errors };
  const parsed = vendorSchema.safeParse(document.toJS());
  if (!parsed.success) {
    return {
      ok: false,
      errors: parsed.error.issues.map((issue) => {
        const node = findNode(document, issue.path);
        const key =
          issue.code === 'unrecognized_keys' && isMap(node)
            ? node.items.find((pair) => String(pair.key) === issue.keys[0])?.key
            : null;
        const where = isNode(key) ? key : node;
        const path = issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
        return errorAt(where?.range?.[0] ?? 0, path + describeIssue(issue));
      }),
    };
  }
  const expected = basename(file).replace(/\.yaml$/, '');
  if (parsed.data.vendor !== expected) {
    const node = document.getIn(['vendor'], true);
    const offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
    return { ok: false, errors: [errorAt(offset, `vendor: write "${expected}", the name of the file`)] };
  }
  return { ok: true, profile: compileProfile(parsed.data) };
}

/** Profiles by name, from `*.yaml` of a folder; an unreadable folder is an error at line 1. */
export async function loadProfiles(dir: string): Promise<ProfilesResult> {
  const profiles = new Map<string, VendorProfile>();
  const errors: ProfileError[] = [];
  try {
    for (const entry of (await readdir(dir)).sort()) {
      if (!entry.endsWith('.yaml')) continue;
      const file = join(dir, entry);
      const result = readProfile(file, await readFile(file, 'utf8'));
      if (result.ok) profiles.set(result.profile.name, result.profile);
      else errors.push(...result.errors);
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    errors.push({
      file: dir,
      line: 1,
      column: 1,
      message: `vendor profiles cannot be read (${code}); check the path of "policies"`,
    });
  }
  return errors.length > 0 ? { ok: false, errors } : { ok: true, profiles };
}
