/** The demo without a browser: the real gateway and policies, a real collector, hits over HTTP. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HitView } from '../../../src/demo/hit-view.ts';
import { type RunningDemo, startDemo } from '../../support/demo.ts';

let demo: RunningDemo;
let base: string;

beforeAll(async () => {
  demo = await startDemo();
  base = demo.url;
});

afterAll(async () => {
  await demo.close();
  expect(existsSync(demo.storeFolder)).toBe(false);
});

async function fire(path: string, cookie: string): Promise<HitView> {
  const answer = await fetch(base + path, { headers: { cookie } });
  expect(answer.ok).toBe(true);
  await answer.arrayBuffer();
  const { hits } = (await (await fetch(`${base}/demo/hits`)).json()) as { hits: HitView[] };
  const hit = hits.at(-1);
  if (hit === undefined) throw new Error('no hit was seen');
  return hit;
}

describe('the demo as a whole', () => {
  const ga4 = '/g/collect?v=2&tid=G-DEMO12345&cid=1.2&en=page_view';

  it('drops in Germany without a word, forwards in California', async () => {
    expect(await fire(ga4, 'demo-country=DE')).toMatchObject({ outcome: 'dropped', gotText: null });
    expect(await fire(ga4, 'demo-country=US-CA')).toMatchObject({ outcome: 'forwarded', isSame: true });
  });

  it('anonymizes marked measurement in France', async () => {
    const hit = await fire(
      '/matomo.php?idsite=3&rec=1&uid=ada%40mail.example&_id=0123456789abcdef',
      'demo-country=FR; _pk_id.3=1',
    );
    expect(hit.outcome).toBe('anonymized');
    expect(hit.gotText).not.toMatch(/ada|0123456789abcdef|198\.51\.100\.23|_pk_id/);
    expect(hit.rows.find(({ name }) => name === 'uid')).toMatchObject({ change: 'removed', note: 'names a person' });
  });

  it('never shows the collector the cookies and headers that the demo is made of', async () => {
    const hit = await fire(ga4, 'demo-country=US-CA; demo-gpc=0; _ga=GA1.1.2.3');
    expect(hit.gotText).toContain('_ga=GA1.1.2.3');
    expect(hit.gotText?.toLowerCase()).not.toContain('demo-');
  });
});
