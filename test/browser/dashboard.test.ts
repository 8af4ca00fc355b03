/** The dashboard in a real browser: what it shows is what the gateway counted. */
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AdminListener, mintToken, startAdmin, TEST_KEYS } from '../support/admin.ts';
import { hasChromium, launchChromium } from '../support/chromium.ts';
import { decide, grantEverything } from '../support/consent.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** A folder for pictures of what a visitor of the page sees; none are taken without it. */
const PICTURES = process.env.CONSENTRY_PICTURES;
const NOTICE = { hash: 'x', purposes: ['functional', 'analytics', 'personalization', 'advertising'] as const };

describe.skipIf(!hasChromium)('the dashboard in Chromium', () => {
  let browser: Browser;
  let test: TestGateway;
  let admin: AdminListener;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];
  let sent = 0;

  beforeAll(async () => {
    [browser, test] = await Promise.all([
      launchChromium(),
      startGateway(
        {
          routes: [
            { path: '/g/collect', vendor: 'ga4' },
            { path: '/tr', vendor: 'meta' },
            { path: '/pixel.gif', purposes: ['analytics'], respond: 'pixel' },
            { path: '/audience', purposes: ['analytics'], recipient: 'own', label: 'audience-measurement' },
          ],
          consent: { notices: { 'n-1': { ...NOTICE, purposes: [...NOTICE.purposes] } } },
        },
        { environment: { CONSENTRY_KEYS: TEST_KEYS }, historyStepMs: 250 },
      ),
    ]);
    admin = await startAdmin(test.gateway);
    await fetch(`${admin.url}/livez`);
    const yes = await grantEverything(test, { country: 'DE', notice: 'n-1' });
    await decide(test, { country: 'DE', purposes: { analytics: true, advertising: false }, notice: 'n-1' });
    await decide(test, { country: 'US', region: 'CA', action: 'reject_all' });
    const hit = async (target: string, country: string, more: [string, string][] = []): Promise<void> => {
      sent++;
      await test.send({ target, headers: [['x-test-country', country], ...more] });
    };
    for (let round = 0; round < 6; round++) {
      await hit('/g/collect?v=2&tid=G-1&cid=1.2', 'DE', [['Cookie', yes]]);
      await hit('/g/collect?v=2&tid=G-1&cid=1.2', 'DE');
      await hit('/tr?id=1&ev=PageView', 'US', [
        ['x-test-region', 'CA'],
        ['Sec-GPC', '1'],
      ]);
      await hit('/pixel.gif?p=/start', 'BR');
      await hit('/audience?p=/start', 'FR', [['User-Agent', 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0']]);
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    admin?.close();
    await test?.close();
  });

  beforeEach(() => open({}));
  afterEach(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });

  async function open(options: Parameters<Browser['newContext']>[0]): Promise<void> {
    complaints = [];
    context = await browser.newContext(options);
    page = await context.newPage();
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(admin.url)) complaints.push(`asked ${request.url()}`);
    });
    await page.goto(`${admin.url}/`);
  }

  async function signIn(): Promise<void> {
    await page.getByLabel('Token').fill(mintToken('admin'));
    await page.keyboard.press('Enter');
    await page.locator('#board').waitFor();
  }

  const rowsOf = (id: string): Promise<string[]> =>
    page.evaluate(
      `Array.from(document.querySelectorAll('#${id} tbody tr'), ({ cells }) => Array.from(cells, ({ textContent }) => textContent.trim()).join('\t'))`,
    );
  const tile = (title: string): Promise<string> =>
    page.locator('.tile', { hasText: title }).locator('strong').first().textContent() as Promise<string>;

  it('asks for a token, refuses a wrong one, and keeps a good one for this tab', async () => {
    expect(await page.locator('#board').isVisible()).toBe(false);
    await page.getByLabel('Token').fill('nonsense');
    await page.getByRole('button', { name: 'Show the dashboard' }).click();
    await expect.poll(() => page.locator('#sign-in-error').textContent()).toContain('not accepted');
    complaints = complaints.filter((text) => !text.includes('401'));
    await signIn();
    await page.reload();
    await page.locator('#board').waitFor();
    await page.getByRole('button', { name: 'Forget the token' }).click();
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
    expect(await page.locator('#board').isVisible()).toBe(false);
  });

  it('shows what was counted', async () => {
    await signIn();
    expect(await tile('Hits')).toBe(String(sent));
    const outcomes = await Promise.all(['Forwarded', 'Anonymized', 'Dropped'].map(tile));
    expect(outcomes.reduce((sum, value) => sum + Number(value), 0)).toBe(sent);
    expect(await tile('Forwarded')).not.toBe('0');
    expect(await tile('Anonymized')).not.toBe('0');
    expect(await tile('Guard alarms')).toBe('0');
    expect(await page.locator('#traffic canvas').count()).toBe(1);

    await page.locator('#by').getByText('country').click();
    await page.locator('#traffic-numbers').evaluate((element) => {
      (element.parentElement as unknown as { open: boolean }).open = true;
    });
    await expect.poll(() => rowsOf('traffic-numbers')).toContainEqual(expect.stringMatching(/^DE\t12\t/));
    await page.locator('#by').getByText('purpose').click();
    await expect.poll(() => rowsOf('traffic-numbers')).toContainEqual(expect.stringMatching(/^advertising\t6\t/));
    await page.locator('#by').getByText('route').click();
    await expect.poll(() => rowsOf('traffic-numbers')).toContainEqual(expect.stringMatching(/^\/pixel\.gif\t6\t/));

    expect(await rowsOf('reasons')).toContainEqual('signal:gpc\tadvertising\t6');
    expect(await rowsOf('consent')).toContainEqual(expect.stringMatching(/^DE\tanalytics\t2\t0\t100 %/));
    expect(await rowsOf('consent')).toContainEqual(expect.stringMatching(/^US\tadvertising\t0\t1\t0 %/));
    expect(await rowsOf('health')).toContainEqual('Store\t✓ good\ttakes decisions');
    expect(await rowsOf('health')).toContainEqual('Collector\t✓ good\tno attempt failed in five minutes');
    expect((await rowsOf('recent')).length).toBe(20);
  });

  it('follows what happens while it is open', async () => {
    await signIn();
    const before = Number(await tile('Hits'));
    sent++;
    await test.send({ target: '/pixel.gif?p=/later', headers: [['x-test-country', 'BR']] });
    await expect.poll(() => tile('Hits'), { timeout: 8_000 }).toBe(String(before + 1));
  });

  it('shows the matrix of the policies in force, with the file behind each row, and finds a place', async () => {
    await signIn();
    expect(await page.locator('#revision').textContent()).toMatch(/^[0-9a-f]{16}$/);
    await page.getByLabel('Find a place or a file').fill('US-CA');
    const [row = ''] = await rowsOf('matrix');
    expect(row).toContain('us-ca.yaml');
    const [file = '', line = ''] = (
      (await page.locator('#matrix tbody tr td').nth(4).locator('small').textContent()) ?? ''
    ).split(':');
    expect(readFileSync(join(test.policies, file), 'utf8').split('\n')[Number(line) - 1]).toMatch(/^ *advertising:/);
    expect(await page.locator('#matrix tbody tr').count()).toBe(1);
    const advertising = page.locator('#matrix tbody tr td').nth(4).locator('.cell');
    expect(await advertising.evaluateAll((cells) => cells.map((cell) => cell.getAttribute('data-action')))).toEqual([
      'forward',
      'forward',
      'drop',
    ]);
    await page.getByLabel('Find a place or a file').fill('nowhere');
    expect(await page.locator('#matrix').textContent()).toContain('No place');
  });

  it('explains a decision', async () => {
    await signIn();
    await page.getByLabel('Global Privacy Control').check();
    await page.getByRole('button', { name: 'Explain' }).click();
    await expect
      .poll(() => rowsOf('explained'))
      .toContainEqual(expect.stringMatching(/^advertising\tdenied\t✕ drop\tgpc says .*us-ca: advertising\.denied$/));
    await page.getByRole('textbox', { name: 'Country' }).fill('DE');
    await page.getByLabel('The record says').selectOption('granted');
    await page.getByRole('button', { name: 'Explain' }).click();
    await expect.poll(() => page.locator('#explained code').textContent()).toContain('eu@');
  });

  it('can be used by keyboard alone', async () => {
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the numbers');
    await page.getByLabel('Token').focus();
    await page.keyboard.type(mintToken('admin'));
    await page.keyboard.press('Enter');
    await page.locator('#board').waitFor();
    const focused = (): Promise<string> => page.evaluate('document.activeElement?.value ?? document.activeElement?.id ?? ""');
    for (let i = 0; i < 5 && (await focused()) !== 'outcome'; i++) await page.keyboard.press('Tab');
    expect(await focused()).toBe('outcome');
    await page.keyboard.press('ArrowRight');
    expect(await focused()).toBe('country');
    for (let i = 0; i < 12 && (await focused()) !== 'matrix'; i++) await page.keyboard.press('Tab');
    expect(await focused()).toBe('matrix');
  });

  // Colours differ between the two schemes, and what stands where between the two widths: each is looked at once.
  it.each([
    ['light', 390],
    ['dark', 1400],
  ] as const)('has no accessibility issue and nothing cut off: %s, %i pixels', async (colorScheme, width) => {
    await context.close();
    await open({ colorScheme, viewport: { width, height: 900 }, reducedMotion: 'reduce' });
    const check = async (name: string): Promise<void> => {
      if (PICTURES !== undefined) {
        mkdirSync(PICTURES, { recursive: true });
        await page.screenshot({ path: `${PICTURES}/dashboard-${name}-${colorScheme}-${width}.png`, fullPage: true });
      }
      await page.evaluate(AXE);
      const { violations, passes }: AxeResults = await page.evaluate('axe.run()');
      expect(passes.length).toBeGreaterThan(15);
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).slice(0, 3)}`)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    };
    await check('sign-in');
    await signIn();
    await page.getByLabel('Global Privacy Control').check();
    await page.getByRole('button', { name: 'Explain' }).click();
    await page.locator('#explained table').waitFor();
    await check('board');
  });

  it('stays small, and paints soon', async () => {
    await signIn();
    const scripts: number = await page.evaluate(
      `performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.js')).reduce((sum, { decodedBodySize }) => sum + decodedBodySize, 0)`,
    );
    expect(scripts).toBeGreaterThan(20_000);
    expect(scripts).toBeLessThan(100_000);
    const paint: number = await page.evaluate(`performance.getEntriesByName('first-contentful-paint')[0].startTime`);
    if (process.env.CONSENTRY_LONG === '1') expect(paint).toBeLessThan(1_000);
  });

  it('says so when the gateway does not answer', async () => {
    const other = await startAdmin(test.gateway);
    await context.close();
    context = await browser.newContext();
    page = await context.newPage();
    await page.goto(`${other.url}/`);
    await signIn();
    other.close();
    await expect.poll(() => page.locator('#status').textContent(), { timeout: 10_000 }).toContain('does not answer');
  });
});
