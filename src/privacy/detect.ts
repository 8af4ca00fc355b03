/**
 * Finds identifiers by their looks in text that nobody declared: e-mail addresses, phone numbers, IP and MAC addresses, payment cards,
 * IBANs, JWTs and long random ids. Conservative about separators: what could be a phone number with dashes is one. Linear in the text.
 */
import { isCardNumber, isIban } from './checksums.ts';
import { findEmails } from './detect-email.ts';
import { readIpv4, readIpv6 } from './ip-text.ts';
import { hasRandomCase, isRandomToken } from './random-token.ts';
import type { CarrierClass } from './report.ts';
import {
  EQUALS,
  endOfRun,
  HAS_AT,
  HAS_COLONS,
  HAS_DIGITS,
  HAS_DOTS,
  HAS_GROUPED,
  HAS_IBAN,
  HAS_PADDED,
  HAS_RARE,
  HAS_TOKEN,
  MIN_PADDED,
  MIN_TOKEN,
  RUN,
  shapeOf,
  startOfRun,
  TOKEN,
} from './shape.ts';

export interface Finding {
  readonly class: CarrierClass;
  readonly start: number;
  readonly end: number;
}

/**
 * Latin letters make it part of a code; other scripts write words and numbers without a space between. The digits of an escape (`%20`) are
 * none of a number.
 */
const NUMBERS =
  /(?<![\p{sc=Latn}\p{N}%]|%[0-9a-fA-F])[+(]?\(?\d(?:[\d ().\-/\u00a0\u2010-\u2014\u202f\u2212]{0,38}\d)?(?![\p{sc=Latn}\p{N}])/gu;
/** What separates the groups of a number less often, `+` for a space in queries among it. */
const RARE = "[_+'\\u00b7\\u2019\\u2022]";
/**
 * Phone numbers with those between, which stand in dates, sizes and amounts as well: with `+`, `00` or `0` first, or in the groups of North
 * America unless the last can be a year.
 */
const RARE_NUMBER = new RegExp(
  `(?<![\\p{sc=Latn}\\p{N}]|\\d${RARE})(?:(?:\\+|00)\\d{1,3}(?:${RARE}\\d{2,9}){2,4}|0\\d{2,4}${RARE}\\d{5,9}|0\\d{2,4}(?:${RARE}\\d{2,4}){2,3}|0\\d(?:${RARE}\\d\\d){4}|(?:1${RARE})?[2-9]\\d\\d${RARE}[2-9]\\d\\d${RARE}(?!19|20)\\d{4})(?![\\p{sc=Latn}\\p{N}]|${RARE}\\d)`,
  'gu',
);
/** The number of a payment card in its groups with those between: fours, or four, six and the rest. */
const RARE_CARD = new RegExp(
  `(?<![\\p{sc=Latn}\\p{N}_])\\d{4}(?:(?:${RARE}\\d{4}){2,3}(?:${RARE}\\d{1,3})?|${RARE}\\d{6}${RARE}\\d{4,5})(?![\\p{sc=Latn}\\p{N}_])`,
  'gu',
);
/** An area code with `:` or `,` behind it. Decimals have no zero before another digit, and lists have more than two numbers. */
const AREA_CODE = /0(?<![\p{L}\p{N}.,:]0)\d{2,4}[:,]\d{7,9}(?![\p{L}\p{N}]|[.,:]\d)/gu;
/** A hash in groups, of 128 bits at least, or a UUID with other separators. */
const GROUPED_HASH =
  /(?<![0-9a-z])(?:[0-9a-f]{8}[ :.\u2010-\u2014-](?:(?:[0-9a-f]{8}[ :.-]){2,14}[0-9a-f]{8}|(?:[0-9a-f]{4}[ :.\u2010-\u2014]){3}[0-9a-f]{12})|[0-9a-f]{4}(?:[ :.-][0-9a-f]{4}){7,31}|[0-9a-f]{2}(?:[ :.-][0-9a-f]{2}){15,63})(?![0-9a-z])/gi;
/** Some of those groups, which few texts hold. */
const GROUPS =
  /[ :.\u2010-\u2014-][0-9a-f]{2}(?:(?:[ :.-][0-9a-f]{2}){5}|[0-9a-f]{2}(?:(?:[ :.-][0-9a-f]{4}){4}|[0-9a-f]{4}[ :.-][0-9a-f]{8}|(?:[ :.\u2010-\u2014][0-9a-f]{4}){2}[ :.\u2010-\u2014][0-9a-f]{12}))/i;
const IPV6 = /(?:(?<![0-9a-zA-Z:.])|(?<=[g-zG-Z]:))[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,5}){2,9}(?:\.\d{1,3}){0,3}(?![0-9a-zA-Z:])/g;
const IPV4 = /(?<!\d|\d\.)\d{1,3}(?:\.\d{1,3}){3}(?!\.*\d)/g;
/** A number of an address in hexadecimal, in octal with all its digits (versions are padded to two), or in decimal. */
const BYTE = '(?:0x[\\da-f]{1,2}|0[0-3][0-7]{2}|\\d{1,3})';
const IPV4_IN_BASES = new RegExp(`(?<![\\w.])${BYTE}(?:\\.${BYTE}){3}(?!\\.?\\w)`, 'gi');
/** The address of a network card (IEEE 802, EUI-48), with dashes; those with colons look like an IPv6 address. */
const DASHED_MAC = /(?<![0-9a-z])(?=[a-f-]{0,14}\d)(?:[0-9a-f]{2}-){5}[0-9a-f]{2}(?![0-9a-z])/gi;
const COLON_MAC = /^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/i;
const MIN_MAC = 17;
/** Zeros that make three digits of one or two. Numbers of versions are padded to two. */
const PADDING = /\b(?:00(?=\d\b)|0(?=\d\d\b))/g;
const IBAN = /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ _+\u00b7]?[A-Z0-9]{4}){2,7}(?:[ _+\u00b7]?[A-Z0-9]{1,4})?(?![A-Za-z0-9])/gi;
/** Behind a letter of base64 it is the middle of something: begun there once more, many of them would cost their square. */
const JWT = /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*){0,3}/g;
const UUID = /(?<![0-9a-zA-Z])[0-9a-fA-F]{8}-[0-9a-zA-Z]{4}-[0-9a-zA-Z]{4}-[0-9a-zA-Z]{4}-[0-9a-fA-F]{12}(?![0-9a-zA-Z])/g;
const MIN_UUID = 36;
const MIN_NUMBER = 7;
const MIN_CARD = 13;
const MAX_CARD = 19;
const DASH = 45;
const WORD_CHARACTER = /\w/;
const NIL_UUID = '00000000-0000-0000-0000-000000000000';
const isSomeUuid = (uuid: string): boolean => uuid !== NIL_UUID;

function collect(
  text: string,
  pattern: RegExp,
  found: Finding[],
  carrier: CarrierClass,
  accept?: (match: string) => boolean,
  from = 0,
): void {
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    if (match[0] === '') pattern.lastIndex++;
    else if (accept === undefined || accept(match[0])) {
      found.push({ class: carrier, start: from + match.index, end: from + match.index + match[0].length });
    }
  }
}

function isCardOfDigits(digits: string): boolean {
  return digits.length >= MIN_CARD && digits.length <= MAX_CARD && isCardNumber(digits);
}

function isCard(text: string): boolean {
  return isCardOfDigits(text.replace(/\D/g, ''));
}

function countDigits(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 48 && code <= 57) count++;
  }
  return count;
}

/** Groups of digits alone are numbers, not a hash. */
function hasLetters(hash: string): boolean {
  return /[a-f]/i.test(hash) && /\d/.test(hash);
}

/** Days, with a first one before them where they end a range: `23.11.2026`, `4. 12. 2026`, `04.12.-06.12.2026`, `2026-11-23`. */
const DAYS =
  /(?<!\d)(?:(?:[0-3]?\d\.(?:[01]?\d\.)? ?[-\u2013\u2014] ?)?[0-3]?\d([-/.]|\. )[0-3]?\d\1 ?20\d\d|(?:1[89]|20)\d\d([-/.]|\. )[01]?\d\2[0-3]?\d)(?!\d)/g;

/**
 * Numbers with separators that no phone has: an IPv4 address, a decimal, a version, thousands, years, times, prices, a number of a year or
 * month, a build of a day, an ISBN.
 */
const NO_PHONES = [
  /^\d{1,3}(?:\.\d{1,3}){3}$/,
  /^(?:0|[1-9]\d*)\.\d+$/,
  /^(?:0|[1-9]\d{0,2})\.\d\.\d{1,8}(?:\.\d{1,8})?$/,
  /^[1-9]\d{0,2}(?:\.\d{3})+(?: ?[-\u2013\u2014] ?[1-9]\d{0,2}(?:\.\d{3})+)?$/,
  /^[1-9]\d{0,2}(?: \d{3})*(?: 000){2,}$/,
  /^[1-9]\d{0,2}(?: \d{3})* \d00 ?[-\u2013\u2014] ?[1-9]\d{0,2}(?: \d{3})* \d00$/,
  /^(?:19|20)\d\d ?[-/\u2013\u2014] ?(?:19|20)\d\d$/,
  /^[0-2]?\d\.[0-5]\d ?[-\u2013\u2014] ?[0-2]?\d\.[0-5]\d$/,
  /^[0-3]?\d([./])[01]?\d\1(?:\d\d)? ?[-\u2013\u2014] ?[0-3]?\d\1[01]?\d\1\d\d$/,
  /^(?:0|[1-9]\d{0,3})\.\d\d ?[-\u2013\u2014] ?[1-9]\d{0,3}\.\d\d$/,
  /^20\d\d[-/](?:(?:0[1-9]|1[0-2])[-/])?\d{3,6}$/,
  /^202\d[01]\d[0-3]\d[-.]\d{1,6}$/,
  /^97[89]-\d{1,5}-\d{1,7}-\d{1,7}-\d$/,
];

/** Digits with separators, days aside: a card by its check digit, a phone number by its form, any long number as an id. */
function classifyNumber(match: string): CarrierClass | null {
  if (match.length < MIN_NUMBER) return null;
  const count = countDigits(match);
  if (count < MIN_NUMBER) return null;
  const isPlain = count === match.length;
  const digits = isPlain ? match : match.replace(/\D/g, '');
  if (!isPlain) {
    const rest = match.replace(DAYS, ' ').trim();
    if (rest.length < match.length) return classifyNumber(rest);
  }
  if (isCardOfDigits(digits)) return 'direct';
  if (isPlain) return count >= 9 && !(digits.startsWith('0') && /^0+$/.test(digits)) ? 'online-id' : null;
  if (/^(?:0|[1-9]\d{0,6})\.\d+$/.test(match) || /^0+$/.test(digits)) return null;
  if (count > 15) return 'online-id';
  if (match.startsWith('+') || match.startsWith('(') || digits.startsWith('00')) return 'direct';
  return count < 8 || NO_PHONES.some((form) => form.test(match)) ? null : 'direct';
}

function findNumbers(text: string, found: Finding[]): void {
  NUMBERS.lastIndex = 0;
  for (let match = NUMBERS.exec(text); match !== null; match = NUMBERS.exec(text)) {
    const carrier = classifyNumber(match[0]);
    if (carrier !== null) found.push({ class: carrier, start: match.index, end: match.index + match[0].length });
  }
}

/** An address, also one with zeros before its numbers (`198.051.100.023`), which programs read in two ways and people in one. */
function isIpv4(text: string): boolean {
  return readIpv4(text) !== null || (text.includes('0') && readIpv4(text.replace(PADDING, '')) !== null);
}

/** An address with a number at least that is not decimal, as `inet_aton` reads it. */
function isIpv4InBases(text: string): boolean {
  return /0x|\d{4}/i.test(text) && text.split('.').every((part) => /^0|^\d{1,2}$/.test(part) || Number(part) < 256);
}

/** The address of a network card, or an IPv6 address: by itself, behind a word (`mailto:2001:…`, `a:2001:…`) or before a port without brackets. */
function findColons(text: string, found: Finding[]): void {
  IPV6.lastIndex = 0;
  for (let match = IPV6.exec(text); match !== null; match = IPV6.exec(text)) {
    const [whole] = match;
    if (whole.length < 4) continue;
    if (whole.length === MIN_MAC && COLON_MAC.test(whole)) {
      found.push({ class: 'online-id', start: match.index, end: match.index + MIN_MAC });
      continue;
    }
    const parts: [number, number][] = [
      [0, whole.length],
      [0, whole.lastIndexOf(':')],
      [whole.indexOf(':') + 1, whole.length],
    ];
    const part = parts.find(([start, end]) => readIpv6(whole.slice(start, end)) !== null);
    if (part !== undefined) found.push({ class: 'ip', start: match.index + part[0], end: match.index + part[1] });
  }
}

/** Base64 with its padding, as of a hash: without the rhythm of words. */
function findPadded(text: string, found: Finding[]): void {
  for (let stop = text.indexOf('='), end = stop; stop !== -1; stop = text.indexOf('=', end)) {
    end = stop + 1;
    if (text.charCodeAt(end) === EQUALS) end++;
    if (WORD_CHARACTER.test(text.charAt(end))) continue;
    const start = startOfRun(text, stop, RUN);
    if (stop - start < MIN_PADDED || (end - start) % 4 !== 0) continue;
    const run = text.slice(start, stop);
    if (/[a-z]/.test(run) && /[\d+/]/.test(run) && hasRandomCase(run)) found.push({ class: 'online-id', start, end });
  }
}

/** Whether two dashes stand so far from each other: as between the pairs of an address of a network card, or around a group of a UUID. */
function hasDashes(token: string, distance: number): boolean {
  for (let dash = token.indexOf('-'); dash !== -1; dash = token.indexOf('-', dash + 1)) {
    if (token.charCodeAt(dash + distance) === DASH) return true;
  }
  return false;
}

/** Random ids, and UUIDs and MAC addresses within tokens, whatever stands around those. */
function findTokens(text: string, found: Finding[]): void {
  for (let start = 0; start < text.length; start++) {
    const end = endOfRun(text, start, TOKEN);
    if (end - start >= MIN_TOKEN) {
      const token = text.slice(start, end);
      if (isRandomToken(token)) found.push({ class: 'online-id', start, end });
      if (end - start >= MIN_MAC && hasDashes(token, 3)) collect(token, DASHED_MAC, found, 'online-id', undefined, start);
      if (end - start >= MIN_UUID && hasDashes(token, 15)) collect(token, UUID, found, 'online-id', isSomeUuid, start);
    }
    start = end;
  }
}

const NOTHING: readonly Finding[] = [];
const ANY_PATTERN = HAS_AT | HAS_DIGITS | HAS_DOTS | HAS_COLONS | HAS_IBAN | HAS_GROUPED | HAS_TOKEN | HAS_PADDED;

/** Every identifier in a text, as it stands (nothing is decoded), in no particular order; parts may overlap. */
export function findIdentifiers(text: string, shape = shapeOf(text)): readonly Finding[] {
  if (text.length < 5 || (shape & ANY_PATTERN) === 0) return NOTHING;
  const found: Finding[] = [];
  if (shape & HAS_AT) findEmails(text, (start, end) => found.push({ class: 'direct', start, end }));
  if (shape & HAS_DIGITS) {
    findNumbers(text, found);
    if (shape & HAS_RARE) {
      collect(text, RARE_NUMBER, found, 'direct');
      collect(text, RARE_CARD, found, 'direct', isCard);
      collect(text, AREA_CODE, found, 'direct');
    }
  }
  if (shape & HAS_IBAN) collect(text, IBAN, found, 'direct', isIban);
  if (shape & HAS_GROUPED && GROUPS.test(text)) collect(text, GROUPED_HASH, found, 'online-id', hasLetters);
  if (shape & HAS_DOTS) {
    collect(text, IPV4, found, 'ip', isIpv4);
    if (text.includes('0')) collect(text, IPV4_IN_BASES, found, 'ip', isIpv4InBases);
  }
  if (shape & HAS_COLONS) findColons(text, found);
  if (shape & HAS_PADDED) findPadded(text, found);
  if ((shape & HAS_TOKEN) === 0) return found;
  if (text.includes('eyJ')) collect(text, JWT, found, 'online-id');
  findTokens(text, found);
  return found;
}

/** The text with every identifier replaced by `-`; the same string where there is none. */
export function cutIdentifiers(text: string): string {
  const found = [...findIdentifiers(text)];
  if (found.length === 0) return text;
  found.sort((a, b) => a.start - b.start);
  let out = '';
  let from = 0;
  for (const finding of found) {
    if (finding.start >= from) out += `${text.slice(from, finding.start)}-`;
    from = Math.max(from, finding.end);
  }
  return out + text.slice(from);
}
