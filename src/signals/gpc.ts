/**
 * Global Privacy Control, `Sec-GPC: 1`. Any line, or member of a line that somebody joined, that is exactly `1` counts;
 * every other value is ignored, as the specification demands (W3C GPC, § 3.4), so that there is no unreadable one.
 */
import { createDenial } from './plain-reading.ts';
import type { SignalReading } from './signal.ts';

/** The one thing that Sec-GPC can say. */
export const GPC_SET: SignalReading = createDenial('gpc', 'header:sec-gpc', '1');

export function isGpcSet(value: string): boolean {
  return value === '1' || (value.includes(',') && value.split(',').some((member) => member.trim() === '1'));
}

export function readGpc(rawHeaders: readonly string[]): SignalReading | null {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length === 7 && name.toLowerCase() === 'sec-gpc' && isGpcSet(rawHeaders[i + 1] as string)) return GPC_SET;
  }
  return null;
}
