/** The dashboard's page: open to everybody who reaches the admin listener; what it shows it asks for with the operator's token. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type Router from '@koa/router';

/** The compiled program finds the files in the package's sources: the compiler copies none. */
const FOLDERS = ['./assets/', '../../src/admin/assets/'];

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Nothing from elsewhere, nothing inline, in nobody's frame. */
const PAGE_HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
} as const;

interface Asset {
  readonly type: string;
  readonly bytes: Buffer;
}

/** `/` and `/dashboard/*`. */
export function addDashboardRoutes(router: Router): void {
  const assets = readAssets();
  const index = assets.get('index.html');
  if (index === undefined) throw new Error('the page of the dashboard is missing: index.html');
  router.get('/', (ctx) => {
    ctx.set(PAGE_HEADERS);
    ctx.type = index.type;
    ctx.body = index.bytes;
  });
  router.get('/dashboard/:file', (ctx) => {
    const asset = assets.get(ctx.params.file ?? '');
    if (asset === undefined) return;
    ctx.set(PAGE_HEADERS);
    ctx.type = asset.type;
    ctx.body = asset.bytes;
  });
}

/** The page's own files, and those of the chart library under names of ours. */
function readAssets(): ReadonlyMap<string, Asset> {
  const folder = FOLDERS.map((path) => fileURLToPath(new URL(path, import.meta.url))).find((path) => existsSync(path));
  if (folder === undefined)
    throw new Error(`the files of the dashboard are missing: ${FOLDERS.join(' or ')} beside ${import.meta.url}`);
  const charts = join(dirname(createRequire(import.meta.url).resolve('uplot/package.json')), 'dist');
  const files: [string, string][] = [
    ...readdirSync(folder).map((name): [string, string] => [name, join(folder, name)]),
    ['uplot.js', join(charts, 'uPlot.iife.min.js')],
    ['uplot.css', join(charts, 'uPlot.min.css')],
  ];
  return new Map(
    files.map(([name, path]) => [name, { type: TYPES[extname(name)] ?? 'application/octet-stream', bytes: readFileSync(path) }]),
  );
}
