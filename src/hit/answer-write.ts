/** Writes small answers in one piece. */
import type { VisitorResponse } from '../ops/visitor.ts';

/**
 * Head and body as one write. Node writes what is given to `end` and the end itself as two pieces, by a slower call; the text of the
 * head is where it keeps what is to be written first. Where it keeps it elsewhere (HTTP/2), the body is ended in the usual way.
 * @param headers with the Content-Length that the body has
 * @param body a character for each byte
 */
export function writeAnswer(res: VisitorResponse, status: number, headers: readonly string[], body: string): void {
  const answer: VisitorResponse & { _header?: unknown } = res.writeHead(status, headers as string[]);
  if (typeof answer._header !== 'string' || res.req.method === 'HEAD' || status === 204 || status === 304) {
    answer.end(body, 'latin1');
    return;
  }
  answer._header += body;
  answer.end();
}
