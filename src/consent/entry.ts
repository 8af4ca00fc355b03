/** One record of a subject's chain in the clear: what was decided, and what will prove it. */
import type { Choice, Model } from './record.ts';
import type { Purpose } from './state.ts';

/** What a person did on a banner; `link` joins two subjects after a login, `signal` remembers a GPC seen with a known subject. */
export const ENTRY_ACTIONS = ['accept_all', 'reject_all', 'save', 'withdraw', 'dismiss', 'link', 'signal'] as const;
export type EntryAction = (typeof ENTRY_ACTIONS)[number];

/** GDPR Art. 7(1) asks for who, when, what and how; nothing of the device is kept, and no address. */
export interface ConsentEntry {
  readonly v: 1;
  /** Milliseconds since the epoch; later than every record before it, also where clocks of two machines stand apart. */
  readonly at: number;
  readonly action: EntryAction;
  /** Purposes that this record decides. */
  readonly changes: { readonly [P in Purpose]?: Choice['state'] };
  /** States in force with this record, of every purpose that was ever decided. */
  readonly state: { readonly [P in Purpose]?: Choice['state'] };
  /** `id@version#hash` of the policy in force. */
  readonly policy: string;
  readonly model: Model;
  readonly region: { readonly country: string; readonly subdivision: string | null };
  /** Whether the request carried Sec-GPC: 1. */
  readonly gpc: boolean;
  readonly notice: Notice | null;
  readonly tcString: string | null;
  readonly gppString: string | null;
}

/** What the banner showed. */
export interface Notice {
  readonly version: string;
  /** BCP 47, or null where the banner did not say. */
  readonly language: string | null;
  /** Hash of the text as registered in the configuration; null where the version is not registered. */
  readonly hash: string | null;
}
