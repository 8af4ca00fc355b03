/** What a handler answers, filtered as the answer of a collector elsewhere is. */
import type { ServerResponse } from 'node:http';
import { type AnswerRules, filterAnswer } from '../hit/answer-filter.ts';
import type { HeaderTable } from '../upstream/headers.ts';
import { NO_STORE } from '../vendors/prepared-answer.ts';

/** Filters the headers in the moment they are written, whoever writes them and however. */
export function filterOnTheWayOut(res: ServerResponse, rules: AnswerRules, table: HeaderTable): void {
  const writeHead = res.writeHead;
  // What is announced early would pass by the filter.
  res.writeEarlyHints = (_hints, written) => written?.();
  res.writeHead = function filteredWriteHead(this: ServerResponse, status: number, ...rest: unknown[]): ServerResponse {
    res.writeHead = writeHead;
    const given = rest.find((part) => typeof part === 'object' && part !== null);
    const raw = [...flattenHeaders(this.getHeaders()), ...flattenHeaders(given)];
    const filtered = filterAnswer(status, raw, rules, table);
    // Most answers keep all that they had, and only get something more.
    const isKept = given === undefined && 'headers' in filtered && raw.every((part, i) => filtered.headers[i] === part);
    if (!isKept) for (const name of this.getHeaderNames()) this.removeHeader(name);
    // A redirect that may not be followed becomes a success without content; Node lets no body behind a 204.
    if ('refused' in filtered) return writeHead.call(this, 204, [...rules.lines, 'Cache-Control', NO_STORE]);
    // One by one: a list beside headers that were set before would keep only the last of several cookies.
    for (let i = isKept ? raw.length : 0; i < filtered.headers.length; i += 2)
      this.appendHeader(filtered.headers[i] as string, filtered.headers[i + 1] as string);
    return writeHead.call(this, status);
  } as ServerResponse['writeHead'];
}

function flattenHeaders(headers: unknown): string[] {
  if (Array.isArray(headers)) return headers.map(String);
  const lines: string[] = [];
  const given = (headers ?? {}) as Record<string, number | string | readonly string[] | undefined>;
  for (const name of Object.keys(given)) {
    const value = given[name];
    if (typeof value === 'string') lines.push(name, value);
    else if (Array.isArray(value)) for (const one of value) lines.push(name, one);
    else if (value !== undefined) lines.push(name, String(value));
  }
  return lines;
}
