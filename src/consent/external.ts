/**
 * Subjects that a server knows under an id of its own: the recipient of a mail, a customer. Kept under the keyed hash of
 * that id, never under the id itself; their hits come from machines that tell nothing about the person's place.
 */
import { createHmac } from 'node:crypto';
import type { Place } from '../policy/policy.ts';
import type { ConsentStore } from '../store/store.ts';
import type { Keyring } from './keys.ts';
import type { ConsentLookup } from './lookup.ts';
import type { ConsentHead } from './record.ts';

/** No random subject holds a dot. */
const PREFIX = 'x.';

/** Longest external id that is taken: more is no id. */
export const MAX_EXTERNAL_ID_CHARS = 512;

/** The subject of an external id under every key, that of the signing one first. */
export function externalSubjects(externalId: string, keyring: Keyring): string[] {
  return keyring.kids.map((kid) => {
    const key = keyring.secret('external', kid);
    if (key === null) throw new RangeError('the keyring holds no key for external ids');
    return PREFIX + createHmac('sha256', key).update(externalId).digest('base64url');
  });
}

export interface ExternalLookup extends ConsentLookup {
  /** Place of the person as it was recorded with the decision; null where nothing is known: an unknown place. */
  readonly place: Place | null;
}

const UNKNOWN: ExternalLookup = { record: null, denied: 0, subject: null, named: null, place: null };

/** What a hit of a route with `subject: query:…` and the like asks. Never throws and never rejects. */
export function lookUpExternal(
  externalId: string,
  keyring: Keyring,
  store: ConsentStore,
): ExternalLookup | Promise<ExternalLookup> {
  if (externalId === '' || externalId.length > MAX_EXTERNAL_ID_CHARS) return UNKNOWN;
  return findFirst(externalSubjects(externalId, keyring), 0, store);
}

function findFirst(subjects: readonly string[], index: number, store: ConsentStore): ExternalLookup | Promise<ExternalLookup> {
  const subject = subjects[index];
  if (subject === undefined) return UNKNOWN;
  const next = (head: ConsentHead | null) => (head === null ? findFirst(subjects, index + 1, store) : found(head));
  try {
    const head = store.readHead(subject);
    return head instanceof Promise ? head.then(next, () => unavailable()) : next(head);
  } catch {
    return unavailable();
  }
}

function found(head: ConsentHead): ExternalLookup {
  return { record: head, denied: 0, subject: head.subject, named: head.subject, place: head.place ?? null };
}

function unavailable(): ExternalLookup {
  return { ...UNKNOWN, record: 'unavailable' };
}
