/** Signals that are headers of their own: Sec-GPC, DNT, X-Do-Not-Track, SP-Anonymous. One pass over the names. */
import { GPC_SET, isGpcSet } from './gpc.ts';
import { createDenial } from './plain-reading.ts';
import { shareList } from './shared-lists.ts';
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

/** In the order in which they are read together. */
const READINGS = [GPC_SET, DNT_SET, OLD_DNT_SET, SP_ANONYMOUS_SET] as const;
const GPC = 1;
const DNT = 2;
const OLD_DNT = 4;
const SP_ANONYMOUS = 8;

/** What a header line says, as one of the bits above; 0 where it says nothing. */
function readHeader(name: string, value: string): number {
  if (!mayBeOurs(name)) return 0;
  switch (name.length) {
    case 3:
      return name.toLowerCase() === 'dnt' && isDntSet(value) ? DNT : 0;
    case 7:
      return name.toLowerCase() === 'sec-gpc' && isGpcSet(value) ? GPC : 0;
    case 12:
      return name.toLowerCase() === 'sp-anonymous' ? SP_ANONYMOUS : 0;
    case 14:
      return name.toLowerCase() === 'x-do-not-track' && isDntSet(value) ? OLD_DNT : 0;
    default:
      return 0;
  }
}

/** Every combination that headers can say, as a list. */
const LISTS: readonly (readonly SignalReading[])[] = Array.from({ length: 1 << READINGS.length }, (_, said) =>
  shareList(READINGS.filter((_reading, i) => (said >> i) & 1)),
);

/** What all lines say, as a number: 0 where they say nothing. */
export function readHeaders(rawHeaders: readonly string[]): number {
  let said = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) said |= readHeader(rawHeaders[i] as string, rawHeaders[i + 1] as string);
  return said;
}

/** The readings of a number that `readHeaders` gave, each once: always the same list. */
export function listHeaderReadings(said: number): readonly SignalReading[] {
  return LISTS[said] as readonly SignalReading[];
}
