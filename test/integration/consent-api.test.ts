import { afterEach, describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/store/memory.ts';
import { type ConsentStore, StoreUnavailable } from '../../src/store/store.ts';
import { startConsentApi, type TestApi } from '../support/consent-api.ts';
import { DAY_MS, fakePolicies } from '../support/fake-policies.ts';

const ALL_GRANTED = { functional: 'granted', analytics: 'granted', personalization: 'granted', advertising: 'granted' };
const ALL = (state: string) => ({ functional: state, analytics: state, personalization: state, advertising: state });

let api: TestApi;
afterEach(() => api?.close());

async function subjectsOf(store: ConsentStore): Promise<string[]> {
  const subjects: string[] = [];
  for await (const subject of store.subjects()) subjects.push(subject);
  return subjects;
}

async function recordsOf(store: ConsentStore): Promise<number[]> {
  const lengths: number[] = [];
  for await (const subject of store.subjects()) lengths.push((await store.readChain(subject))?.records.length ?? 0);
  return lengths;
}

describe('POST /consent', () => {
  it('grants everything on accept_all and sets the cookie that names the subject', async () => {
    api = await startConsentApi();
    const answer = await api.post({ action: 'accept_all' });
    expect(answer.status).toBe(201);
    expect(answer.json.state).toEqual(ALL_GRANTED);
    expect(answer.json.policy).toBe('eu@1.0.0#0123456789abcdef');
    expect(answer.json.expires).toBe(new Date(api.now + 180 * DAY_MS).toISOString());
    expect(answer.json.receipt).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    const [cookie = ''] = answer.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/^__Host-consentry=[\w.-]+; Path=\/; Max-Age=34560000; HttpOnly; Secure; SameSite=Lax$/);
    expect(answer.headers['cache-control']).toBe('private, no-store');
  });

  it('leaves a purpose that is not named as it was', async () => {
    api = await startConsentApi();
    const first = await api.post({ purposes: { analytics: true }, action: 'save' });
    const second = await api.post({ purposes: { advertising: false }, action: 'save' }, { cookie: first.cookie });
    expect(second.json.state).toMatchObject({ analytics: 'granted', advertising: 'denied', functional: 'unknown' });
  });

  it('tells a yes taken back from a no', async () => {
    api = await startConsentApi();
    const first = await api.post({ purposes: { analytics: true, advertising: false } });
    const second = await api.post({ purposes: { analytics: false, advertising: false } }, { cookie: first.cookie });
    expect(second.json.state).toMatchObject({ analytics: 'withdrawn', advertising: 'denied' });
  });

  it('takes what sendBeacon sends: text/plain holding JSON', async () => {
    api = await startConsentApi();
    const body = JSON.stringify({ purposes: { analytics: true } });
    const answer = await api.call('POST', '/consent', { 'content-type': 'text/plain;charset=UTF-8' }, body);
    expect(answer.status).toBe(201);
    expect(answer.json.state.analytics).toBe('granted');
  });

  it.each([
    ['an empty body', undefined],
    ['an empty object', {}],
    ['a list', []],
    ['a number', 1],
    ['save without purposes', { action: 'save' }],
    ['accept_all with a no', { action: 'accept_all', purposes: { analytics: false } }],
    ['reject_all with a yes', { action: 'reject_all', purposes: { analytics: true } }],
    ['withdraw with a yes', { action: 'withdraw', purposes: { analytics: true } }],
    ['dismiss with a yes', { action: 'dismiss', purposes: { analytics: true } }],
    ['necessary refused', { purposes: { necessary: false } }],
    ['an unknown purpose', { purposes: { world: true } }],
    ['a purpose that is no boolean', { purposes: { analytics: 'yes' } }],
    ['an unknown action', { action: 'grant', purposes: { analytics: true } }],
    ['purposes as a list', { purposes: ['analytics'] }],
  ])('refuses %s with 422', async (_, body) => {
    api = await startConsentApi();
    const answer =
      body === undefined ? await api.call('POST', '/consent', { 'content-type': 'application/json' }, '') : await api.post(body);
    expect(answer.status).toBe(422);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.json.type).toBe('urn:consentry:problem:contradiction');
    expect(answer.cookie).toBe('');
    expect(await recordsOf(api.store)).toEqual([]);
  });

  it.each([
    ['broken JSON', 'application/json', '{"purposes":', 400],
    ['bytes that are no UTF-8', 'application/json', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), 400],
    ['a form', 'application/x-www-form-urlencoded', 'action=accept_all', 415],
    ['another charset', 'application/json; charset=latin1', '{"action":"accept_all"}', 415],
    ['too much', 'application/json', `{"x":"${'y'.repeat(17_000)}"}`, 413],
    ['depth', 'application/json', `{"purposes":${'['.repeat(20)}${']'.repeat(20)}}`, 422],
  ])('refuses %s', async (_, type, body, status) => {
    api = await startConsentApi();
    expect((await api.call('POST', '/consent', { 'content-type': type }, body)).status).toBe(status);
  });

  it('refuses a compressed body', async () => {
    api = await startConsentApi();
    const answer = await api.post({ action: 'accept_all' }, { 'content-encoding': 'gzip' });
    expect(answer.status).toBe(415);
  });

  it('never repeats what was sent in an error', async () => {
    api = await startConsentApi();
    const answer = await api.post({ purposes: { 'jane@example.com': true } });
    expect(answer.text).not.toContain('jane');
  });

  it('makes one record of the same decision within ten minutes, and new proof after', async () => {
    api = await startConsentApi();
    const first = await api.post({ action: 'accept_all' });
    api.now += 9 * 60_000;
    const second = await api.post({ action: 'accept_all' }, { cookie: first.cookie });
    expect(second.status).toBe(201);
    expect(await recordsOf(api.store)).toEqual([1]);
    api.now += 2 * 60_000;
    await api.post({ action: 'accept_all' }, { cookie: first.cookie });
    expect(await recordsOf(api.store)).toEqual([2]);
  });

  it('keeps a record newer than the one before it when the clock goes back', async () => {
    api = await startConsentApi();
    const first = await api.post({ action: 'accept_all' });
    api.now -= 3_600_000;
    const second = await api.post({ action: 'reject_all' }, { cookie: first.cookie });
    expect(second.json.state).toEqual(ALL('withdrawn'));
    const shown = await api.call('GET', '/consent', { cookie: first.cookie });
    expect(shown.json.state).toEqual(ALL('withdrawn'));
  });

  it('grants nothing on dismiss and stores nothing', async () => {
    api = await startConsentApi();
    const answer = await api.post({ action: 'dismiss' });
    expect(answer.status).toBe(200);
    expect(answer.json.state).toEqual(ALL('unknown'));
    expect(answer.cookie).toBe('');
    expect(await recordsOf(api.store)).toEqual([]);
  });

  it('reads several categories of a banner as one purpose, granted only where all are', async () => {
    api = await startConsentApi({ config: { categories: { youtube: 'advertising', meta: 'advertising' } } });
    const mixed = await api.post({ purposes: { youtube: true, meta: false } });
    expect(mixed.json.state.advertising).toBe('denied');
    const both = await api.post({ purposes: { youtube: true, meta: true } }, { cookie: mixed.cookie });
    expect(both.json.state.advertising).toBe('granted');
  });

  it('accepts all that the registered notice showed and no more', async () => {
    const notices = { '2026-11': { hash: 'a'.repeat(64), purposes: ['analytics'] as const, recipients: [] } };
    api = await startConsentApi({ config: { notices } });
    const answer = await api.post({ action: 'accept_all', notice: { version: '2026-11', language: 'de' } });
    expect(answer.json.state).toMatchObject({ analytics: 'granted', advertising: 'unknown' });
  });
});

describe('a first refusal where refusals are not recorded', () => {
  it('sets the same cookie for everybody that day and stores nothing', async () => {
    api = await startConsentApi({ policies: fakePolicies({ recordRefusals: false }) });
    const one = await api.post({ action: 'reject_all' });
    api.now += 3_600_000;
    const two = await api.post({ action: 'reject_all' });
    expect(one.status).toBe(201);
    expect(one.json).toMatchObject({ state: ALL('denied'), receipt: null, expires: null });
    expect(one.cookie).toBe(two.cookie);
    expect(one.cookie).not.toBe('');
    expect(await recordsOf(api.store)).toEqual([]);
    expect((await api.call('GET', '/consent', { cookie: one.cookie })).json.state).toEqual(ALL('denied'));
  });

  it('goes into the record with a later yes to something else', async () => {
    api = await startConsentApi({ policies: fakePolicies({ recordRefusals: false }) });
    const refused = await api.post({ action: 'reject_all' });
    const granted = await api.post({ purposes: { analytics: true } }, { cookie: refused.cookie });
    expect(granted.json.state).toEqual({ ...ALL('denied'), analytics: 'granted' });
  });

  it('is recorded where the subject is known already', async () => {
    api = await startConsentApi({ policies: fakePolicies({ recordRefusals: false }) });
    const granted = await api.post({ action: 'accept_all' });
    const refused = await api.post({ action: 'reject_all' }, { cookie: granted.cookie });
    expect(refused.json.state).toEqual(ALL('withdrawn'));
    expect(await recordsOf(api.store)).toEqual([2]);
  });
});

describe('GET /consent', () => {
  it('creates no cookie and no subject, and says what to ask', async () => {
    api = await startConsentApi();
    const answer = await api.call('GET', '/consent');
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      state: ALL('unknown'),
      region: { country: 'DE', subdivision: null },
      policy: 'eu@1.0.0#0123456789abcdef',
      model: 'opt-in',
      gpc: false,
      gpcHonored: [],
      ask: ['functional', 'analytics', 'personalization', 'advertising'],
    });
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  it('renews a cookie that came, and never answers with the subject', async () => {
    api = await startConsentApi();
    const posted = await api.post({ action: 'accept_all' });
    api.now += DAY_MS;
    const shown = await api.call('GET', '/consent', { cookie: posted.cookie });
    expect(shown.json.state).toEqual(ALL_GRANTED);
    expect(shown.json.ask).toEqual([]);
    expect(shown.cookie).not.toBe('');
    expect(shown.cookie).not.toBe(posted.cookie);
    const [subject = ''] = await subjectsOf(api.store);
    expect(posted.text + shown.text).not.toContain(subject);
  });

  it('shows a yes that grew too old as expired and asks again', async () => {
    api = await startConsentApi();
    const posted = await api.post({ action: 'accept_all' });
    api.now += 181 * DAY_MS;
    const shown = await api.call('GET', '/consent', { cookie: posted.cookie });
    expect(shown.json.state).toEqual(ALL('expired'));
    expect(shown.json.ask).toHaveLength(4);
  });

  it('asks after a no only when its time is over, however often the cookie was renewed', async () => {
    api = await startConsentApi();
    let { cookie } = await api.post({ action: 'reject_all' });
    for (let day = 0; day < 179; day += 30) {
      const shown = await api.call('GET', '/consent', { cookie });
      expect(shown.json.ask).toEqual([]);
      cookie = shown.cookie;
      api.now += 30 * DAY_MS;
    }
    api.now += DAY_MS;
    expect((await api.call('GET', '/consent', { cookie })).json.ask).toHaveLength(4);
  });

  it('reads a forged, a doubled and an unknown cookie as a no', async () => {
    api = await startConsentApi();
    const other = await startConsentApi();
    const posted = await api.post({ action: 'accept_all' });
    const unknown = (await other.post({ action: 'accept_all' })).cookie;
    await other.close();
    const foreign = await startConsentApi({ config: { site: 'elsewhere' } });
    const elsewhere = (await foreign.post({ action: 'accept_all' })).cookie;
    await foreign.close();
    for (const cookie of [`${posted.cookie}x`, `${posted.cookie}; ${posted.cookie}`, unknown, elsewhere, '__Host-consentry=']) {
      const shown = await api.call('GET', '/consent', { cookie });
      expect(shown.json.state).toEqual(ALL('denied'));
      expect(shown.headers['set-cookie']).toBeUndefined();
    }
  });

  it('tells which purposes Sec-GPC denies here', async () => {
    api = await startConsentApi();
    api.country = 'US';
    const shown = await api.call('GET', '/consent', { 'sec-gpc': '1' });
    expect(shown.json).toMatchObject({ gpc: true, gpcHonored: ['advertising'], model: 'opt-out', ask: [] });
    expect(shown.json.state.advertising).toBe('denied');
  });
});

describe('withdrawal', () => {
  it('counts at once, whatever an old cookie says', async () => {
    api = await startConsentApi();
    const granted = await api.post({ action: 'accept_all' });
    const withdrawn = await api.call('DELETE', '/consent', { cookie: granted.cookie });
    expect(withdrawn.status).toBe(200);
    expect(withdrawn.json.state).toEqual(ALL('withdrawn'));
    const replayed = await api.call('GET', '/consent', { cookie: granted.cookie });
    expect(replayed.json.state).toEqual(ALL('withdrawn'));
  });

  it('sets a denial for somebody without a cookie and stores nothing', async () => {
    api = await startConsentApi();
    const answer = await api.call('DELETE', '/consent');
    expect(answer.json.state).toEqual(ALL('denied'));
    expect(await recordsOf(api.store)).toEqual([]);
    expect((await api.call('GET', '/consent', { cookie: answer.cookie })).json.state).toEqual(ALL('denied'));
  });

  it('holds what an unknown subject could not read: a new one is minted with every no kept', async () => {
    api = await startConsentApi();
    const granted = await api.post({ action: 'accept_all' });
    const [subject = ''] = await subjectsOf(api.store);
    await api.store.erase(subject, api.now);
    const shown = await api.call('GET', '/consent', { cookie: granted.cookie });
    expect(shown.json.state).toEqual(ALL('denied'));
    const again = await api.post({ purposes: { analytics: true } }, { cookie: granted.cookie });
    expect(again.json.state).toEqual({ ...ALL('denied'), analytics: 'granted' });
    expect(await recordsOf(api.store)).toEqual([1, 1]);
  });
});

describe('a store that cannot be written', () => {
  function brokenStore(): { store: ConsentStore; break: (isBroken: boolean) => void } {
    let isBroken = false;
    const memory = createMemoryStore();
    const append: ConsentStore['append'] = (addition) =>
      isBroken ? Promise.reject(new StoreUnavailable('disk full')) : memory.append(addition);
    return { store: { ...memory, append }, break: (value) => (isBroken = value) };
  }

  it('answers 503 to a yes and sets nothing', async () => {
    const broken = brokenStore();
    api = await startConsentApi({ store: broken.store });
    broken.break(true);
    const answer = await api.post({ action: 'accept_all' });
    expect(answer.status).toBe(503);
    expect(answer.json.type).toBe('urn:consentry:problem:store-unavailable');
    expect(answer.cookie).toBe('');
  });

  it('keeps a withdrawal in the cookie, over the older record, and records it with the next decision', async () => {
    const broken = brokenStore();
    api = await startConsentApi({ store: broken.store });
    const granted = await api.post({ action: 'accept_all' });
    broken.break(true);
    api.now += 60_000;
    const refused = await api.call('DELETE', '/consent', { cookie: granted.cookie });
    expect(refused.status).toBe(503);
    broken.break(false);
    const shown = await api.call('GET', '/consent', { cookie: refused.cookie });
    expect(shown.json.state).toEqual(ALL('denied'));
    const renewed = await api.call('GET', '/consent', { cookie: shown.cookie });
    expect(renewed.json.state).toEqual(ALL('denied'));
    const posted = await api.post({ purposes: { analytics: true } }, { cookie: renewed.cookie });
    expect(posted.json.state).toEqual({ ...ALL('withdrawn'), analytics: 'granted' });
  });

  it('keeps a first no in a cookie without an id', async () => {
    const broken = brokenStore();
    api = await startConsentApi({ store: broken.store });
    broken.break(true);
    const answer = await api.post({ purposes: { advertising: false } });
    expect(answer.status).toBe(503);
    broken.break(false);
    const shown = await api.call('GET', '/consent', { cookie: answer.cookie });
    expect(shown.json.state).toMatchObject({ advertising: 'denied', analytics: 'unknown' });
  });
});

describe('origins', () => {
  const body = { action: 'accept_all' };

  it.each([
    ['no browser', {}, 201],
    ['the same origin, by Sec-Fetch-Site', { 'sec-fetch-site': 'same-origin', origin: 'https://whatever.example' }, 201],
    ['the public URL', { origin: 'https://gw.shop.example' }, 201],
    ['a listed origin', { origin: 'https://shop.example', 'sec-fetch-site': 'cross-site' }, 201],
    ['a foreign origin', { origin: 'https://evil.example' }, 403],
    ['a foreign origin, cross-site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, 403],
    ['an opaque origin', { origin: 'null' }, 403],
    ['a sister host that is not listed', { origin: 'https://blog.shop.example', 'sec-fetch-site': 'same-site' }, 403],
    ['the public URL over http', { origin: 'http://gw.shop.example' }, 403],
    ['a listed origin with a port', { origin: 'https://shop.example:8443' }, 403],
    ['cross-site without Origin', { 'sec-fetch-site': 'cross-site' }, 403],
    ['two listed origins joined', { origin: 'https://shop.example, https://shop.example' }, 403],
    ['a foreign origin with text/plain', { origin: 'https://evil.example', 'content-type': 'text/plain' }, 403],
  ])('POST from %s', async (_, headers, status) => {
    api = await startConsentApi();
    expect((await api.post(body, headers as Record<string, string>)).status).toBe(status);
  });

  it('names the exact origin with credentials, never a star', async () => {
    api = await startConsentApi();
    const listed = await api.call('GET', '/consent', { origin: 'https://shop.example' });
    expect(listed.headers['access-control-allow-origin']).toBe('https://shop.example');
    expect(listed.headers['access-control-allow-credentials']).toBe('true');
    expect(listed.headers.vary).toContain('Origin');
    const foreign = await api.call('GET', '/consent', { origin: 'https://evil.example' });
    expect(foreign.headers['access-control-allow-origin']).toBeUndefined();
    expect(foreign.headers.vary).toContain('Origin');
  });

  it('answers a preflight of a listed origin and refuses a foreign one', async () => {
    api = await startConsentApi();
    const preflight = { 'access-control-request-method': 'DELETE' };
    const listed = await api.call('OPTIONS', '/consent', { ...preflight, origin: 'https://shop.example' });
    expect(listed.status).toBe(204);
    expect(listed.headers['access-control-allow-methods']).toBe('GET, POST, DELETE');
    const foreign = await api.call('OPTIONS', '/consent', { ...preflight, origin: 'https://evil.example' });
    expect(foreign.status).toBe(403);
    expect(foreign.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('refuses a foreign DELETE and leaves the record alone', async () => {
    api = await startConsentApi();
    const granted = await api.post(body);
    expect((await api.call('DELETE', '/consent', { cookie: granted.cookie, origin: 'https://evil.example' })).status).toBe(403);
    expect((await api.call('GET', '/consent', { cookie: granted.cookie })).json.state).toEqual(ALL_GRANTED);
  });
});

describe('what else is served', () => {
  it('publishes the receipt keys without their private part', async () => {
    api = await startConsentApi();
    const { json } = await api.call('GET', '/consent/jwks.json');
    expect(json.keys).toHaveLength(1);
    expect(Object.keys(json.keys[0]).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
  });

  it('serves gpc.json where it is configured, and passes it on where not', async () => {
    api = await startConsentApi({ config: { gpcLastUpdate: '2026-11-23' } });
    expect((await api.call('GET', '/.well-known/gpc.json')).json).toEqual({ gpc: true, lastUpdate: '2026-11-23' });
    await api.close();
    api = await startConsentApi();
    expect((await api.call('GET', '/.well-known/gpc.json')).status).toBe(404);
  });

  it('knows no other address and no other method', async () => {
    api = await startConsentApi();
    const patched = await api.call('PATCH', '/consent');
    expect(patched.status).toBe(405);
    expect(patched.headers.allow).toBe('HEAD, GET, POST, DELETE, OPTIONS');
    const posted = await api.call('POST', '/consent/export');
    expect([posted.status, posted.headers.allow]).toEqual([405, 'HEAD, GET, OPTIONS']);
    expect((await api.call('GET', '/consent/anything')).status).toBe(404);
  });
});
