/**
 * Finds and removes one cookie in a Cookie header, in place (RFC 6265 § 4.2.1). Nothing else of the header is read, and
 * what is left is byte for byte what the browser sent.
 */
import { holdsOwnToken, mayHoldOwnToken } from './own-tokens.ts';

/** `null`: not there. `doubled`: there more than once, which no browser does for one name, path and domain: cookie tossing. */
export type FoundCookie = { readonly value: string } | 'doubled' | null;

export function findCookie(header: string, name: string): FoundCookie {
  if (!header.includes(name)) return null;
  let found: string | null = null;
  for (let start = 0; start <= header.length; ) {
    const end = endOfPair(header, start);
    const value = readValue(header, start, end, name);
    if (value !== null) {
      if (found !== null) return 'doubled';
      found = value;
    }
    start = end + 1;
  }
  return found === null ? null : { value: found };
}

/** Takes out the cookie of that name, and all that hold a token of ours under any other. */
export function removeCookie(header: string, name: string): string {
  if (!header.includes(name) && !mayHoldOwnToken(header)) return header;
  let kept = '';
  let isFirst = true;
  for (let start = 0; start <= header.length; ) {
    const end = endOfPair(header, start);
    const pair = header.slice(start, end);
    if (readValue(header, start, end, name) === null && !holdsOwnToken(pair)) {
      // The first pair that stays must not begin with the space that followed a removed one.
      kept += isFirst ? (start === 0 ? pair : pair.trimStart()) : `;${pair}`;
      isFirst = false;
    }
    start = end + 1;
  }
  return kept;
}

function endOfPair(header: string, start: number): number {
  const semicolon = header.indexOf(';', start);
  return semicolon < 0 ? header.length : semicolon;
}

/** The value of the pair, if it has the name. White space around the name counts as some servers count it: as nothing. */
function readValue(header: string, start: number, end: number, name: string): string | null {
  let from = start;
  while (from < end && isBlank(header.charCodeAt(from))) from++;
  if (!header.startsWith(name, from)) return null;
  let after = from + name.length;
  while (after < end && isBlank(header.charCodeAt(after))) after++;
  if (after >= end) return '';
  if (header.charCodeAt(after) !== 0x3d) return null;
  return header.slice(after + 1, end).trim();
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
