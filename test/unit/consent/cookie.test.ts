import jwt from 'jsonwebtoken';
import { describe, expect, it } from 'vitest';
import { createConsentCookies } from '../../../src/consent/cookie.ts';
import { findCookie, removeCookie } from '../../../src/consent/cookie-scan.ts';
import { createKeyring } from '../../../src/consent/keys.ts';
import { ALL_PURPOSES, purposeSet } from '../../../src/consent/state.ts';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 23, 12);
const keyA = { kid: 'a', bytes: Buffer.alloc(32, 1) };
const keyB = { kid: 'b', bytes: Buffer.alloc(32, 2) };
const keyring = createKeyring([keyA]);
const config = { name: null, domain: null, maxAgeMs: 400 * DAY_MS, secure: true, sameSite: 'lax' } as const;
const cookies = createConsentCookies(config, keyring, 'shop');
const choice = { at: NOW, policy: 'eu@1#2', model: 'opt-in', notice: null } as const;
const head = {
  subject: 'someone',
  choices: { analytics: { ...choice, state: 'granted' }, advertising: { ...choice, state: 'withdrawn' } },
} as const;
const pairOf = (setCookie: string) => setCookie.split(';')[0] ?? '';
const tokenOf = (setCookie: string) => pairOf(setCookie).slice(cookies.name.length + 1);

describe('findCookie', () => {
  it.each([
    ['a=1; c=x; b=2', 'x'],
    ['c=x', 'x'],
    ['  c = x ;b=2', 'x'],
    ['a=c=x; c=', ''],
    ['a=1;c', ''],
  ])('finds it in %j', (header, value) => expect(findCookie(header, 'c')).toEqual({ value }));

  it.each(['', 'a=1', 'cc=x', 'xc=x', 'a=c', 'C=x', 'a="c"'])('does not find it in %j', (header) => {
    expect(findCookie(header, 'c')).toBeNull();
  });

  it.each(['c=x; c=x', 'c=x; a=1; c=y', 'c; c=x'])('takes none of two: %j', (header) =>
    expect(findCookie(header, 'c')).toBe('doubled'),
  );
});

describe('removeCookie', () => {
  const OURS = `${Buffer.from('{"alg":"HS256","typ":"consent+jwt","kid":"k0"}').toString('base64url')}.e30.AAAA`;
  const SOMEBODYS = `${Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url')}.e30.AAAA`;

  it.each([
    ['a=1; c=x; b=2', 'a=1; b=2'],
    ['c=x; a=1;b=2', 'a=1;b=2'],
    ['a=1;  c=x', 'a=1'],
    ['c=x', ''],
    ['c=x; c=y; a=1', 'a=1'],
    ['a=1;;b="x;', 'a=1;;b="x;'],
    ['a=1; cc=2 ; xc=c', 'a=1; cc=2 ; xc=c'],
    [`a=1; old=${OURS}; b=2`, 'a=1; b=2'],
    [`"${OURS}"; a=1`, 'a=1'],
    [`a=${SOMEBODYS}; c=x`, `a=${SOMEBODYS}`],
  ])('of %j leaves %j', (header, left) => expect(removeCookie(header, 'c')).toBe(left));
});

describe('the consent cookie', () => {
  it('is called __Host-consentry where browsers take the prefix, consentry elsewhere', () => {
    expect(cookies.name).toBe('__Host-consentry');
    expect(createConsentCookies({ ...config, domain: 'shop.example' }, keyring, 'shop').name).toBe('consentry');
    expect(createConsentCookies({ ...config, secure: false }, keyring, 'shop').name).toBe('consentry');
    expect(createConsentCookies({ ...config, name: 'choice' }, keyring, 'shop').name).toBe('choice');
  });

  it('carries all attributes, and Partitioned with SameSite=None', () => {
    const wide = createConsentCookies({ ...config, domain: 'shop.example', sameSite: 'none' }, keyring, 'shop');
    expect(wide.issue(head, 0, NOW)).toMatch(
      /; Path=\/; Domain=shop\.example; Max-Age=34560000; HttpOnly; Secure; SameSite=None; Partitioned$/,
    );
  });

  it('names the subject and says no to what was withdrawn', () => {
    const read = cookies.read(`a=1; ${pairOf(cookies.issue(head, 0, NOW))}`, NOW);
    expect(read).toEqual({
      kind: 'subject',
      subject: 'someone',
      denied: purposeSet(['advertising']),
      issuedAt: NOW,
      expired: false,
    });
  });

  it('still says no when it is expired', () => {
    const read = cookies.read(pairOf(cookies.issue(head, 0, NOW)), NOW + 401 * DAY_MS);
    expect(read).toMatchObject({ kind: 'subject', denied: purposeSet(['advertising']), expired: true });
  });

  it('says the same refusal for everybody on one day and another on the next', () => {
    const denied = ALL_PURPOSES & ~1;
    expect(cookies.issueRefusal(denied, NOW)).toBe(cookies.issueRefusal(denied, NOW + 11 * 3_600_000));
    expect(cookies.issueRefusal(denied, NOW)).not.toBe(cookies.issueRefusal(denied, NOW + 12 * 3_600_000));
    expect(cookies.read(pairOf(cookies.issueRefusal(denied, NOW)), NOW)).toMatchObject({ kind: 'refusal', denied });
  });

  it('is read under an older key, and not under one that was taken out', () => {
    const old = createConsentCookies(config, createKeyring([keyB]), 'shop').issue(head, 0, NOW);
    expect(createConsentCookies(config, createKeyring([keyA, keyB]), 'shop').read(pairOf(old), NOW).kind).toBe('subject');
    expect(cookies.read(pairOf(old), NOW)).toEqual({ kind: 'invalid', reason: 'header' });
  });

  it.each([
    ['another site', createConsentCookies(config, keyring, 'other').issue(head, 0, NOW), 'audience'],
    ['a garbled signature', `${pairOf(cookies.issue(head, 0, NOW)).slice(0, -2)}00`, 'malformed'],
    ['nothing', `${cookies.name}=`, 'malformed'],
    ['a quoted value', `${cookies.name}="${tokenOf(cookies.issue(head, 0, NOW))}"`, 'header'],
    ['padding', `${pairOf(cookies.issue(head, 0, NOW))}=`, 'malformed'],
  ])('reads %s as invalid', (_, setCookie, reason) => {
    const read = cookies.read(pairOf(setCookie), NOW);
    expect(read.kind).toBe('invalid');
    if (reason !== 'malformed') expect(read).toMatchObject({ reason });
  });

  it('takes no token that was signed for another use', () => {
    const secret = keyring.secret('token');
    if (secret === null) throw new Error('no key');
    const header = { alg: 'HS256', typ: 'consent+jwt', kid: 'a' } as const;
    const iat = NOW / 1000;
    const token = jwt.sign({ sub: 'someone', iat, exp: iat + 60, iss: 'consentry', aud: 'shop' }, secret, { header });
    expect(cookies.read(`${cookies.name}=${token}`, NOW)).toEqual({ kind: 'invalid', reason: 'signature' });
  });
});
