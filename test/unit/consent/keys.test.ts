import { createPublicKey, sign, verify } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadKeyring } from '../../../src/consent/key-file.ts';
import { createKeyring, KEY_USES, parseKeys } from '../../../src/consent/keys.ts';

const KEY_A = Buffer.alloc(32, 1);
const KEY_B = Buffer.alloc(32, 2);
const text = (kid: string, bytes: Buffer) => `${kid}:${bytes.toString('base64url')}`;

describe('parseKeys', () => {
  it('reads several keys and comments, the first of which signs', () => {
    const parsed = parseKeys(`# of this year\n${text('b', KEY_B)}\n${text('a', KEY_A)},`);
    expect(parsed.ok && parsed.keys.map((key) => key.kid)).toEqual(['b', 'a']);
  });

  it.each([
    ['nothing', ''],
    ['no key id', KEY_A.toString('base64url')],
    ['31 bytes', text('a', KEY_A.subarray(1))],
    ['no base64url', 'a:***'],
    ['the same id twice', `${text('a', KEY_A)} ${text('a', KEY_B)}`],
  ])('refuses %s without repeating the key', (_, value) => {
    const parsed = parseKeys(value);
    expect(parsed.ok).toBe(false);
    if (!parsed.ok) expect(parsed.problem).not.toContain(KEY_A.toString('base64url'));
  });
});

describe('createKeyring', () => {
  const keyring = createKeyring([
    { kid: 'b', bytes: KEY_B },
    { kid: 'a', bytes: KEY_A },
  ]);

  it('derives another key for every use and every key id', () => {
    const keys = keyring.kids.flatMap((kid) => KEY_USES.map((use) => keyring.secret(use, kid)?.export().toString('hex')));
    expect(new Set(keys).size).toBe(2 * KEY_USES.length);
    expect(keyring.secret('cookie')?.equals(keyring.secret('cookie', 'b') as never)).toBe(true);
    expect(keyring.secret('cookie', 'z')).toBeNull();
  });

  it('gives the same receipt key to every process, and publishes only its public part', () => {
    const again = createKeyring([{ kid: 'b', bytes: KEY_B }]);
    const signature = sign('sha256', Buffer.from('proof'), keyring.receiptKey);
    const [jwk] = again.receiptJwks;
    expect(jwk).not.toHaveProperty('d');
    expect(verify('sha256', Buffer.from('proof'), createPublicKey({ key: { ...jwk }, format: 'jwk' }), signature)).toBe(true);
  });
});

describe('loadKeyring', () => {
  it('draws a key for a store in memory only where none is given, by file neither', () => {
    const transient = { keys: '', keysFile: undefined, generateIn: null, isTransient: true, say: () => {} };
    expect(loadKeyring(transient)).toMatchObject({ ok: true, keyring: { first: 'memory' } });
    expect(loadKeyring({ ...transient, keysFile: '/nowhere/keys' })).toMatchObject({ ok: false });
  });

  const folder = mkdtempSync(join(tmpdir(), 'consentry-keys-'));
  const said: string[] = [];
  const say = (message: string) => said.push(message);
  const none = { keys: undefined, keysFile: undefined, generateIn: null, say };
  afterEach(() => said.splice(0));

  it('generates a key once, for this user only, says so, and finds it again', () => {
    const first = loadKeyring({ ...none, generateIn: join(folder, 'data') });
    expect(said).toHaveLength(1);
    const second = loadKeyring({ ...none, generateIn: join(folder, 'data') });
    expect(said).toHaveLength(1);
    expect(statSync(join(folder, 'data', 'consentry.keys')).mode & 0o777).toBe(0o600);
    expect(first.ok && second.ok && first.keyring.receiptJwks).toEqual(second.ok && second.keyring.receiptJwks);
    const secret = readFileSync(join(folder, 'data', 'consentry.keys'), 'utf8')
      .trim()
      .slice(3);
    expect(said.join()).not.toContain(secret);
    rmSync(folder, { recursive: true });
  });

  it('refuses to guess keys for a store that other machines share', () => {
    const loaded = loadKeyring(none);
    expect(!loaded.ok && loaded.problem).toContain('CONSENTRY_KEYS');
  });

  it('names the file that cannot be read and the file that holds no key', () => {
    const missing = loadKeyring({ ...none, keysFile: '/nowhere/keys' });
    expect(!missing.ok && missing.problem).toBe(
      'cannot read the key file /nowhere/keys: ENOENT; it has to be there, and belong to the user of the gateway',
    );
    const path = join(tmpdir(), `consentry-keys-${process.pid}`);
    writeFileSync(path, 'a:short', { mode: 0o600 });
    const short = loadKeyring({ ...none, keysFile: path });
    expect(!short.ok && short.problem).toContain(path);
    rmSync(path);
  });
});
