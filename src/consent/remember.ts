/** Remembers an opt-out signal that was seen with a known subject, as a denial on record (11 CCR § 7025(c)(1)). */
import type { Judgement, Region } from '../policy/policy.ts';
import { type ConsentStore, StoreUnavailable } from '../store/store.ts';
import type { Keyring } from './keys.ts';
import { signReceipt } from './receipt.ts';
import { NO_PURPOSES, type PurposeSet } from './state.ts';
import { writeConsent } from './write.ts';

export interface SignalMemoryParts {
  readonly store: ConsentStore;
  readonly keyring: Keyring;
  readonly site: string;
  /** Told of an exception, which is a bug of ours. */
  fault(error: unknown): void;
}

/** Subjects whose denial is being written: their next hits ask again before it is on record. */
const MOST_UNDER_WAY = 1_000;

/** @returns a function that writes without being waited for; a store that cannot be written is asked again at the next hit. */
export function createSignalMemory(parts: SignalMemoryParts) {
  const underWay = new Set<string>();
  return function rememberSignal(subject: string, purposes: PurposeSet, region: Region, judgement: Judgement, now: number): void {
    if (underWay.has(subject) || underWay.size >= MOST_UNDER_WAY) return;
    underWay.add(subject);
    const { version, model } = judgement;
    writeConsent(
      parts.store,
      {
        subject,
        carry: (choices) => choices,
        decision: { action: 'signal', grants: NO_PURPOSES, refusals: purposes, policy: version, model, notice: null },
        circumstances: {
          region: { country: region.country, subdivision: region.subdivision },
          gpc: true,
          notice: null,
          tcString: null,
          gppString: null,
        },
        sign: (record) => signReceipt(record, parts.keyring, parts.site),
      },
      now,
    )
      .catch((error: unknown) => {
        if (!(error instanceof StoreUnavailable)) parts.fault(error);
      })
      .finally(() => underWay.delete(subject));
  };
}
