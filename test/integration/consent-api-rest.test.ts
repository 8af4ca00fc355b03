import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { createBearerTokens } from '../../src/consent/bearer.ts';
import { createConsentCookies } from '../../src/consent/cookie.ts';
import { lookUpExternal } from '../../src/consent/external.ts';
import { createKeyring } from '../../src/consent/keys.ts';
import { type ConsentLookup, lookUpToken } from '../../src/consent/lookup.ts';
import { verifyProof } from '../../src/consent/proof-check.ts';
import { createSiteTokens } from '../../src/consent/site-token.ts';
import { verifySignature } from '../../src/consent/token.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { type ConsentStore, StoreUnavailable } from '../../src/store/store.ts';
import { startConsentApi, type TestApi, testConfig, testKeyring } from '../support/consent-api.ts';
import { DAY_MS, fakePolicies } from '../support/fake-policies.ts';

const ALL = (state: string) => ({ functional: state, analytics: state, personalization: state, advertising: state });

let api: TestApi;
afterEach(() => api?.close());

async function subjectsOf(store: ConsentStore): Promise<string[]> {
  const subjects: string[] = [];
  for await (const subject of store.subjects()) subjects.push(subject);
  return subjects;
}

async function countRecords(store: ConsentStore): Promise<number> {
  let count = 0;
  for (const subject of await subjectsOf(store)) count += (await store.readChain(subject))?.records.length ?? 0;
  return count;
}

describe('GET /consent/export', () => {
  it('gives the holder records and receipts that check out, and not the subject', async () => {
    api = await startConsentApi();
    const first = await api.post({ action: 'accept_all', notice: { version: '2026-11', language: 'de' } });
    api.now += DAY_MS;
    const second = await api.post({ action: 'reject_all' }, { cookie: first.cookie });
    const { status, json, text } = await api.call('GET', '/consent/export', { cookie: second.cookie });
    expect(status).toBe(200);
    expect(json.records.map((record: { entry: { action: string } }) => record.entry.action)).toEqual([
      'accept_all',
      'reject_all',
    ]);
    expect(json.records.map((record: { receipt: string }) => record.receipt)).toEqual([first.json.receipt, second.json.receipt]);
    expect(json.records[0].entry.notice).toEqual({ version: '2026-11', language: 'de', hash: null });
    expect(verifyProof(json, testKeyring.receiptJwks)).toEqual({ ok: true, records: 2, findings: [] });
    const [subject = ''] = await subjectsOf(api.store);
    expect(text).not.toContain(subject);
  });

  it('is for cookies only, and for no foreign page', async () => {
    api = await startConsentApi();
    const cross = { origin: 'https://shop.example', 'sec-fetch-site': 'cross-site' };
    const posted = await api.post({ action: 'accept_all' }, cross);
    expect((await api.call('GET', '/consent/export', { 'consentry-token': posted.json.token })).status).toBe(404);
    expect((await api.call('GET', '/consent/export')).status).toBe(404);
    const foreign = { cookie: posted.cookie, origin: 'https://evil.example' };
    expect((await api.call('GET', '/consent/export', foreign)).status).toBe(403);
  });
});

describe('receipts', () => {
  it('say what is in force, name no subject, and carry the site’s signature', async () => {
    api = await startConsentApi();
    const { json } = await api.post({ purposes: { analytics: true, advertising: false } });
    const [header, payload] = (json.receipt as string)
      .split('.')
      .slice(0, 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));
    expect(header).toEqual({ alg: 'ES256', typ: 'consent-receipt+jwt', kid: 'k1' });
    expect(payload).toMatchObject({ iss: 'consentry', aud: 'shop', state: { analytics: 'granted', advertising: 'denied' } });
    expect(payload).not.toHaveProperty('sub');
    const { createPublicKey } = await import('node:crypto');
    const key = createPublicKey({ key: { ...testKeyring.receiptJwks[0] }, format: 'jwk' });
    expect(verifySignature(json.receipt, key, 'ES256').ok).toBe(true);
  });

  it('are the same for the same decision within ten minutes', async () => {
    api = await startConsentApi();
    const first = await api.post({ action: 'accept_all' });
    const second = await api.post({ action: 'accept_all' }, { cookie: first.cookie });
    expect(second.json.receipt).toBe(first.json.receipt);
  });
});

describe('Idempotency-Key', () => {
  const key = { 'idempotency-key': 'c4f1b6b0-52fa-4bd8-8a6d-3f6f1d4ba5ee', 'user-agent': 'browser' };

  it('makes one subject of a first decision that is sent again before the cookie arrived', async () => {
    api = await startConsentApi();
    const first = await api.post({ action: 'accept_all' }, key);
    api.now += 3_600_000;
    const again = await api.post({ action: 'accept_all' }, key);
    expect(again.json.receipt).toBe(first.json.receipt);
    expect(await countRecords(api.store)).toBe(1);
    await api.post({ action: 'accept_all' }, { ...key, 'user-agent': 'another browser' });
    expect(await subjectsOf(api.store)).toHaveLength(2);
  });

  it('ignores an old yes that arrives again after a no', async () => {
    api = await startConsentApi();
    const first = await api.post({ action: 'accept_all' }, key);
    await api.post({ action: 'reject_all' }, { cookie: first.cookie, 'idempotency-key': randomUUID() });
    const late = await api.post({ action: 'accept_all' }, { ...key, cookie: first.cookie });
    expect(late.json.state).toEqual(ALL('withdrawn'));
    expect(await countRecords(api.store)).toBe(2);
  });

  it('never swallows a no that comes with the key of a yes', async () => {
    api = await startConsentApi();
    const first = await api.post({ action: 'accept_all' }, key);
    const refused = await api.post({ action: 'reject_all' }, { ...key, cookie: first.cookie });
    expect(refused.json.state).toEqual(ALL('withdrawn'));
  });

  it('never swallows a no that comes again after a yes', async () => {
    api = await startConsentApi();
    const first = await api.post({ action: 'accept_all' });
    const save = { purposes: { analytics: true, advertising: false } };
    await api.post(save, { ...key, cookie: first.cookie });
    await api.post({ purposes: { analytics: false, advertising: true } }, { cookie: first.cookie });
    const again = await api.post(save, { ...key, cookie: first.cookie });
    expect(again.json.state).toMatchObject({ analytics: 'withdrawn', advertising: 'withdrawn' });
    const withdraw = () => api.call('DELETE', '/consent', { ...key, cookie: first.cookie });
    await withdraw();
    await api.post({ action: 'accept_all' }, { cookie: first.cookie });
    expect((await withdraw()).json.state).toEqual(ALL('withdrawn'));
  });

  it('has to be hard to meet by chance', async () => {
    api = await startConsentApi();
    expect((await api.post({ action: 'accept_all' }, { 'idempotency-key': '1' })).status).toBe(422);
  });
});

describe('the rate limit', () => {
  it('holds for yeses of a network, never for a no', async () => {
    api = await startConsentApi({ config: { ratePerMinute: 2 } });
    expect((await api.post({ action: 'accept_all' })).status).toBe(201);
    expect((await api.post({ action: 'accept_all' })).status).toBe(201);
    const limited = await api.post({ action: 'accept_all' });
    expect(limited.status).toBe(429);
    expect(limited.headers['retry-after']).toBe('60');
    expect((await api.post({ action: 'reject_all' })).status).toBe(201);
    expect((await api.call('DELETE', '/consent')).status).toBe(200);
    api.now += 60_000;
    expect((await api.post({ action: 'accept_all' })).status).toBe(201);
  });
});

describe('a page on another site', () => {
  const cross = { origin: 'https://shop.example', 'sec-fetch-site': 'cross-site' };
  const cookies = createConsentCookies(testConfig.cookie, testKeyring, testConfig.site);
  const tokens = createSiteTokens(testConfig.cookie.maxAgeMs, testKeyring, testConfig.site);
  const place = { country: 'DE', subdivision: null };

  const lookUp = async (sent: string[], options: { origin?: string; country?: string; cookie?: string; after?: number } = {}) =>
    lookUpToken(
      {
        cookie: options.cookie ?? '',
        tokens: sent,
        rawHeaders: ['Origin', options.origin ?? 'https://shop.example'],
        place: { ...place, country: options.country ?? 'DE' },
      },
      cookies,
      tokens,
      api.store,
      api.now + (options.after ?? 0),
    );
  const stateOf = (lookup: ConsentLookup) =>
    lookup.record === null || typeof lookup.record === 'string' ? lookup.record : lookup.record.choices.analytics?.state;

  it('gets a token that is worth the record, and does not show whose it is', async () => {
    api = await startConsentApi();
    const posted = await api.post({ action: 'accept_all' }, cross);
    const [subject = ''] = await subjectsOf(api.store);
    const decoded = Buffer.from(posted.json.token.split('.')[1], 'base64url').toString();
    expect(decoded).not.toContain(subject);
    expect(stateOf(await lookUp([posted.json.token]))).toBe('granted');
    const shown = await api.call('GET', '/consent', { ...cross, 'consentry-token': posted.json.token });
    expect(shown.json.state).toEqual(ALL('granted'));
    expect(shown.json.token).toBeDefined();
  });

  it('gets none on the same site, and none before a decision', async () => {
    api = await startConsentApi();
    expect((await api.post({ action: 'accept_all' }, { ...cross, 'sec-fetch-site': 'same-site' })).json.token).toBeUndefined();
    expect((await api.call('GET', '/consent', cross)).json.token).toBeUndefined();
  });

  it('is not granted anything elsewhere, in another place, or a day later; its no counts everywhere', async () => {
    api = await startConsentApi();
    const granted = (await api.post({ action: 'accept_all' }, cross)).json.token;
    expect(stateOf(await lookUp([granted], { origin: 'https://evil.example' }))).toBeUndefined();
    expect(stateOf(await lookUp([granted], { country: 'US' }))).toBeUndefined();
    expect(stateOf(await lookUp([granted], { after: DAY_MS }))).toBeUndefined();
    expect(stateOf(await lookUp([granted], { after: DAY_MS - 1 }))).toBe('granted');
    const refused = (await api.call('DELETE', '/consent', { ...cross, 'consentry-token': granted })).json.token;
    expect(stateOf(await lookUp([refused], { origin: 'https://evil.example', after: 2 * DAY_MS }))).toBe('withdrawn');
    expect(stateOf(await lookUp([granted]))).toBe('withdrawn');
  });

  it('reads as a no with two tokens, a garbled one, or the cookie’s token in its place', async () => {
    api = await startConsentApi();
    const posted = await api.post({ action: 'accept_all' }, cross);
    const { token } = posted.json;
    expect((await lookUp([token, token])).record).toBe('invalid');
    expect((await lookUp([`${token}x`])).record).toBe('invalid');
    expect((await lookUp([posted.cookie.split('=')[1] ?? ''])).record).toBe('invalid');
    expect((await lookUp([token], { cookie: `${cookies.name}=${token}` })).record).toBe('invalid');
  });

  it('keeps a first no in a token without an id', async () => {
    api = await startConsentApi({ policies: fakePolicies({ recordRefusals: false }) });
    const refused = await api.post({ action: 'reject_all' }, cross);
    expect(await subjectsOf(api.store)).toEqual([]);
    const lookup = await lookUp([refused.json.token], { origin: 'https://evil.example' });
    expect(lookup).toMatchObject({ record: null, subject: null });
    expect(lookup.denied).toBe(0b11110);
    const shown = await api.call('GET', '/consent', { ...cross, 'consentry-token': refused.json.token });
    expect(shown.json.state).toEqual(ALL('denied'));
  });
});

describe('external ids', () => {
  const bearers = createBearerTokens(testKeyring, 'shop');
  const authorized = () => ({
    authorization: `Bearer ${bearers.mint('consent', 3_600_000, api.now)}`,
    'content-type': 'application/json',
  });
  const put = (body: object, headers: Record<string, string> = authorized()) =>
    api.call('PUT', '/consent/external', headers, JSON.stringify(body));
  const show = (externalId: string) => api.call('POST', '/consent/external/show', authorized(), JSON.stringify({ externalId }));
  const decision = {
    externalId: 'jane@example.com',
    region: { country: 'US', subdivision: 'CA' },
    purposes: { analytics: true, advertising: false },
  };

  it('are kept under their keyed hash, with the place of the person', async () => {
    api = await startConsentApi();
    const stored = await put(decision);
    expect(stored.status).toBe(200);
    expect(stored.json.state).toMatchObject({ analytics: 'granted', advertising: 'denied' });
    const subjects = await subjectsOf(api.store);
    expect(subjects.join()).not.toContain('jane');
    const lookup = await lookUpExternal('jane@example.com', testKeyring, api.store);
    expect(lookup.place).toEqual({ country: 'US', subdivision: 'CA' });
    expect((await show('jane@example.com')).json).toMatchObject({ state: { analytics: 'granted' }, region: { country: 'US' } });
  });

  it('are kept only where something is decided', async () => {
    api = await startConsentApi();
    const dismissed = { ...decision, purposes: undefined, action: 'dismiss' };
    expect((await put(dismissed)).json).toMatchObject({ state: ALL('unknown'), receipt: null, expires: null });
    expect(await subjectsOf(api.store)).toEqual([]);
    await put(decision);
    expect((await put(dismissed)).json.state).toMatchObject({ analytics: 'granted', advertising: 'denied' });
  });

  it('are decided upon only where it can be read what was said before', async () => {
    const store = createMemoryStore();
    const older = createKeyring([{ kid: 'k1', bytes: Buffer.alloc(32, 7) }]);
    api = await startConsentApi({ store, keyring: older });
    await put(decision);
    await api.close();
    const rotated = createKeyring([
      { kid: 'k2', bytes: Buffer.alloc(32, 8) },
      { kid: 'k1', bytes: Buffer.alloc(32, 7) },
    ]);
    let isAway = true;
    const readHead: ConsentStore['readHead'] = (subject) =>
      isAway ? Promise.reject(new StoreUnavailable('away')) : store.readHead(subject);
    api = await startConsentApi({ store: { ...store, readHead }, keyring: rotated });
    const more = { ...decision, purposes: { functional: true } };
    expect((await put(more)).status).toBe(503);
    isAway = false;
    expect((await put(more)).json.state).toMatchObject({ functional: 'granted', advertising: 'denied' });
  });

  it('change, withdraw and are erased', async () => {
    api = await startConsentApi();
    await put(decision);
    const withdrawn = await put({ ...decision, purposes: undefined, action: 'withdraw' });
    expect(withdrawn.json.state).toEqual(ALL('withdrawn'));
    const erased = await api.call(
      'POST',
      '/consent/external/erase',
      authorized(),
      JSON.stringify({ externalId: decision.externalId }),
    );
    expect(erased.json).toEqual({ erased: true });
    expect((await show(decision.externalId)).status).toBe(404);
    expect((await lookUpExternal(decision.externalId, testKeyring, api.store)).record).toBeNull();
    expect((await put(decision)).json.state.analytics).toBe('granted');
  });

  it.each([
    ['nothing', {}],
    ['a token of scope admin', { authorization: `Bearer ${bearers.mint('admin', 3_600_000, Date.UTC(2026, 10, 23, 12))}` }],
    ['an expired token', { authorization: `Bearer ${bearers.mint('consent', 1000, Date.UTC(2026, 10, 22))}` }],
    [
      'another site’s token',
      {
        authorization: `Bearer ${createBearerTokens(testKeyring, 'other').mint('consent', 3_600_000, Date.UTC(2026, 10, 23, 12))}`,
      },
    ],
    ['Basic', { authorization: 'Basic b3BlcmF0b3I6' }],
  ])('refuse a call with %s', async (_, headers) => {
    api = await startConsentApi();
    const answer = await put(decision, { 'content-type': 'application/json', ...headers });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toContain('Bearer');
    expect(await subjectsOf(api.store)).toEqual([]);
  });

  it.each([
    ['no id', { ...decision, externalId: undefined }],
    ['an empty id', { ...decision, externalId: '' }],
    ['no region', { ...decision, region: undefined }],
    ['a region in words', { ...decision, region: { country: 'Germany' } }],
    ['nothing decided', { ...decision, purposes: undefined }],
  ])('refuse a body with %s', async (_, body) => {
    api = await startConsentApi();
    expect((await put(body)).status).toBe(422);
  });
});
