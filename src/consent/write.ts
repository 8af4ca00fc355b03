/** Puts a decision on a subject's chain: reads the end, plans, seals, appends, and begins anew where somebody else was quicker. */

import { type ConsentStore, StoreUnavailable } from '../store/store.ts';
import { drawSubject, drawSubjectKey, sealRecord } from './chain.ts';
import type { ConsentEntry } from './entry.ts';
import { MAX_SEEN } from './idempotency.ts';
import { type Choices, type Decision, newestAt, planDecision } from './plan.ts';
import type { ReceiptSubject, SignedReceipt } from './receipt.ts';
import type { ConsentHead } from './record.ts';
import { NO_PURPOSES, OPTIONAL_PURPOSES, purposeSet } from './state.ts';

/** Writers of one subject are its own browsers: more rounds than this mean that something else is wrong. */
const MAX_ROUNDS = 16;

/** What of an entry the decision itself does not say. */
export type Circumstances = Pick<ConsentEntry, 'region' | 'gpc' | 'notice' | 'tcString' | 'gppString'>;

export interface ConsentWrite {
  /** Null mints a new subject. One that the store does not know is refused as `unknown-subject`. */
  readonly subject: string | null;
  /** With `subject: null`: the id to use instead of a random one. It may be there already, and goes on then. */
  readonly newSubject?: string;
  /** Digest of an Idempotency-Key and its decision: where the head has seen it, nothing is granted again. */
  readonly digest?: string;
  /** Where the person is, for a subject whose hits do not tell. */
  readonly place?: NonNullable<ConsentHead['place']>;
  /** Choices in force that the store does not hold: of a refusal without an id, or of a cookie that beats the record. */
  readonly carry: (choices: Choices) => Choices;
  readonly decision: Decision;
  readonly circumstances: Circumstances;
  readonly sign: (subject: ReceiptSubject) => SignedReceipt;
}

export type WriteOutcome =
  | { readonly kind: 'written'; readonly head: ConsentHead; readonly receipt: string }
  | { readonly kind: 'same'; readonly head: ConsentHead }
  /** There is no such subject, or it was erased. */
  | { readonly kind: 'unknown-subject' };

/** `now` in milliseconds since the epoch. @throws StoreUnavailable where nothing could be written, or not surely. */
export async function writeConsent(store: ConsentStore, write: ConsentWrite, now: number): Promise<WriteOutcome> {
  const subject = write.subject ?? write.newSubject ?? drawSubject();
  const { digest } = write;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const tip = await store.readTip(subject);
    if (tip.head === null && write.subject !== null) return { kind: 'unknown-subject' };
    const stored = tip.head?.choices ?? {};
    const isRepeated = digest !== undefined && tip.head?.seen?.includes(digest) === true;
    const decision = isRepeated ? takeBack(stored, write.decision) : write.decision;
    // A record is newer than the one before it, whatever the clock of this machine says.
    const at = Math.max(now, newestAt(stored) + 1);
    const carried = write.carry(stored);
    const plan = planDecision(carried, decision, at);
    if (plan.kind === 'same' && tip.head !== null && carried === stored) return { kind: 'same', head: tip.head };
    const choices = plan.kind === 'record' ? plan.choices : carried;
    const { action, policy, model } = write.decision;
    const changes = statesOf(stored, choices);
    const entry: ConsentEntry = {
      v: 1,
      at,
      action,
      changes,
      state: statesOf({}, choices),
      policy,
      model,
      ...write.circumstances,
    };
    const key = tip.key ?? drawSubjectKey();
    const sealed = sealRecord(tip.sequence + 1, tip.hash, entry, key);
    const { receipt, signature } = write.sign({ hash: sealed.hash, entry });
    const place = write.place ?? tip.head?.place;
    const seen = digest === undefined || isRepeated ? tip.head?.seen : [...(tip.head?.seen ?? []), digest].slice(-MAX_SEEN);
    const head: ConsentHead = {
      subject,
      sequence: sealed.sequence,
      hash: sealed.hash,
      choices,
      ...(place === undefined ? {} : { place }),
      ...(seen === undefined ? {} : { seen }),
    };
    const isUrgent = Object.values(entry.changes).some((state) => state !== 'granted');
    const outcome = await store.append({
      record: { ...sealed, signature },
      head,
      newKey: tip.key === null ? key : null,
      isUrgent,
    });
    if (outcome === 'appended') return { kind: 'written', head, receipt };
  }
  throw new StoreUnavailable('a consent record could not be written: too many writers for one subject');
}

/** What a decision that comes again still says: its no to what was allowed in between, and never its yes. */
function takeBack(stored: Choices, decision: Decision): Decision {
  const granted = OPTIONAL_PURPOSES.filter((purpose) => stored[purpose]?.state === 'granted');
  return { ...decision, grants: NO_PURPOSES, refusals: decision.refusals & purposeSet(granted) };
}

/** States of the purposes whose choice is another than before. */
function statesOf(before: Choices, after: Choices): ConsentEntry['changes'] {
  return Object.fromEntries(
    Object.entries(after)
      .filter(([purpose, choice]) => before[purpose as keyof Choices] !== choice)
      .map(([purpose, choice]) => [purpose, choice.state]),
  );
}
