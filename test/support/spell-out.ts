/** Every reading of an outgoing hit that a curious recipient could take: decoded, opened, unescaped. */
import { gunzipSync } from 'node:zlib';
import type { OutgoingHit } from '../../src/hit/outgoing.ts';

function tryGunzip(bytes: Buffer): string[] {
  try {
    return [gunzipSync(bytes).toString('utf8')];
  } catch {
    return [];
  }
}

function decodeRuns(text: string): string {
  return text.replace(/(%[0-9A-Fa-f]{2})+/g, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
}

/** Texts of target, headers and body, the body's first. */
export function spellOut(hit: OutgoingHit): string[] {
  const texts: string[] = [];
  if (hit.body !== null) {
    const raw = hit.body.toString('utf8');
    texts.push(...tryGunzip(hit.body), ...tryGunzip(Buffer.from(raw, 'base64')), raw);
  }
  texts.push(hit.target, hit.headers.join('\n'));
  const all = new Set<string>();
  for (const text of texts) {
    let current = text;
    for (let round = 0; round < 4; round++) {
      all.add(current);
      for (const run of current.match(/[A-Za-z0-9+/_-]{16,}={0,2}/g) ?? []) all.add(Buffer.from(run, 'base64').toString('utf8'));
      current = decodeRuns(current);
    }
  }
  for (const text of [...all]) all.add(text.replaceAll('\\"', '"').replaceAll('\\/', '/'));
  return [...all];
}
