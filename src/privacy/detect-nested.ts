/** Looks for identifiers below encodings: percent, base64, JSON escapes, to a bounded depth. */
import { readBase64, readText } from './carriers/base64.ts';
import { findIdentifiers } from './detect.ts';
import { decodePercent, hasEscape } from './percent.ts';
import type { CarrierClass } from './report.ts';

const JSON_ESCAPE = /\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(["\\/]))/g;
const BASE64_RUN = /[A-Za-z0-9+/_-]{8,}={0,2}/g;
const HEX_RUN = /(?:[0-9a-fA-F]{2}){8,}/g;
const MAX_DEPTH = 4;

/** Called with the class and the text of each identifier. */
export type FindingVisitor = (carrier: CarrierClass, value: string) => void;

function decodeViews(text: string): string[] {
  const views: string[] = [];
  if (hasEscape(text)) views.push(decodePercent(text));
  if (text.includes('\\')) {
    views.push(
      text.replace(
        JSON_ESCAPE,
        (_, u?: string, x?: string, c?: string) => c ?? String.fromCharCode(Number.parseInt(u ?? x ?? '', 16)),
      ),
    );
  }
  if (text.length >= 8) {
    for (const [run] of text.matchAll(BASE64_RUN)) {
      const decoded = readBase64(run);
      const inner = decoded === null ? null : readText(decoded.bytes);
      if (inner !== null && inner.length >= 5) views.push(inner);
    }
    for (const [run] of text.matchAll(HEX_RUN)) {
      const inner = readText(Buffer.from(run, 'hex'));
      if (inner !== null) views.push(inner);
    }
  }
  return views;
}

/** Visits every identifier in the text and in what it decodes to. */
export function visitIdentifiers(text: string, visit: FindingVisitor, depth = 0): void {
  for (const finding of findIdentifiers(text)) visit(finding.class, text.slice(finding.start, finding.end));
  if (depth < MAX_DEPTH) for (const view of decodeViews(text)) visitIdentifiers(view, visit, depth + 1);
}

/** Class of the first identifier in a text, or in what it decodes to; null where it holds none. */
export function findClass(text: string, depth = 0): CarrierClass | null {
  const [first] = findIdentifiers(text);
  if (first !== undefined) return first.class;
  if (depth >= MAX_DEPTH || text.length < 5) return null;
  for (const view of decodeViews(text)) {
    const found = findClass(view, depth + 1);
    if (found !== null) return found;
  }
  return null;
}
