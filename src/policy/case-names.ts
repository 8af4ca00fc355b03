/** Names of the cases that `policy verify` tries, as invariants may name them. */

/** What a record can say; the same about every purpose, since purposes are judged one by one. */
export const RECORD_CASES = [
  'granted',
  'unproven',
  'other-model',
  'none',
  'expired',
  'cookie-denies',
  'denied',
  'withdrawn',
  'unavailable',
  'invalid',
] as const;
export type RecordCase = (typeof RECORD_CASES)[number];

/** What a signal can say, from the softest to the strictest. */
export const SIGNAL_STATES = ['grant', 'absent', 'unreadable', 'deny'] as const;
export type SignalState = (typeof SIGNAL_STATES)[number];
