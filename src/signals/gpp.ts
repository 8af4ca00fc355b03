/**
 * The GPP string of the IAB Tech Lab (Global Privacy Platform, "GPP String"): a header that names section ids, then a section
 * each, all parted by `~`. One unreadable section hides no other one.
 */
import { BitReader, isBase64Url } from './bits.ts';
import { readFibonacciRanges } from './fibonacci.ts';
import { FIRST_US_SECTION, nameUsSection } from './gpp-layouts.ts';
import { decodeUsSection, type SectionRefusal, type UsSection } from './gpp-sections.ts';
import { decodeTcString, type TcDecoding } from './tcf.ts';
import { decodeUsp, type UspDecoding } from './us-privacy.ts';

const MAX_GPP_CHARS = 16_384;
const MAX_SECTIONS = 24;
/** Ids are given out to 27 (2026); a higher bound leaves room, a low one takes the sting out of a header that lies. */
const MAX_SECTION_ID = 63;
const HEADER_TYPE = 3;
const HEADER_VERSION = 1;

export type GppRefusal =
  | 'empty'
  | 'too-long'
  | 'not-base64url'
  | 'header-type'
  | 'header-version'
  | 'truncated'
  | 'out-of-range'
  | 'section-count';

export type GppHeader =
  | { readonly ok: true; readonly type: number; readonly version: number; readonly sectionIds: readonly number[] }
  | { readonly ok: false; readonly reason: GppRefusal };

/** One section. `unread`: recognized (5, Canada) or reserved, and nothing is taken from it. */
export type GppSection =
  | {
      readonly kind: 'us';
      readonly id: number;
      readonly name: string;
      readonly refusal: SectionRefusal | null;
      readonly us: UsSection | null;
    }
  | { readonly kind: 'tcf'; readonly id: number; readonly text: string; readonly tcf: TcDecoding }
  | { readonly kind: 'usp'; readonly id: number; readonly text: string; readonly usp: UspDecoding }
  | { readonly kind: 'unread'; readonly id: number }
  /** An id that is not given out: it may be a state's of tomorrow. */
  | { readonly kind: 'unknown'; readonly id: number };

export type GppDecoding =
  | { readonly ok: true; readonly sectionIds: readonly number[]; readonly sections: readonly GppSection[] }
  | { readonly ok: false; readonly reason: GppRefusal };

/** Decodes the part before the first `~`. Bits behind the range are left alone: extensions of the header stand there. */
export function decodeGppHeader(text: string): GppHeader {
  if (text === '') return { ok: false, reason: 'empty' };
  if (!isBase64Url(text)) return { ok: false, reason: 'not-base64url' };
  const reader = new BitReader(text);
  const type = reader.read(6);
  if (type !== HEADER_TYPE) return { ok: false, reason: 'header-type' };
  const version = reader.read(6);
  if (reader.failure === null && version !== HEADER_VERSION) return { ok: false, reason: 'header-version' };
  const ranges = readFibonacciRanges(reader, MAX_SECTION_ID);
  if (reader.failure !== null) return { ok: false, reason: reader.failure };
  const sectionIds: number[] = [];
  for (const [first, last] of ranges) for (let id = first; id <= last; id++) sectionIds.push(id);
  return { ok: true, type, version, sectionIds };
}

function decodeSection(id: number, text: string): GppSection {
  switch (id) {
    case 2:
      return { kind: 'tcf', id, text, tcf: decodeTcString(text) };
    case 6:
      return { kind: 'usp', id, text, usp: decodeUsp(text) };
    case 1:
    case 3:
    case 4:
    case 5:
      return { kind: 'unread', id };
  }
  const name = nameUsSection(id);
  if (id < FIRST_US_SECTION || name === null) return { kind: 'unknown', id };
  const decoding = decodeUsSection(id, text);
  return { kind: 'us', id, name, refusal: decoding.ok ? null : decoding.reason, us: decoding.section };
}

/** Decodes a GPP string. Cost and memory are bounded by its length. Never throws. */
export function decodeGppString(text: string): GppDecoding {
  if (text === '') return { ok: false, reason: 'empty' };
  if (text.length > MAX_GPP_CHARS) return { ok: false, reason: 'too-long' };
  const tilde = text.indexOf('~');
  const header = decodeGppHeader(tilde === -1 ? text : text.slice(0, tilde));
  if (!header.ok) return header;
  const parts = tilde === -1 ? [] : text.slice(tilde + 1).split('~', MAX_SECTIONS + 1);
  if (parts.length > MAX_SECTIONS || parts.length !== header.sectionIds.length) return { ok: false, reason: 'section-count' };
  const sections = header.sectionIds.map((id, index) => decodeSection(id, parts[index] as string));
  return { ok: true, sectionIds: header.sectionIds, sections };
}
