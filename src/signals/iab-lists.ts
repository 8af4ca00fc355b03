/**
 * The two lists that IAB Europe publishes for TC strings: consent tools (cmp-list.json) and vendors (vendor-list.json, GVL).
 * Both are files that an operator keeps fresh; nothing is fetched here.
 */
import type { CmpList } from './tcf-validity.ts';

/** On which legal basis a vendor declared each purpose. */
export interface VendorDeclaration {
  readonly consent: ReadonlySet<number>;
  readonly legitimateInterest: ReadonlySet<number>;
  readonly flexible: ReadonlySet<number>;
}

/** By vendor id. Vendors that were deleted are not in it. */
export type VendorDeclarations = ReadonlyMap<number, VendorDeclaration>;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The entries under `key` with their numeric ids; undefined where the list has another shape. */
function entriesOf(list: unknown, key: string): [number, Record<string, unknown>][] | undefined {
  const entries = isObject(list) ? list[key] : undefined;
  if (!isObject(entries)) return undefined;
  const result: [number, Record<string, unknown>][] = [];
  for (const [id, entry] of Object.entries(entries)) {
    if (!/^\d{1,5}$/.test(id) || !isObject(entry)) return undefined;
    result.push([Number(id), entry]);
  }
  return result;
}

/** Day from which an entry is deleted. A date that cannot be read counts as long past. */
function deletedSince(entry: Record<string, unknown>): number | null {
  if (entry.deletedDate === undefined || entry.deletedDate === null) return null;
  const day = Date.parse(String(entry.deletedDate));
  return Number.isNaN(day) ? 0 : day;
}

export function compileCmpList(list: unknown): CmpList | undefined {
  const entries = entriesOf(list, 'cmps');
  return entries && new Map(entries.map(([id, entry]) => [id, deletedSince(entry)]));
}

function purposesOf(value: unknown): ReadonlySet<number> {
  return new Set(Array.isArray(value) ? value.filter((id) => typeof id === 'number') : []);
}

/**
 * The GVL as it is in the file. The specification asks for the version that a string names; one file, kept fresh, stands in for
 * all of them. It only ever narrows what the string's own bits allow.
 */
export function compileGvl(list: unknown): VendorDeclarations | undefined {
  const entries = entriesOf(list, 'vendors');
  if (entries === undefined) return undefined;
  const kept = entries.filter(([, entry]) => deletedSince(entry) === null);
  return new Map(
    kept.map(([id, entry]) => [
      id,
      {
        consent: purposesOf(entry.purposes),
        legitimateInterest: purposesOf(entry.legIntPurposes),
        flexible: purposesOf(entry.flexiblePurposes),
      },
    ]),
  );
}
