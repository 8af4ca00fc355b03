/** The log: JSON lines on standard error. Messages are written by us; nothing of a request ever stands in one. */
import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

export function createLogger(level = 'info'): Logger {
  const lines = pino.destination({ fd: 2, sync: true });
  // A full disk under the log is no reason to serve nobody; pino's own listener would make an exception of it.
  lines.removeAllListeners('error').on('error', () => undefined);
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, lines);
}

/** An error as the log may hold it: name, code and where in our code, not its message, which may quote input. */
export function describeError(error: unknown): { name: string; code?: string; stack?: string } {
  if (!(error instanceof Error)) return { name: typeof error };
  const { code } = error as { code?: unknown };
  const stack = error.stack?.split('\n    at ').slice(1, 6).join(' < ');
  return { name: error.name, ...(typeof code === 'string' && { code }), ...(stack !== undefined && { stack }) };
}
