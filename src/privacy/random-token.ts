/** Tells random ids from words, names of campaigns and numbers: by their letters alone, whatever they are called. */
import { MIN_TOKEN } from './shape.ts';

/** A word, also with a year behind it, a year, a month or day of our time, a size, a quarter or a week, days, a goal (`tROAS`). */
const NAME_PART =
  '(?:[A-Z]?[a-z]{2,}(?:2\\d)?|[a-z]?[A-Z]{1,5}|[A-Z]{1,2}\\d{1,2}|\\d{1,4}(?:x\\d{1,4}|d)?|20[1-3]\\d[01]\\d(?:[0-3]\\d)?|[A-Z]{1,3}[a-z]{2,})';
/** Such parts between `-` and `_`, as campaigns are called: `DE_Search_Brand_2026`. */
const CAMPAIGN_NAME = new RegExp(`^${NAME_PART}(?:[-_]${NAME_PART})+$`);

function countWords(token: string): number {
  return token.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+/g)?.length ?? 0;
}

/** Letters of both cases that change more often than words do. */
export function hasRandomCase(token: string): boolean {
  return countWords(token) * 3 > token.length;
}

/** Ids that say their kind first, as Stripe's do (`cus_`, `price_`; docs.stripe.com/api): letters of both cases behind it, and a digit among them. */
const KIND_AND_ID = /^[a-z]{2,8}_([A-Za-z]{1,20}\d{1,2}[A-Za-z][A-Za-z\d]{0,20})$/;

/** Those of its customers are somebody's, and two of three hold less than three digits. */
const CUSTOMER = /^cus_[A-Za-z\d]{14,}$/;

function isKindAndId(token: string, digits: number): boolean {
  if (CUSTOMER.test(token)) return true;
  if (digits === 0) return false;
  const id = KIND_AND_ID.exec(token)?.[1];
  return id !== undefined && id.length >= 14 && countWords(id) * 8 > id.length * 3;
}

/** At least 12 characters with letters and three digits among them. */
function isMixedRun(length: number, digits: number, letters: number): boolean {
  return length >= 12 && digits >= 3 && letters > 0;
}

/** Long and without the rhythm of words: hexadecimal of 16 and more, mixed cases with digits, or a long run of letters with digits. */
export function isRandomToken(token: string): boolean {
  const { length } = token;
  if (length < MIN_TOKEN) return false;
  let digits = 0;
  let lower = 0;
  let upper = 0;
  let hex = 0;
  let hasMixedRun = false;
  let runStart = 0;
  let runDigits = 0;
  let runLetters = 0;
  for (let i = 0; i < length; i++) {
    const code = token.charCodeAt(i);
    if (code >= 48 && code <= 57) {
      digits++;
      runDigits++;
      hex++;
    } else if (code >= 97 && code <= 122) {
      lower++;
      runLetters++;
      if (code <= 102) hex++;
    } else if (code >= 65 && code <= 90) {
      upper++;
      runLetters++;
      if (code <= 70) hex++;
    } else if (code === 45 || code === 95) {
      if (isMixedRun(i - runStart, runDigits, runLetters)) hasMixedRun = true;
      runStart = i + 1;
      runDigits = 0;
      runLetters = 0;
    }
  }
  if (lower > 0 && upper > 0) {
    if (digits >= 3) return !CAMPAIGN_NAME.test(token);
    if ((digits >= 2 || length >= 20) && hasRandomCase(token)) return true;
    return isKindAndId(token, digits);
  }
  if (digits === 0) return false;
  return hex === length || hasMixedRun || isMixedRun(length - runStart, runDigits, runLetters);
}
