/** Values that tell devices apart, reduced to what many share. */
import { remember } from './remember.ts';

const WIDTHS = [360, 390, 412, 768, 820, 1024, 1280, 1366, 1440, 1536, 1920, 2560, 3840];
const HEIGHTS = [640, 800, 900, 1024, 1080, 1200, 1440, 2160];

function nearest(steps: readonly number[], value: number): number {
  return steps.reduce((best, step) => (Math.abs(step - value) < Math.abs(best - value) ? step : best));
}

/** `1437x873` → `1440x900`: the nearest common size, in the same notation; null where it is no size. */
export function coarsenSize(text: string): string | null {
  const match = /^(\d{2,5})([x,*])(\d{2,5})$/.exec(text);
  return match === null ? null : `${nearest(WIDTHS, Number(match[1]))}${match[2]}${nearest(HEIGHTS, Number(match[3]))}`;
}

/** A width or height by itself, to full hundreds. */
export function coarsenLength(text: string): string | null {
  return /^\d{1,5}(?:\.\d+)?$/.test(text) ? String(Math.max(100, Math.round(Number(text) / 100) * 100)) : null;
}

/** `de-DE,de;q=0.9` and `de_AT` → `de`; null where it is no language tag. */
export function coarsenLanguage(text: string): string | null {
  const match = /^\s*([a-zA-Z]{2,3})(?:[-_;,\s]|$)/.exec(text);
  return match === null ? null : (match[1] as string).toLowerCase();
}

const BRANDS = /"(Chromium|Google Chrome|Microsoft Edge|Opera|Brave|Vivaldi|Samsung Internet|YaBrowser)";v="(\d{1,3})[\d.]*"/g;

function reduceBrands(text: string): string | null {
  const brands = [...text.matchAll(BRANDS)].map((match) => `"${match[1]}";v="${match[2]}"`).sort();
  return brands.length === 0 ? null : [...new Set(brands)].join(', ');
}

/** `Sec-CH-UA`: known brands with their major version, in a fixed order; null where none is known. */
export const coarsenBrands = remember((text) => reduceBrands(text.slice(0, 512)), 512);

const PLATFORMS = new Set([
  'Windows',
  'macOS',
  'Mac OS X',
  'Linux',
  'Android',
  'iOS',
  'Chrome OS',
  'ChromeOS',
  'Chromium OS',
  'Unknown',
]);

/** A platform's name, quoted or not, where it is one of the common ones. */
export function isPlatform(text: string): boolean {
  return PLATFORMS.has(text.replaceAll('"', ''));
}

/** Cuts a version down to its major number. */
export function coarsenVersion(text: string): string | null {
  return /^(\d{1,4})(?:[._]|$)/.exec(text)?.[1] ?? null;
}

const HOUR_MS = 3_600_000;
const ISO_INSTANT = /^(20\d\d-[01]\d-[0-3]\d([T ])[0-2]\d):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?$/;

/**
 * An instant cut to its hour, in the notation it came in: seconds, milliseconds or microseconds since the epoch, ISO 8601 with `T` or a
 * space, or Adobe's `23/10/2026 10:11:12 1 -60`. Null where it is no instant between 2001 and 2100.
 */
export function coarsenTime(text: string): string | null {
  const match = text.charCodeAt(4) === 45 ? ISO_INSTANT.exec(text) : null;
  if (match !== null) return match[2] === 'T' ? `${match[1]}:00:00.000${match[3] ?? 'Z'}` : `${match[1]}:00:00${match[3] ?? ''}`;
  if (/^\d{10}(?:\.\d{1,6})?$/.test(text)) return String(Math.floor(Number(text) / 3600) * 3600);
  if (/^\d{13}$/.test(text)) return String(Math.floor(Number(text) / HOUR_MS) * HOUR_MS);
  if (/^\d{16}$/.test(text)) return String(Math.floor(Number(text) / (HOUR_MS * 1000)) * HOUR_MS * 1000);
  const adobe = /^([0-3]?\d\/[01]?\d\/(?:20\d\d|0000) [0-2]?\d):[0-5]?\d:[0-5]?\d( \d -?\d{1,3})$/.exec(text);
  return adobe === null ? null : `${adobe[1]}:0:0${adobe[2]}`;
}
