/** `consentry consent verify` over a store and over an export that somebody has been at. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, open } from 'lmdb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { loadKeyring } from '../../../src/consent/key-file.ts';
import type { ProofBundle, ProofRecord } from '../../../src/consent/proof.ts';
import { signReceipt } from '../../../src/consent/receipt.ts';
import { purposeSet } from '../../../src/consent/state.ts';
import { writeConsent } from '../../../src/consent/write.ts';
import { openLmdbStore } from '../../../src/store/lmdb.ts';
import { runCommand } from '../../support/run-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'consentry-verify-'));
const clean = join(folder, 'clean');
const tampered = join(folder, 'tampered');
const loaded = loadKeyring({ keys: undefined, keysFile: undefined, generateIn: clean, say: () => {} });
if (!loaded.ok) throw new Error(loaded.problem);
const { keyring } = loaded;

beforeAll(async () => {
  const store = openLmdbStore(clean);
  for (const [index, subject] of ['someone', 'someone', 'someone', 'another'].entries()) {
    const isYes = index % 2 === 0;
    const [grants, refusals] = isYes ? [purposeSet(['analytics']), 0] : [0, purposeSet(['analytics'])];
    await writeConsent(
      store,
      {
        subject: null,
        newSubject: subject,
        carry: (choices) => choices,
        decision: { action: 'save', grants, refusals, policy: 'eu@1#2', model: 'opt-in', notice: null },
        circumstances: {
          region: { country: 'DE', subdivision: null },
          gpc: false,
          notice: null,
          tcString: null,
          gppString: null,
        },
        sign: (record) => signReceipt(record, keyring, 'default'),
      },
      Date.UTC(2026, 10, 23) + index,
    );
  }
  await store.close();
});
afterEach(() => {
  process.exitCode = 0;
});
afterAll(() => rmSync(folder, { recursive: true }));

type Records = Database<Buffer, [string, number]>;

/** Changes a copy of the store behind the program's back. */
async function tamper(change: (records: Records) => void): Promise<string> {
  rmSync(tampered, { recursive: true, force: true });
  cpSync(clean, tampered, { recursive: true });
  const root = open({ path: join(tampered, 'consent.mdb'), maxDbs: 8, noSubdir: true });
  const records: Records = root.openDB({ name: 'records', encoding: 'binary' });
  await root.transaction(() => change(records));
  await root.close();
  return `lmdb:${tampered}`;
}

const verify = (subject: string, store: string) => runCommand('consent', 'verify', subject, '--store', store);
const take = (records: Records, subject: string, sequence: number) => Buffer.from(records.get([subject, sequence]) ?? '');

describe('a store', () => {
  it('that nobody touched holds', async () => {
    expect(await verify('someone', `lmdb:${clean}`)).toEqual({ out: '3 records, none changed\n', err: '', code: 0 });
  });

  it.each<[string, (records: Records) => void, string]>([
    [
      'a changed record',
      (records) => {
        const bytes = take(records, 'someone', 2);
        bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
        records.put(['someone', 2], bytes);
      },
      'record 2: changed',
    ],
    ['a missing record', (records) => records.removeSync(['someone', 2]), 'record 2: missing'],
    ['a missing end', (records) => records.removeSync(['someone', 3]), 'record 3: missing'],
    [
      'two records that changed places',
      (records) => {
        const [first, second] = [take(records, 'someone', 1), take(records, 'someone', 2)];
        records.put(['someone', 1], second);
        records.put(['someone', 2], first);
      },
      'record 1: changed\nrecord 2: changed',
    ],
    [
      'a record of somebody else in place of one',
      (records) => records.put(['someone', 2], take(records, 'another', 1)),
      'record 2: changed',
    ],
    ['a record behind the end', (records) => records.put(['someone', 4], take(records, 'someone', 3)), 'record 4: changed'],
  ])('with %s does not', async (_, change, expected) => {
    const { out, code } = await verify('someone', await tamper(change));
    expect(out).toContain(expected);
    expect(code).toBe(1);
  });

  it('tells what was erased from what is missing', async () => {
    const store = await tamper(() => {});
    expect((await runCommand('consent', 'erase', 'someone', '--store', store)).out).toBe('erased\n');
    const erased = await verify('someone', store);
    expect(erased.out).toBe('record 1: erased\nrecord 2: erased\nrecord 3: erased\n3 records, none changed\n');
    expect(erased.code).toBe(0);
    const root = open({ path: join(tampered, 'consent.mdb'), maxDbs: 8, noSubdir: true });
    const records: Records = root.openDB({ name: 'records', encoding: 'binary' });
    await records.remove(['someone', 2]);
    await root.close();
    const missing = await verify('someone', store);
    expect(missing.out).toContain('record 2: missing');
    expect(missing.code).toBe(1);
  });

  it('that was rolled back as a whole is found by the anchor that somebody kept', async () => {
    const kept = join(folder, 'anchors');
    const [path = ''] = (await runCommand('consent', 'anchor', '--to', kept, '--store', `lmdb:${clean}`)).out.split(':');
    const store = await tamper((records) => {
      for (const sequence of [1, 2, 3]) records.removeSync(['someone', sequence]);
    });
    const { err, code } = await runCommand('consent', 'verify', 'someone', '--anchor', path, '--store', store);
    expect(err).toContain('against the anchor: missing');
    expect(code).toBe(1);
  });
});

describe('an export', () => {
  const file = join(folder, 'export.json');
  const record = ({ records }: ProofBundle, index: number) => records[index] as ProofRecord;

  it.each<[string, (bundle: ProofBundle) => readonly ProofRecord[], string]>([
    [
      'a changed record',
      (bundle) => bundle.records.with(1, { ...record(bundle, 1), ciphertext: record(bundle, 0).ciphertext }),
      'record 2: changed\nthe records do not hold\n',
    ],
    ['a missing record', (bundle) => bundle.records.toSpliced(1, 1), 'record 2: missing\nthe records do not hold\n'],
    [
      'reordered records',
      (bundle) => bundle.records.with(0, record(bundle, 1)).with(1, record(bundle, 0)),
      'record 1: reordered\nthe records do not hold\n',
    ],
    [
      'an inserted record',
      (bundle) => bundle.records.toSpliced(1, 0, record(bundle, 1)),
      'record 2: inserted\nthe records do not hold\n',
    ],
  ])('with %s does not hold', async (_, change, expected) => {
    const { out } = await runCommand('consent', 'export', 'someone', '--store', `lmdb:${clean}`);
    const bundle = JSON.parse(out) as ProofBundle;
    writeFileSync(file, JSON.stringify({ ...bundle, records: change(bundle) }));
    const keys = join(folder, 'jwks.json');
    writeFileSync(keys, JSON.stringify({ keys: keyring.receiptJwks }));
    expect(await runCommand('consent', 'verify', file, '--keys', keys)).toMatchObject({ out: expected, code: 1 });
    expect(readFileSync(file, 'utf8')).toContain('consentry-proof/1');
  });

  it.each(['{"subject": anna@shop.example}', 'null', '[]', ''])(
    'that is none is refused without a word of it: %s',
    async (text) => {
      writeFileSync(file, text);
      const { out, err, code } = await runCommand('consent', 'verify', file);
      expect({ out, code }).toEqual({ out: '', code: 2 });
      expect(err).toMatch(/cannot be read: it is no JSON|is no export of consentry/);
      expect(err).not.toContain('anna');
    },
  );
});
