/** Denials that a cookie holds and the store does not: they go into the record with the next decision, and never get lost. */
import type { CookieReading } from './cookie.ts';
import type { Choices, Decision } from './plan.ts';
import type { Choice } from './record.ts';
import { NO_PURPOSES, OPTIONAL_PURPOSES, type Purpose, type PurposeSet, purposeBit, purposeSet } from './state.ts';

export const ALL_OPTIONAL: PurposeSet = purposeSet(OPTIONAL_PURPOSES);

/** What a cookie denies beside the store. One that cannot be believed reads as a no to everything, and is kept as that. */
export function deniedBeside(reading: CookieReading): PurposeSet {
  switch (reading.kind) {
    case 'none':
      return NO_PURPOSES;
    case 'invalid':
      return ALL_OPTIONAL;
    case 'refusal':
    case 'subject':
      return reading.denied;
  }
}

/**
 * Of what a cookie denies, the part that the choices do not outdate: a yes that is recorded later than the cookie was
 * issued counts, one that is older was taken back while the store could not be written. Times of cookies are whole seconds.
 */
export function standingDenials(choices: Choices, denied: PurposeSet, issuedAt: number): PurposeSet {
  let standing = NO_PURPOSES;
  for (const purpose of OPTIONAL_PURPOSES) {
    const bit = purposeBit(purpose);
    const choice = choices[purpose];
    if ((denied & bit) === 0 || (choice !== undefined && choice.state !== 'granted')) continue;
    if (choice === undefined || Math.floor(choice.at / 1000) * 1000 <= issuedAt) standing |= bit;
  }
  return standing;
}

/** The choices with those denials in them; the same object where there are none. */
export function carryDenials(choices: Choices, denied: PurposeSet, issuedAt: number, decision: Decision): Choices {
  const standing = standingDenials(choices, denied, issuedAt);
  if (standing === NO_PURPOSES) return choices;
  const carried: { [P in Purpose]?: Choice } = { ...choices };
  for (const purpose of OPTIONAL_PURPOSES) {
    if ((standing & purposeBit(purpose)) === 0) continue;
    const state = choices[purpose] === undefined ? 'denied' : 'withdrawn';
    carried[purpose] = { state, at: issuedAt, policy: decision.policy, model: decision.model, notice: null };
  }
  return carried;
}
