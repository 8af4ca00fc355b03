/** A hit as the page shows it: plain data, ready to be sent. */
import type { HitEvidence } from '../ops/evidence.ts';
import { compareRequests, type DiffRow, listDropped } from './difference.ts';
import { headerOf, isSameRequest, type SeenRequest, writeRequest } from './request.ts';
import { listPurposes, listSteps, type PurposeView, type Step, summarize } from './wording.ts';

export interface HitView {
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly vendor: string;
  /** What the hit reports, in the vendor's own word; empty where it does not say. */
  readonly event: string;
  readonly method: string;
  readonly path: string;
  /** `waiting`: on its way to the collector. */
  readonly outcome: 'forwarded' | 'anonymized' | 'dropped' | 'waiting';
  readonly byFault: boolean;
  readonly summary: string;
  readonly steps: readonly Step[];
  readonly purposes: readonly PurposeView[];
  /** Method, target and body arrived as the same bytes. */
  readonly isSame: boolean;
  readonly rows: readonly DiffRow[];
  /** What to send to have the same hit again. */
  readonly again: { readonly target: string; readonly contentType: string; readonly body: string | null };
  readonly sentText: string;
  readonly gotText: string | null;
}

const VENDOR_NAMES: Readonly<Record<string, string>> = {
  ga4: 'Google Analytics 4',
  meta: 'Meta Pixel',
  matomo: 'Matomo',
  snowplow: 'Snowplow',
  generic: 'Own pixel',
};

/** Where vendors say what happened, the first that is there. */
const EVENT_FIELDS = /(?:^|[&"{,\n])"?(en|ev|e|action_name|event)"?[=:]"?([^&"\r\n]+)/;
const SNOWPLOW_EVENTS: Readonly<Record<string, string>> = { pv: 'page view', se: 'event', ue: 'event', pp: 'page ping' };

/** @param arrived what the collector got; null while nothing has arrived. */
export function describeHit(
  id: number,
  evidence: HitEvidence,
  sent: SeenRequest,
  leaves: boolean,
  arrived: SeenRequest | null,
): HitView {
  const { judgement, outcome } = evidence;
  const mark = sent.target.indexOf('?');
  return {
    id,
    at: evidence.at,
    vendor: VENDOR_NAMES[evidence.vendor] ?? evidence.vendor,
    event: nameEvent(sent),
    method: sent.method,
    path: mark === -1 ? sent.target : sent.target.slice(0, mark),
    outcome: outcome === 'dropped-by-fault' ? 'dropped' : leaves && arrived === null ? 'waiting' : outcome,
    byFault: outcome === 'dropped-by-fault',
    summary: summarize(evidence),
    steps: listSteps(evidence),
    purposes: judgement === null ? [] : listPurposes(judgement, evidence.gate),
    isSame: arrived !== null && isSameRequest(sent, arrived),
    rows: arrived === null ? listDropped(sent) : compareRequests(sent, arrived, evidence.report),
    again: {
      target: sent.target,
      contentType: headerOf(sent, 'content-type'),
      body: sent.body === null ? null : sent.body.toString('utf8'),
    },
    sentText: writeRequest(sent),
    gotText: arrived === null ? null : writeRequest(arrived),
  };
}

function nameEvent(sent: SeenRequest): string {
  const query = sent.target.slice(sent.target.indexOf('?') + 1);
  const found = EVENT_FIELDS.exec(sent.body?.toString('utf8') ?? '') ?? EVENT_FIELDS.exec(query);
  if (found === null) return '';
  const value = decode(found[2] ?? '');
  const name = found[1] === 'e' ? (SNOWPLOW_EVENTS[value] ?? value) : found[1] === 'action_name' ? 'page view' : value;
  return name.replaceAll('_', ' ').slice(0, 40);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
