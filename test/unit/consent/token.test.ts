import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createKeyring } from '../../../src/consent/keys.ts';
import { createTokenCodec } from '../../../src/consent/token.ts';

const NOW = Date.UTC(2026, 10, 23, 12);
const nowS = NOW / 1000;
const keyring = createKeyring([{ kid: 'a', bytes: Buffer.alloc(32, 1) }]);
const rules = { keyring, use: 'bearer', typ: 'bearer+jwt', audience: 'shop', maxLifetimeMs: 3_600_000, skewMs: 60_000 } as const;
const codec = createTokenCodec(rules);
const secret = keyring.secret('bearer');
if (secret === null) throw new Error('no key');

const CLAIMS = { sub: 'someone', iat: nowS, exp: nowS + 3600, iss: 'consentry', aud: 'shop' };
const HEADER = { alg: 'HS256', typ: 'bearer+jwt', kid: 'a' } as const;

describe('createTokenCodec', () => {
  it('reads what it signed, twice alike', () => {
    const token = codec.sign({ sub: 'someone', iat: nowS, exp: nowS + 60, scope: 'admin' });
    const first = codec.read(token, NOW);
    expect(first).toMatchObject({ ok: true, expired: false, claims: { sub: 'someone', scope: 'admin' } });
    expect(codec.read(token, NOW)).toEqual(first);
  });

  it('tells an expired token from a forged one, from the cache too', () => {
    const token = codec.sign({ sub: 'someone', iat: nowS, exp: nowS + 60 });
    expect(codec.read(token, NOW + 59_999)).toMatchObject({ ok: true, expired: false });
    expect(codec.read(token, NOW + 60_000)).toMatchObject({ ok: true, expired: true });
  });

  it.each([
    ['sub missing', { ...CLAIMS, sub: undefined }, 'claims'],
    ['sub a number', { ...CLAIMS, sub: 7 }, 'claims'],
    ['sub empty', { ...CLAIMS, sub: '' }, 'claims'],
    ['iat missing', { ...CLAIMS, iat: undefined }, 'claims'],
    ['exp missing', { ...CLAIMS, exp: undefined }, 'claims'],
    ['exp a fraction', { ...CLAIMS, exp: nowS + 0.5 }, 'claims'],
    ['exp before iat', { ...CLAIMS, exp: nowS - 1 }, 'claims'],
    ['a life that is too long', { ...CLAIMS, exp: nowS + 3601 }, 'claims'],
    ['iss missing', { ...CLAIMS, iss: undefined }, 'issuer'],
    ['iss another', { ...CLAIMS, iss: 'consentry2' }, 'issuer'],
    ['aud missing', { ...CLAIMS, aud: undefined }, 'audience'],
    ['aud another', { ...CLAIMS, aud: 'other' }, 'audience'],
    ['aud a list with the site in it', { ...CLAIMS, aud: ['other', 'shop'] }, 'audience'],
    ['iat in the future', { ...CLAIMS, iat: nowS + 61, exp: nowS + 100 }, 'from-the-future'],
    ['nbf in the future', { ...CLAIMS, nbf: nowS + 61 }, 'from-the-future'],
    ['nbf a string', { ...CLAIMS, nbf: '0' }, 'from-the-future'],
  ])('refuses %s though the signature is good', (_, claims, reason) => {
    // JSON leaves out what is undefined, as a token without the claim would; jsonwebtoken refuses to sign some of these itself.
    const body = Buffer.from(JSON.stringify(claims)).toString('base64url');
    const head = Buffer.from(JSON.stringify(HEADER)).toString('base64url');
    const token = signRaw(`${head}.${body}`);
    expect(codec.read(token, NOW)).toEqual({ ok: false, reason });
  });

  it.each([
    ['another typ', { ...HEADER, typ: 'JWT' }],
    ['no typ', { alg: 'HS256', kid: 'a' }],
    ['no kid', { alg: 'HS256', typ: 'bearer+jwt' }],
    ['another kid', { ...HEADER, kid: '../../dev/null' }],
    ['crit', { ...HEADER, crit: ['exp'] }],
    ['another algorithm', { ...HEADER, alg: 'HS384' }],
    ['none', { ...HEADER, alg: 'none' }],
  ])('refuses a header with %s', (_, header) => {
    const head = Buffer.from(JSON.stringify(header)).toString('base64url');
    const body = Buffer.from(JSON.stringify(CLAIMS)).toString('base64url');
    expect(codec.read(signRaw(`${head}.${body}`), NOW)).toEqual({ ok: false, reason: 'header' });
  });

  it.each(['', '.', '..', 'a.b.c', 'a.b', '\u0000', 'ey.ey.ey.ey'])('refuses %j', (token) => {
    expect(codec.read(token, NOW).ok).toBe(false);
  });

  it('refuses what is too long before it looks at it', () => {
    expect(codec.read('x'.repeat(5000), NOW)).toEqual({ ok: false, reason: 'too-long' });
  });

  it('refuses another spelling of a good signature', () => {
    const token = codec.sign(CLAIMS);
    expect(codec.read(token, NOW).ok).toBe(true);
    for (const other of [`${token}=`, `${token} `, `${token}\n`, token.replaceAll('_', '/').replaceAll('-', '+'), `${token}.`]) {
      if (other !== token) expect(codec.read(other, NOW).ok).toBe(false);
    }
    const last = token.at(-1) ?? '';
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    // 32 bytes end in a character of which two bits count for nothing.
    const sibling = alphabet[alphabet.indexOf(last) ^ 1] ?? '';
    expect(codec.read(token.slice(0, -1) + sibling, NOW).ok).toBe(false);
  });
});

function signRaw(signed: string): string {
  return `${signed}.${createHmac('sha256', secret as never)
    .update(signed)
    .digest('base64url')}`;
}
