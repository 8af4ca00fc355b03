/**
 * A span for each hit, sent as OTLP over HTTP in JSON (OpenTelemetry protocol 1.x § OTLP/HTTP), where an endpoint is set. A span holds
 * what the decision log holds: never an address, a cookie, a query or an id.
 */
import { randomBytes } from 'node:crypto';
import type { EvidenceSink, HitEvidence } from './evidence.ts';
import { describeError, type Logger } from './log.ts';

export interface TraceParts {
  /** Milliseconds since the epoch. */
  now(): number;
  readonly log: Pick<Logger, 'warn' | 'info'>;
}

export interface Traces extends EvidenceSink {
  /** Sends what waits. */
  close(): Promise<void>;
}

interface EndedSpan {
  readonly hit: HitEvidence;
  readonly endedAt: number;
}

/** What waits for the next batch; hits beyond it leave no span. */
const MOST_WAITING = 2_048;
const BATCH_EVERY_MS = 5_000;
const SEND_WITHIN_MS = 5_000;
/** Kinds and status codes of a span, as the protocol numbers them. */
const KIND_SERVER = 2;
const STATUS_ERROR = 2;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * By the variables that OpenTelemetry defines: `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`,
 * `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_SERVICE_NAME`, `OTEL_TRACES_SAMPLER_ARG` (a share from 0 to 1) and `OTEL_SDK_DISABLED`.
 *
 * @returns null where no endpoint is set.
 */
export function openTraces(environment: Environment, { now, log }: TraceParts): Traces | null {
  const url = findEndpoint(environment);
  if (url === null || environment.OTEL_SDK_DISABLED === 'true') return null;
  const headers = { 'Content-Type': 'application/json', ...readHeaders(environment.OTEL_EXPORTER_OTLP_HEADERS ?? '') };
  const service = environment.OTEL_SERVICE_NAME ?? 'consentry';
  const share = Number(environment.OTEL_TRACES_SAMPLER_ARG ?? 1);
  let waiting: EndedSpan[] = [];
  let isFailing = false;

  async function send(): Promise<void> {
    const spans = waiting;
    if (spans.length === 0) return;
    waiting = [];
    try {
      const body = JSON.stringify(describeBatch(service, spans));
      const answer = await fetch(url as string, { method: 'POST', headers, body, signal: AbortSignal.timeout(SEND_WITHIN_MS) });
      await answer.body?.cancel();
      if (!answer.ok) throw Object.assign(new Error('refused'), { code: `HTTP_${answer.status}` });
      if (isFailing) log.info('traces are taken again');
      isFailing = false;
    } catch (error) {
      if (!isFailing) log.warn({ error: describeError(error) }, 'traces are not taken: look at OTEL_EXPORTER_OTLP_ENDPOINT');
      isFailing = true;
    }
  }

  const timer = setInterval(() => void send(), BATCH_EVERY_MS).unref();
  return {
    record(hit) {
      if (waiting.length < MOST_WAITING && (share >= 1 || Math.random() < share)) waiting.push({ hit, endedAt: now() });
    },
    async close() {
      clearInterval(timer);
      await send();
    },
  };
}

function findEndpoint(environment: Environment): string | null {
  const own = environment.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT;
  if (own) return own;
  const base = environment.OTEL_EXPORTER_OTLP_ENDPOINT;
  return base ? `${base.replace(/\/+$/, '')}/v1/traces` : null;
}

/** `name=value,…`, the values percent-encoded. */
function readHeaders(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(',').flatMap((pair): [string, string][] => {
      const [name = '', value] = pair.split(/=(.*)/s);
      return value === undefined ? [] : [[name.trim(), decodeValue(value.trim())]];
    }),
  );
}

function decodeValue(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function describeBatch(service: string, spans: readonly EndedSpan[]): object {
  return {
    resourceSpans: [
      {
        resource: { attributes: listAttributes({ 'service.name': service }) },
        scopeSpans: [{ scope: { name: 'consentry' }, spans: spans.map(describeSpan) }],
      },
    ],
  };
}

/** From the moment that its route was known until it was handed on, answered or dropped. */
function describeSpan({ hit, endedAt }: EndedSpan): object {
  return {
    traceId: randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    name: `hit ${hit.route}`,
    kind: KIND_SERVER,
    startTimeUnixNano: `${hit.at}000000`,
    endTimeUnixNano: `${Math.max(endedAt, hit.at)}000000`,
    attributes: listAttributes({
      'http.route': hit.route,
      'http.request.method': hit.method,
      'consentry.vendor': hit.vendor,
      'consentry.country': hit.region?.country ?? null,
      'consentry.outcome': hit.outcome,
      'consentry.action': hit.action,
      'consentry.fault': hit.fault,
      'consentry.found': hit.found === null ? null : `${hit.found.place} in ${hit.found.part}`,
      'consentry.policy': hit.judgement?.version ?? null,
      'consentry.revision': hit.revision,
    }),
    status: hit.outcome === 'dropped-by-fault' ? { code: STATUS_ERROR, message: hit.fault ?? '' } : {},
  };
}

function listAttributes(values: Readonly<Record<string, string | null>>): object[] {
  return Object.entries(values).flatMap(([key, value]) => (value === null ? [] : [{ key, value: { stringValue: value } }]));
}
