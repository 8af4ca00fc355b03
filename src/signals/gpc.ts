import { NO_VOTE, type SignalReading, type SignalRule, type Vote } from './signal.ts';

/** The one thing that Sec-GPC can say. */
const GPC_SET: SignalReading = {
  signal: 'gpc',
  field: 'header:sec-gpc',
  said: '1',
  vote(rule: SignalRule): Vote {
    return rule.mayDeny ? { ...NO_VOTE, denies: rule.covers } : NO_VOTE;
  },
};

/**
 * Global Privacy Control, `Sec-GPC: 1`. Any line, or member of a line that somebody joined, that is exactly `1` counts;
 * every other value is ignored, as the specification demands (W3C GPC, § 3.4).
 */
export function readGpc(rawHeaders: readonly string[]): SignalReading | null {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length !== 7 || name.toLowerCase() !== 'sec-gpc') continue;
    const value = rawHeaders[i + 1] as string;
    if (value === '1' || value.split(',').some((member) => member.trim() === '1')) return GPC_SET;
  }
  return null;
}
