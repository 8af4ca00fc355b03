/**
 * The last look before a hit leaves: none of the identifiers that the decision forbids may stand in it, in whatever encoding. It does not
 * know what scrubbing did or meant to do; a find drops the hit and raises an alarm.
 */
import { brotliDecompressSync, inflateRawSync } from 'node:zlib';
import { searcherFor } from '../privacy/search.ts';
import type { GuardOutcome, OutgoingHit, Secret } from './outgoing.ts';

const CLEAN: GuardOutcome = { ok: true };
const MAX_BODY_BYTES = 1 << 20;

/** Bodies whose coding no first bytes tell; gzip and zlib the search finds by itself. */
function openBody(hit: OutgoingHit, body: Buffer): Buffer {
  for (let i = 0; i + 1 < hit.headers.length; i += 2) {
    if ((hit.headers[i] as string).toLowerCase() !== 'content-encoding') continue;
    const coding = (hit.headers[i + 1] as string).toLowerCase();
    try {
      if (coding.includes('br')) return brotliDecompressSync(body, { maxOutputLength: MAX_BODY_BYTES });
      if (coding.includes('deflate')) return inflateRawSync(body, { maxOutputLength: MAX_BODY_BYTES });
    } catch {
      return body;
    }
  }
  return body;
}

function joinHeaders(headers: readonly string[]): string {
  let text = '';
  for (let i = 0; i + 1 < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\n`;
  return text;
}

/**
 * Looks for every forbidden value in target, headers and body: raw, in any case, percent-encoded up to four times, JSON-escaped, in
 * base64 and base64url at each offset, in hexadecimal, and inside compressed bodies. Names the place that the value came from and the part of
 * the hit where it stood, never the value.
 */
export function guardHit(hit: OutgoingHit, forbidden: readonly Secret[]): GuardOutcome {
  if (forbidden.length === 0) return CLEAN;
  const searcher = searcherFor(forbidden);
  const found = (foundIn: string, where: Uint8Array | string): GuardOutcome | null => {
    const index = searcher.findFirst(where);
    return index < 0 ? null : { ok: false, place: forbidden[index]?.place ?? 'unknown', foundIn };
  };
  return (
    found('target', hit.target) ??
    found('headers', joinHeaders(hit.headers)) ??
    (hit.body === null ? null : found('body', openBody(hit, hit.body))) ??
    CLEAN
  );
}
