/** The admin application: what is open, what wants a token, and what an operator can do for a person. */
import type { Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBearerTokens } from '../../src/consent/bearer.ts';
import { createKeyring, parseKeys } from '../../src/consent/keys.ts';
import { createLimitedServer, listen } from '../../src/ops/server.ts';
import { decide } from '../support/consent.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { type Answer, type Sent, send } from '../support/send.ts';

const KEYS = `k1:${Buffer.alloc(32, 7).toString('base64url')}`;

describe('the admin API', () => {
  let test: TestGateway;
  let server: Server;
  let port: number;
  let token: string;
  let otherScope: string;

  beforeAll(async () => {
    test = await startGateway(
      { routes: [{ path: '/collect', purposes: ['analytics'] }] },
      { environment: { CONSENTRY_KEYS: KEYS } },
    );
    server = createLimitedServer(test.gateway.admin.callback(), {
      headerBytes: 16_384,
      bodyBytes: 65_536,
      headerTimeoutMs: 5_000,
      bodyTimeoutMs: 5_000,
      idleTimeoutMs: 5_000,
    });
    port = await listen(server, '127.0.0.1', 0);
    const parsed = parseKeys(KEYS);
    if (!parsed.ok) throw new Error(parsed.problem);
    const bearers = createBearerTokens(createKeyring(parsed.keys), 'shop');
    token = bearers.mint('admin', 60_000, Date.now());
    otherScope = bearers.mint('consent', 60_000, Date.now());
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await test.close();
  });

  const ask = (sent: Sent, bearer: string | null = token): Promise<Answer> =>
    send(port, {
      ...sent,
      headers: [...(sent.headers ?? []), ...(bearer === null ? [] : [['Authorization', `Bearer ${bearer}`] as const])],
    });
  const json = (answer: Answer): unknown => JSON.parse(answer.body.toString());
  const post = (target: string, body: unknown): Promise<Answer> =>
    ask({ method: 'POST', target, headers: [['Content-Type', 'application/json']], body: JSON.stringify(body) });

  it('answers health and metrics to everybody', async () => {
    expect(json(await ask({ target: '/livez' }, null))).toEqual({ status: 'ok' });
    expect(json(await ask({ target: '/readyz' }, null))).toMatchObject({
      status: 'ok',
      revision: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    expect((await ask({ target: '/metrics' }, null)).body.toString()).toContain('consentry_policy_last_reload_success 1');
  });

  it.each(['/admin/policies', '/admin/policies/matrix', '/admin/decisions', '/admin/subjects/x'])(
    'refuses %s without a good token',
    async (target) => {
      for (const bearer of [null, otherScope, 'garbage', `${token}x`]) {
        const answer = await ask({ target }, bearer);
        expect([answer.status, answer.header('www-authenticate')]).toEqual([401, 'Bearer realm="consentry admin"']);
      }
    },
  );

  it('shows the policies in force and their matrix', async () => {
    expect(json(await ask({ target: '/admin/policies' }))).toMatchObject({
      policies: expect.arrayContaining([expect.objectContaining({ id: 'eu' })]),
    });
    const { rows } = json(await ask({ target: '/admin/policies/matrix' })) as { rows: { place: string; actions: object }[] };
    expect(rows.find(({ place }) => place === 'DE')?.actions).toMatchObject({
      advertising: { granted: 'forward', unknown: 'drop', denied: 'drop' },
    });
  });

  it('explains a situation, and says what is wrong with one', async () => {
    expect(json(await post('/admin/explain', { country: 'US', region: 'CA', gpc: '1' }))).toMatchObject({
      policy: 'us-ca',
      purposes: { advertising: { state: 'denied', action: 'drop' } },
    });
    const answer = await post('/admin/explain', { contry: 'US' });
    expect([answer.status, json(answer)]).toEqual([422, expect.objectContaining({ detail: expect.stringContaining('country') })]);
  });

  it('lists the last decisions without any identifier', async () => {
    await test.send({
      target: '/collect?email=anna.muster%40example.com',
      headers: [
        ['x-test-country', 'DE'],
        ['X-Forwarded-For', '203.0.113.77'],
      ],
    });
    const answer = await ask({ target: '/admin/decisions?limit=1' });
    expect(json(answer)).toMatchObject({ decisions: [{ route: '/collect', outcome: 'dropped', facts: { country: 'DE' } }] });
    expect(answer.body.toString()).not.toMatch(/anna|203\.0\.113/);
  });

  it('exports and erases a person, whose cookie reads as a no from then on', async () => {
    const cookie = await decide(test, { country: 'US', region: 'TX', purposes: { analytics: true } });
    const hit = {
      target: '/collect',
      headers: [
        ['x-test-country', 'US'],
        ['x-test-region', 'TX'],
        ['Cookie', cookie],
      ] as [string, string][],
    };
    const subject = (JSON.parse(Buffer.from(cookie.split('.')[1] ?? '', 'base64url').toString()) as { sub: string }).sub;
    expect(json(await ask({ target: `/admin/subjects/${subject}` }))).toMatchObject({
      records: [{ entry: { state: { analytics: 'granted' } } }],
    });
    test.collector.arrived.length = 0;
    await test.send(hit);
    expect(test.collector.arrived.length).toBe(1);
    expect(json(await ask({ method: 'DELETE', target: `/admin/subjects/${subject}` }))).toEqual({ erased: true });
    await test.send(hit);
    expect(test.collector.arrived.at(-1)?.headers['consentry-decision'] ?? 'dropped').not.toMatch(/^forward/);
    expect((await ask({ method: 'DELETE', target: `/admin/subjects/${subject}` })).status).toBe(404);
  });

  it('links two subjects of one person with the stricter state', async () => {
    const subjectOf = (cookie: string): string =>
      (JSON.parse(Buffer.from(cookie.split('.')[1] ?? '', 'base64url').toString()) as { sub: string }).sub;
    const one = await decide(test, { country: 'US', region: 'TX', purposes: { advertising: true } });
    const two = await decide(test, { country: 'US', region: 'TX', purposes: { advertising: false } });
    expect(json(await post('/admin/subjects/link', { subjects: [subjectOf(one), subjectOf(two)] }))).toEqual({ linked: true });
    const shown = await test.send({
      target: '/consent',
      headers: [
        ['Cookie', one],
        ['x-test-country', 'US'],
        ['x-test-region', 'TX'],
      ],
    });
    expect(json(shown)).toMatchObject({ state: { advertising: 'withdrawn' } });
    expect((await post('/admin/subjects/link', { subjects: ['a'] })).status).toBe(422);
    expect((await post('/admin/subjects/link', { subjects: ['a', 'b'] })).status).toBe(404);
  });

  it('reloads on request', async () => {
    expect(json(await ask({ method: 'POST', target: '/admin/reload' }))).toEqual({ revision: expect.any(String) });
  });

  it('is not ready while draining', async () => {
    test.gateway.drain();
    expect((await ask({ target: '/readyz' }, null)).status).toBe(503);
  });
});
