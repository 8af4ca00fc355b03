/** Records in memory, for tests and trials: gone with the process, and said so by `doctor`. */
import { randomBytes } from 'node:crypto';
import type { ConsentHead } from '../consent/record.ts';
import { type Claim, isTaken } from './claim.ts';
import { type ConsentStore, DAY_KEY_BYTES, type Erasure, GENESIS_HASH, type StoredRecord } from './store.ts';

interface Subject {
  head: ConsentHead | null;
  key: Buffer | null;
  readonly records: StoredRecord[];
  erasure: Erasure | null;
}

export function createMemoryStore(): ConsentStore {
  const subjects = new Map<string, Subject>();
  const days = new Map<string, Buffer>();
  const claims = new Map<string, Claim>();

  return {
    kind: 'memory',
    readHead: (subject) => subjects.get(subject)?.head ?? null,
    async readTip(subject) {
      return readTip(subjects.get(subject));
    },
    async append({ record, head, newKey }) {
      const known = subjects.get(head.subject);
      const tip = readTip(known);
      if (tip.hash !== record.previous || tip.sequence + 1 !== record.sequence) return 'conflict';
      if ((tip.key === null) !== (newKey !== null)) return 'conflict';
      const subject = known ?? { head: null, key: null, records: [], erasure: null };
      subject.records.push(record);
      subject.head = head;
      subject.key ??= newKey;
      subjects.set(head.subject, subject);
      return 'appended';
    },
    async readChain(subject) {
      const known = subjects.get(subject);
      return known === undefined ? null : { tip: readTip(known), records: [...known.records], erasure: known.erasure };
    },
    async erase(subject, at) {
      const known = subjects.get(subject);
      if (known === undefined || known.head === null) return false;
      known.erasure = { throughSequence: known.head.sequence, at };
      known.head = null;
      known.key = null;
      return true;
    },
    async *subjects() {
      yield* [...subjects.keys()];
    },
    async readDayKey(day) {
      const key = days.get(day) ?? randomBytes(DAY_KEY_BYTES);
      days.set(day, key);
      return key;
    },
    async forgetDayKeys(before) {
      for (const day of days.keys()) if (day < before) days.delete(day);
    },
    async claim(task, holder, now, forMs) {
      if (isTaken(claims.get(task), holder, now)) return false;
      claims.set(task, { holder, until: now + forMs });
      return true;
    },
    isWritable: async () => true,
    close: async () => {},
  };
}

function readTip(subject: Subject | undefined) {
  const last = subject?.records.at(-1);
  return {
    head: subject?.head ?? null,
    key: subject?.key ?? null,
    sequence: last?.sequence ?? 0,
    hash: last?.hash ?? GENESIS_HASH,
  };
}
