/** Signals that are headers of their own: Sec-GPC, DNT, X-Do-Not-Track, SP-Anonymous. One pass over the names. */
import { GPC_SET, isGpcSet } from './gpc.ts';
import { createDenial } from './plain-reading.ts';
import type { SignalReading } from './signal.ts';

/** Do Not Track: a value that begins with `1` objects (W3C Tracking Preference Expression, § 5.2, retired 2019; as Matomo reads it). */
export function isDntSet(value: string): boolean {
  return value.trimStart().startsWith('1');
}

const DNT_SET = createDenial('dnt', 'header:dnt', '1');
const OLD_DNT_SET = createDenial('dnt', 'header:x-do-not-track', '1');
/** Snowplow's trackers ask for anonymous tracking; as for their collector, presence alone counts, whatever the value. */
const SP_ANONYMOUS_SET = createDenial('sp-anonymous', 'header:sp-anonymous', 'present');

const LOWER_CASE_BIT = 32;
const D = 100;
const S = 115;
const X = 120;

/** Whether a name begins with a letter that one of ours begins with: nearly no other header has its length and its letter. */
function mayBeOurs(name: string): boolean {
  const letter = name.charCodeAt(0) | LOWER_CASE_BIT;
  return letter === S || letter === D || letter === X;
}

/** The reading of one header line, or null. */
function readHeader(name: string, value: string): SignalReading | null {
  if (!mayBeOurs(name)) return null;
  switch (name.length) {
    case 3:
      return name.toLowerCase() === 'dnt' && isDntSet(value) ? DNT_SET : null;
    case 7:
      return name.toLowerCase() === 'sec-gpc' && isGpcSet(value) ? GPC_SET : null;
    case 12:
      return name.toLowerCase() === 'sp-anonymous' ? SP_ANONYMOUS_SET : null;
    case 14:
      return name.toLowerCase() === 'x-do-not-track' && isDntSet(value) ? OLD_DNT_SET : null;
    default:
      return null;
  }
}

/** The readings of all lines, each once; null where there is none. */
export function readHeaders(rawHeaders: readonly string[]): SignalReading[] | null {
  let readings: SignalReading[] | null = null;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const reading = readHeader(rawHeaders[i] as string, rawHeaders[i + 1] as string);
    if (reading === null) continue;
    readings ??= [];
    if (!readings.includes(reading)) readings.push(reading);
  }
  return readings;
}
