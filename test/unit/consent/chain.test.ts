import { describe, expect, it } from 'vitest';
import { drawSubject, drawSubjectKey, hashRecord, openRecord, sealRecord } from '../../../src/consent/chain.ts';
import type { ConsentEntry } from '../../../src/consent/entry.ts';
import { GENESIS_HASH } from '../../../src/store/store.ts';

const entry: ConsentEntry = {
  v: 1,
  at: 1,
  action: 'save',
  changes: { analytics: 'granted' },
  state: { analytics: 'granted' },
  policy: 'eu@1#2',
  model: 'opt-in',
  region: { country: 'DE', subdivision: null },
  gpc: true,
  notice: { version: '1', language: 'de', hash: null },
  tcString: null,
  gppString: null,
};
const key = drawSubjectKey();
const record = sealRecord(1, GENESIS_HASH, entry, key);

describe('a sealed record', () => {
  it('opens under its key to what was sealed, and hides it', () => {
    expect(openRecord(record, key)).toEqual(entry);
    expect(record.ciphertext.toString('latin1')).not.toContain('analytics');
    expect(record.hash).toBe(hashRecord(1, GENESIS_HASH, record.ciphertext));
  });

  it('is another each time, so that nobody can tell equal decisions', () => {
    expect(sealRecord(1, GENESIS_HASH, entry, key).hash).not.toBe(record.hash);
    expect(drawSubject()).not.toBe(drawSubject());
  });

  it('opens for no other place, key or with any other bit', () => {
    expect(openRecord({ ...record, sequence: 2 }, key)).toBeNull();
    expect(openRecord({ ...record, previous: record.hash }, key)).toBeNull();
    expect(openRecord(record, drawSubjectKey())).toBeNull();
    expect(openRecord({ ...record, ciphertext: Buffer.alloc(5) }, key)).toBeNull();
    for (let i = 0; i < record.ciphertext.length; i++) {
      const flipped = Buffer.from(record.ciphertext);
      flipped[i] = (flipped[i] ?? 0) ^ 1;
      expect(openRecord({ ...record, ciphertext: flipped }, key)).toBeNull();
    }
  });
});
