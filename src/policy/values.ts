/** The small values of the policy language: durations and days. */

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
export const DAY_MS = 86_400_000;

/** Milliseconds of `180d`, `12h`, `30m`, `10s`; null for anything else. */
export function parseDuration(text: string): number | null {
  const match = /^(\d{1,6})([smhd])$/.exec(text);
  return match === null ? null : Number(match[1]) * (UNIT_MS[match[2] as string] as number);
}

/** Begin of a UTC day `2026-11-23` in milliseconds since the epoch; null where the calendar has no such day. */
export function parseDay(text: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const at = Date.parse(`${text}T00:00:00Z`);
  return Number.isNaN(at) || formatDay(at) !== text ? null : at;
}

export function formatDay(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
