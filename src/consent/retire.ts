/**
 * Retention: proof is kept as long as it may be asked for, and no longer (GDPR Art. 5(1)(e)). A record that still decides
 * about hits is not touched: a yes is at its end when it has run out, a no when it was said.
 */
import type { Place, PolicySet } from '../policy/policy.ts';
import type { ChainTip, ConsentStore } from '../store/store.ts';
import { openRecord } from './chain.ts';
import { newestAt } from './plan.ts';
import type { ConsentHead } from './record.ts';
import { walkSubjects } from './walk.ts';

const NOWHERE: Place = { country: 'ZZ', subdivision: null };

/**
 * Erases every subject whose decisions came to their end longer than `retainMs` ago. Its cookie then reads as a no. Gives back
 * how many. @throws StoreUnavailable, and what the signal was aborted with
 */
export async function retireSubjects(
  store: ConsentStore,
  policies: Pick<PolicySet, 'consentRules'>,
  retainMs: number,
  now: number,
  signal?: AbortSignal,
): Promise<number> {
  let retired = 0;
  for await (const subject of walkSubjects(store, signal)) {
    const tip = await store.readTip(subject);
    const { head } = tip;
    // Nothing ends before it was said: most are told by this alone.
    if (head === null || now - newestAt(head.choices) < retainMs) continue;
    if (now - (await findEnd(store, head, tip, policies, now)) < retainMs) continue;
    if (await store.erase(subject, now)) retired++;
  }
  return retired;
}

async function findEnd(
  store: ConsentStore,
  head: ConsentHead,
  tip: ChainTip,
  policies: Pick<PolicySet, 'consentRules'>,
  now: number,
): Promise<number> {
  const grants = Object.values(head.choices).filter(({ state }) => state === 'granted');
  if (grants.length === 0) return newestAt(head.choices);
  const place = head.place ?? (await findPlaceOfYes(store, head.subject, tip));
  const { validForMs } = policies.consentRules({ ...place, source: 'record', disagrees: null }, now);
  return Math.max(newestAt(head.choices), ...grants.map(({ at }) => at + validForMs));
}

/** Where the last yes was given: a link or a signal after it tells nothing of the place. */
async function findPlaceOfYes(store: ConsentStore, subject: string, { key }: ChainTip): Promise<Place> {
  const chain = await store.readChain(subject);
  for (const record of chain?.records.toReversed() ?? []) {
    const entry = key === null ? null : openRecord(record, key);
    if (entry !== null && Object.values(entry.changes).includes('granted')) return entry.region;
  }
  return NOWHERE;
}
