/** Runs every reader over the carriers of a hit. Most hits carry no signal and get the shared empty list. */
import { readGpc } from './gpc.ts';
import type { SignalReading } from './signal.ts';

/** The carriers of a hit that may hold a signal. All values as they came: not decoded, not joined. */
export interface SignalSource {
  /** Header lines as Node gives them: name, value, name, value, … in their original case. */
  readonly rawHeaders: readonly string[];
  /** Query without `?`, still percent-encoded; empty where there is none. */
  readonly query: string;
  /** Value of the Cookie header (lines joined with `; `), or empty. */
  readonly cookie: string;
  /** Body, where the route's profile says that consent may stand in it; else null. */
  readonly body: Buffer | null;
}

const NO_READINGS: readonly SignalReading[] = [];

export function readSignals(source: SignalSource): readonly SignalReading[] {
  const gpc = readGpc(source.rawHeaders);
  return gpc === null ? NO_READINGS : [gpc];
}
