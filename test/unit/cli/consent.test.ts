import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createBearerTokens } from '../../../src/consent/bearer.ts';
import { externalSubjects } from '../../../src/consent/external.ts';
import { loadKeyring } from '../../../src/consent/key-file.ts';
import { signReceipt } from '../../../src/consent/receipt.ts';
import { purposeSet } from '../../../src/consent/state.ts';
import { writeConsent } from '../../../src/consent/write.ts';
import { openLmdbStore } from '../../../src/store/lmdb.ts';
import { runCommand as run } from '../../support/run-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'consentry-cli-'));
const data = join(folder, 'data');
const loaded = loadKeyring({ keys: undefined, keysFile: undefined, generateIn: data, say: () => {} });
if (!loaded.ok) throw new Error(loaded.problem);
const { keyring } = loaded;

beforeAll(async () => {
  const store = openLmdbStore(data);
  const write = (subject: string, grants: number, refusals: number) =>
    writeConsent(
      store,
      {
        subject: null,
        newSubject: subject,
        carry: (choices) => choices,
        decision: { action: 'save', grants, refusals, policy: 'eu@1#2', model: 'opt-in', notice: null },
        circumstances: {
          region: { country: 'DE', subdivision: 'BE' },
          gpc: false,
          notice: null,
          tcString: null,
          gppString: null,
        },
        sign: (record) => signReceipt(record, keyring, 'default'),
      },
      Date.UTC(2026, 10, 23),
    );
  await write('someone', purposeSet(['analytics']), 0);
  await write('someone', 0, purposeSet(['analytics']));
  await write(externalSubjects('jane@example.com', keyring)[0] ?? '', purposeSet(['advertising']), 0);
  await store.close();
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  process.exitCode = 0;
});

const store = `lmdb:${data}`;

describe('consentry consent', () => {
  it('shows record by record', async () => {
    const { out, code } = await run('consent', 'show', 'someone', '--store', store);
    expect(out).toBe(
      '1  2026-11-23T00:00:00.000Z  save  analytics=granted  eu@1#2  DE-BE\n2  2026-11-23T00:00:00.001Z  save  analytics=withdrawn  eu@1#2  DE-BE\n',
    );
    expect(code).toBe(0);
  });

  it('prints the same as JSON', async () => {
    const { out } = await run('consent', 'show', 'someone', '--store', store, '--json');
    const { erasure, records } = JSON.parse(out);
    expect(erasure).toBeNull();
    expect(records[1]).toEqual({
      sequence: 2,
      entry: {
        at: '2026-11-23T00:00:00.001Z',
        action: 'save',
        state: { analytics: 'withdrawn' },
        policy: 'eu@1#2',
        region: { country: 'DE', subdivision: 'BE' },
      },
    });
    const anchor = await run('consent', 'anchor', '--to', join(folder, 'json-anchors'), '--store', store, '--json');
    expect(JSON.parse(anchor.out)).toMatchObject({ subjects: 2, root: expect.any(String), path: expect.any(String) });
    const none = await run('consent', 'erase', 'nobody', '--store', store, '--json');
    expect([none.out, none.code]).toEqual(['{"erased":false}\n', 1]);
  });

  it('finds an external id by its hash', async () => {
    expect((await run('consent', 'show', '--external', 'jane@example.com', '--store', store)).out).toContain(
      'advertising=granted',
    );
  });

  it('exports a bundle that verifies without the store, and fails once a byte is another', async () => {
    const { out } = await run('consent', 'export', 'someone', '--store', store);
    const file = join(folder, 'export.json');
    writeFileSync(file, out);
    expect((await run('consent', 'verify', file)).out).toBe('2 records, none changed\n');
    const bundle = JSON.parse(out);
    bundle.records[0].entry.state = { analytics: 'denied' };
    bundle.records.shift();
    writeFileSync(file, JSON.stringify(bundle));
    const found = await run('consent', 'verify', file);
    expect(found.out).toContain('record 1: missing');
    expect(found.code).toBe(1);
    writeFileSync(file, 'no JSON');
    expect((await run('consent', 'verify', file)).code).toBe(2);
  });

  it('verifies in the store, with an anchor too', async () => {
    expect((await run('consent', 'verify', 'someone', '--store', store, '--json')).out).toBe(
      '{"ok":true,"records":2,"findings":[]}\n',
    );
    const anchored = await run('consent', 'anchor', '--to', join(folder, 'anchors'), '--store', store);
    const [path = ''] = anchored.out.split(':');
    expect((await run('consent', 'verify', 'someone', '--anchor', path, '--store', store)).out).toContain(
      'agrees with the anchor',
    );
    writeFileSync(path, 'spoiled');
    const damaged = await run('consent', 'verify', 'someone', '--anchor', path, '--store', store, '--json');
    expect(JSON.parse(damaged.out)).toEqual({ ok: false, records: 2, findings: [], anchor: 'damaged' });
    expect(damaged.code).toBe(1);
  });

  it('says in a line which file or folder of the call cannot be used: exit 2', async () => {
    const bundle = join(folder, 'whole.json');
    writeFileSync(bundle, (await run('consent', 'export', 'someone', '--store', store)).out);
    const gone = join(folder, 'gone');
    const part = join(folder, 'part.json');
    writeFileSync(part, '{"format":"consentry-proof/1","keys":[]}');
    for (const [call, said] of [
      [['verify', 'someone', '--store', store, '--anchor', gone], gone],
      [['verify', bundle, '--anchor', gone], 'SUBJECT'],
      [['verify', bundle, '--keys', gone], `${gone} cannot be read`],
      [['verify', part], 'is damaged'],
      [['anchor', '--store', store, '--to', bundle], bundle],
    ] as const) {
      const { code, out, err } = await run('consent', ...call);
      expect([code, out]).toEqual([2, '']);
      expect(err).toContain(said);
      expect(err).not.toContain(' at ');
    }
  });

  it('says what is not there: exit 1 for a subject, 2 for a store', async () => {
    expect(await run('consent', 'show', 'nobody', '--store', store)).toMatchObject({ code: 1, out: '' });
    const missing = await run('consent', 'show', 'someone', '--store', `lmdb:${folder}/elsewhere`);
    expect(missing.code).toBe(2);
    expect(missing.err).toContain('there is no store at');
    expect((await run('consent', 'show', 'someone', '--store', 'memory:')).code).toBe(2);
    expect((await run('consent', 'show')).code).toBe(2);
  });

  it('retires nobody who decided lately', async () => {
    expect((await run('consent', 'retire', '--older-than', '9000d', '--store', store)).out).toBe('erased 0\n');
    expect((await run('consent', 'retire', '--older-than', 'ever', '--store', store)).code).toBe(2);
    expect(await run('consent', 'retire', '--store', store)).toMatchObject({
      code: 2,
      err: expect.stringContaining('consent.retain'),
    });
  });

  it('erases, and then shows what is left of it', async () => {
    expect((await run('consent', 'erase', '--external', 'jane@example.com', '--store', store)).out).toBe('erased\n');
    const shown = await run('consent', 'show', '--external', 'jane@example.com', '--store', store);
    expect(shown.out).toMatch(/^erased .*records 1 to 1\n1 {2}cannot be read\n$/);
    expect((await run('consent', 'verify', '--external', 'jane@example.com', '--store', store)).out).toContain(
      'record 1: erased',
    );
    expect((await run('consent', 'erase', '--external', 'jane@example.com', '--store', store)).code).toBe(1);
  });
});

describe('consentry token mint', () => {
  it('signs a token of the scope and life', async () => {
    const { out, code } = await run('token', 'mint', '--scope', 'admin', '--ttl', '2h', '--store', store);
    expect(code).toBe(0);
    const bearers = createBearerTokens(keyring, 'default');
    const authorization = `Bearer ${out.trim()}`;
    expect(bearers.allows(authorization, 'admin', Date.now())).toBe(true);
    expect(bearers.allows(authorization, 'consent', Date.now())).toBe(false);
    expect(bearers.allows(authorization, 'admin', Date.now() + 7_201_000)).toBe(false);
  });

  it.each([[['--scope', 'root']], [[]], [['--scope', 'admin', '--ttl', '91d']], [['--scope', 'admin', '--ttl', 'long']]])(
    'refuses %j',
    async (args) => {
      const { out, code } = await run('token', 'mint', ...args, '--store', store);
      expect(out).toBe('');
      expect(code).toBe(2);
    },
  );
});
