/** Step 11: what the visitor gets. Answers of our own are prepared buffers; the collector's are filtered in answer-filter.ts. */
import { type RefusalCode, toProblem } from '../errors.ts';
import type { VisitorResponse } from '../ops/visitor.ts';
import type { Judgement } from '../policy/policy.ts';
import { firstValue } from '../upstream/headers.ts';
import { corsLines, NO_STORE, PIXEL, type PreparedAnswer, prepareAnswer } from '../vendors/prepared-answer.ts';
import { writeAnswer } from './answer-write.ts';
import { expireCookies } from './expire-cookies.ts';
import type { ReceivedHit } from './hit.ts';
import type { DroppedHit } from './mount.ts';
import type { Route } from './route.ts';

const NO_LINES: readonly string[] = [];

const EMPTY_ANSWER = prepareAnswer(204, null, Buffer.alloc(0));
const PIXEL_ANSWER = prepareAnswer(200, 'image/gif', PIXEL);

/** Whether the answer is wanted as an image: Sec-Fetch-Dest tells; without it (older browsers, mail programs) Accept does. */
function wantsImage(hit: ReceivedHit): boolean {
  if (hit.destination !== '') return hit.destination === 'image';
  return hit.method !== 'POST' && /^\s*image\//i.test(hit.accept);
}

/** Success without content or as a pixel, as the route's `respond` and the request ask for. */
export function answerEmpty(
  res: VisitorResponse,
  hit: ReceivedHit,
  respond: Route['respond'],
  lines: readonly string[] = NO_LINES,
): void {
  const image = respond === 'pixel' ? hit.method !== 'POST' : respond === 'upstream' && wantsImage(hit);
  answerPrepared(res, hit, image ? PIXEL_ANSWER : EMPTY_ANSWER, lines);
}

/** Answer to a dropped hit: the profile's, which the vendor's script takes for success, else the route's. Never an error. */
export function answerDropped(res: VisitorResponse, hit: ReceivedHit, route: Route, lines: readonly string[] = NO_LINES): void {
  const { dropped } = route.profile;
  if (dropped === null) answerEmpty(res, hit, route.respond, lines);
  else answerPrepared(res, hit, dropped, lines);
}

function answerPrepared(res: VisitorResponse, hit: ReceivedHit, answer: PreparedAnswer, lines: readonly string[]): void {
  const { status, body } = answer;
  const all = lines.length === 0 ? answer.linesFor(hit.origin) : [...corsLines(hit.origin), ...lines, ...answer.lines];
  writeAnswer(res, status, all, body);
}

function answerPreflight(res: VisitorResponse, hit: ReceivedHit): void {
  const headers = corsLines(hit.origin);
  headers.push('Cache-Control', NO_STORE, 'Access-Control-Allow-Methods', 'GET, HEAD, POST');
  const asked = firstValue(hit.rawHeaders, 'access-control-request-headers');
  // Only names come back, and only ones that are names.
  if (asked !== '' && /^[\w\-, ]{1,1024}$/.test(asked)) headers.push('Access-Control-Allow-Headers', asked);
  headers.push('Access-Control-Max-Age', '600');
  res.writeHead(204, headers).end();
}

/** How a mount with a visitor of its own answers by itself. */
export class VisitorAnswers<Response extends VisitorResponse = VisitorResponse> {
  readonly res: Response;

  constructor(res: Response) {
    this.res = res;
  }

  refuse(code: RefusalCode): void {
    answerRefusal(this.res, code);
  }

  answerPreflight(hit: ReceivedHit): void {
    answerPreflight(this.res, hit);
  }

  drop({ received, route, judgement, unread }: DroppedHit): void {
    if (unread) this.res.shouldKeepAlive = false;
    if (!this.res.headersSent) answerDropped(this.res, received, route, expireCookies(received, route, judgement));
  }

  answerFirst(hit: ReceivedHit, route: Route, judgement: Judgement): void {
    answerEmpty(this.res, hit, route.respond, expireCookies(hit, route, judgement));
  }
}

/** A collector that is down: an error, but an image request gets its pixel, since a page should not show a broken one. */
export function answerUnavailable(res: VisitorResponse, hit: ReceivedHit, code: RefusalCode): void {
  if (wantsImage(hit)) answerEmpty(res, hit, 'upstream');
  else answerRefusal(res, code);
}

/** Refuses a request that is no hit. The connection ends where the rest of the request cannot be trusted or was not read. */
export function answerRefusal(res: VisitorResponse, code: RefusalCode): void {
  if (res.headersSent) return void res.destroy();
  const { status, body } = toProblem(code);
  const headers = ['Content-Type', 'application/problem+json', 'Content-Length', String(body.length), 'Cache-Control', NO_STORE];
  if (status === 405) headers.push('Allow', 'GET, HEAD, POST, OPTIONS');
  if (status === 503) headers.push('Retry-After', '1');
  if (status !== 404 && status !== 502 && status !== 504) {
    res.shouldKeepAlive = false;
    headers.push('Connection', 'close');
  }
  res.writeHead(status, headers).end(res.req.method === 'HEAD' ? undefined : body);
}
