/** Media types of hits (RFC 9110 § 8.3) in one spelling: case, spaces and parameters tell browsers apart. */

const CONTENT_TYPES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'application/json': 'application/json',
    'text/json': 'application/json',
    'text/plain': 'text/plain',
    'application/x-www-form-urlencoded': 'application/x-www-form-urlencoded',
    'application/x-ndjson': 'application/x-ndjson',
    'application/x-sentry-envelope': 'application/x-sentry-envelope',
    'application/octet-stream': 'application/octet-stream',
    'application/gzip': 'application/gzip',
    'application/x-gzip': 'application/gzip',
    'application/reports+json': 'application/reports+json',
  }),
);

/** The media type, with its charset where that is UTF-8; null where no tracker sends it. */
export function canonicalType(value: string): string | null {
  const [essence, ...parameters] = value.toLowerCase().split(';');
  const type = CONTENT_TYPES.get((essence as string).trim());
  if (type === undefined) return null;
  return parameters.some((parameter) => /^\s*charset\s*=\s*"?utf-?8"?\s*$/.test(parameter)) ? `${type};charset=UTF-8` : type;
}
