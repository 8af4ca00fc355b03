/**
 * Lists of readings that are the same object on every hit that says the same, so that what follows from one can be kept. None
 * holds a reading that depends on a clock, a route or a site.
 */
import type { SignalReading } from './signal.ts';

const shared = new WeakSet<readonly SignalReading[]>();

export function shareList(readings: readonly SignalReading[]): readonly SignalReading[] {
  shared.add(readings);
  return readings;
}

export function isSharedList(readings: readonly SignalReading[]): boolean {
  return shared.has(readings);
}
