/**
 * The sets of vendor ids in a TC string (TCF consent string format, "Vendor Consent Section"). A set is asked, never written
 * out: a 2 KB string can announce twenty million ids. Only a listing for a person does that, and bounded.
 */
import { type BitReader, bitAt } from './bits.ts';

/** Ids in ranges `[first, last, first, last, …]`, or as bits of the string they stand in. */
export type VendorSet =
  | { readonly kind: 'ranges'; readonly ranges: readonly number[] }
  | { readonly kind: 'bits'; readonly text: string; readonly firstBit: number; readonly maxVendorId: number };

/** Entries of a range section, `limit` being the highest id that may stand in one. Fails the reader on an id of 0, above the limit, or out of order. */
export function readRanges(reader: BitReader, limit: number): readonly number[] {
  const count = reader.read(12);
  const ranges: number[] = [];
  for (let i = 0; i < count && !reader.failed; i++) {
    const isRange = reader.readFlag();
    const first = reader.read(16);
    const last = isRange ? reader.read(16) : first;
    if (first < 1 || last < first || last > limit) reader.fail();
    else ranges.push(first, last);
  }
  return ranges;
}

export function readVendorSet(reader: BitReader): VendorSet {
  const maxVendorId = reader.read(16);
  if (reader.readFlag()) return { kind: 'ranges', ranges: readRanges(reader, maxVendorId) };
  const firstBit = reader.at;
  reader.skip(maxVendorId);
  return { kind: 'bits', text: reader.text, firstBit, maxVendorId };
}

export function hasInRanges(ranges: readonly number[], id: number): boolean {
  for (let i = 0; i < ranges.length; i += 2) {
    if (id >= (ranges[i] as number) && id <= (ranges[i + 1] as number)) return true;
  }
  return false;
}

export function hasVendor(set: VendorSet, id: number): boolean {
  if (set.kind === 'ranges') return hasInRanges(set.ranges, id);
  return id >= 1 && id <= set.maxVendorId && bitAt(set.text, set.firstBit + id - 1);
}

/** The ids in ranges, ascending and each once: at most 65,535, however many overlapping ranges name them. */
export function listRanges(ranges: readonly number[]): number[] {
  const seen = new Uint8Array(65_536);
  for (let i = 0; i < ranges.length; i += 2) seen.fill(1, ranges[i] as number, (ranges[i + 1] as number) + 1);
  const ids: number[] = [];
  for (let id = seen.indexOf(1); id !== -1; id = seen.indexOf(1, id + 1)) ids.push(id);
  return ids;
}

export function listVendors(set: VendorSet): number[] {
  if (set.kind === 'ranges') return listRanges(set.ranges);
  const ids: number[] = [];
  for (let id = 1; id <= set.maxVendorId; id++) if (hasVendor(set, id)) ids.push(id);
  return ids;
}
