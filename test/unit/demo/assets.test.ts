/** What the page says has to be what the server does. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../../src/config.ts';
import { DEMO_PLACES } from '../../../src/demo/places.ts';
import { buildDemoConfig, labelOf } from '../../../src/demo/settings.ts';

const folder = new URL('../../../src/demo/assets/', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, folder), 'utf8');
const html = read('index.html');

function resolved() {
  const loaded = resolveConfig(
    buildDemoConfig({ port: 8080, adminPort: 8081, collector: 'http://127.0.0.1:9', policies: '/policies', folder: '/tmp/x' }),
    '/',
  );
  if (!loaded.ok) throw new Error(loaded.problems.join('\n'));
  return loaded.config;
}

describe('the demo page', () => {
  it('offers the places that the server knows', () => {
    const offered = [...html.matchAll(/<option value="([^"]+)">([^<]+)</g)].map(([, id, label]) => [id, label]);
    expect(offered).toEqual(DEMO_PLACES.map(({ id, label }) => [id, label]));
  });

  it('shows the notice whose hash is registered', () => {
    const notice = resolved().consent.notices['demo-1'];
    const shown = /<h3 id="banner-title"[^>]*>[^<]*<\/h3>\s*<p>([^<]+)<\/p>/.exec(html)?.[1] ?? '';
    expect(notice?.hash).toBe(createHash('sha256').update(shown).digest('hex'));
    const asked = [...html.matchAll(/type="checkbox" value="([a-z]+)"/g)].map(([, purpose]) => purpose);
    expect(asked).toEqual(notice?.purposes);
    expect(read('banner.js')).toContain("version: 'demo-1'");
  });

  it('fires at the routes that are configured', () => {
    const paths = [...read('trackers.js').matchAll(/url: [`'](\/[^?`']+)/g)].map(([, path]) => path);
    const routes = resolved().routes.map(({ path }) => path);
    expect(new Set(paths)).toEqual(new Set(routes));
    expect(labelOf('/matomo.php')).toBe('audience-measurement');
    expect(labelOf('/i')).toBeNull();
  });

  it('asks nothing of anybody else, and holds neither inline script nor inline style', () => {
    for (const name of readdirSync(folder)) {
      const text = read(name);
      expect([...text.matchAll(/(?:src|href|import|url\()\s*=?\s*["'(]?(https?:)?\/\//g)], name).toEqual([]);
    }
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=/);
  });

  it('stays under 100 KB of script', () => {
    const bytes = readdirSync(folder).reduce((sum, name) => sum + (name.endsWith('.js') ? read(name).length : 0), 0);
    expect(bytes).toBeLessThan(100_000);
  });

  it('listens on the loopback interface only', () => {
    const { listen, admin, store } = resolved();
    expect([listen.host, admin.host]).toEqual(['127.0.0.1', '127.0.0.1']);
    expect(store).toBe('lmdb:/tmp/x/store');
  });
});
