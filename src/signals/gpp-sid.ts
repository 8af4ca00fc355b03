/**
 * `gpp_sid`: ids of the sections in force, as the sender of the hit sees it (GPP core, "GPP in URLs"). In the wild nine of ten
 * are empty, and the CMP API's -1 (none applies) and 0 (not known yet) leak into it. So it may withhold a yes and show a
 * contradiction; it never hides an opt-out that stands in the string.
 */
import type { Carried } from './carried.ts';

/** Longest value that is read: more ids than there are sections. */
const MAX_CHARS = 256;

export interface GppSid {
  /** Every id that any of the values names. */
  readonly named: ReadonlySet<number>;
  /** Ids that every value names; empty where one of them cannot be read. */
  readonly agreed: ReadonlySet<number>;
}

const NOTHING: GppSid = { named: new Set(), agreed: new Set() };

/** Ids of one value, or null where it is no list of ids. */
function parseIds(value: string): ReadonlySet<number> | null {
  const text = value.trim();
  if (text === '-1' || text === '0') return NOTHING.named;
  if (text.length > MAX_CHARS || !/^\d{1,2}(?:\s*,\s*\d{1,2})*$/.test(text)) return null;
  return new Set(text.split(',').map(Number));
}

export function readGppSid(values: readonly Carried[]): GppSid {
  if (values.length === 0) return NOTHING;
  const lists = values.map(({ value }) => parseIds(value));
  const named = new Set(lists.flatMap((list) => [...(list ?? [])]));
  return { named, agreed: new Set([...named].filter((id) => lists.every((list) => list?.has(id) ?? false))) };
}
