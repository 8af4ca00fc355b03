/** The demo in a real browser, as somebody who clicks through it meets it. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HitView } from '../../src/demo/hit-view.ts';
import { hasChromium, launchChromium } from '../support/chromium.ts';
import { type RunningDemo, startDemo } from '../support/demo.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe.skipIf(!hasChromium)('the demo in Chromium', () => {
  let browser: Browser;
  let demo: RunningDemo;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    [browser, demo] = await Promise.all([launchChromium(), startDemo()]);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await demo?.close();
  });

  beforeEach(async () => {
    await fetch(`${demo.url}/demo/reset`, { method: 'POST', headers: { origin: demo.url } });
    complaints = [];
    await open({});
  });
  afterEach(async () => {
    await context.close();
    // A blocked script, a failed request, a broken promise.
    expect(complaints).toEqual([]);
  });

  async function open(options: Parameters<Browser['newContext']>[0]): Promise<void> {
    context = await browser.newContext(options);
    page = await context.newPage();
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(demo.url)) complaints.push(`asked ${request.url()}`);
    });
    await page.goto(`${demo.url}/demo`);
    await settle(5);
  }

  /** Waits until as many hits have been listed and none of them is on its way. */
  async function settle(count: number): Promise<void> {
    await page
      .locator('.hit:not([data-outcome=waiting])')
      .nth(count - 1)
      .waitFor();
    await page.waitForTimeout(150);
  }

  async function seen(): Promise<{ received: number; hits: HitView[] }> {
    return (await fetch(`${demo.url}/demo/hits`)).json() as Promise<{ received: number; hits: HitView[] }>;
  }

  /** Fires one hit and gives back what became of it. */
  async function fire(button: string): Promise<HitView> {
    const { hits } = await seen();
    await page.getByRole('button', { name: button, exact: true }).click();
    await settle(hits.length + 1);
    const after = (await seen()).hits;
    expect(after.length).toBe(hits.length + 1);
    return after.at(-1) as HitView;
  }

  async function answer(name: string, count: number): Promise<void> {
    await page.getByRole('button', { name, exact: true }).click();
    await settle(count);
  }

  const banner = (): Locator => page.getByRole('dialog', { name: 'May we look over your shoulder?' });
  const states = (): Promise<string[]> => page.locator('#known li').allInnerTexts();

  it('drops in Germany without consent, forwards byte for byte after accept, drops again after withdrawal', async () => {
    expect(await page.locator('.hit[data-outcome=dropped]').count()).toBe(5);
    const before = await fire('Google Analytics 4');
    expect(before).toMatchObject({ outcome: 'dropped', gotText: null });
    expect((await seen()).received).toBe(0);

    await answer('Accept all', 11);
    expect((await seen()).received).toBe(5);
    expect(await states()).toEqual(['functional yes', 'analytics yes', 'personalization yes', 'advertising yes']);

    // The very hit that was dropped, again.
    await page.locator(`.hit[data-id="${before.id}"]`).getByRole('button', { name: 'Send the same hit again' }).click();
    await settle(12);
    const after = (await seen()).hits.at(-1);
    expect(after).toMatchObject({ outcome: 'forwarded', isSame: true, again: before.again });
    expect(after?.gotText?.split('\n')[0]).toBe(before.sentText.split('\n')[0]);
    expect(after?.gotText).not.toContain('consentry=');

    for (const name of ['GA4, two events', 'Snowplow, as JSON', 'Meta Pixel', 'Own pixel'])
      expect(await fire(name), name).toMatchObject({ outcome: 'forwarded', isSame: true });

    await page.getByRole('button', { name: 'Privacy choices' }).click();
    await answer('Reject all', 21);
    expect(await states()).toEqual(
      ['functional', 'analytics', 'personalization', 'advertising'].map((name) => `${name} yes taken back`),
    );
    const { received } = await seen();
    expect(await fire('Google Analytics 4')).toMatchObject({ outcome: 'dropped' });
    expect((await seen()).received).toBe(received);
  });

  it('drops advertising in California with Global Privacy Control, and nothing without', async () => {
    await page.getByLabel('The visitor comes from').selectOption('US-CA');
    await settle(10);
    expect(await fire('Meta Pixel')).toMatchObject({ outcome: 'forwarded', isSame: true });

    await page.getByLabel(/do not sell or share/).check();
    await settle(16);
    const meta = await fire('Meta Pixel');
    expect(meta).toMatchObject({ outcome: 'dropped' });
    expect(meta.summary).toContain('Global Privacy Control');
    const ga4 = await fire('Google Analytics 4');
    expect(ga4).toMatchObject({ outcome: 'forwarded' });
    expect(ga4.gotText).toContain('Sec-GPC: 1');
    expect(ga4.gotText).not.toContain('demo-click');
    expect(await states()).toContain('advertising no, says GPC');
  });

  it('keeps a refusal, and lets each purpose be chosen', async () => {
    await answer('Reject all', 10);
    expect(await states()).toContain('advertising no');
    expect(await fire('Meta Pixel')).toMatchObject({ outcome: 'dropped' });
    await page.reload();
    await settle(11);
    expect(await banner().isVisible()).toBe(false);

    await page.getByRole('button', { name: 'Privacy choices' }).click();
    const boxes = page.getByRole('checkbox', { name: /^(functional|analytics|personalization|advertising)/ });
    await boxes.last().waitFor();
    expect(await boxes.evaluateAll((all) => all.map((box) => (box as unknown as { checked: boolean }).checked))).toEqual(
      Array(4).fill(false),
    );
    await page.getByRole('checkbox', { name: 'analytics' }).check({ force: true });
    await answer('Save my choice', 21);
    expect(await fire('Own pixel')).toMatchObject({ outcome: 'forwarded' });
    expect(await fire('Meta Pixel')).toMatchObject({ outcome: 'dropped' });
  });

  it('anonymizes marked measurement in France, and shows what is gone and why', async () => {
    await page.getByLabel('The visitor comes from').selectOption('FR');
    await settle(10);
    const hit = await fire('Matomo');
    expect(hit.outcome).toBe('anonymized');
    expect(hit.gotText).not.toMatch(/ada\.example|demo-click|198\.51\.100\.23|_pk_id/);
    const row: Locator = page.locator(`.hit[data-id="${hit.id}"] tr[data-change=removed]`, { hasText: 'names a person' }).first();
    expect(await row.isVisible()).toBe(true);
  });

  it('makes somebody new of the visitor', async () => {
    await answer('Accept all', 10);
    const before = (await context.cookies()).find(({ name }) => name === '_ga')?.value;
    await page.getByRole('button', { name: /Start over/ }).click();
    await expect.poll(() => page.locator('.hit[data-outcome=dropped]').count()).toBe(5);
    await expect.poll(() => page.locator('.hit').count()).toBe(5);
    await settle(5);
    const cookies = await context.cookies();
    expect(cookies.some(({ name }) => name === 'consentry')).toBe(false);
    expect(cookies.find(({ name }) => name === '_ga')?.value).not.toBe(before);
    expect((await seen()).hits).toHaveLength(5);
  });

  it('can be used by keyboard alone', async () => {
    const focused = (): Promise<string> => page.evaluate('document.activeElement?.textContent?.trim() ?? ""');
    for (let i = 0; i < 40 && (await focused()) !== 'Accept all'; i++) await page.keyboard.press('Tab');
    expect(await focused()).toBe('Accept all');
    await page.keyboard.press('Enter');
    await settle(10);
    expect(await banner().isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Privacy choices' }).focus();
    await page.keyboard.press('Enter');
    const choices = page.getByRole('dialog', { name: 'Privacy choices' });
    await choices.waitFor({ state: 'visible' });
    await page.keyboard.press('Escape');
    await choices.waitFor({ state: 'hidden' });
    expect(await focused()).toBe('Privacy choices');
    await page.locator('.lane').first().focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('.lane').first().getAttribute('aria-expanded')).toBe('true');
  });

  // Colours differ between the two schemes, and what stands where between the two widths: each is looked at once.
  it.each([
    ['light', 390],
    ['dark', 1400],
  ] as const)('has no accessibility issue and nothing cut off: %s, %i pixels', async (colorScheme, width) => {
    await context.close();
    await open({ colorScheme, viewport: { width, height: 900 }, reducedMotion: 'reduce' });
    await page.getByLabel('The visitor comes from').selectOption('FR');
    await settle(15);
    await fire('Matomo');
    await page.locator('summary').first().click();
    await page.evaluate(AXE);
    const { violations, passes }: AxeResults = await page.evaluate('axe.run()');
    expect(passes.length).toBeGreaterThan(20);
    expect(
      violations.map(
        ({ id, nodes }) =>
          `${id}: ${nodes
            .map(({ html }) => html)
            .slice(0, 3)
            .join(' | ')}`,
      ),
    ).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
  });

  it('stays small, and paints soon', async () => {
    const scripts: { name: string; transferSize: number; decodedBodySize: number }[] = await page.evaluate(
      `performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.js')).map(({ name, transferSize, decodedBodySize }) => ({ name, transferSize, decodedBodySize }))`,
    );
    const total = (of: 'transferSize' | 'decodedBodySize'): number => scripts.reduce((sum, script) => sum + script[of], 0);
    expect(scripts.some(({ name }) => name.endsWith('/snowplow.js'))).toBe(true);
    expect(total('decodedBodySize')).toBeGreaterThan(90_000);
    // What travels: two thirds of it are the tracker and the banner.
    expect(total('transferSize')).toBeLessThan(60_000);
    const paint: number = await page.evaluate(`performance.getEntriesByName('first-contentful-paint')[0].startTime`);
    if (process.env.CONSENTRY_LONG === '1') expect(paint).toBeLessThan(1_000);
  });

  it('knows nothing of a run before: its store is gone, and its cookie means nothing', async () => {
    await answer('Accept all', 10);
    const next = await startDemo();
    try {
      complaints = [];
      page.removeAllListeners('request');
      await page.goto(`${next.url}/demo`);
      await settle(5);
      expect(await states()).toContain('analytics not said');
      await answer('Accept all', 10);
      expect(await states()).toContain('analytics yes');
    } finally {
      await page.goto('about:blank');
      await next.close();
    }
  });

  it('says so when the demo has ended', async () => {
    const other = await startDemo();
    await page.goto(`${other.url}/demo`);
    await settle(5);
    await other.close();
    await page.locator('#offline').waitFor({ state: 'visible' });
    complaints = [];
  });
});
