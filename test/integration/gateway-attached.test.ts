/** A gateway on a server of one's own that reads its connections: hits go to the collector, the consent API answers as before. */
import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createGateway, type Gateway } from '../../src/index.ts';
import { listen } from '../../src/ops/server.ts';
import { type Collector, startCollector } from '../support/collector.ts';
import { send } from '../support/send.ts';

let collector: Collector;
let gateway: Gateway;
const server = createServer((req, res) => gateway.handle(req, res));
let port: number;

beforeAll(async () => {
  collector = await startCollector();
  gateway = await createGateway({
    site: 'shop',
    store: 'memory:',
    evidence: { mode: 'off' },
    upstream: collector.url,
    routes: [{ path: '/need', purposes: ['necessary'] }],
  });
  gateway.attach(server);
  port = await listen(server, '127.0.0.1', 0);
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await gateway.close();
  await collector.close();
});

it('judges a hit once, and sends it to the collector once', async () => {
  expect((await send(port, { target: '/need?a=1' })).status).toBe(200);
  expect(collector.arrived.map(({ target }) => target)).toEqual(['/need?a=1']);
  expect(gateway.decisions.list(10)).toHaveLength(1);
});

it('answers requests of the consent API and under no route', async () => {
  expect((await send(port, { target: '/consent' })).header('content-type')).toMatch(/json/);
  expect((await send(port, { target: '/other' })).status).toBe(404);
});
