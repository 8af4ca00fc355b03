/** Records for stores under test. */
import { drawSubjectKey, sealRecord } from '../../src/consent/chain.ts';
import type { ConsentEntry } from '../../src/consent/entry.ts';
import type { ConsentHead } from '../../src/consent/record.ts';
import type { Addition, ChainTip, ConsentStore } from '../../src/store/store.ts';

export const ENTRY: ConsentEntry = {
  v: 1,
  at: 1_763_899_200_000,
  action: 'save',
  changes: { analytics: 'granted', advertising: 'denied' },
  state: { analytics: 'granted', advertising: 'denied' },
  policy: 'eu@1.0.0#0123456789abcdef',
  model: 'opt-in',
  region: { country: 'DE', subdivision: 'BE' },
  gpc: false,
  notice: null,
  tcString: null,
  gppString: null,
};

/** The next record of a chain that ends at `tip`: analytics as told, advertising denied. */
export function addTo(
  subject: string,
  tip: ChainTip,
  { at = ENTRY.at, analytics = 'granted' as 'granted' | 'withdrawn' } = {},
): Addition {
  const key = tip.key ?? drawSubjectKey();
  const state = { analytics, advertising: 'denied' } as const;
  const sealed = sealRecord(tip.sequence + 1, tip.hash, { ...ENTRY, at, changes: state, state }, key);
  const choice = { at, policy: ENTRY.policy, model: ENTRY.model, notice: null } as const;
  const choices = {
    analytics: { ...choice, state: analytics, notice: '2026-11' },
    advertising: { ...choice, state: 'denied' },
  } as const;
  const head: ConsentHead = { subject, sequence: sealed.sequence, hash: sealed.hash, choices };
  const record = { ...sealed, signature: `k1.${sealed.hash}` };
  return { record, head, newKey: tip.key === null ? key : null, isUrgent: analytics === 'withdrawn' };
}

/** Appends, trying again while somebody else is quicker. @throws StoreUnavailable */
export async function appendTo(
  store: ConsentStore,
  subject: string,
  options: Parameters<typeof addTo>[2] = {},
): Promise<Addition> {
  for (;;) {
    const addition = addTo(subject, await store.readTip(subject), options);
    if ((await store.append(addition)) === 'appended') return addition;
  }
}
