/** Header lines of a hit that say which page sent it. */

/** Values of every line with the name (in lower case). */
export function linesOf(rawHeaders: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const line = rawHeaders[i] as string;
    if (line.length === name.length && line.toLowerCase() === name) values.push(rawHeaders[i + 1] as string);
  }
  return values;
}

/** Origin of the page by Origin, else by Referer; null where neither or more than one tells. */
export function pageOrigin(rawHeaders: readonly string[]): string | null {
  const origins = linesOf(rawHeaders, 'origin');
  const [origin] = origins;
  if (origin !== undefined) return origins.length === 1 && origin !== 'null' ? origin : null;
  const referrers = linesOf(rawHeaders, 'referer');
  const [referrer] = referrers;
  if (referrer === undefined || referrers.length > 1) return null;
  return /^https?:\/\/[^/?#\s]+/.exec(referrer)?.[0] ?? null;
}
