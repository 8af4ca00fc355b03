/**
 * GHSA-v574-6498-x57v (@fastify/reply-from): target and path put together are the key of a cache, so that two pairs which read alike
 * take each other's way. Routes here whose parts read alike side by side each keep their own.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Collector, startCollector } from '../../support/collector.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';

const CALIFORNIA = [
  ['x-test-country', 'US'],
  ['x-test-region', 'CA'],
] as const;
const purposes = ['analytics' as const];

let one: Collector;
let other: Collector;
let test: TestGateway;
beforeAll(async () => {
  one = await startCollector();
  other = await startCollector();
  test = await startGateway({
    store: 'memory:',
    routes: [
      { path: '/b/c', upstream: `${one.url}/a`, purposes },
      { path: '/c', upstream: `${one.url}/a/b`, purposes },
      { path: '/a/b', host: 'x.example', upstream: one.url, purposes },
      { path: '/a/b', host: 'x.example.org', upstream: other.url, purposes },
    ],
  });
});
afterAll(async () => {
  await test.close();
  await one.close();
  await other.close();
});

it('what reads alike goes its own way, in whatever order it comes', async () => {
  const sent: [host: string, target: string][] = [
    ['x.example', '/b/c'],
    ['x.example', '/c'],
    ['x.example', '/a/b'],
    ['x.example.org', '/a/b'],
  ];
  const [first, second] = [one, other].map((collector) => (): string[] => {
    const targets = collector.arrived.map(({ target }) => target);
    collector.forget();
    return targets;
  }) as [() => string[], () => string[]];
  const went = new Map<string, string>();
  for (const [host, target] of [...sent, ...sent.toReversed(), ...sent]) {
    await test.send({ target, headers: [['Host', host], ...CALIFORNIA] });
    const way = `${first().join()} | ${second().join()}`;
    expect(way).not.toBe(' | ');
    const before = went.get(`${host}${target}`);
    if (before !== undefined) expect(way).toBe(before);
    went.set(`${host}${target}`, way);
  }
  expect(went.get('x.example.org/a/b')).toMatch(/^ \| \S/);
  for (const [host, target] of sent.slice(0, 3)) expect(went.get(`${host}${target}`)).toMatch(/^\S+ \| $/);
});
