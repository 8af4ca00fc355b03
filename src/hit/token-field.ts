/** Consentry's own token on hits from another site, as a field of the query: found in any spelling of its name, and cut out. */

/** Name of the query field, and of the header. */
export const TOKEN_NAME = 'consentry-token';

/** Names that are the field's, or may be in another spelling: other fields that begin with its letter are no reason to look closer. */
const MAY_HOLD_TOKEN = /(?:^|&)(?:consentry-token|%63|c[^=&%]*%)/;

/** Whether the others here have anything to do: asked once, when the hit is received. */
export function mayHoldToken(query: string): boolean {
  return MAY_HOLD_TOKEN.test(query);
}

/** Query without the token, byte for byte otherwise; null where nothing is left. */
export function stripToken(query: string): string | null {
  const pairs = query.split('&');
  const kept = pairs.filter((pair) => !isTokenField(pair));
  return kept.length === pairs.length ? query : kept.length === 0 ? null : kept.join('&');
}

/** Values of the field, decoded; several where somebody doubled it. */
export function readTokens(query: string): string[] {
  return query
    .split('&')
    .flatMap((pair) => (isTokenField(pair) ? [decode(pair.slice(pair.indexOf('=') + 1 || pair.length))] : []));
}

function isTokenField(pair: string): boolean {
  const equals = pair.indexOf('=');
  const name = equals === -1 ? pair : pair.slice(0, equals);
  return name.length >= TOKEN_NAME.length && decode(name) === TOKEN_NAME;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
