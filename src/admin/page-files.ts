/** Files of the dashboard and of the demo: read once, packed once, and served with rules that let nothing else in. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
};

/** Nothing from elsewhere, nothing inline, in nobody's frame. */
export const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export interface PageFile {
  readonly type: string;
  readonly bytes: Buffer;
  /** The same in gzip. */
  readonly packed: Buffer;
}

/** Name on the page and path. */
export type NamedPath = readonly [name: string, path: string];

/** The assets of a room. The compiler copies none: the compiled program finds them in the package's sources. */
export function listAssets(room: 'admin' | 'demo'): NamedPath[] {
  const folders = [`../${room}/assets/`, `../../src/${room}/assets/`].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  const folder = folders.find((path) => existsSync(path));
  if (folder === undefined) throw new Error(`the files of a page are missing: ${folders.join(' or ')}`);
  return readdirSync(folder).map((name) => [name, join(folder, name)]);
}

export function readPageFiles(files: readonly NamedPath[]): ReadonlyMap<string, PageFile> {
  return new Map(
    files.map(([name, path]) => {
      const bytes = readFileSync(path);
      return [name, { type: TYPES[extname(name)] ?? 'application/octet-stream', bytes, packed: gzipSync(bytes) }];
    }),
  );
}

/** What goes over the wire to somebody who accepts these encodings (RFC 9110 § 12.5.3), and the header lines that say so. */
export function packFor(accepted: string | undefined, file: PageFile): { body: Buffer; headers: Record<string, string> } {
  const headers = { 'Content-Type': file.type, Vary: 'Accept-Encoding' };
  if (!/(?:^|,)\s*gzip\s*(?:,|$)/i.test(accepted ?? '')) return { body: file.bytes, headers };
  return { body: file.packed, headers: { ...headers, 'Content-Encoding': 'gzip' } };
}
