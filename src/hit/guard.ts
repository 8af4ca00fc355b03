/**
 * The last look before a hit leaves: none of the identifiers that the decision forbids may stand in it, in whatever encoding. It does not
 * know what scrubbing did or meant to do; a find drops the hit and raises an alarm.
 */
import { type Coding, inflate, isZlib } from '../privacy/carriers/compression.ts';
import type { GuardFind } from '../privacy/report.ts';
import { searcherFor } from '../privacy/search.ts';
import type { GuardOutcome, OutgoingHit, Secret } from './outgoing.ts';

const CLEAN: GuardOutcome = { ok: true };
/** What scrubbing opens is at most a mebibyte, and placeholders can make more of it. */
const MAX_BODY_BYTES = 4 << 20;
const UNREADABLE: GuardOutcome = { ok: false, find: { place: 'body', part: 'unreadable' } };

/** Codings that header lines declare, the outermost first (RFC 9110 § 8.4). Read here anew, and of whatever lines there are: scrubbing may be wrong. */
export function declaredCodings(headers: readonly string[]): string[] {
  const codings: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string;
    if (name.length !== 16 || name.toLowerCase() !== 'content-encoding') continue;
    codings.push(...(headers[i + 1] as string).toLowerCase().split(','));
  }
  return codings.reverse();
}

function codingOf(name: string, bytes: Buffer): Coding | null {
  if (name.includes('br')) return 'br';
  if (name.includes('gzip')) return 'gzip';
  if (name.includes('deflate')) return isZlib(bytes) ? 'zlib' : 'deflate-raw';
  return null;
}

/** The body without the codings that are declared and are there; null where one holds more than may be looked at. */
function openBody(headers: readonly string[], body: Buffer): Buffer | null {
  let bytes = body;
  for (const name of declaredCodings(headers)) {
    const coding = codingOf(name, bytes);
    if (coding === null) continue;
    const inflated = inflate(bytes, coding, MAX_BODY_BYTES);
    if (inflated.ok) bytes = inflated.bytes;
    else if (inflated.reason === 'too-large') return null;
  }
  return bytes;
}

function joinHeaders(headers: readonly string[]): string {
  let text = '';
  for (let i = 0; i + 1 < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\n`;
  return text;
}

/**
 * Looks for every forbidden value in target, headers and body: raw, in any case, percent-encoded up to five times, JSON-escaped, in
 * base64 and base64url at each offset, in hexadecimal, and inside compressed bodies. Names the place that the value came from and the part of
 * the hit where it stood, never the value.
 */
export function guardHit(hit: OutgoingHit, forbidden: readonly Secret[]): GuardOutcome {
  if (forbidden.length === 0) return CLEAN;
  const searcher = searcherFor(forbidden);
  const found = (part: GuardFind['part'], where: Uint8Array | string): GuardOutcome | null => {
    const index = searcher.findFirst(where);
    return index < 0 ? null : { ok: false, find: { place: forbidden[index]?.place ?? 'unknown', part } };
  };
  // Both at once: a search has its price. `&` parts what is decoded together.
  const outside = found('headers', `${joinHeaders(hit.headers)}&${hit.target}`);
  if (outside !== null) return found('target', hit.target) ?? outside;
  if (hit.body === null) return CLEAN;
  const body = openBody(hit.headers, hit.body);
  return body === null ? UNREADABLE : (found('body', body) ?? CLEAN);
}
