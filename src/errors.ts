/**
 * Every way in which Consentry refuses a request, in one table, and the one map from a refusal to the wire.
 * A refusal is a value; it never holds anything that the request said.
 */

interface RefusalKind {
  readonly status: number;
  /** What is wrong and what to do, for the person who sent the request. */
  readonly title: string;
}

const REFUSALS = {
  // Framing and target of a request (RFC 9112, RFC 3986)
  'bad-framing': {
    status: 400,
    title: 'The message framing is ambiguous: send Content-Length, or Transfer-Encoding: chunked over HTTP/1.1, not both',
  },
  'bad-header': { status: 400, title: 'A header field is repeated or named in a way that servers read differently' },
  'bad-target': {
    status: 400,
    title: 'The request target has to be an absolute path without fragment, control characters or encoded slashes',
  },
  'upgrade-refused': { status: 400, title: 'No other protocol is spoken here: leave out Upgrade' },
  'too-many-headers': { status: 431, title: 'Too many header fields' },
  'bad-version': { status: 505, title: 'Only HTTP/1.0 and HTTP/1.1 are spoken here' },
  'method-not-allowed': { status: 405, title: 'Only GET, HEAD, POST and OPTIONS are allowed here' },
  'no-route': { status: 404, title: 'No route for this path' },
  'body-too-large': { status: 413, title: 'The body is larger than limits.body' },
  'body-incomplete': { status: 400, title: 'The body ended before its announced length' },
  'body-timeout': { status: 408, title: 'The body did not arrive in time' },
  'body-consumed': { status: 500, title: 'The body was read before Consentry saw it: mount it ahead of every body parser' },
  // The collector
  'upstream-unreachable': { status: 502, title: 'The collector could not be reached' },
  'upstream-invalid': { status: 502, title: 'The collector gave an answer that is not valid HTTP' },
  'upstream-timeout': { status: 504, title: 'The collector did not answer in time' },
  overloaded: { status: 503, title: 'Too busy at the moment: try again shortly' },
  closing: { status: 503, title: 'The gateway is shutting down: try again shortly' },
  internal: { status: 500, title: 'A fault of the gateway: the request reached nobody' },
} as const satisfies Record<string, RefusalKind>;

export type RefusalCode = keyof typeof REFUSALS;

/** RFC 9457 problem details of a refusal. `type` is stable; nothing in it comes from the request. */
export function toProblem(code: RefusalCode): { status: number; body: Buffer } {
  return PROBLEMS[code];
}

const PROBLEMS = Object.fromEntries(
  Object.entries(REFUSALS).map(([code, { status, title }]) => [
    code,
    { status, body: Buffer.from(JSON.stringify({ type: `urn:consentry:problem:${code}`, title, status })) },
  ]),
) as unknown as Record<RefusalCode, { status: number; body: Buffer }>;
