/** Answers of our own, ready to be written. */
import { remember } from '../privacy/remember.ts';

export interface PreparedAnswer {
  readonly status: number;
  /** name, value, …; all but what depends on the request. */
  readonly lines: readonly string[];
  /** The same, and what a page of that origin needs to see a success; the same frozen list for the same origin. */
  linesFor(origin: string): readonly string[];
  /** A character for each byte; empty for a 204. */
  readonly body: string;
}

/** The smallest transparent GIF that every browser takes: 43 bytes (GIF89a, one pixel). */
export const PIXEL = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64');

export const NO_STORE = 'private, no-store';

/** Origins whose lines are kept: a site has few. */
const MAX_ORIGINS = 256;

/**
 * What a page's fetch or beacon of that origin needs to see a success (Fetch standard § 3.2). The answers are the same for
 * everybody, so that letting any origin read them gives nothing away.
 */
export function corsLines(origin: string): string[] {
  if (origin === '') return [];
  if (origin === 'null') return ['Access-Control-Allow-Origin', 'null', 'Vary', 'Origin'];
  return ['Access-Control-Allow-Origin', origin, 'Access-Control-Allow-Credentials', 'true', 'Vary', 'Origin'];
}

/** @param type media type of the body, or null. */
export function prepareAnswer(status: number, type: string | null, body: Buffer): PreparedAnswer {
  const lines = ['Cache-Control', NO_STORE];
  if (type !== null) lines.push('Content-Type', type);
  if (status !== 204) lines.push('Content-Length', String(body.length));
  const linesFor = remember((origin) => Object.freeze([...corsLines(origin), ...lines]), MAX_ORIGINS);
  return { status, lines, linesFor, body: status === 204 ? '' : body.toString('latin1') };
}
