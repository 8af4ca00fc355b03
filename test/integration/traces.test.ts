/** Spans, as an OpenTelemetry collector gets them. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openTraces } from '../../src/ops/traces.ts';
import { type Collector, startCollector } from '../support/collector.ts';
import { startGateway } from '../support/gateway.ts';

interface Span {
  traceId: string;
  spanId: string;
  name: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: { stringValue: string } }[];
  status: { code?: number; message?: string };
}

const spansIn = ({ arrived }: Collector): Span[] =>
  arrived.flatMap(({ body }) => {
    const batch = JSON.parse(body.toString()) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] };
    return batch.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
  });
const attributesOf = ({ attributes }: Span): Record<string, string> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue]));

afterEach(() => void vi.unstubAllEnvs());

describe('traces', () => {
  it('are sent to the endpoint that is set: a span for each hit, without anything that it carried', async () => {
    const otlp = await startCollector();
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `${otlp.url}/`);
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'x-key=a%20b, other=c');
    const test = await startGateway({ routes: [{ path: '/pixel.gif', purposes: ['analytics'] }], limits: { body: '1KiB' } });
    const before = Date.now();
    await test.send({
      target: '/pixel.gif?mail=ada@mark3d.example',
      headers: [
        ['x-test-country', 'DE'],
        ['Cookie', '_ga=mark3d'],
      ],
    });
    await test.send({ method: 'POST', target: '/pixel.gif', headers: [['x-test-country', 'DE']], body: 'x'.repeat(2_000) });
    await test.close();
    expect(otlp.arrived.map(({ method, target }) => [method, target])).toEqual([['POST', '/v1/traces']]);
    expect(otlp.arrived[0]?.headers).toMatchObject({ 'content-type': 'application/json', 'x-key': 'a b', other: 'c' });
    const [dropped, failed] = spansIn(otlp);
    expect(dropped).toMatchObject({
      name: 'hit /pixel.gif',
      status: {},
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
      spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    expect(attributesOf(dropped as Span)).toMatchObject({
      'http.route': '/pixel.gif',
      'http.request.method': 'GET',
      'consentry.country': 'DE',
      'consentry.outcome': 'dropped',
      'consentry.policy': expect.stringMatching(/^eu@/),
    });
    expect(failed?.status).toEqual({ code: 2, message: 'body-too-large' });
    for (const { startTimeUnixNano, endTimeUnixNano } of spansIn(otlp)) {
      expect(Number(BigInt(startTimeUnixNano) / 1_000_000n)).toBeGreaterThanOrEqual(before);
      expect(BigInt(endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(startTimeUnixNano));
    }
    expect(otlp.arrived[0]?.body.toString()).not.toMatch(/mark3d|127\.0\.0\.1/);
    await otlp.close();
  });

  it('are not made without an endpoint, or where they are switched off', () => {
    const parts = { now: Date.now, log: { warn: vi.fn(), info: vi.fn() } };
    expect(openTraces({}, parts)).toBeNull();
    expect(openTraces({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_SDK_DISABLED: 'true' }, parts)).toBeNull();
  });

  it('say once that nobody takes them, and hold up nothing', async () => {
    const otlp = await startCollector();
    otlp.answer = (_req, res) => void res.writeHead(503).end();
    vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', `${otlp.url}/own`);
    const test = await startGateway({ routes: [{ path: '/pixel.gif', purposes: ['analytics'] }] });
    expect((await test.send({ target: '/pixel.gif', headers: [['Accept', 'image/gif']] })).status).toBe(200);
    await test.close();
    expect(otlp.arrived.map(({ target }) => target)).toEqual(['/own']);
    expect(test.logged.filter((line) => line.includes('traces are not taken'))).toHaveLength(1);
    await otlp.close();
  });
});
