/** docs/openapi.json: made from the schemas, clean, and true of a running gateway. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildOpenApi } from '../../src/openapi/document.ts';
import { OPERATIONS } from '../../src/openapi/operations.ts';
import { type AdminListener, mintToken, startAdmin, TEST_KEYS } from '../support/admin.ts';
import { decide } from '../support/consent.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { type Answer, send } from '../support/send.ts';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
const document = buildOpenApi(version);

describe('docs/openapi.json', () => {
  it('is what the code says; after a change: npx vitest run test/contract/openapi.test.ts -u', async () => {
    await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot('../../docs/openapi.json');
  });

  it('has no fault that a linter finds', () => {
    // A call that takes nothing can be called in no wrong way.
    const args = ['lint', 'docs/openapi.json', '--skip-rule', 'operation-4xx-response', '--format', 'json'];
    const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
    const said = execFileSync('node_modules/.bin/redocly', args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    const { totals, problems } = JSON.parse(said) as { totals: object; problems: unknown[] };
    expect(problems).toEqual([]);
    expect(totals).toMatchObject({ errors: 0, warnings: 0 });
  }, 60_000);
});

interface Call {
  operation: string;
  status: number;
  body?: unknown;
  /** Sent as it is. */
  raw?: string;
  headers?: [string, string][];
  /** Replaces what is in braces. */
  id?: string;
  token?: 'admin' | 'consent' | null;
  query?: string;
}

describe('every operation', () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(document, 'document');
  const listed = Object.entries(OPERATIONS).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const called = new Map<string, Set<number>>();
  let test: TestGateway;
  let admin: AdminListener;
  let cookie: string;
  let subject: string;

  beforeAll(async () => {
    const purposes = ['functional', 'analytics', 'personalization', 'advertising'] as const;
    test = await startGateway(
      {
        routes: [{ path: '/pixel.gif', purposes: ['analytics'] }],
        consent: {
          notices: { 'n-1': { hash: 'x', purposes: [...purposes] } },
          gpc: { 'last-update': '2026-11-23' },
          rate: { 'per-minute': 12 },
        },
        limits: { 'consent-body': '4KiB' },
      },
      { environment: { CONSENTRY_KEYS: TEST_KEYS } },
    );
    admin = await startAdmin(test.gateway);
    cookie = await decide(test, { purposes: { analytics: true }, notice: 'n-1' });
    subject = subjectOf(cookie);
    await test.send({
      target: '/pixel.gif',
      headers: [
        ['x-test-country', 'US'],
        ['Sec-GPC', '1'],
      ],
    });
  });
  afterAll(async () => {
    admin?.close();
    await test?.close();
  });

  function subjectOf(header: string): string {
    const payload = header.split('=')[1]?.split('.')[1] ?? '';
    return (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sub: string }).sub;
  }

  /** Calls an operation, and holds the answer to what the document says of it. */
  async function call({ operation: id, status, body, raw, headers = [], id: inPath, token, query = '' }: Call): Promise<Answer> {
    const found = listed.find(({ operation }) => operation.id === id);
    if (found === undefined) throw new Error(`no operation ${id}`);
    const { path, method, operation } = found;
    const scope = token === undefined ? operation.scope : token;
    const port = operation.listener === 'admin' ? Number(new URL(admin.url).port) : test.port;
    const payload = raw ?? (body === undefined ? null : JSON.stringify(body));
    const own = (name: string): boolean => headers.some(([given]) => given.toLowerCase() === name);
    const answer = await send(port, {
      method,
      target: path.replace(/\{\w+\}/, inPath ?? '') + query,
      headers: [
        ...headers,
        ...(payload === null || own('content-type') ? [] : [['Content-Type', 'application/json'] as const]),
        ...(own('sec-fetch-site') ? [] : [['Sec-Fetch-Site', 'same-origin'] as const]),
        ...(scope === null ? [] : [['Authorization', `Bearer ${mintToken(scope)}`] as const]),
        ...(own('x-test-country') ? [] : [['x-test-country', 'DE'] as const]),
      ],
      body: payload,
    });
    expect(answer.status, `${id}: ${answer.body.toString().slice(0, 300)}`).toBe(status);
    const kind = operation.answers[String(status)];
    expect(kind, `${id} answers ${status}`).toBeDefined();
    const seen = called.get(id) ?? new Set();
    called.set(id, seen.add(status));
    const responses = (document.paths as Record<string, Record<string, { responses: Record<string, { content?: object }> }>>)[
      path
    ]?.[method.toLowerCase()]?.responses;
    const types = Object.keys(responses?.[String(status)]?.content ?? {});
    if (types.length === 0) {
      expect(answer.body.length).toBe(0);
      return answer;
    }
    expect(answer.header('content-type')?.split(';')[0]).toBe(types[0]?.split(';')[0]);
    if (!types[0]?.includes('json') || kind === 'json') return answer;
    const validate = ajv.getSchema(`document#/components/schemas/${kind}`);
    if (validate === undefined) throw new Error(`no schema ${kind}`);
    validate(JSON.parse(answer.body.toString()));
    expect(validate.errors ?? [], id).toEqual([]);
    return answer;
  }

  const withCookie = (): [string, string][] => [['Cookie', cookie]];
  const decision = {
    purposes: { analytics: true, advertising: false },
    action: 'save',
    notice: { version: 'n-1', language: 'en' },
  };
  const foreign: [string, string][] = [
    ['Origin', 'https://elsewhere.example'],
    ['Sec-Fetch-Site', 'cross-site'],
  ];
  const external = {
    externalId: 'customer-17',
    region: { country: 'DE' },
    purposes: { analytics: true },
    notice: { version: 'n-1' },
  };

  it('of the consent API answers as the document says', async () => {
    await call({ operation: 'showConsent', status: 200 });
    await call({ operation: 'showConsent', status: 200, headers: withCookie() });
    await call({ operation: 'decide', status: 201, body: decision });
    await call({ operation: 'decide', status: 201, body: { action: 'reject_all' }, headers: [['x-test-country', 'US']] });
    await call({ operation: 'decide', status: 200, body: { action: 'dismiss' } });
    await call({ operation: 'decide', status: 400, raw: '{"purposes":' });
    await call({ operation: 'decide', status: 403, body: decision, headers: foreign });
    await call({ operation: 'decide', status: 413, raw: JSON.stringify({ ...decision, tcString: 'A'.repeat(5_000) }) });
    await call({
      operation: 'decide',
      status: 415,
      raw: 'analytics=yes',
      headers: [['Content-Type', 'application/x-www-form-urlencoded']],
    });
    await call({ operation: 'decide', status: 422, body: {} });
    await call({ operation: 'listReceiptKeys', status: 200 });
    await call({ operation: 'getBannerAdapter', status: 200 });
    await call({ operation: 'showGpcSupport', status: 200 });
    await call({ operation: 'exportOwnRecords', status: 200, headers: withCookie() });
    await call({ operation: 'exportOwnRecords', status: 404 });
    await call({ operation: 'exportOwnRecords', status: 403, headers: [...foreign, ...withCookie()] });
    await call({ operation: 'withdraw', status: 403, headers: [...foreign, ...withCookie()] });
    await call({ operation: 'withdraw', status: 200, headers: withCookie() });
    for (let i = 0; i < 20; i++) {
      await test.send({
        method: 'POST',
        target: '/consent',
        headers: [
          ['Content-Type', 'application/json'],
          ['Sec-Fetch-Site', 'same-origin'],
        ],
        body: JSON.stringify(decision),
      });
    }
    await call({ operation: 'decide', status: 429, body: decision });
  });

  it('from server to server answers as the document says', async () => {
    await call({ operation: 'showExternalId', status: 404, body: { externalId: 'nobody' } });
    await call({ operation: 'decideForExternalId', status: 200, body: external });
    await call({ operation: 'decideForExternalId', status: 401, body: external, token: null });
    await call({ operation: 'decideForExternalId', status: 422, body: { externalId: 'x' } });
    await call({ operation: 'showExternalId', status: 200, body: { externalId: 'customer-17' } });
    await call({ operation: 'showExternalId', status: 401, body: { externalId: 'customer-17' }, token: 'admin' });
    await call({ operation: 'eraseExternalId', status: 200, body: { externalId: 'customer-17' } });
    await call({ operation: 'eraseExternalId', status: 404, body: { externalId: 'nobody' } });
    await call({ operation: 'check', status: 403, headers: [['X-Original-URI', '/pixel.gif']] });
    await call({
      operation: 'check',
      status: 204,
      headers: [
        ['X-Original-URI', '/pixel.gif'],
        ['x-test-country', 'US'],
      ],
    });
  });

  it('of the admin API answers as the document says', async () => {
    for (const { operation } of listed) {
      if (operation.scope === 'admin') await call({ operation: operation.id, status: 401, token: null, id: 'x' });
    }
    for (const operation of ['isAlive', 'isReady', 'readMetrics', 'openDashboard', 'readOpenApi'])
      await call({ operation, status: 200 });
    for (const operation of ['readOverview', 'listPolicies', 'readMatrix', 'reload']) await call({ operation, status: 200 });
    await call({ operation: 'listDecisions', status: 200, query: '?limit=5' });
    await call({
      operation: 'explain',
      status: 200,
      body: { country: 'US', region: 'CA', gpc: '1', record: { advertising: 'granted' } },
    });
    await call({ operation: 'explain', status: 422, body: { nonsense: true } });
    const other = await decide(test, { country: 'US', action: 'save', purposes: { advertising: false } });
    await call({ operation: 'exportSubject', status: 200, id: subject });
    await call({ operation: 'exportSubject', status: 404, id: 'nobody' });
    await call({ operation: 'linkSubjects', status: 200, body: { subjects: [subject, subjectOf(other)] } });
    await call({ operation: 'linkSubjects', status: 422, body: { subjects: [subject] } });
    await call({ operation: 'eraseSubject', status: 200, id: subject });
    await call({ operation: 'exportSubject', status: 200, id: subject });
    await call({ operation: 'eraseSubject', status: 404, id: 'nobody' });
  });

  it('was called', () => {
    expect(listed.map(({ operation }) => operation.id).filter((id) => !called.has(id))).toEqual([]);
    // What is left: a store or a listener that does not answer, and metrics behind a token.
    const left = listed.flatMap(({ operation }) =>
      Object.keys(operation.answers)
        .filter((status) => status !== '503' && !called.get(operation.id)?.has(Number(status)))
        .map((status) => `${operation.id} ${status}`),
    );
    expect(left.length, left.join(', ')).toBeLessThan(14);
  });
});
