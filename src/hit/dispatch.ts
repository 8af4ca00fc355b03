/** Step 10: the hit goes to the collector, and the collector's answer, filtered, to the visitor. */
import type { ServerResponse } from 'node:http';
import type { RefusalCode } from '../errors.ts';
import type { Upstream } from '../upstream/client.ts';
import { exchange } from '../upstream/exchange.ts';
import type { HeaderTable } from '../upstream/headers.ts';
import { type AnswerRules, filterAnswer } from './answer-filter.ts';
import type { OutgoingHit } from './outgoing.ts';

export interface RelayHooks {
  /** Answers in place of the collector: a redirect that may not be followed, or a collector that failed. */
  answerInstead(code: RefusalCode | 'redirect'): void;
  /** The exchange is over; `failure` says why, where it failed. */
  settled(failure: RefusalCode | null): void;
}

/** Sends the hit and relays the answer to a visitor who waits for it. */
export function relayHit(
  res: ServerResponse,
  upstream: Upstream,
  hit: OutgoingHit,
  rules: AnswerRules,
  table: HeaderTable,
  hooks: RelayHooks,
): void {
  let ignoring = false;
  const giveUp = exchange(
    upstream.transport,
    { method: hit.method, path: hit.target, headers: hit.headers, body: hit.body },
    upstream,
    {
      onHead(status, rawHeaders, resume) {
        const filtered = filterAnswer(status, rawHeaders, rules, table);
        if ('refused' in filtered) {
          ignoring = true;
          hooks.answerInstead(filtered.refused);
          return true;
        }
        res.writeHead(status, filtered.headers);
        res.on('drain', resume);
        return true;
      },
      onData: (chunk) => ignoring || res.write(chunk),
      onEnd() {
        if (!ignoring) res.end();
        hooks.settled(null);
      },
      onFailure(code, started) {
        // Half an answer must not look whole: the connection breaks, as the collector's did.
        if (started && !ignoring) res.destroy();
        else if (!ignoring) hooks.answerInstead(code);
        hooks.settled(code);
      },
    },
  );
  res.on('close', () => {
    if (!res.writableFinished) giveUp();
  });
}
