/** What the US Privacy strings of a hit say: an opt-out of sale, or nothing. `N` is no consent to anything. */
import { createDenial, createSilence, createUnreadable } from './plain-reading.ts';
import type { SignalReading } from './signal.ts';
import type { UspDecoding } from './us-privacy.ts';

export interface UspSource {
  readonly field: string;
  readonly usp: UspDecoding;
}

/** The strictest of several: any opt-out, else any unreadable one. Null without a string. */
export function createUspReading(sources: readonly UspSource[]): SignalReading | null {
  const first = sources[0];
  if (first === undefined) return null;
  const optOut = sources.find(({ usp }) => usp.ok && usp.optOutSale === 'Y');
  if (optOut !== undefined) return createDenial('us-privacy', optOut.field, 'opt-out');
  const unreadable = sources.find(({ usp }) => !usp.ok);
  if (unreadable !== undefined) return createUnreadable('us-privacy', unreadable.field);
  const applies = sources.some(({ usp }) => usp.ok && usp.ccpaApplies);
  return createSilence('us-privacy', first.field, applies ? 'no opt-out' : 'not applicable');
}
