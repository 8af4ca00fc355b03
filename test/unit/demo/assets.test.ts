/** What the page says has to be what the server does. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../../src/config.ts';
// @ts-expect-error: a script of the page, without types.
import { BANNER_WORDS, PURPOSES } from '../../../src/demo/assets/banner-words.js';
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
    expect(notice?.hash).toBe(createHash('sha256').update(BANNER_WORDS.consentModal.description).digest('hex'));
    expect(PURPOSES).toEqual(notice?.purposes);
    expect(html).toContain('data-notice="demo-1"');
  });

  it('fires at the routes that are configured', () => {
    const paths = [...read('trackers.js').matchAll(/url: [`'](\/[^?`']+)/g)].map(([, path]) => path);
    const routes = resolved().routes.map(({ path }) => path);
    // Where Snowplow's own tracker sends to, the browser test sees.
    expect(new Set([...paths, '/i', '/com.snowplowanalytics.snowplow/tp2'])).toEqual(new Set(routes));
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

  it('listens on the loopback interface only', () => {
    const { listen, admin, store } = resolved();
    expect([listen.host, admin.host]).toEqual(['127.0.0.1', '127.0.0.1']);
    expect(store).toBe('lmdb:/tmp/x/store');
  });
});
