/**
 * Scripts of others that the demo embeds the way a shop does: Snowplow's tracker and a banner. They are development packages,
 * of which the build copies these files: nobody installs seven megabytes beside a gateway for a page on which to try it.
 */
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NamedPath } from '../admin/page-files.ts';

const EMBEDDED: readonly NamedPath[] = [
  ['snowplow.js', '@snowplow/browser-tracker/dist/index.umd.min.js'],
  ['snowplow-license.txt', '@snowplow/browser-tracker/LICENSE'],
  ['cookieconsent.js', 'vanilla-cookieconsent/dist/cookieconsent.esm.js'],
  ['cookieconsent.css', 'vanilla-cookieconsent/dist/cookieconsent.css'],
  ['cookieconsent-license.txt', 'vanilla-cookieconsent/LICENSE'],
];

/** Where the build puts them, and where they come from in a checkout. */
const BUILT = fileURLToPath(new URL('./embedded/', import.meta.url));
const PACKAGES = fileURLToPath(new URL('../../node_modules/', import.meta.url));

export function listEmbedded(): readonly NamedPath[] {
  return EMBEDDED.map(([name, path]) => {
    const built = join(BUILT, name);
    return [name, existsSync(built) ? built : join(PACKAGES, path)];
  });
}

/** For the build: puts the files beside the compiled program. */
export function copyEmbedded(): void {
  mkdirSync(BUILT, { recursive: true });
  for (const [name, path] of EMBEDDED) copyFileSync(join(PACKAGES, path), join(BUILT, name));
}
