/** Words and numbers that a site chooses for its own things. */
import { findClass } from '../privacy/detect-nested.ts';

/** Sums of decimals end in a row of zeros or nines: `149.89999999999998`; prices are also written as `149,90`. */
export const NUMBER = /^-?\d{1,8}(?:\.\d{1,6}(?:(?:0{6,12}|9{6,12})\d{0,6})?|,\d{2})?$/;
export const NAME = /^[\p{L}\p{M}\p{N}\p{Sc}\p{Extended_Pictographic}_ .,:;/\\()[\]|&!?*+='"#%<>~@–—’‘“”„…•×°®™¿¡№-]{1,100}$/u;

/** A date, or a size behind a word: `banner_300x250`. */
const DATE_OR_SIZE = /(?<!\d)(?:20\d\d(?:[-_.]?[01]\d(?:[-_.]?[0-3]\d)?)?|(?<=[A-Za-z][_-])\d{2,4}x\d{2,4})(?!\d)/g;

/** A year, month or day of our time by itself, older years may be of a birth. */
const DAY = /(?<![A-Za-z0-9])20[1-3]\d(?:[-_.][01]?\d(?:[-_.][0-3]?\d)?)?(?![A-Za-z0-9])/g;
/**
 * A number by itself that many things share: of up to three digits, also with a letter before or a unit behind, or full hundreds. Not beside
 * another of three digits, as groups of an id stand.
 */
const COUNT = /(?<![A-Za-z0-9]|\d{3}[-_.])(?:[a-z]\d{1,3}|\d{1,3}[a-z]{0,2}|[1-9]\d?00)(?![A-Za-z0-9]|[-_.][a-z]?\d{3})/gi;
const WORDS = /(?<![\p{L}\d])\p{L}{2,}(?![\p{L}\d])/gu;
const MIN_WORDS = 3;

/** A number with its unit, and a size behind a word: `512gb`, `80g`, `bed-140x200`; a version: `v2`. */
const MEASURE =
  /(?<![A-Za-z0-9])(?:\d{1,3}(?:[glmvk]|er)|\d{1,4}(?:[gtm]b|kg|[mc][lm]|km|k?wh?|[km]?hz|ghz|m?ah|zoll|inch|fps|ps|hp|pcs|stk|p)|(?<=[A-Za-z][_-])\d{2,4}x\d{2,4}(?:x\d{2,4})?|v\d{1,2})(?![A-Za-z0-9])/gi;

/** A slug without the days and measures in it, and among several words without counts: `best-laptops-2026`, `top-10-laptops-under-1000-euros`. */
export function dropNumbers(slug: string): string {
  const rest = slug.replace(DAY, '').replace(MEASURE, '');
  const words = rest.match(WORDS) ?? [];
  return words.length < MIN_WORDS || words.every(({ length }) => length < 3) ? rest : rest.replace(COUNT, '');
}

const MANY_DIGITS = /(?:\d\D*){5}/;
/** The version of something, before what a build adds to it: `2.14.3-a1b2c3d`. */
const VERSION = /^v?\d{1,3}(?:\.\d{1,4}){1,3}(?=[-+])/;

/** A single word with many digits, dates, sizes and versions aside, is an id rather than a name. */
export function isIdLike(value: string): boolean {
  if (value.length < 6 || value.includes(' ') || !MANY_DIGITS.test(value) || !/[A-Za-z]/.test(value)) return false;
  return MANY_DIGITS.test(dropNumbers(value.replace(DATE_OR_SIZE, '').replace(VERSION, '')));
}

/** Whether nothing in what the site chose looks like an identifier. */
export function isWord(value: string): boolean {
  return findClass(value) === null && !isIdLike(value);
}

/** Words that the site chose, without an identifier among them. */
export function isName(value: string): boolean {
  return NAME.test(value) && isWord(value);
}

export function isNumber(value: string): boolean {
  return NUMBER.test(value);
}
