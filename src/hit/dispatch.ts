/** Step 10: the hit goes to the collector, and the collector's answer, filtered, to the visitor. */
import type { RefusalCode } from '../errors.ts';
import type { VisitorResponse } from '../ops/visitor.ts';
import type { Upstream } from '../upstream/client.ts';
import { exchange } from '../upstream/exchange.ts';
import type { HeaderTable } from '../upstream/headers.ts';
import type { UpstreamRequest } from '../upstream/transport.ts';
import { type AnswerRules, filterAnswer } from './answer-filter.ts';
import { writeAnswer } from './answer-write.ts';

export interface RelayHooks {
  /** Answers in place of the collector: a redirect that may not be followed, or a collector that failed. */
  answerInstead(code: RefusalCode | 'redirect'): void;
  /** The exchange is over; `failure` says why, where it failed. */
  settled(failure: RefusalCode | null): void;
}

/** An answer of a few bytes: a pixel, or a line of text. */
interface HeldAnswer {
  readonly status: number;
  readonly headers: string[];
  /** One character for each byte. */
  body: string;
}

/** So many bytes wait here for a visitor who reads slowly: who does not read a script must not hold a connection to the collector. */
const MOST_WAITING_BYTES = 256 * 1024;

const SMALL = /^\d{1,3}$/;

function isSmall(rawHeaders: readonly string[]): boolean {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length === 14 && name.toLowerCase() === 'content-length') return SMALL.test(rawHeaders[i + 1] as string);
  }
  return false;
}

/** Sends the hit and relays the answer to a visitor who waits for it. */
export function relayHit(
  res: VisitorResponse,
  upstream: Upstream,
  request: UpstreamRequest,
  rules: AnswerRules,
  table: HeaderTable,
  hooks: RelayHooks,
): void {
  let ignoring = false;
  // A small answer is written at once, head and body in one piece, when all of it is there.
  let held: HeldAnswer | null = null;
  const giveUp = exchange(upstream.transport, request, upstream, {
    onHead(status, rawHeaders, resume) {
      const filtered = filterAnswer(status, rawHeaders, rules, table);
      if ('refused' in filtered) {
        ignoring = true;
        hooks.answerInstead(filtered.refused);
        return true;
      }
      if (isSmall(rawHeaders)) {
        held = { status, headers: filtered.headers, body: '' };
        return true;
      }
      res.writeHead(status, filtered.headers);
      res.on('drain', resume);
      return true;
    },
    onData(chunk) {
      if (ignoring) return true;
      if (held === null) return res.write(chunk) || res.writableLength < MOST_WAITING_BYTES;
      held.body += chunk.toString('latin1');
      return true;
    },
    onEnd() {
      if (held !== null) writeAnswer(res, held.status, held.headers, held.body);
      else if (!ignoring) res.end();
      hooks.settled(null);
    },
    onFailure(code, started) {
      // Half an answer must not look whole: the connection breaks, as the collector's did.
      if (started && held === null && !ignoring) res.destroy();
      else if (!ignoring) hooks.answerInstead(code);
      hooks.settled(code);
    },
  });
  res.on('close', () => {
    if (!res.writableFinished) giveUp();
  });
}
