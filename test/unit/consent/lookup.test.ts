import { describe, expect, it } from 'vitest';
import { createConsentCookies } from '../../../src/consent/cookie.ts';
import { lookUpExternal } from '../../../src/consent/external.ts';
import { createKeyring } from '../../../src/consent/keys.ts';
import { lookUpConsent } from '../../../src/consent/lookup.ts';
import { pageOrigin } from '../../../src/consent/page-origin.ts';
import { purposeSet } from '../../../src/consent/state.ts';
import { createMemoryStore } from '../../../src/store/memory.ts';
import { type ConsentStore, StoreUnavailable } from '../../../src/store/store.ts';
import { appendTo } from '../../support/records.ts';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 23);
const keyring = createKeyring([{ kid: 'a', bytes: Buffer.alloc(32, 1) }]);
const config = { name: null, domain: null, maxAgeMs: 400 * DAY_MS, secure: true, sameSite: 'lax' } as const;
const cookies = createConsentCookies(config, keyring, 'shop');

async function known(): Promise<{ store: ConsentStore; cookie: string }> {
  const store = createMemoryStore();
  const { head } = await appendTo(store, 'someone');
  return { store, cookie: cookies.issue(head, 0, NOW).split(';')[0] ?? '' };
}

describe('lookUpConsent', () => {
  it('answers at once where the store does', async () => {
    const { store, cookie } = await known();
    const found = lookUpConsent(`a=1; ${cookie}`, cookies, store, NOW);
    expect(found).not.toBeInstanceOf(Promise);
    expect(found).toMatchObject({
      subject: 'someone',
      denied: purposeSet(['advertising']),
      record: { choices: { analytics: { state: 'granted' } } },
    });
  });

  it('knows nobody without a cookie', async () => {
    const { store } = await known();
    const nobody = { record: null, denied: 0, subject: null, named: null };
    expect(lookUpConsent('', cookies, store, NOW)).toEqual(nobody);
    expect(lookUpConsent('session=1', cookies, store, NOW)).toEqual(nobody);
  });

  it('reads a cookie that is doubled, garbled or of nobody as a no', async () => {
    const { store, cookie } = await known();
    const invalid = { record: 'invalid', denied: 0, subject: null, named: null };
    for (const header of [`${cookie}; ${cookie}`, cookie.slice(0, -3), `${cookies.name}=`]) {
      expect(lookUpConsent(header, cookies, store, NOW)).toEqual(invalid);
    }
    expect(lookUpConsent(cookie, cookies, createMemoryStore(), NOW)).toEqual({ ...invalid, named: 'someone' });
  });

  it('still lets an expired cookie say no, and the record count', async () => {
    const { store, cookie } = await known();
    const found = await lookUpConsent(cookie, cookies, store, NOW + 500 * DAY_MS);
    expect(found).toMatchObject({ denied: purposeSet(['advertising']), subject: 'someone' });
  });

  it('gives no more than the record, whatever a replayed cookie says', async () => {
    const { store, cookie } = await known();
    await appendTo(store, 'someone', { analytics: 'withdrawn' });
    const found = await lookUpConsent(cookie, cookies, store, NOW);
    expect(found.record).toMatchObject({ choices: { analytics: { state: 'withdrawn' } } });
  });

  it.each([
    [
      'throws',
      () => {
        throw new StoreUnavailable('down');
      },
    ],
    ['rejects', () => Promise.reject(new StoreUnavailable('down'))],
    [
      'fails in a way of its own',
      () => {
        throw new TypeError('bug');
      },
    ],
  ])('never throws where the store %s, and keeps the no of the cookie', async (_, readHead) => {
    const { store, cookie } = await known();
    const broken: ConsentStore = { ...store, readHead };
    expect(await lookUpConsent(cookie, cookies, broken, NOW)).toEqual({
      record: 'unavailable',
      denied: purposeSet(['advertising']),
      subject: null,
      named: 'someone',
    });
    expect(await lookUpExternal('jane', keyring, broken)).toMatchObject({ record: 'unavailable' });
  });
});

describe('lookUpExternal', () => {
  it('finds a subject that was stored under a key that only verifies now', async () => {
    const store = createMemoryStore();
    const [older = ''] = (await import('../../../src/consent/external.ts')).externalSubjects('jane', keyring);
    await appendTo(store, older);
    const rotated = createKeyring([
      { kid: 'b', bytes: Buffer.alloc(32, 2) },
      { kid: 'a', bytes: Buffer.alloc(32, 1) },
    ]);
    expect((await lookUpExternal('jane', rotated, store)).subject).toBe(older);
    expect(await lookUpExternal('joe', rotated, store)).toEqual({
      record: null,
      denied: 0,
      subject: null,
      named: null,
      place: null,
    });
    expect(await lookUpExternal('', rotated, store)).toMatchObject({ record: null });
  });
});

describe('pageOrigin', () => {
  it.each([
    [['Origin', 'https://a.example'], 'https://a.example'],
    [['origin', 'https://a.example', 'Referer', 'https://b.example/x'], 'https://a.example'],
    [['Referer', 'https://b.example/x?y#z'], 'https://b.example'],
    [['Referer', 'https://b.example:8443'], 'https://b.example:8443'],
    [['Origin', 'null'], null],
    [['Origin', 'https://a.example', 'Origin', 'https://b.example'], null],
    [['Referer', 'https://a.example/', 'Referer', 'https://b.example/'], null],
    [['Referer', 'about:blank'], null],
    [[], null],
  ])('of %j is %j', (rawHeaders, origin) => expect(pageOrigin(rawHeaders)).toBe(origin));
});
