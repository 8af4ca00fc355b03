/** A User-Agent header reduced to what a statistic needs: family of the browser, kind of system, phone or not. Versions go. */

const FAMILIES: readonly (readonly [RegExp, string])[] = [
  [/bot\b|crawl|spider|slurp|bingpreview|facebookexternalhit|headless/i, 'Bot'],
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\bOPR\/|\bOpera\b/, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bYaBrowser\//, 'Yandex'],
  [/\bUCBrowser\//, 'UC Browser'],
  [/\bVivaldi\//, 'Vivaldi'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\bChrome\/|\bCriOS\/|\bChromium\//, 'Chrome'],
  [/\bSafari\/|\bAppleWebKit\//, 'Safari'],
  [/\bMSIE |\bTrident\//, 'Internet Explorer'],
];

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\bAndroid\b/, 'Android'],
  [/\b(?:iPhone|iPad|iPod)\b/, 'iOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bMac(?:intosh| OS)/, 'Macintosh'],
  [/\bLinux\b|\bX11\b/, 'Linux'],
];

const MAX_CACHED = 1024;
const reduced = new Map<string, string>();

function reduce(userAgent: string): string {
  const family = FAMILIES.find(([pattern]) => pattern.test(userAgent))?.[1] ?? 'Other';
  const system = SYSTEMS.find(([pattern]) => pattern.test(userAgent))?.[1] ?? 'Other';
  return `Mozilla/5.0 (${system}${/\bMobile\b/.test(userAgent) ? '; Mobile' : ''}) ${family}`;
}

/** `Mozilla/5.0 (Windows) Chrome`: the same text for everybody of a family. Kept by exact string, bounded. */
export function reduceUserAgent(userAgent: string): string {
  const known = reduced.get(userAgent);
  if (known !== undefined) return known;
  const result = reduce(userAgent.slice(0, 1024));
  if (reduced.size >= MAX_CACHED) reduced.clear();
  reduced.set(userAgent, result);
  return result;
}
