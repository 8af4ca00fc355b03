import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { recognizeBanner } from '../../../src/consent/intake/recognize.ts';
import { readConsentRequest } from '../../../src/consent/request.ts';
import { type Purpose, purposesIn } from '../../../src/consent/state.ts';
import { writeGppString, writeTcString } from '../../support/tc-string.ts';

const NOW = Date.UTC(2026, 10, 23);

function read(body: unknown, categories: Record<string, Purpose> = {}) {
  const { ok, ...rest } = readConsentRequest(body, { categories, notices: {} }, NOW);
  if (!ok || !('request' in rest)) return 'refused';
  const { action, grants, refusals } = rest.request;
  return { action, yes: purposesIn(grants).join(' '), no: purposesIn(refusals).join(' ') };
}

const ALL_NO = 'functional analytics personalization advertising';

describe('vanilla-cookieconsent 3', () => {
  const cookie = {
    categories: ['necessary', 'analytics'],
    revision: 3,
    data: null,
    consentTimestamp: '2026-11-20T10:00:00.000Z',
    consentId: '0d9a3c5e-5a1b-4a4a-9f5e-3a1f0c1c2b7e',
    services: { necessary: [], analytics: ['ga'], marketing: [] },
    languageCode: 'en',
    lastConsentTimestamp: '2026-11-20T10:00:00.000Z',
    expirationTime: 1_779_963_600_000,
  };

  it('reads preferences, the cookie, and the argument of its callbacks', () => {
    const some = { action: 'save', yes: 'analytics', no: 'functional personalization advertising' };
    expect(
      read({ acceptType: 'custom', acceptedCategories: ['necessary', 'analytics'], rejectedCategories: ['marketing'] }),
    ).toEqual(some);
    expect(read(cookie)).toEqual(some);
    expect(read({ cookie, changedCategories: ['marketing'] })).toEqual(some);
  });

  it('tells what was pressed, and takes over language and revision', () => {
    expect(
      read({ acceptType: 'all', acceptedCategories: ['necessary', 'analytics', 'marketing'], rejectedCategories: [] }),
    ).toEqual({
      action: 'accept_all',
      yes: 'analytics advertising',
      no: 'functional personalization',
    });
    expect(
      read({ acceptType: 'necessary', acceptedCategories: ['necessary'], rejectedCategories: ['analytics', 'marketing'] }),
    ).toEqual({
      action: 'reject_all',
      yes: '',
      no: ALL_NO,
    });
    const told = readConsentRequest(cookie, { categories: {}, notices: {} }, NOW);
    expect(told.ok && told.request.notice).toEqual({ version: '3', language: 'en' });
  });

  it('maps the site’s own categories', () => {
    const body = { acceptType: 'custom', acceptedCategories: ['necessary', 'videos'], rejectedCategories: ['analytics'] };
    expect(read(body, { videos: 'functional' })).toMatchObject({ yes: 'functional' });
  });
});

describe('Klaro', () => {
  it('reads what a watcher gets, what its client submits, and its consents by name', () => {
    const consents = { matomo: true, 'meta-pixel': false };
    const some = { action: 'save', yes: 'analytics', no: 'advertising' };
    expect(read({ changes: { matomo: true }, consents, type: 'save' })).toEqual(some);
    const location = { pathname: '/', port: '', hostname: 'shop.example', protocol: 'https:' };
    expect(
      read({ location_data: location, user_data: {}, consent_data: { consents, changes: {}, type: 'save', config: 'x' } }),
    ).toEqual(some);
    expect(read({ klaro: consents })).toEqual(some);
    expect(read({ consents: { matomo: true, 'meta-pixel': true }, changes: {}, type: 'accept' })).toMatchObject({
      action: 'accept_all',
      no: '',
    });
    expect(read({ consents: { matomo: false, 'meta-pixel': false }, changes: {}, type: 'decline' })).toEqual({
      action: 'reject_all',
      yes: '',
      no: ALL_NO,
    });
  });

  it('takes the showing of its notice for no decision', () => {
    expect(read({ consent_data: { consents: {}, changes: {}, type: 'show', config: 'x' } })).toEqual({
      action: 'dismiss',
      yes: '',
      no: '',
    });
  });
});

describe('tarteaucitron', () => {
  it('reads state and cookie; waiting is no decision', () => {
    expect(read({ tarteaucitron: { gtag: true, facebookpixel: false } })).toMatchObject({ yes: 'analytics', no: 'advertising' });
    expect(read({ tarteaucitron: '!gtag=true!facebookpixel=false' })).toMatchObject({ yes: 'analytics', no: 'advertising' });
    expect(read({ tarteaucitron: '!gtag=wait!facebookpixel=wait' })).toMatchObject({ action: 'dismiss', yes: '' });
  });

  it('takes a service that runs before anybody was asked for no yes, and its refusal for a no', () => {
    for (const words of ['!matomo=true!facebookpixel=wait', '!matomo=true', { matomo: true }]) {
      expect(read({ tarteaucitron: words })).toMatchObject({ action: 'dismiss', yes: '', no: '' });
    }
    expect(read({ cookies: { tarteaucitron: '!matomo=true!facebookpixel=wait' } })).toMatchObject({ action: 'dismiss', yes: '' });
    expect(read({ tarteaucitron: '!matomo=true!facebookpixel=true' })).toMatchObject({ yes: 'advertising', no: '' });
    expect(read({ tarteaucitron: '!matomo=true!facebookpixel=false' })).toMatchObject({ yes: '', no: 'advertising' });
    expect(read({ tarteaucitron: '!matomo=false!facebookpixel=true' })).toMatchObject({ yes: 'advertising', no: 'analytics' });
    expect(read({ tarteaucitron: '!matomo=false!facebookpixel=false' })).toMatchObject({ no: ALL_NO });
  });
});

describe('c15t', () => {
  const body = { type: 'cookie_banner', subjectId: 'sub_1', domain: 'shop.example', givenAt: 1_795_000_000_000, metadata: {} };
  it('reads what its client posts', () => {
    const preferences = { necessary: true, functionality: true, measurement: true, experience: false, marketing: false };
    expect(read({ ...body, preferences, consentAction: 'custom' })).toEqual({
      action: 'save',
      yes: 'functional analytics',
      no: 'personalization advertising',
    });
    const none = { necessary: true, functionality: false, measurement: false, experience: false, marketing: false };
    expect(read({ ...body, preferences: none, consentAction: 'necessary' })).toEqual({
      action: 'reject_all',
      yes: '',
      no: ALL_NO,
    });
  });
});

describe('OneTrust', () => {
  it('reads the active groups; what is not active was refused', () => {
    expect(read({ OnetrustActiveGroups: ',C0001,C0002,' })).toMatchObject({
      yes: 'analytics',
      no: 'functional personalization advertising',
    });
    expect(read({ detail: ['C0001'] })).toMatchObject({ yes: '', no: ALL_NO });
  });

  it('reads its cookie once the banner was closed', () => {
    const OptanonConsent =
      'isGpcEnabled=0&datestamp=Mon+Nov+23+2026&version=202409.1.0&consentId=5f1c&interactionCount=1&groups=C0001%3A1%2CC0002%3A1%2CC0004%3A0';
    const OptanonAlertBoxClosed = '2026-11-23T10:00:00.000Z';
    expect(read({ cookies: { OptanonConsent, OptanonAlertBoxClosed } })).toMatchObject({ yes: 'analytics', no: 'advertising' });
    expect(
      read({ cookies: { OptanonConsent: OptanonConsent.replace('interactionCount=1', 'interactionCount=0') } }),
    ).toMatchObject({ action: 'dismiss' });
  });
});

describe('Cookiebot', () => {
  const consent = { necessary: true, preferences: false, statistics: true, marketing: false, method: 'explicit', stamp: 'abc' };
  it('reads its consent by itself and within its object', () => {
    const some = { yes: 'analytics', no: 'functional personalization advertising' };
    expect(read(consent)).toMatchObject(some);
    expect(read({ consent })).toMatchObject(some);
    expect(read({ Cookiebot: { consent, consented: true, declined: false, hasResponse: true } })).toMatchObject(some);
  });

  it('takes its defaults for no decision, and reads its cookie', () => {
    expect(read({ ...consent, method: 'implied' })).toMatchObject({ action: 'dismiss', yes: '' });
    const CookieConsent =
      '{stamp:%27x%27%2Cnecessary:true%2Cpreferences:false%2Cstatistics:true%2Cmarketing:false%2Cmethod:%27explicit%27%2Cver:1%2Cutc:1795000000000%2Cregion:%27de%27}';
    expect(read({ cookies: { CookieConsent } })).toMatchObject({ yes: 'analytics', no: 'functional advertising' });
    expect(read({ cookies: { CookieConsent: '-1' } })).toMatchObject({ action: 'dismiss' });
  });
});

interface CookieCase {
  readonly banner: string;
  readonly what: string;
  readonly cookies: Readonly<Record<string, string>>;
  readonly action: string;
  readonly yes: string;
  readonly no: string;
}

describe('cookies of banners that are no packages', () => {
  const vectors = new URL('../../vectors/banner-cookies.json', import.meta.url);
  const { cases } = JSON.parse(readFileSync(vectors, 'utf8')) as { cases: CookieCase[] };
  it.each(cases)('$banner: $what', ({ cookies, action, yes, no }) => {
    expect(read({ cookies })).toEqual({ action, yes, no });
  });
});

describe('IAB', () => {
  it('reads a TC string by its own bits, whatever stands beside it', () => {
    const tcString = writeTcString({ purposes: [1, 8] });
    const beside = { eventStatus: 'useractioncomplete', gdprApplies: true, purpose: { consents: { 3: true, 4: true, 7: true } } };
    expect(read({ tcString, ...beside })).toEqual({
      action: 'save',
      yes: 'functional analytics',
      no: 'personalization advertising',
    });
    expect(read({ tcString, eventStatus: 'cmpuishown' })).toMatchObject({ action: 'dismiss' });
    expect(read({ tcString, gdprApplies: false })).toMatchObject({ action: 'dismiss' });
    expect(read({ tcString: 'garbage' })).toBe('refused');
  });

  it('reads an opt-out of a GPP string, and a yes only where somebody saved', () => {
    expect(read({ gppString: 'DBABL~BVQVAAAAAg', signalStatus: 'ready' })).toMatchObject({ yes: '', no: 'advertising' });
    expect(read({ gppString: 'DBABL~BVQqAAAAAg', signalStatus: 'ready' })).toMatchObject({ action: 'dismiss', yes: '' });
    expect(read({ gppString: 'DBABL~BVQqAAAAAg', signalStatus: 'ready', action: 'save' })).toMatchObject({ yes: 'advertising' });
    expect(read({ gppString: 'DBABBg~BAAAAACA', action: 'save' })).toMatchObject({ action: 'dismiss', yes: '' });
    expect(read({ gppString: 'DBABLA~BVVqAAEABCA.YA', action: 'save' })).toMatchObject({ yes: '', no: 'advertising' });
    const gppString = writeGppString({ 2: writeTcString({ purposes: [1] }) });
    expect(read({ gppString })).toMatchObject({ yes: 'functional', no: 'analytics personalization advertising' });
  });
});

describe('everything else', () => {
  it.each([
    [{}],
    [{ consents: { a: 1 } }],
    [{ preferences: { analytics: true } }],
    [{ acceptedCategories: 'analytics' }],
    [{ categories: ['analytics'] }],
    [{ cookies: { session: '1' } }],
    [{ cookies: { klaro: '%7Bbroken' } }],
    [{ tarteaucitron: 'x' }],
    [{ OnetrustActiveGroups: 'a b' }],
  ])('%j is nobody’s', (body) => {
    expect(recognizeBanner(body, new Map(), NOW)).toBeNull();
    expect(read(body)).toBe('refused');
  });

  it('our own form comes first where purposes are named', () => {
    expect(read({ purposes: { analytics: true }, tcString: writeTcString({ purposes: [1, 3, 4, 7, 8] }) })).toEqual({
      action: 'save',
      yes: 'analytics',
      no: '',
    });
  });
});
