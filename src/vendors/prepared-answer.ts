/** Answers of our own, ready to be written. */

export interface PreparedAnswer {
  readonly status: number;
  /** name, value, …; all but what depends on the request. */
  readonly lines: readonly string[];
  /** A character for each byte; empty for a 204. */
  readonly body: string;
}

/** The smallest transparent GIF that every browser takes: 43 bytes (GIF89a, one pixel). */
export const PIXEL = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64');

export const NO_STORE = 'private, no-store';

/** @param type media type of the body, or null. */
export function prepareAnswer(status: number, type: string | null, body: Buffer): PreparedAnswer {
  const lines = ['Cache-Control', NO_STORE];
  if (type !== null) lines.push('Content-Type', type);
  if (status === 204) return { status, lines, body: '' };
  lines.push('Content-Length', String(body.length));
  return { status, lines, body: body.toString('latin1') };
}
