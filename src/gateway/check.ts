/** The decision endpoint for other proxies: may this request go to the collector as it is? */
import { describeDecision } from '../hit/leave.ts';
import type { HitServices, Mount } from '../hit/mount.ts';
import { readOriginal } from '../hit/original.ts';
import { runHit } from '../hit/pipeline.ts';
import { receiveHit } from '../hit/receive.ts';
import type { VisitorRequest, VisitorResponse } from '../ops/visitor.ts';
import { NO_STORE } from '../vendors/prepared-answer.ts';

export const CHECK_PATH = '/_consentry/check';

export function isCheckPath(path: string): boolean {
  return path === CHECK_PATH || path.startsWith(`${CHECK_PATH}/`);
}

/**
 * 204 for a GET or HEAD hit that may be forwarded with nothing to strip, else 403; for peers of `trust.proxies` only. It can
 * rewrite nothing and sees no body: what would have to be anonymized, and every POST, is refused.
 */
export function answerCheck(services: HitServices, req: VisitorRequest, res: VisitorResponse): void {
  const asking = receiveHit(req, services.table, { anyMethod: true });
  const original = readOriginal(req, CHECK_PATH);
  if (typeof asking === 'string' || original === null || !services.identifier.identify(asking).peerTrusted)
    return answer(res, 403, null);
  runHit(services, original, mountCheck(res));
}

function mountCheck(res: VisitorResponse): Mount {
  const refuse = (): void => answer(res, 403, null);
  return {
    refuse,
    unmatched: refuse,
    answerPreflight: refuse,
    relayBare: refuse,
    answerFirst() {},
    drop({ route, judgement }) {
      answer(res, 403, judgement === null ? null : describeDecision(route, judgement, 'drop'));
    },
    deliver({ received, route, judgement, untouched }) {
      const passes = untouched && received.bodyLength === 0 && received.method !== 'POST';
      answer(res, passes ? 204 : 403, describeDecision(route, judgement, passes ? 'forward' : 'drop'));
    },
  };
}

function answer(res: VisitorResponse, status: number, decision: string | null): void {
  if (res.headersSent) return;
  const headers = ['Cache-Control', NO_STORE];
  if (decision !== null) headers.push('Consentry-Decision', decision);
  if (status !== 204) headers.push('Content-Length', '0');
  res.writeHead(status, headers).end();
}
