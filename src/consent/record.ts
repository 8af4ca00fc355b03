/** What a subject decided, as the store keeps it and as a hit reads it. */
import type { Purpose } from './state.ts';

/** The model of the policy under which a choice was made: a yes under `opt-out` is no consent in an opt-in place. */
export type Model = 'opt-in' | 'opt-out' | 'none';

/** Latest choice of a subject about one purpose. */
export interface Choice {
  readonly state: 'granted' | 'denied' | 'withdrawn';
  /** When it was made, in milliseconds since the epoch. */
  readonly at: number;
  /** `id@version#hash` of the policy in force where it was made. */
  readonly policy: string;
  readonly model: Model;
  /** Version of the notice that was shown, if it is registered in the configuration. */
  readonly notice: string | null;
}

/** The fold of a subject's records: per purpose the choice in force. A purpose that is not there was never decided. */
export interface ConsentHead {
  readonly subject: string;
  /** Number of records in the chain. */
  readonly sequence: number;
  /** Hash of the last record, hex. */
  readonly hash: string;
  readonly choices: { readonly [P in Purpose]?: Choice };
  /** Where the person is, for subjects whose hits do not tell: recorded with the decision of an external id. */
  readonly place?: { readonly country: string; readonly subdivision: string | null };
  /** Digests of the last decisions that came with an Idempotency-Key, the newest last. */
  readonly seen?: readonly string[];
}
