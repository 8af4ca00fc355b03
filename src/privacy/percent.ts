/** Percent-encoding that never throws: what cannot be decoded stays as it is, so that a malformed escape hides nothing. */

const ESCAPES = /(?:%[0-9a-fA-F]{2})+/g;
const UNICODE_ESCAPES = /%u([0-9a-fA-F]{4})/gi;

function decodeRun(run: string): string {
  try {
    return decodeURIComponent(run);
  } catch {
    return Buffer.from(run.replaceAll('%', ''), 'hex').toString('latin1');
  }
}

/**
 * Decodes `%` and two hexadecimal digits as UTF-8, bytes that are no UTF-8 as Latin-1, and `%u` and four of old scripts. `plus` reads `+` as a
 * space (forms).
 */
export function decodePercent(text: string, plus = false): string {
  const spaced = plus && text.indexOf('+') >= 0 ? text.replaceAll('+', ' ') : text;
  if (spaced.indexOf('%') < 0) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced
      .replace(UNICODE_ESCAPES, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
      .replace(ESCAPES, decodeRun);
  }
}

/** Letters, digits and marks that stay as they are (RFC 3986 § 2.3). */
const UNRESERVED = /^[\w.~-]*$/;

/** Encodes a value for a query; lone surrogates become U+FFFD. */
export function encodePercent(text: string): string {
  // Nearly all names and most values.
  if (UNRESERVED.test(text)) return text;
  try {
    return encodeURIComponent(text);
  } catch {
    return encodeURIComponent(Buffer.from(text, 'utf8').toString('utf8'));
  }
}
