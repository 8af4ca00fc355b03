/**
 * Purposes and the five states of a decision about them: the vocabulary that every other room shares.
 * Pure: no I/O, no clock.
 */

/** What a hit may be for, from the least to the most intrusive. */
export const PURPOSES = ['necessary', 'functional', 'analytics', 'personalization', 'advertising'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** Purposes that a person may refuse: all but `necessary`. */
export const OPTIONAL_PURPOSES = PURPOSES.slice(1) as readonly Purpose[];

/** Position of a purpose in {@link PURPOSES}, and in every array that is kept by purpose. */
export const PURPOSE_INDEX: Readonly<Record<Purpose, number>> = {
  necessary: 0,
  functional: 1,
  analytics: 2,
  personalization: 3,
  advertising: 4,
};

/** A set of purposes as bits: bit `i` stands for `PURPOSES[i]`. */
export type PurposeSet = number;

export const NO_PURPOSES: PurposeSet = 0;
export const ALL_PURPOSES: PurposeSet = (1 << PURPOSES.length) - 1;

export function purposeBit(purpose: Purpose): PurposeSet {
  return 1 << PURPOSE_INDEX[purpose];
}

export function purposeSet(purposes: Iterable<Purpose>): PurposeSet {
  let set = NO_PURPOSES;
  for (const purpose of purposes) set |= purposeBit(purpose);
  return set;
}

export function purposesIn(set: PurposeSet): Purpose[] {
  return PURPOSES.filter((_, index) => (set >> index) & 1);
}

export function isPurpose(value: unknown): value is Purpose {
  return typeof value === 'string' && Object.hasOwn(PURPOSE_INDEX, value);
}

/**
 * State of one purpose for one subject. Five, kept apart everywhere and never a boolean:
 * `withdrawn` is a yes that was taken back (GDPR Art. 7(3)), `expired` a yes that grew too old.
 */
export const STATES = ['granted', 'denied', 'withdrawn', 'expired', 'unknown'] as const;
export type State = (typeof STATES)[number];

/** A column of a policy's table. */
export const COLUMNS = ['granted', 'unknown', 'denied'] as const;
export type Column = (typeof COLUMNS)[number];

/** The column that answers for a state: `denied` and `withdrawn` are a no, `expired` and `unknown` are silence. */
export function columnOf(state: State): Column {
  switch (state) {
    case 'granted':
      return 'granted';
    case 'denied':
    case 'withdrawn':
      return 'denied';
    case 'expired':
    case 'unknown':
      return 'unknown';
  }
}

/** What happens to a hit or to a field of it, from the softest to the strictest. */
export const ACTIONS = ['forward', 'anonymize', 'drop'] as const;
export type Action = (typeof ACTIONS)[number];

export const ACTION_RANK: Readonly<Record<Action, number>> = { forward: 0, anonymize: 1, drop: 2 };

export function stricterAction(a: Action, b: Action): Action {
  return ACTION_RANK[a] >= ACTION_RANK[b] ? a : b;
}
