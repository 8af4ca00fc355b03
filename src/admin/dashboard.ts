/** The dashboard's page: open to everybody who reaches the admin listener; what it shows it asks for with the operator's token. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type Router from '@koa/router';
import type { Context } from 'koa';
import { listAssets, PAGE_POLICY, type PageFile, packFor, readPageFiles } from './page-files.ts';

const PAGE_HEADERS = {
  'Content-Security-Policy': `${PAGE_POLICY}; require-trusted-types-for 'script'`,
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
} as const;

/** `/` and `/dashboard/*`. */
export function addDashboardRoutes(router: Router): void {
  const files = readFiles();
  const index = files.get('index.html');
  if (index === undefined) throw new Error('the page of the dashboard is missing: index.html');
  router.get('/', (ctx) => answer(ctx, index));
  router.get('/dashboard/:file', (ctx) => {
    const file = files.get(ctx.params.file ?? '');
    if (file !== undefined) answer(ctx, file);
  });
}

function answer(ctx: Context, file: PageFile): void {
  const { body, headers } = packFor(ctx.get('accept-encoding'), file);
  ctx.set({ ...PAGE_HEADERS, ...headers });
  ctx.body = body;
}

/** The page's own files, and those of the chart library under names of ours. */
function readFiles(): ReadonlyMap<string, PageFile> {
  const charts = join(dirname(createRequire(import.meta.url).resolve('uplot/package.json')), 'dist');
  return readPageFiles([
    ...listAssets('admin'),
    ['uplot.js', join(charts, 'uPlot.iife.min.js')],
    ['uplot.css', join(charts, 'uPlot.min.css')],
  ]);
}
