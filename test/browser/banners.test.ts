/** Real banners in a real Chromium, with the adapter on the page: what is clicked is what is on record. */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import { gzipSync } from 'node:zlib';
import Koa from 'koa';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createConsentApi } from '../../src/consent/api.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import type { ConsentStore } from '../../src/store/store.ts';
import { BANNER_PAGES, TARTEAUCITRON_IS_READY } from '../support/banner-pages.ts';
import { hasChromium, launchChromium } from '../support/chromium.ts';
import { testConfig, testKeyring } from '../support/consent-api.ts';
import { type DocBlock, readDocBlocks } from '../support/doc-blocks.ts';
import { fakePolicies, placeOf } from '../support/fake-policies.ts';
import { waitUntil } from '../support/redis.ts';
import { writeTcString } from '../support/tc-string.ts';

const PACKAGES = '../../node_modules';
const packageFile = (path: string) => readFileSync(new URL(`${PACKAGES}/${path}`, import.meta.url));

/** Pages as README and docs show them, and under which names they load the packages. */
const SHOWN: readonly DocBlock[] = readDocBlocks().filter(({ language }) => language === 'html');
const SHOWN_FILES: Readonly<Record<string, string>> = {
  '/cookieconsent.css': 'vanilla-cookieconsent/dist/cookieconsent.css',
  '/cookieconsent.esm.js': 'vanilla-cookieconsent/dist/cookieconsent.esm.js',
  '/klaro.js': 'klaro/dist/klaro.js',
};
/** What says yes in each. */
const YES = '#cc-main button[data-role="all"], .klaro .cm-btn-success';

describe.skipIf(!hasChromium)('banners', () => {
  let browser: Browser;
  let page: Page;
  let server: Server;
  let store: ConsentStore;
  let origin = '';

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  beforeEach(async () => {
    store = createMemoryStore();
    const app = new Koa();
    server = createServer((incoming, answer) => app.callback()(incoming, answer));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    origin = `http://127.0.0.1:${port}`;
    const notices = { '2026-11': { hash: 'x', purposes: ['analytics' as const, 'advertising' as const], recipients: [] } };
    const config = {
      ...testConfig,
      notices,
      origins: [`http://localhost:${port}`],
      cookie: { ...testConfig.cookie, secure: false },
    };
    const whereIs = () => ({ address: null, region: placeOf('DE') });
    app.use(createConsentApi({ config, store, keyring: testKeyring, policies: () => fakePolicies(), whereIs, now: Date.now }));
    app.use((ctx) => {
      const [, page] = /^\/shown\/(\d+)$/.exec(ctx.path) ?? [];
      const file = /^\/npm\/([\w@./-]+)$/.exec(ctx.path)?.[1] ?? SHOWN_FILES[ctx.path];
      if (page !== undefined) {
        ctx.type = 'text/html; charset=utf-8';
        ctx.body = `<!doctype html><html lang="en"><title>shop</title>${SHOWN[Number(page)]?.text}<button id="elsewhere">x</button>`;
      } else if (file !== undefined) {
        ctx.type = extname(file);
        ctx.body = packageFile(file);
      } else if (BANNER_PAGES[ctx.path] !== undefined) {
        ctx.type = 'text/html; charset=utf-8';
        ctx.body = `<!doctype html><title>shop</title><script src="${origin}/consent/client.js"></script><button id="elsewhere">x</button>${BANNER_PAGES[ctx.path]}`;
      }
    });
    page = await browser.newPage();
    await page.route('**', (route) =>
      /^http:\/\/(127\.0\.0\.1|localhost):/.test(route.request().url()) ? route.continue() : route.abort(),
    );
  });
  afterEach(async () => {
    await page?.context().close();
    server?.closeAllConnections();
    server?.close();
  });

  async function stateOf(): Promise<Record<string, string>> {
    for await (const subject of store.subjects()) {
      const head = await store.readHead(subject);
      return Object.fromEntries(Object.entries(head?.choices ?? {}).map(([purpose, { state }]) => [purpose, state]));
    }
    return {};
  }

  async function countRecords(): Promise<number> {
    let count = 0;
    for await (const subject of store.subjects()) count += (await store.readChain(subject))?.records.length ?? 0;
    return count;
  }

  const expectState = (expected: Record<string, string>) =>
    waitUntil(async () => {
      const state = await stateOf();
      return Object.entries(expected).every(([purpose, value]) => state[purpose] === value);
    }, 8000).catch(async () => expect(await stateOf()).toMatchObject(expected));

  it('vanilla-cookieconsent: accept, change, reject, and no second record on the next page', async () => {
    await page.goto(`${origin}/vanilla`);
    await page.click('#cc-main button[data-role="all"]');
    await expectState({ analytics: 'granted', advertising: 'granted' });
    await page.evaluate("CookieConsent.acceptCategory(['analytics'])");
    await expectState({ analytics: 'granted', advertising: 'withdrawn' });
    await page.evaluate('CookieConsent.acceptCategory([])');
    await expectState({ analytics: 'withdrawn', advertising: 'withdrawn', functional: 'denied' });
    const before = await countRecords();
    await page.reload();
    await page.click('#elsewhere');
    await page.waitForTimeout(500);
    expect(await countRecords()).toBe(before);
  });

  it('vanilla-cookieconsent: reject at once', async () => {
    await page.goto(`${origin}/vanilla`);
    await page.click('#cc-main button[data-role="necessary"]');
    await expectState({ functional: 'denied', analytics: 'denied', personalization: 'denied', advertising: 'denied' });
  });

  it.each(SHOWN.map(({ at, text }, index) => [at, index, text] as const))(
    '%s: a yes on this page is on record, with the notice',
    async (_, index, text) => {
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(error.message));
      // Banners keep away from browsers that say that they are driven.
      await page.addInitScript("Object.defineProperty(navigator, 'webdriver', { get: () => false })");
      await page.goto(`${origin}/shown/${index}`);
      if (/klaro|CookieConsent/.test(text)) await page.click(YES);
      else await page.evaluate('consentry.set({ analytics: true })');
      await expectState({ analytics: 'granted' });
      for await (const subject of store.subjects())
        expect((await store.readHead(subject))?.choices.analytics?.notice).toBe('2026-11');
      expect(errors).toEqual([]);
    },
  );

  it('vanilla-cookieconsent: the same answer is told again where the page asked anew', async () => {
    await page.goto(`${origin}/vanilla`);
    await page.click('#cc-main button[data-role="all"]');
    await expectState({ analytics: 'granted' });
    for await (const subject of store.subjects()) await store.erase(subject, Date.now());
    await page.evaluate('CookieConsent.reset(true)');
    await page.reload();
    const posted = page.waitForResponse((answer) => answer.request().method() === 'POST' && answer.url().endsWith('/consent'));
    await page.click('#cc-main button[data-role="all"]');
    expect((await posted).status()).toBe(201);
  });

  it('Klaro: accept all, then decline', async () => {
    await page.goto(`${origin}/klaro`);
    await page.click('.klaro .cm-btn-success');
    await expectState({ analytics: 'granted', advertising: 'granted' });
    await page.evaluate("klaro.getManager().changeAll(false); klaro.getManager().saveAndApplyConsents('decline')");
    await page.click('#elsewhere');
    await expectState({ analytics: 'withdrawn', advertising: 'withdrawn' });
  });

  it('Klaro: one service of two', async () => {
    await page.goto(`${origin}/klaro`);
    await page.evaluate("klaro.getManager().updateConsent('matomo', true); klaro.getManager().saveAndApplyConsents('save')");
    await page.evaluate("document.querySelector('#elsewhere').click()");
    await expectState({ analytics: 'granted', advertising: 'denied' });
  });

  it('tarteaucitron: nothing before a click though a service runs unasked, then accept all, then deny all', async () => {
    await page.goto(`${origin}/tarteaucitron`);
    await page.waitForFunction(TARTEAUCITRON_IS_READY);
    expect(await page.evaluate('document.cookie')).toContain('matomo=true');
    await page.click('#elsewhere', { force: true });
    await page.waitForTimeout(500);
    expect(await stateOf()).toEqual({});
    await page.click('#tarteaucitronPersonalize2');
    await expectState({ analytics: 'granted', advertising: 'granted' });
    await page.evaluate('tarteaucitron.userInterface.respondAll(false)');
    await expectState({ analytics: 'withdrawn', advertising: 'withdrawn' });
  });

  /** c15t loads the page again behind a consent that is taken back: whoever goes elsewhere before that is interrupted. */
  const takeBack = async (calls: string) => {
    const loaded = page.waitForEvent('load');
    await page.evaluate(calls);
    await loaded;
  };

  it('c15t: accept all, take back some, take back the rest, and no second record on the next page', async () => {
    await page.goto(`${origin}/c15t`);
    await page.waitForFunction("window.c15t?.getState().activeUI === 'banner'");
    await page.evaluate("c15t.getState().saveConsents('all')");
    await expectState({ functional: 'granted', analytics: 'granted', personalization: 'granted', advertising: 'granted' });
    await takeBack("c15t.getState().setSelectedConsent('marketing', false); c15t.getState().saveConsents('custom')");
    await expectState({ functional: 'granted', analytics: 'granted', personalization: 'granted', advertising: 'withdrawn' });
    await page.waitForFunction('window.c15t?.getState().hasConsented()');
    await takeBack("c15t.getState().saveConsents('necessary')");
    await expectState({
      functional: 'withdrawn',
      analytics: 'withdrawn',
      personalization: 'withdrawn',
      advertising: 'withdrawn',
    });
    const before = await countRecords();
    await page.goto(`${origin}/c15t`);
    await page.click('#elsewhere');
    await page.waitForTimeout(500);
    expect(await countRecords()).toBe(before);
  });

  it('c15t: reject at once, and one of four', async () => {
    await page.goto(`${origin}/c15t`);
    await page.waitForFunction("window.c15t?.getState().activeUI === 'banner'");
    expect(await stateOf()).toEqual({});
    await page.evaluate("c15t.getState().saveConsents('necessary')");
    await expectState({ functional: 'denied', analytics: 'denied', personalization: 'denied', advertising: 'denied' });
    await page.evaluate("c15t.getState().setSelectedConsent('measurement', true); c15t.getState().saveConsents('custom')");
    await expectState({ functional: 'denied', analytics: 'granted', personalization: 'denied', advertising: 'denied' });
  });

  it('c15t: what its client posts to a backend is taken as it is', async () => {
    const posted: string[] = [];
    await page.route('**/c15t-backend/**', async (route) => {
      if (route.request().method() === 'POST') posted.push(route.request().postData() ?? '');
      await route.fulfill({ json: {} });
    });
    await page.goto(`${origin}/c15t?hosted`);
    await page.waitForFunction('window.c15t');
    const press = async (calls: string, run = (script: string): Promise<unknown> => page.evaluate(script)) => {
      await page.waitForFunction('window.c15t');
      await run(calls);
      await waitUntil(() => posted.length > 0);
      const answer = await fetch(`${origin}/consent`, { method: 'POST', body: posted.shift() ?? '' });
      return ((await answer.json()) as { state: object }).state;
    };
    expect(await press("c15t.getState().saveConsents('all')")).toMatchObject({ analytics: 'granted', advertising: 'granted' });
    const some = "c15t.getState().setSelectedConsent('marketing', false); c15t.getState().saveConsents('custom')";
    expect(await press(some, takeBack)).toMatchObject({ analytics: 'granted', advertising: 'denied' });
    expect(await press("c15t.getState().saveConsents('necessary')")).toMatchObject({ analytics: 'denied', functional: 'denied' });
  });

  it('a banner of one’s own: get, set and withdraw', async () => {
    await page.goto(`${origin}/plain`);
    const asked = await page.evaluate('consentry.get()');
    expect(asked).toMatchObject({ ask: ['functional', 'analytics', 'personalization', 'advertising'] });
    expect(await page.evaluate('consentry.set({ analytics: true, advertising: false })')).toMatchObject({
      state: { analytics: 'granted' },
    });
    await expectState({ analytics: 'granted', advertising: 'denied' });
    expect(await page.evaluate('consentry.withdraw()')).toMatchObject({ state: { analytics: 'withdrawn' } });
    expect(await page.evaluate('document.cookie')).not.toContain('consentry');
  });

  it('a page on another site: goes by the token where there is no cookie', async () => {
    const elsewhere = origin.replace('127.0.0.1', 'localhost');
    await page.goto(`${elsewhere}/plain`);
    await page.evaluate('consentry.set({ analytics: true })');
    await expectState({ analytics: 'granted' });
    await page.context().clearCookies();
    await page.reload();
    expect(await page.evaluate('consentry.get()')).toMatchObject({ state: { analytics: 'granted' } });
    await page.evaluate('consentry.withdraw()');
    await expectState({ analytics: 'withdrawn' });
  });

  it.each([
    ['OneTrust', 'OneTrustGroupsUpdated'],
    ['Cookiebot', 'CookiebotOnAccept'],
  ])('%s: its cookie as it changes from all to nothing, at its own event', async (banner, event) => {
    const { cases } = JSON.parse(readFileSync(new URL('../vectors/banner-cookies.json', import.meta.url), 'utf8')) as {
      cases: { banner: string; what: string; cookies: Record<string, string> }[];
    };
    await page.goto(`${origin}/plain`);
    for (const [what, expected] of [
      ['accept all', { functional: 'granted', analytics: 'granted', advertising: 'granted' }],
      ['reject all', { functional: 'withdrawn', analytics: 'withdrawn', advertising: 'withdrawn', personalization: 'denied' }],
    ] as const) {
      const found = cases.find((candidate) => candidate.banner.startsWith(banner) && candidate.what.startsWith(what));
      const words = Object.entries(found?.cookies ?? {}).map(([name, value]) => `${name}=${value}; path=/`);
      await page.evaluate(
        `for (const cookie of ${JSON.stringify(words)}) document.cookie = cookie; dispatchEvent(new Event('${event}'))`,
      );
      await expectState(expected);
    }
  });

  it('a TCF banner and a GPP banner: what the person did, not what stood there before', async () => {
    const yes = writeTcString({ purposes: [1, 3, 4, 7, 8] });
    const no = writeTcString({ purposes: [1] });
    await page.addInitScript(`
      window.__tcfapi = (command, version, listener) => { window.tell = (tcString, eventStatus) => listener({ tcString, eventStatus, gdprApplies: true }, true); };
      window.__gpp = (command, listener) => { window.tellGpp = (gppString) => listener({ eventName: 'sectionChange', pingData: { gppString, signalStatus: 'ready' } }, true); };
    `);
    await page.goto(`${origin}/plain`);
    await page.waitForFunction('window.tell');
    await page.evaluate(`tell('${yes}', 'tcloaded')`);
    await page.waitForTimeout(300);
    expect(await stateOf()).toEqual({});
    await page.evaluate(`tell('${yes}', 'useractioncomplete')`);
    await expectState({ functional: 'granted', analytics: 'granted', advertising: 'granted', personalization: 'denied' });
    await page.evaluate(`tell('${no}', 'useractioncomplete')`);
    await expectState({ functional: 'granted', analytics: 'withdrawn', advertising: 'withdrawn' });
    await page.evaluate("tellGpp('DBABL~BVQqAAAAAg')");
    await expectState({ advertising: 'granted', analytics: 'withdrawn' });
    await page.evaluate("tellGpp('DBABL~BVQVAAAAAg')");
    await expectState({ advertising: 'withdrawn' });
  });

  it('a CMP of the TCF library: what was loaded is no decision, a click is, and so is a change of mind', async () => {
    const all = writeTcString({ purposes: [1, 3, 4, 5, 6, 7, 8] });
    await page.goto(`${origin}/tcf`);
    await page.waitForFunction('window.cmp');
    await page.evaluate(`cmp.update('${writeTcString({ purposes: [] })}', true)`);
    await page.waitForTimeout(300);
    expect(await stateOf()).toEqual({});
    await page.evaluate(`cmp.update('${all}', false)`);
    await expectState({ functional: 'granted', analytics: 'granted', personalization: 'granted', advertising: 'granted' });
    await page.evaluate(`cmp.update('${writeTcString({ purposes: [1, 8] })}', false)`);
    await expectState({ functional: 'granted', analytics: 'granted', personalization: 'withdrawn', advertising: 'withdrawn' });
    await page.evaluate(`cmp.update('${writeTcString({ purposes: [] })}', false)`);
    await expectState({ functional: 'withdrawn', analytics: 'withdrawn' });
    const before = await countRecords();
    await page.reload();
    await page.waitForFunction('window.cmp');
    await page.evaluate(`cmp.update('${all}', false)`);
    await page.waitForTimeout(300);
    expect(await countRecords()).toBe(before);
  });

  it('a CMP of the TCF library that comes long after the page', async () => {
    await page.goto(`${origin}/plain`);
    await page.addScriptTag({ url: '/npm/@iabtechlabtcf/stub/lib/stub.js' });
    await page.evaluate(`__tcfapi = (command, version, listener) => {
      if (command === 'addEventListener') listener({ tcString: '${writeTcString({ purposes: [1, 8] })}', eventStatus: 'useractioncomplete', gdprApplies: true }, true);
    }`);
    await expectState({ analytics: 'granted', advertising: 'denied' });
  });

  it('a CMP of the GPP library: what stands there at first is no decision, an opt-out is, and an opt-in after it', async () => {
    await page.goto(`${origin}/gpp`);
    await page.waitForFunction('window.choose');
    await page.waitForTimeout(300);
    expect(await stateOf()).toEqual({});
    await page.evaluate('choose(1)');
    await expectState({ advertising: 'denied' });
    await page.evaluate('choose(2)');
    await expectState({ advertising: 'granted' });
    await page.evaluate('choose(1)');
    await expectState({ advertising: 'withdrawn' });
  });

  it('bodies that the packages themselves produce are taken as they are', async () => {
    const send = (expression: string) =>
      page.evaluate(
        `fetch('/consent', { method: 'POST', body: JSON.stringify(${expression}), headers: { 'content-type': 'application/json' } }).then((answer) => answer.json())`,
      );
    await page.goto(`${origin}/vanilla`);
    await page.evaluate("CookieConsent.acceptCategory(['analytics'])");
    const expected = { state: { analytics: 'granted', advertising: 'denied', functional: 'denied' } };
    expect(await send('CookieConsent.getUserPreferences()')).toMatchObject(expected);
    expect(await send('CookieConsent.getCookie()')).toMatchObject(expected);
    expect(await send('{ cookie: CookieConsent.getCookie(), changedCategories: [] }')).toMatchObject(expected);
    await page.goto(`${origin}/klaro`);
    await page.evaluate(`klaro.getManager().watch({ update: (manager, name, data) => { if (name === 'saveConsents') window.saved = data; } });
      klaro.getManager().updateConsent('matomo', true); klaro.getManager().saveAndApplyConsents('save')`);
    expect(await send('window.saved')).toMatchObject({ state: { analytics: 'granted', advertising: 'denied' } });
    expect(await send("{ consent_data: { consents: window.saved.consents, type: 'save' }, location_data: {} }")).toMatchObject({
      state: { analytics: 'granted' },
    });
    expect(await send('{ klaro: klaro.getManager().consents }')).toMatchObject({ state: { analytics: 'granted' } });
    await page.goto(`${origin}/tarteaucitron`);
    await page.waitForFunction(TARTEAUCITRON_IS_READY);
    await page.evaluate('tarteaucitron.userInterface.respondAll(true)');
    expect(await send('{ tarteaucitron: tarteaucitron.state }')).toMatchObject({
      state: { analytics: 'granted', advertising: 'granted' },
    });
  });
});

it('the adapter is under three kilobytes on the wire', () => {
  const script = readFileSync(new URL('../../src/consent/assets/client.js', import.meta.url));
  expect(gzipSync(script, { level: 9 }).length).toBeLessThan(3072);
});
