import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { checkAnchor, writeAnchor } from '../../../src/consent/anchor.ts';
import { hashRecord, sealRecord } from '../../../src/consent/chain.ts';
import { createKeyring } from '../../../src/consent/keys.ts';
import { bundleProof, type ProofBundle, type ProofRecord } from '../../../src/consent/proof.ts';
import { verifyProof } from '../../../src/consent/proof-check.ts';
import { signReceipt } from '../../../src/consent/receipt.ts';
import { linkSubjects } from '../../../src/consent/rights.ts';
import { purposeSet } from '../../../src/consent/state.ts';
import { writeConsent } from '../../../src/consent/write.ts';
import { createMemoryStore } from '../../../src/store/memory.ts';
import type { ConsentStore } from '../../../src/store/store.ts';

const NOW = Date.UTC(2026, 10, 23, 12);
const DAY_MS = 86_400_000;
const keyring = createKeyring([{ kid: 'k1', bytes: Buffer.alloc(32, 1) }]);
const foreign = createKeyring([{ kid: 'k1', bytes: Buffer.alloc(32, 2) }]);
const keys = keyring.receiptJwks;

let store: ConsentStore;
beforeEach(() => {
  store = createMemoryStore();
});

async function decide(subject: string, yes: ('analytics' | 'advertising')[], no: ('analytics' | 'advertising')[], at = NOW) {
  const outcome = await writeConsent(
    store,
    {
      subject: null,
      newSubject: subject,
      carry: (choices) => choices,
      decision: {
        action: 'save',
        grants: purposeSet(yes),
        refusals: purposeSet(no),
        policy: 'eu@1#2',
        model: 'opt-in',
        notice: null,
      },
      circumstances: { region: { country: 'DE', subdivision: null }, gpc: false, notice: null, tcString: null, gppString: null },
      sign: (record) => signReceipt(record, keyring, 'shop'),
    },
    at,
  );
  expect(outcome.kind).toBe('written');
}

/** A bundle of five records, as it would be after a trip through a file. */
async function exportFive(): Promise<ProofBundle> {
  for (let day = 0; day < 5; day++)
    await decide('someone', day % 2 === 0 ? ['analytics'] : [], day % 2 === 0 ? [] : ['analytics'], NOW + day * DAY_MS);
  return exportOf('someone');
}

async function exportOf(subject: string): Promise<ProofBundle> {
  const chain = await store.readChain(subject);
  if (chain === null) throw new Error('no chain');
  return JSON.parse(JSON.stringify(bundleProof(chain, 'shop', keys))) as ProofBundle;
}

const at = (bundle: ProofBundle, index: number) => bundle.records[index] as ProofRecord;
const findingsOf = (bundle: ProofBundle) =>
  verifyProof(bundle, keys).findings.map(({ sequence, finding }) => `${sequence} ${finding}`);

describe('verifyProof', () => {
  it('finds nothing in what nobody touched', async () => {
    expect(verifyProof(await exportFive(), keys)).toEqual({ ok: true, records: 5, findings: [] });
  });

  it('finds a changed record, by every byte of it', async () => {
    const bundle = await exportFive();
    const bytes = Buffer.from(at(bundle, 2).ciphertext, 'base64url');
    for (const index of [0, 12, 40, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ 1;
      const records = bundle.records.with(2, { ...at(bundle, 2), ciphertext: changed.toString('base64url') });
      expect(findingsOf({ ...bundle, records })).toEqual(['3 changed']);
    }
  });

  it('finds words in the clear that the ciphertext does not say', async () => {
    const bundle = await exportFive();
    const { entry } = at(bundle, 1);
    if (entry === null) throw new Error('unreadable');
    const record = { ...at(bundle, 1), entry: { ...entry, state: { analytics: 'granted' as const } } };
    expect(findingsOf({ ...bundle, records: bundle.records.with(1, record) })).toEqual(['2 changed']);
  });

  it('finds a changed record whose hash was made to fit', async () => {
    const bundle = await exportFive();
    const { previous, ciphertext } = at(bundle, 2);
    const bytes = Buffer.from(ciphertext, 'base64url');
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    const record = { ...at(bundle, 2), ciphertext: bytes.toString('base64url'), hash: hashRecord(3, previous, bytes) };
    expect(findingsOf({ ...bundle, records: bundle.records.with(2, record) })).toEqual(['3 changed']);
  });

  it('finds a record that somebody sealed with the key of the subject but could not sign', async () => {
    const bundle = await exportFive();
    const { previous, entry, signature } = at(bundle, 2);
    if (entry === null || bundle.key === null) throw new Error('unreadable');
    const sealed = sealRecord(3, previous, { ...entry, state: { analytics: 'denied' } }, Buffer.from(bundle.key, 'base64url'));
    const record = { ...at(bundle, 2), ...sealed, signature, ciphertext: sealed.ciphertext.toString('base64url') };
    const found = verifyProof({ ...bundle, records: bundle.records.with(2, record) }, keys);
    expect(found.ok).toBe(false);
    expect(found.findings.map(({ sequence }) => sequence)).toContain(3);
  });

  it('finds what is missing: at the beginning, in the middle, at the end', async () => {
    const bundle = await exportFive();
    expect(findingsOf({ ...bundle, records: bundle.records.toSpliced(0, 1) })).toEqual(['1 missing']);
    expect(findingsOf({ ...bundle, records: bundle.records.toSpliced(1, 2) })).toEqual(['2 missing', '3 missing']);
    expect(findingsOf({ ...bundle, records: bundle.records.toSpliced(4, 1) })).toEqual(['5 missing']);
    expect(findingsOf({ ...bundle, records: [] })).toEqual(['1 missing', '2 missing', '3 missing', '4 missing', '5 missing']);
  });

  it('finds what was reordered', async () => {
    const bundle = await exportFive();
    expect(findingsOf({ ...bundle, records: bundle.records.with(1, at(bundle, 3)).with(3, at(bundle, 1)) })).toEqual([
      '2 reordered',
      '3 reordered',
    ]);
  });

  it('finds what was inserted: a double, and one behind the end', async () => {
    const bundle = await exportFive();
    expect(findingsOf({ ...bundle, records: bundle.records.toSpliced(2, 0, at(bundle, 2)) })).toEqual(['3 inserted']);
    const { entry } = at(bundle, 4);
    if (entry === null || bundle.key === null) throw new Error('unreadable');
    const sealed = sealRecord(6, at(bundle, 4).hash, entry, Buffer.from(bundle.key, 'base64url'));
    const { signature } = signReceipt({ hash: sealed.hash, entry }, foreign, 'shop');
    const extra = { ...at(bundle, 4), ...sealed, signature, ciphertext: sealed.ciphertext.toString('base64url') };
    expect(findingsOf({ ...bundle, records: [...bundle.records, extra] })).toEqual(['6 inserted']);
    const tip = { sequence: 6, hash: sealed.hash };
    expect(findingsOf({ ...bundle, records: [...bundle.records, extra], tip })).toEqual(['6 inserted']);
  });

  it('does not believe the keys of the bundle over those of the site', async () => {
    const bundle = await exportFive();
    expect(verifyProof(bundle, foreign.receiptJwks).ok).toBe(false);
  });

  it('tells erased from missing, and goes on after it', async () => {
    await exportFive();
    await store.erase('someone', NOW + 6 * DAY_MS);
    const erased = await exportOf('someone');
    expect(erased.records.every(({ entry, receipt }) => entry === null && receipt === null)).toBe(true);
    expect(verifyProof(erased, keys).ok).toBe(true);
    expect(findingsOf(erased)).toEqual(['1 erased', '2 erased', '3 erased', '4 erased', '5 erased']);
    expect(findingsOf({ ...erased, records: erased.records.toSpliced(2, 1) })).toContain('3 missing');
    await decide('someone', ['analytics'], [], NOW + 7 * DAY_MS);
    const again = await exportOf('someone');
    expect(findingsOf(again)).toHaveLength(5);
    expect(at(again, 5).receipt).not.toBeNull();
  });
});

describe('an anchor', () => {
  const folder = mkdtempSync(join(tmpdir(), 'consentry-anchor-'));

  it('vouches for every chain of its day, names nobody, and tells what was changed since', async () => {
    await exportFive();
    await decide('another', ['analytics'], []);
    const written = await writeAnchor(store, folder, NOW);
    expect(written.path).toBe(join(folder, 'anchor-2026-11-23.txt'));
    const text = readFileSync(written.path, 'utf8');
    expect(text).not.toContain('someone');
    const chain = await store.readChain('someone');
    if (chain === null) throw new Error('no chain');
    expect(checkAnchor(text, 'someone', chain)).toBe('agrees');
    expect(checkAnchor(text, 'nobody', chain)).toBe('unknown');
    expect(checkAnchor(text, 'someone', { ...chain, records: chain.records.slice(0, 4) })).toBe('missing');
    const [stranger] = (await store.readChain('another'))?.records ?? [];
    if (stranger === undefined) throw new Error('no chain');
    expect(
      checkAnchor(text, 'someone', {
        ...chain,
        records: chain.records.with(4, { ...stranger, sequence: 5 }),
      }),
    ).toBe('changed');
    expect(
      checkAnchor(
        text.replace(/.\n$/, (end) => (end === '0\n' ? '1\n' : '0\n')),
        'someone',
        chain,
      ),
    ).not.toBe('agrees');
    await decide('someone', [], ['analytics'], NOW + 9 * DAY_MS);
    await store.erase('someone', NOW + 10 * DAY_MS);
    const later = await store.readChain('someone');
    expect(later !== null && checkAnchor(text, 'someone', later)).toBe('agrees');
    rmSync(folder, { recursive: true });
  });

  it('holds thousands of chains, and leaves nothing half written where it is broken off', async () => {
    for (let i = 0; i < 1500; i++) await decide(`subject-${i}`, ['analytics'], []);
    const written = await writeAnchor(store, folder, NOW);
    expect(written.subjects).toBe(1500);
    const text = readFileSync(written.path, 'utf8');
    for (const subject of ['subject-0', 'subject-777', 'subject-1499']) {
      const chain = await store.readChain(subject);
      expect(chain !== null && checkAnchor(text, subject, chain)).toBe('agrees');
    }
    rmSync(written.path);
    await expect(writeAnchor(store, folder, NOW, AbortSignal.abort())).rejects.toThrow();
    expect(readdirSync(folder)).toEqual([]);
    rmSync(folder, { recursive: true });
  });
});

describe('linkSubjects', () => {
  it('lets a no of either count for both, and a yes only for its own', async () => {
    await decide('phone', ['advertising'], ['analytics']);
    await decide('laptop', ['analytics'], []);
    expect(await linkSubjects({ store, keyring, site: 'shop' }, ['phone', 'laptop'], NOW + 1)).toBe('linked');
    const [phone, laptop] = [await store.readHead('phone'), await store.readHead('laptop')];
    expect(phone?.choices.advertising?.state).toBe('granted');
    expect(phone?.choices.analytics?.state).toBe('denied');
    expect(laptop?.choices.analytics?.state).toBe('withdrawn');
    expect(laptop?.choices.advertising).toBeUndefined();
    expect(verifyProof(await exportOf('laptop'), keys).ok).toBe(true);
  });

  it('links nobody unknown', async () => {
    await decide('phone', ['advertising'], []);
    expect(await linkSubjects({ store, keyring, site: 'shop' }, ['phone', 'nobody'], NOW)).toBe('unknown-subject');
  });
});
