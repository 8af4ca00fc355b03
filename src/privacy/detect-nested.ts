/**
 * Looks for identifiers below encodings: percent, base64 (also of compressed text), JSON and HTML escapes, quoted-printable, other forms of
 * the same characters, to a bounded depth.
 */
import { readBase64, readText } from './carriers/base64.ts';
import { inflateText, isGzip, isZlib } from './carriers/compression.ts';
import { findIdentifiers } from './detect.ts';
import { decodePercent } from './percent.ts';
import type { CarrierClass } from './report.ts';
import {
  endOfRun,
  HAS_AT_WORD,
  HAS_BACKSLASH,
  HAS_BASE64,
  HAS_ENTITY,
  HAS_ESCAPE,
  HAS_HEX,
  HAS_WIDE,
  HEX,
  MIN_HEX,
  mayHoldSegment,
  mayHoldText,
  RUN,
  shapeOf,
} from './shape.ts';

/** Also those of scripts: `\x40`, `\u{40}`. */
const JSON_ESCAPE = /\\(?:u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2})|(["\\/]))/g;
/** By number, which needs no `;`, or by name (HTML Living Standard § 13.5). */
const HTML_CHARACTER = /&(?:#0{0,20}(\d{1,7})|#x0{0,20}([0-9a-f]{1,6})|([a-z]{2,8})(?=;));?/gi;
/** Names of characters that stand in addresses and numbers, and of those that are not seen. */
const HTML_NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    commat: '@',
    period: '.',
    plus: '+',
    lowbar: '_',
    hyphen: '-',
    dash: '-',
    colon: ':',
    sol: '/',
    num: '#',
    percnt: '%',
    equals: '=',
    lpar: '(',
    rpar: ')',
    lsqb: '[',
    rsqb: ']',
    lbrack: '[',
    rbrack: ']',
    quot: '"',
    apos: "'",
    lt: '<',
    gt: '>',
    amp: '&',
    nbsp: ' ',
    shy: '',
    zwj: '',
    zwnj: '',
  }),
);
/** Marks of addresses in quoted-printable (RFC 2045 § 6.7). `=40` before the name of a file is a value. */
const QUOTED =
  /=(?:40(?![\w-]{0,60}\.(?:png|jpe?g|gif|webp|avif|svg|ico|pdf|html?|php|aspx?|js|css|json|xml|csv|mp[34]|zip)\b)|2E|5F|2D|2B)/gi;
const AT_WORD = /\s{0,3}[[({<]\s?(?:[aä]t|@)\s?[\])}>]\s{0,3}/gi;
const DOT_WORD = /\s{0,3}[[({<]\s?(?:dot|punkt|point|punto|\.)\s?[\])}>]\s{0,3}/gi;
/** ` at ` as a word before a host with ` dot ` in it, which ends in letters of a country or in one of the common domains. */
const SPELLED_AT =
  /(?<=[\p{L}\p{N}]) at (?=[\p{L}\p{N}-]{1,63}(?: dot [\p{L}\p{N}-]{1,63}){0,3} dot (?:[a-z]{2}|com|net|org|edu|gov|info|biz|app|dev)(?![\p{L}\p{N}]))/giu;
const SPELLED_DOT = /(?<=[\p{L}\p{N}]) dot (?=[\p{L}\p{N}])/giu;
/** ` at ` before a host, behind what has the form of a name in an address: `Sale at shop.example` tells of a place. */
const NAME_AT = /(?<=[\p{L}\p{N}][._+]\p{L}[\p{L}\p{N}]{0,40}) at (?=(?:[\p{L}\p{N}-]{1,63}\.){1,4}\p{L}{2,63})/giu;
/** Characters that are not seen (Unicode, UAX #44): soft hyphen, zero-width space and joiners, marks of direction. */
const UNSEEN = /\p{Default_Ignorable_Code_Point}/gu;
/** Of any script but ASCII's. */
const DIGIT = /(?![0-9])\p{Nd}/gu;
const IS_DIGIT = /\p{Nd}/u;
/** Stops that separate labels of a host name, too (IDNA, RFC 3490 § 3.1). */
const STOPS = /[\u3002\uff0e\uff61\u2024]/g;
/** `;` and `"`, also encoded, the backslash that either may be written with, and `&#`. */
const MAY_SPAN_FIELDS = /[;"\\]|%(?:25)*(?:3b|22|5c)|%u00(?:3b|22|5c)|&(?:#|%(?:25)*23)/i;
const MAX_INFLATED_BYTES = 1 << 16;
/** Of one text: to find that a stretch is not compressed costs far more than its bytes. */
const MAX_COMPRESSED = 32;
const MAX_DEPTH = 4;
const ANY_VIEW = HAS_ESCAPE | HAS_ENTITY | HAS_BACKSLASH | HAS_BASE64 | HAS_HEX | HAS_AT_WORD | HAS_WIDE;

/** How many compressed stretches are still opened. */
interface Budget {
  left: number;
}

/** Called with the class and the text of each identifier. */
export type FindingVisitor = (carrier: CarrierClass, value: string) => void;

/** Stretches of base64 that can hold text. */
function visitBase64(text: string, visit: (view: string) => boolean): boolean {
  const budget = { left: MAX_COMPRESSED };
  for (let start = 0; start < text.length; start++) {
    const end = endOfRun(text, start, RUN);
    const mayBeWhole = mayHoldText(text, start, end);
    if (mayBeWhole || mayHoldSegment(text, start, end)) {
      let padded = end;
      while (padded < end + 2 && text.charCodeAt(padded) === 61) padded++;
      const run = text.slice(start, padded);
      const inner = mayBeWhole ? (openBase64(run, budget) ?? openBase64(text.slice(start, end), budget)) : null;
      if (inner !== null ? visit(inner) : run.includes('/') && visitSegments(run, budget, visit)) return true;
    }
    start = end;
  }
  return false;
}

/** The text behind a stretch of base64, compressed or not; null where there is none. */
function openBase64(run: string, budget: Budget): string | null {
  const decoded = readBase64(run);
  if (decoded === null) return null;
  const { bytes } = decoded;
  if (!isGzip(bytes) && !isZlib(bytes)) return readText(bytes);
  if (budget.left-- <= 0) return null;
  const inflated = inflateText(bytes, MAX_INFLATED_BYTES);
  return inflated === null ? null : readText(inflated);
}

/** Stretches of hexadecimal that hold text. */
function visitHex(text: string, visit: (view: string) => boolean): boolean {
  for (let start = 0; start < text.length; start++) {
    const end = endOfRun(text, start, HEX);
    const inner = end - start < MIN_HEX ? null : readText(Buffer.from(text.slice(start, end), 'hex'));
    if (inner !== null && visit(inner)) return true;
    start = end;
  }
  return false;
}

/** Segments of a path: `/` is a letter of base64, too. */
function visitSegments(run: string, budget: Budget, visit: (view: string) => boolean): boolean {
  return run.split('/').some((segment) => {
    const inner = segment.length >= 8 ? openBase64(segment, budget) : null;
    return inner !== null && visit(inner);
  });
}

/**
 * The fields of a query in which something is encoded: the others have been looked at as they stand. All of them where `&` may stand within
 * one: in the name of a character in HTML, or in quotes.
 */
function encodedFields(text: string): string {
  if (!text.includes('&') || MAY_SPAN_FIELDS.test(text)) return text;
  return text
    .split('&')
    .filter((field) => field.includes('%'))
    .join('&');
}

/** The character of a number, or what it was written as where there is none. */
function characterOf(point: number, match: string): string {
  return point > 0x10ffff ? match : String.fromCodePoint(point);
}

/** The character that HTML writes by number or by name; what is none stays. */
function readCharacter(match: string, decimal?: string, hex?: string, name?: string): string {
  if (name !== undefined) return HTML_NAMES.get(name.toLowerCase()) ?? match;
  return characterOf(decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal), match);
}

function readEscape(match: string, u?: string, braced?: string, x?: string, char?: string): string {
  return char ?? characterOf(Number.parseInt(u ?? braced ?? x ?? '', 16), match);
}

function readQuoted(match: string): string {
  return String.fromCharCode(Number.parseInt(match.slice(1), 16));
}

/** The text with the words and escapes that stand for `@` and `.` in addresses as those. */
function readAddressWords(text: string): string {
  const plain = text.replace(QUOTED, readQuoted).replace(AT_WORD, '@').replace(DOT_WORD, '.').replace(NAME_AT, '@');
  const spelled = plain.replace(SPELLED_AT, '@');
  return spelled === plain ? plain : spelled.replace(SPELLED_DOT, '.');
}

const DIGITS = new Map<string, string>();

/** A digit of any script as one of ASCII: they stand in rows of ten. */
function readDigit(char: string): string {
  const known = DIGITS.get(char);
  if (known !== undefined) return known;
  const point = char.codePointAt(0) as number;
  let value = 0;
  while (value < 9 && IS_DIGIT.test(String.fromCodePoint(point - value - 1))) value++;
  DIGITS.set(char, String(value));
  return String(value);
}

/** The text as a reader sees it: compatible forms of a character as that one (NFKC), without what is not seen. */
function foldText(text: string): string {
  return text.normalize('NFKC').replace(UNSEEN, '').replace(STOPS, '.').replace(DIGIT, readDigit);
}

function visitViews(text: string, shape: number, visit: (view: string) => boolean): boolean {
  if (shape & HAS_ESCAPE) {
    const encoded = encodedFields(text);
    const decoded = decodePercent(encoded);
    if (decoded !== encoded && visit(decoded)) return true;
  }
  if (shape & HAS_ENTITY) {
    const plain = text.replace(HTML_CHARACTER, readCharacter);
    if (plain !== text && visit(plain)) return true;
  }
  if (shape & HAS_BACKSLASH) {
    const plain = text.replace(JSON_ESCAPE, readEscape);
    if (plain !== text && visit(plain)) return true;
  }
  if (shape & HAS_WIDE) {
    const plain = foldText(text);
    if (plain !== text && visit(plain)) return true;
  }
  if (shape & HAS_AT_WORD) {
    const plain = readAddressWords(text);
    if (plain !== text && visit(plain)) return true;
  }
  if (shape & HAS_BASE64 && visitBase64(text, visit)) return true;
  return (shape & HAS_HEX) !== 0 && visitHex(text, visit);
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
