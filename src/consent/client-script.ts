/** The banner adapter that pages load, `/consent/client.js`. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The compiled program finds the file in the package's sources: the compiler copies none. */
const PLACES = ['./assets/client.js', '../../src/consent/assets/client.js'];

export const CLIENT_SCRIPT: Buffer = readScript();

function readScript(): Buffer {
  const paths = PLACES.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const path = paths.find((candidate) => existsSync(candidate));
  if (path === undefined) throw new Error(`the package is not whole: ${paths.join(' and ')} are missing`);
  return readFileSync(path);
}
