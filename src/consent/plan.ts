/** What a decision makes of the choices in force. Pure: the same prior, request and time give the same plan. */

import type { Choice, ConsentHead, Model } from './record.ts';
import type { BannerAction } from './request.ts';
import { OPTIONAL_PURPOSES, type Purpose, type PurposeSet, purposeBit } from './state.ts';

export type Choices = ConsentHead['choices'];

/** The same decision again within this time is the same record; later it is new proof. */
export const REPEAT_MS = 10 * 60_000;

export interface Decision {
  readonly action: BannerAction | 'link' | 'signal';
  readonly grants: PurposeSet;
  readonly refusals: PurposeSet;
  readonly policy: string;
  readonly model: Model;
  /** Version of the registered notice, and the purposes that it showed; null without one. */
  readonly notice: { readonly version: string; readonly shown: PurposeSet } | null;
}

/** `same`: nothing new is said. `record`: what to append, and the choices in force with it. */
export type Plan =
  | { readonly kind: 'same' }
  | { readonly kind: 'record'; readonly changes: { readonly [P in Purpose]?: Choice['state'] }; readonly choices: Choices };

export function planDecision(prior: Choices, decision: Decision, now: number): Plan {
  const changes: { [P in Purpose]?: Choice['state'] } = {};
  const choices: { [P in Purpose]?: Choice } = { ...prior };
  let isNew = false;
  for (const purpose of OPTIONAL_PURPOSES) {
    const state = decideState(prior[purpose], decision, purposeBit(purpose));
    if (state === null) continue;
    const choice = {
      state,
      at: now,
      policy: decision.policy,
      model: decision.model,
      // A notice proves nothing about a purpose that it did not show.
      notice: decision.notice !== null && (decision.notice.shown & purposeBit(purpose)) !== 0 ? decision.notice.version : null,
    };
    changes[purpose] = state;
    choices[purpose] = choice;
    isNew ||= !isRepeat(prior[purpose], choice);
  }
  return isNew ? { kind: 'record', changes, choices } : { kind: 'same' };
}

function decideState(prior: Choice | undefined, decision: Decision, bit: PurposeSet): Choice['state'] | null {
  // Whatever says no beside a yes wins.
  if ((decision.refusals & bit) !== 0) return refuseState(prior, decision.action);
  return (decision.grants & bit) !== 0 ? 'granted' : null;
}

/** A yes taken back is `withdrawn` (GDPR Art. 7(3)) and stays so when the same no is said again. */
function refuseState(prior: Choice | undefined, action: Decision['action']): Choice['state'] {
  const wasGranted = prior !== undefined && prior.state !== 'denied';
  return action === 'withdraw' || wasGranted ? 'withdrawn' : 'denied';
}

function isRepeat(prior: Choice | undefined, choice: Choice): boolean {
  return (
    prior !== undefined &&
    prior.state === choice.state &&
    prior.policy === choice.policy &&
    prior.notice === choice.notice &&
    Math.abs(choice.at - prior.at) < REPEAT_MS
  );
}

/** When the newest of the choices was made; 0 without any. */
export function newestAt(choices: Choices): number {
  return Math.max(0, ...Object.values(choices).map((choice) => choice.at));
}
