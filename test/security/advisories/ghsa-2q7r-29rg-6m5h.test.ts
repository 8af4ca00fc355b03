/** GHSA-2q7r-29rg-6m5h (@fastify/reply-from): `%2E%2E` climbs out of the path that the proxy was told to stay under. */
import { expect, it } from 'vitest';
import { FORWARDED, useTarget } from '../../support/attack.ts';

const target = useTarget({ routes: [{ path: '/collect/*', purposes: ['analytics'] }] });

it.each([
  '/collect/%2E%2E/admin',
  '/collect/%2e%2e/admin',
  '/collect/.%2e/admin',
  '/collect/..%2fadmin',
  '/collect/..;/admin',
  '/collect/..\\admin',
  '/collect/%252e%252e/admin',
  '/collect/../admin',
])('%s reaches nothing outside', async (path) => {
  await target.attack(`GET ${path} HTTP/1.1\r\nHost: x\r\n${FORWARDED}Connection: close\r\n\r\n`);
  for (const hit of target.arrived())
    expect(decodeURIComponent(decodeURIComponent(hit.target))).toMatch(/^\/collect\/(?!.*\.\.)/);
});
