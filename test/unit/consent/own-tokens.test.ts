import { describe, expect, it } from 'vitest';
import { createBearerTokens } from '../../../src/consent/bearer.ts';
import { createConsentCookies } from '../../../src/consent/cookie.ts';
import { createKeyring } from '../../../src/consent/keys.ts';
import { holdsOwnToken, OWN_TOKENS } from '../../../src/consent/own-tokens.ts';
import { createSiteTokens } from '../../../src/consent/site-token.ts';
import { purposeSet } from '../../../src/consent/state.ts';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 23, 12);
const HEAD = { subject: 'someone', choices: {} };
const DENIED = purposeSet(['advertising']);

describe.each(['a', '2026-11', 'another key'])('what is signed with the key %s', (kid) => {
  const keyring = createKeyring([{ kid, bytes: Buffer.alloc(32, 1) }]);
  const config = { name: null, domain: null, maxAgeMs: 400 * DAY_MS, secure: true, sameSite: 'lax' } as const;
  const cookies = createConsentCookies(config, keyring, 'shop');
  const place = { country: 'DE', subdivision: null };
  it.each([
    ['cookie', cookies.issue(HEAD, DENIED, NOW)],
    ['refusal', cookies.issueRefusal(DENIED, NOW)],
    ['token', createSiteTokens(DAY_MS, keyring, 'shop').issue(HEAD, DENIED, 'https://shop.example', place, NOW)],
    ['bearer', createBearerTokens(keyring, 'shop').mint('admin', DAY_MS, NOW)],
  ])('is told from its beginning: a %s', (kind, text) => {
    expect(holdsOwnToken(text)).toBe(true);
    expect(OWN_TOKENS.filter(({ begin }) => text.includes(begin)).map((own) => own.kind)).toEqual([kind]);
  });
});

it('others’ tokens are not ours', () => {
  for (const typ of ['JWT', 'at+jwt', 'dpop+jwt', 'logout+jwt'])
    expect(holdsOwnToken(`${Buffer.from(JSON.stringify({ alg: 'HS256', typ })).toString('base64url')}.e30.AAAA`)).toBe(false);
});
