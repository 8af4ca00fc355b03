/** Who calls: what the consent cookie says, or the token where browsers send no cookie, or both. */
import type { ConsentCookies, CookieReading } from './cookie.ts';
import type { SiteTokens } from './site-token.ts';

/** Reads cookie and tokens as one. Two tokens, or one that is not ours, read as a no, as two cookies do. */
export function readHolder(
  cookie: string,
  sentTokens: readonly string[],
  cookies: ConsentCookies,
  tokens: SiteTokens,
  now: number,
): CookieReading {
  const byCookie = cookies.read(cookie, now);
  const [token] = sentTokens;
  if (token === undefined) return byCookie;
  if (sentTokens.length > 1) return { kind: 'invalid', reason: 'doubled' };
  const byToken = tokens.read(token, now);
  if (byToken.kind === 'invalid') return { kind: 'invalid', reason: 'signature' };
  // The cookie is the browser's own; the token beside it may only lower.
  if (byCookie.kind === 'invalid') return byCookie;
  if (byCookie.kind !== 'none') return { ...byCookie, denied: byCookie.denied | byToken.denied };
  const { subject, denied, issuedAt, expired } = byToken;
  return subject === null
    ? { kind: 'refusal', denied, issuedAt, expired }
    : { kind: 'subject', subject, denied, issuedAt, expired };
}
