/** A User-Agent header reduced to what a statistic needs: family of the browser, kind of system, phone or not. Versions go. */
import { remember } from './remember.ts';

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

function reduce(userAgent: string): string {
  const family = FAMILIES.find(([pattern]) => pattern.test(userAgent))?.[1] ?? 'Other';
  const system = SYSTEMS.find(([pattern]) => pattern.test(userAgent))?.[1] ?? 'Other';
  return `Mozilla/5.0 (${system}${/\bMobile\b/.test(userAgent) ? '; Mobile' : ''}) ${family}`;
}

/** `Mozilla/5.0 (Windows) Chrome`: the same text for everybody of a family. */
export const reduceUserAgent = remember((userAgent) => reduce(userAgent.slice(0, 1024)), 1024);
