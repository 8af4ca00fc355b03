/**
 * Decodes the US sections of a GPP string by their layouts. Every core is a version of 6 bits and then fields of 2 bits:
 * 0 not applicable, 1 opted out or no consent, 2 did not opt out or consent; 3 is illegal and reads as 1.
 */
import { BitReader, isBase64Url, sixBitsAt } from './bits.ts';
import { CHILD, FIRST_US_SECTION, findUsLayout, NATIONAL_LONG_CHARS, NATIONAL_SHORT, type UsLayout } from './gpp-layouts.ts';

/** Why a section that is there cannot be relied upon. */
export type SectionRefusal =
  | 'empty'
  | 'not-base64url'
  | 'section-version'
  | 'section-too-short'
  | 'section-too-long'
  | 'subsection'
  | 'tc-string'
  | 'usp-string'
  | 'unknown-section';

export type FieldValue = number | readonly number[];

export interface UsSection {
  readonly version: number;
  /** By the names of the specification, without `Version` and `Gpc`. */
  readonly fields: Readonly<Record<string, FieldValue>>;
  /** The GPC sub-section; null where there is none. Of several, any 1 counts. */
  readonly gpc: boolean | null;
}

export type UsDecoding =
  | { readonly ok: true; readonly section: UsSection }
  /** `section` where the bits could be read nevertheless; it is not to be relied upon. */
  | { readonly ok: false; readonly reason: SectionRefusal; readonly section: UsSection | null };

function readValues(reader: BitReader, count: number): readonly number[] {
  const values: number[] = [];
  for (let i = 0; i < count; i++) values.push(reader.read(2));
  return values;
}

function readCore(text: string, end: number, layout: UsLayout): Record<string, FieldValue> | null {
  const reader = new BitReader(text, 0, end);
  reader.skip(6);
  const fields: Record<string, FieldValue> = {};
  for (const field of layout.fields) {
    if (typeof field === 'string') fields[field] = reader.read(2);
    else fields[field[0]] = readValues(reader, field[1]);
  }
  return reader.failed ? null : fields;
}

/** Bits that a layout has, without the version. */
function countBits(layout: UsLayout): number {
  return layout.fields.reduce((bits, field) => bits + (typeof field === 'string' ? 2 : 2 * field[1]), 0);
}

/** Encoders pad to bytes, to characters or to both; what is longer than that holds something that nobody here knows. */
const MAX_PADDING_BITS = 24;

/** GPC sub-section: type 1 in two bits, then the flag (GPP, "GPC Sub-section"). Null for a sub-section of another type. */
function readGpcFlag(part: string): boolean | null {
  const bits = sixBitsAt(part, 0);
  return bits >> 4 === 1 ? ((bits >> 3) & 1) === 1 : null;
}

/** GPC among the sub-sections of a section, each after a dot; `refused` where one is empty or not base64url. */
export function readGpcSubsections(parts: readonly string[]): { readonly gpc: boolean | null; readonly refused: boolean } {
  let gpc: boolean | null = null;
  for (const part of parts) {
    if (!isBase64Url(part)) return { gpc, refused: true };
    const flag = readGpcFlag(part);
    if (flag !== null) gpc = gpc === true || flag;
  }
  return { gpc, refused: false };
}

/** Takes the sub-section of sensitive data out of `parts`, if the layout has one and it is there. */
function takeSensitive(parts: string[], layout: UsLayout): readonly number[] | null {
  const part = parts[0];
  if (layout.sensitive === 0 || part === undefined || part.length * 6 < layout.sensitive * 2 || !isBase64Url(part)) return null;
  parts.shift();
  const reader = new BitReader(part);
  return readValues(reader, layout.sensitive);
}

/** A version-2 section of usnat in the shorter layout: what that lacks is not applicable. */
function lengthenNational(fields: Record<string, FieldValue>): Record<string, FieldValue> {
  const [sensitive, child] = [fields.SensitiveDataProcessing as number[], fields[CHILD] as number[]];
  return { ...fields, SensitiveDataProcessing: [...sensitive, 0, 0, 0, 0], [CHILD]: [...child, 0] };
}

/** Decodes one US section; `id` 7 to 27. */
export function decodeUsSection(id: number, text: string): UsDecoding {
  if (text === '') return { ok: false, reason: 'empty', section: null };
  const parts = text.split('.');
  const core = parts.shift() as string;
  if (!isBase64Url(core)) return { ok: false, reason: core === '' ? 'empty' : 'not-base64url', section: null };
  const isShort = id === FIRST_US_SECTION && core.length < NATIONAL_LONG_CHARS;
  const layout = isShort ? NATIONAL_SHORT : findUsLayout(id);
  if (layout === undefined) return { ok: false, reason: 'unknown-section', section: null };
  const read = readCore(core, core.length, layout);
  if (read === null) return { ok: false, reason: 'section-too-short', section: null };
  const version = sixBitsAt(core, 0);
  const sensitive = takeSensitive(parts, layout);
  const fields = isShort && version > 1 ? lengthenNational(read) : read;
  const { gpc, refused } = readGpcSubsections(parts);
  const section: UsSection = {
    version,
    fields: sensitive === null ? fields : { ...fields, SensitiveDataProcessing: sensitive },
    gpc,
  };
  if (refused) return { ok: false, reason: 'subsection', section };
  if (version < 1 || version > layout.versions) return { ok: false, reason: 'section-version', section };
  if (core.length * 6 - 6 - countBits(layout) > MAX_PADDING_BITS) return { ok: false, reason: 'section-too-long', section };
  return { ok: true, section };
}
