/** Which values of identifying fields the guard can look for, and which parts of composite ones. */
import { isRandomToken } from '../privacy/detect.ts';

/** What trackers write where they have no id. */
const CONSTANTS = new Set(
  (
    'undefined null none true false unknown anonymous empty (not set) not_set n/a - * 0 1 00000000-0000-0000-0000-000000000000 0.0.0.0 ' +
    '255.255.255.255 127.0.0.1 :: ::1 $remote {{auto}} redacted [redacted] (redacted) optout opt-out granted denied accepted rejected dismiss allow deny ' +
    'accept reject cookie_1 noapi'
  ).split(' '),
);

const MAX_VALUE = 512;
const NO_PARTS: readonly string[] = [];
const SEPARATORS = /[.|:&=;,~$!* ]/;
const ANALYTICS_ID = /(?:^|\.)(\d{6,10}\.\d{6,10})$/;

/** Whether a value says who somebody is: of at least 6 characters, or of a known class and no bare number or constant. */
export function isSecret(value: string, isKnown: boolean): boolean {
  const { length } = value;
  if (length < 3 || (length < 40 && CONSTANTS.has(value.toLowerCase()))) return false;
  if (length >= 6) return length > 12 || !/^(.)\1*$/.test(value);
  return isKnown && !/^\d+$/.test(value);
}

/** The value as the guard looks for it: without quotes around it, and of bounded length. */
export function trimSecret(raw: string): string {
  const value = raw.length > MAX_VALUE ? raw.slice(0, MAX_VALUE) : raw;
  const first = value.charCodeAt(0);
  const last = value.charCodeAt(value.length - 1);
  if (first > 34 && last > 34) return value;
  return value.trim().replace(/^"(.*)"$/s, '$1');
}

/** Parts of a value that identify by themselves: `fb.1.1790000002345.XYZ` holds XYZ, `GA1.1.123456.789012` a client id. */
export function secretParts(value: string): readonly string[] {
  if (value.charCodeAt(0) === 43) return [value.slice(1)];
  if (value.length < 14 || !SEPARATORS.test(value)) return NO_PARTS;
  const parts: string[] = [];
  const analytics = ANALYTICS_ID.exec(value)?.[1];
  if (analytics !== undefined && analytics !== value) parts.push(analytics);
  if (value.length > 20) {
    for (const part of value.split(SEPARATORS)) if (part.length >= 16 && isRandomToken(part)) parts.push(part);
  }
  return parts;
}
