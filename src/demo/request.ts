/** A request as one end of the way saw it: the same shape for what the browser sent and for what the collector got. */

export interface SeenRequest {
  readonly method: string;
  readonly target: string;
  /** name, value, name, value, … in their order. */
  readonly headers: readonly string[];
  readonly body: Buffer | null;
}

/** Lines that belong to one connection or to the framing of a body: every hop writes its own (RFC 9110 § 7.6.1). */
const OF_ONE_HOP = new Set(['connection', 'keep-alive', 'content-length', 'transfer-encoding', 'te', 'upgrade', 'expect']);

export function isOfOneHop(name: string): boolean {
  return OF_ONE_HOP.has(name.toLowerCase());
}

/** Value of the first header line of a name, or empty. `name` in lower case. */
export function headerOf(request: SeenRequest, name: string): string {
  for (let i = 0; i < request.headers.length; i += 2) {
    if (request.headers[i]?.toLowerCase() === name) return request.headers[i + 1] ?? '';
  }
  return '';
}

/** What tells requests apart, whatever connection they went over: two of the same key are interchangeable. */
export function keyOf(request: SeenRequest): string {
  const lines: string[] = [];
  for (let i = 0; i < request.headers.length; i += 2) {
    const name = (request.headers[i] ?? '').toLowerCase();
    if (!isOfOneHop(name)) lines.push(`${name}: ${request.headers[i + 1] ?? ''}`);
  }
  lines.sort();
  return [request.method, request.target, ...lines, request.body?.toString('base64') ?? ''].join('\n');
}

/** Method, target and body are the same bytes. */
export function isSameRequest(a: SeenRequest, b: SeenRequest): boolean {
  const bodies = (a.body ?? Buffer.alloc(0)).equals(b.body ?? Buffer.alloc(0));
  return bodies && a.method === b.method && a.target === b.target;
}

/** The request as text, the way it stands on the wire; a long body is cut. */
export function writeRequest(request: SeenRequest): string {
  const lines = [`${request.method} ${request.target}`];
  for (let i = 0; i < request.headers.length; i += 2) {
    if (!isOfOneHop(request.headers[i] ?? '')) lines.push(`${request.headers[i]}: ${request.headers[i + 1]}`);
  }
  if (request.body !== null && request.body.length > 0) lines.push('', cutText(request.body.toString('utf8'), 16_384));
  return lines.join('\n');
}

export function cutText(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}… (${text.length - most} more characters)`;
}
