/** Quick looks at a text in which nearly always there is no click id: what they let pass is searched by scrub-click-ids. */
import { mayNameClickId } from '../privacy/names.ts';
import { decodePercent } from '../privacy/percent.ts';
import { hasRun, mayHoldBase64, TOKEN } from '../privacy/shape.ts';

/** `=`, `{`, `[` and `"`, and letters of base64, percent-encoded however often. */
export const ENCODED_MARK = /%(?:25)*(?:3d|7b|5b|22|2[bf])/i;
const ADVERTISING_HINT = /fb\.\d\.\d{10}|GCL\.\d{10}/;
/** Base64 of a name and an id is no shorter. */
export const MIN_HIDDEN = 24;
/** Percent-encoding of percent-encoding that a quick look goes through; behind more there may be anything. */
const MAX_LAYERS = 4;
/** Click ids in a text are no shorter. */
const MIN_TOLD = 16;

/** Whether a text may hold names with values, of pairs or of JSON, as they are or percent-encoded; cheap. */
export function mayHoldNames(text: string): boolean {
  if (text.includes('=') || text.includes('{') || text.includes('[') || text.startsWith('"')) return true;
  return text.includes('%') && ENCODED_MARK.test(text);
}

/** Whether a text without pairs is long enough to hold a click id; cheap. */
export function mayHoldId(text: string): boolean {
  if (text.length < MIN_TOLD) return false;
  if (hasRun(text, MIN_TOLD, TOKEN) || hasRun(text, MIN_HIDDEN)) return true;
  return text.includes('~k') || text.includes('fb.') || text.includes('GCL.');
}

/** Whether a click id may be in a text: by a name, by its form, or behind base64, which percent-encoding may hide; cheap. */
export function mayTell(text: string, layers = 0): boolean {
  if (mayNameClickId(text) || ADVERTISING_HINT.test(text)) return true;
  if (mayHoldBase64(text, MIN_HIDDEN)) return true;
  if (!text.includes('%')) return false;
  const decoded = decodePercent(text);
  return decoded !== text && (layers >= MAX_LAYERS || mayTell(decoded, layers + 1));
}
