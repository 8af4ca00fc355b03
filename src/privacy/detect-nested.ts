/** Looks for identifiers below encodings: percent, base64 (also of compressed text), JSON and HTML escapes, to a bounded depth. */
import { readBase64, readText } from './carriers/base64.ts';
import { inflate, isGzip, isZlib } from './carriers/compression.ts';
import { findIdentifiers } from './detect.ts';
import { decodePercent } from './percent.ts';
import type { CarrierClass } from './report.ts';
import { HAS_BACKSLASH, HAS_ENTITY, HAS_ESCAPE, HAS_HEX, HAS_RUN, shapeOf } from './shape.ts';

const JSON_ESCAPE = /\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(["\\/]))/g;
const HTML_AT = /&(?:#0*64|#x0*40|commat);/gi;
const HEX_RUN = /(?:[0-9a-fA-F]{2}){8,}/g;
const MAX_INFLATED_BYTES = 1 << 16;
const MAX_DEPTH = 4;
const ANY_VIEW = HAS_ESCAPE | HAS_ENTITY | HAS_BACKSLASH | HAS_RUN | HAS_HEX;

/** Called with the class and the text of each identifier. */
export type FindingVisitor = (carrier: CarrierClass, value: string) => void;

const RUN = 1;
const HEAD = 2;
const SECOND = 4;
const THIRD = 8;
/** What a character can be in base64: a letter at all, and the first, second and third of a group whose bytes are printable ASCII. */
const LETTERS = new Uint8Array(128);
for (const [i, char] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].entries()) {
  LETTERS[char.charCodeAt(0)] = RUN | (i >= 8 && i < 32 ? HEAD : 0) | ((i & 8) === 0 ? SECOND : 0) | ((i & 2) === 0 ? THIRD : 0);
}
LETTERS[45] = LETTERS[43] as number;
LETTERS[95] = LETTERS[47] as number;

/** Stretches of base64 that can hold text: of most groups of four letters the bytes are printable ASCII, which words of ordinary text seldom are. */
function visitBase64(text: string, visit: (view: string) => boolean): boolean {
  const { length } = text;
  const letters = LETTERS;
  let start = 0;
  let groups = 0;
  let last = 0;
  for (let i = 0; i <= length; i++) {
    const code = i === length ? 0 : text.charCodeAt(i);
    const kind = code < 128 ? (letters[code] as number) : 0;
    if (kind !== 0) {
      last = ((last << 4) | kind) & 0xfff;
      if (((i - start) & 3) === 2 && (last & TEXT_GROUP) === TEXT_GROUP) groups++;
      continue;
    }
    const size = i - start;
    if (size >= 8 && (groups * 2 > size >> 2 || mayBeCompressed(text, start))) {
      let end = i;
      while (end < i + 2 && text.charCodeAt(end) === 61) end++;
      const run = text.slice(start, end);
      const inner = openBase64(run) ?? openBase64(text.slice(start, i));
      if (inner !== null ? visit(inner) : run.includes('/') && visitSegments(run, visit)) return true;
    }
    start = i + 1;
    groups = 0;
  }
  return false;
}
const TEXT_GROUP = (HEAD << 8) | (SECOND << 4) | THIRD;

/** The text behind a stretch of base64, compressed or not; null where there is none. */
function openBase64(run: string): string | null {
  const decoded = readBase64(run);
  if (decoded === null) return null;
  const { bytes } = decoded;
  const coding = isGzip(bytes) ? 'gzip' : isZlib(bytes) ? 'zlib' : null;
  if (coding === null) return readText(bytes);
  const inflated = inflate(bytes, coding, MAX_INFLATED_BYTES);
  return inflated.ok ? readText(inflated.bytes) : null;
}

/** The first letters of gzip and of zlib in base64. */
function mayBeCompressed(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (code === 72 && text.startsWith('H4sI', at)) || (code === 101 && 'JNAF'.includes(text.charAt(at + 1)));
}

/** Segments of a path: `/` is a letter of base64, too. */
function visitSegments(run: string, visit: (view: string) => boolean): boolean {
  return run.split('/').some((segment) => {
    const inner = segment.length >= 8 ? openBase64(segment) : null;
    return inner !== null && visit(inner);
  });
}

function visitViews(text: string, shape: number, visit: (view: string) => boolean): boolean {
  if (shape & HAS_ESCAPE) {
    const decoded = decodePercent(text);
    if (decoded !== text && visit(decoded)) return true;
  }
  if (shape & HAS_ENTITY) {
    const plain = text.replace(HTML_AT, '@');
    if (plain !== text && visit(plain)) return true;
  }
  if (shape & HAS_BACKSLASH) {
    const plain = text.replace(
      JSON_ESCAPE,
      (_, u?: string, x?: string, c?: string) => c ?? String.fromCharCode(Number.parseInt(u ?? x ?? '', 16)),
    );
    if (plain !== text && visit(plain)) return true;
  }
  if (shape & HAS_RUN && visitBase64(text, visit)) return true;
  if (shape & HAS_HEX) {
    for (const [run] of text.matchAll(HEX_RUN)) {
      const inner = readText(Buffer.from(run, 'hex'));
      if (inner !== null && visit(inner)) return true;
    }
  }
  return false;
}

/** Visits every identifier in the text and in what it decodes to. */
export function visitIdentifiers(text: string, visit: FindingVisitor, depth = 0): void {
  if (text.length < 5) return;
  const shape = shapeOf(text);
  for (const finding of findIdentifiers(text, shape)) visit(finding.class, text.slice(finding.start, finding.end));
  if (depth >= MAX_DEPTH || (shape & ANY_VIEW) === 0) return;
  visitViews(text, shape, (view) => {
    visitIdentifiers(view, visit, depth + 1);
    return false;
  });
}

/** Class of the first identifier in a text, or in what it decodes to; null where it holds none. */
export function findClass(text: string, depth = 0): CarrierClass | null {
  if (text.length < 5) return null;
  const shape = shapeOf(text);
  const [first] = findIdentifiers(text, shape);
  if (first !== undefined) return first.class;
  if (depth >= MAX_DEPTH || (shape & ANY_VIEW) === 0) return null;
  let found: CarrierClass | null = null;
  visitViews(text, shape, (view) => {
    found = findClass(view, depth + 1);
    return found !== null;
  });
  return found;
}
